//! A wait releases the GIL, runs signal handlers, and takes the GIL back.
//!
//! # The GIL
//!
//! A thread releases it when it has found the event unset and is about to spin or sleep, and not before. It does not spin
//! with the GIL, since the thread that will set the event most likely needs it. `set` keeps the GIL, though it may wake
//! threads by a system call of some microseconds: to release it and take it back would cost more, since the threads that are
//! woken would take it first.
//!
//! # A hand-off between two threads
//!
//! A thread that spins sees a `set` within 0.1 µs. But then it needs the GIL, which the thread that called `set` still holds.
//! CPython puts threads that need the GIL to sleep at once, and wakes them when it is released. So the spin alone saves one
//! sleep of two: a hand-off takes 2 µs, where parking at once takes 8 to 12.
//!
//! Most often the setter is about to wait in turn, and releases the GIL within half a microsecond. So a thread whose spin has
//! seen the event set lingers for that long without asking for the GIL, and then finds it free: 0.8 µs. It has to know when.
//! CPython does not tell whether the GIL is held, but our own waits can count how often one of them has released it. A
//! thread calls `set` with the GIL. So while the count is what it was at the last `set`, that thread still holds the GIL, or
//! has released it in another way. In the second case, and if the setter goes on to work, the thread loses [`LINGER`], and
//! then waits for the GIL as usual.
//!
//! A thread that has slept does not linger: on one CPU it would keep off the setter that it has just preempted.

use crate::{timeout, word};
use futex_event::Interrupted;
use pyo3::prelude::*;
use std::ffi::c_ulong;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::{Duration, Instant};

/// Runs `wait` without the GIL, with the timeout that it gets, for a thread that has found its events unset. If the timeout is
/// not positive, returns `timed_out` and runs nothing.
///
/// `wait` calls the closure that it is given each time the thread has woken without having been released. The closure runs
/// signal handlers, and returns true if one of them has raised an exception. This function then raises it.
///
/// If the wait has been released all the same, `give_back` gets what it returned.
pub fn wait<T: Send>(
    py: Python<'_>,
    timeout: Option<&Bound<'_, PyAny>>,
    timed_out: T,
    wait: impl FnOnce(Duration, &mut dyn FnMut() -> bool) -> Result<T, Interrupted> + Send,
    give_back: impl FnOnce(T),
) -> PyResult<T> {
    let timeout = timeout::duration(timeout)?;
    if timeout.is_zero() {
        return Ok(timed_out);
    }
    let runs_signal_handlers = this_thread() == MAIN_THREAD.load(Relaxed);
    let mut raised = None;
    let outcome = py.detach(|| {
        LEFT.fetch_add(1, Relaxed);
        word::begin_wait(runs_signal_handlers);
        let interrupted = &mut || runs_signal_handlers && run_signal_handlers(&mut raised);
        let outcome = wait(timeout, interrupted);
        if !cfg!(Py_GIL_DISABLED) && !word::has_slept() {
            linger();
        }
        outcome
    });
    match (outcome, raised) {
        (Ok(released), None) => Ok(released),
        (Ok(released), Some(error)) => {
            give_back(released);
            Err(error)
        }
        (Err(Interrupted), raised) => Err(raised.expect("what interrupts a wait has been raised")),
    }
}

/// Runs signal handlers until one has raised an exception. True if one has.
fn run_signal_handlers(raised: &mut Option<PyErr>) -> bool {
    if raised.is_none() {
        // `None` if the interpreter is being finalized: then no handler runs.
        *raised = Python::try_attach(|py| py.check_signals().err()).flatten();
    }
    raised.is_some()
}

/// How long to linger after a spin if the setter does not release the GIL.
const LINGER: Duration = Duration::from_micros(5);

/// How often a wait has released the GIL. It is counted after the release.
static LEFT: AtomicU32 = AtomicU32::new(0);
/// The value of `LEFT` when a thread last called `set`.
static LEFT_BEFORE_SET: AtomicU32 = AtomicU32::new(0);

/// To be called before the `set` of an event on which threads of this process wait.
#[inline]
pub fn about_to_set() {
    // Relaxed, like all accesses of these two: they affect only how long a hand-off takes.
    LEFT_BEFORE_SET.store(LEFT.load(Relaxed), Relaxed);
}

fn linger() {
    let before = LEFT_BEFORE_SET.load(Relaxed);
    let begun = Instant::now();
    while LEFT.load(Relaxed) == before && begun.elapsed() < LINGER {
        std::hint::spin_loop();
    }
}

/// The `threading.get_ident()` of the thread that runs signal handlers.
static MAIN_THREAD: AtomicU64 = AtomicU64::new(0);

pub fn note_main_thread(py: Python<'_>) -> PyResult<()> {
    let main_thread = py.import("threading")?.call_method0("main_thread")?;
    MAIN_THREAD.store(main_thread.getattr("ident")?.extract()?, Relaxed);
    Ok(())
}

/// In the child of a `fork`, the calling thread is the only one, and so the main thread.
#[allow(dead_code)] // There may be no `fork`.
pub fn note_forked_thread() {
    MAIN_THREAD.store(this_thread(), Relaxed);
}

fn this_thread() -> u64 {
    extern "C" {
        // In the stable ABI, but not in PyO3 before 0.30.
        fn PyThread_get_thread_ident() -> c_ulong;
    }
    // SAFETY: the call has no conditions, and is declared as in pythread.h.
    let ident = unsafe { PyThread_get_thread_ident() };
    // It has 32 bits on Windows.
    #[allow(clippy::unnecessary_cast)]
    {
        ident as u64
    }
}
