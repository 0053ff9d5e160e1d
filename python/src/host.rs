//! Leaving the interpreter for a wait, and coming back.
//!
//! # The GIL
//!
//! A thread leaves it when it has found the event unset and is about to spin or sleep, and not before. It does not spin with
//! the GIL: the thread that is to set the event most likely needs it. `set` keeps it, though it may wake threads by a
//! system call of some microseconds: to leave it and take it back would cost more, and the threads woken would take it
//! away first.
//!
//! # A hand-off between two threads
//!
//! A thread that spins sees the event set within a tenth of a microsecond. But then it wants the GIL, and the thread that
//! has called `set` still has it. CPython puts those who want the GIL to sleep at once, and wakes them when it is left. So
//! the spin alone saves one sleep of two: a hand-off takes 2 µs where parking at once takes 8 to 12.
//!
//! Most often the setter is about to wait in turn, and leaves the GIL within half a microsecond. So a thread whose spin has
//! seen the event set stays outside for that long, and then finds the GIL free: 0.8 µs. It has to know when. CPython tells
//! nobody whether the GIL is taken, but our own waits can count how often one of them has left it. A thread calls `set`
//! with the GIL, so for as long as the count is what it was at the last `set`, that thread has it still, or has left it in
//! another way. In the second case, or if the setter goes on to work, [`LINGER`] is lost, and the thread then waits for
//! the GIL like any other.
//!
//! A thread that has slept does not linger: on one CPU it would keep the setter, which it has just preempted, from going on.

use crate::word;
use futex_event::Interrupted;
use pyo3::prelude::*;
use std::ffi::c_ulong;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::time::{Duration, Instant};

/// Runs `wait` without the GIL. What `wait` is given is to be asked whenever the thread has woken without having been
/// released: whether a signal handler has raised something. That is then raised here.
///
/// If the wait was released nevertheless, `give_back` gets what it was released with.
pub fn wait<T: Send>(
    py: Python<'_>,
    wait: impl FnOnce(&mut dyn FnMut() -> bool) -> Result<T, Interrupted> + Send,
    give_back: impl FnOnce(T),
) -> PyResult<T> {
    let runs_signal_handlers = this_thread() == MAIN_THREAD.load(Relaxed);
    let mut raised = None;
    let outcome = py.detach(|| {
        LEFT.fetch_add(1, Relaxed);
        word::begin_wait(runs_signal_handlers);
        let outcome = wait(&mut || runs_signal_handlers && run_signal_handlers(&mut raised));
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

/// Whether a handler has raised something; if so, no other is run.
fn run_signal_handlers(raised: &mut Option<PyErr>) -> bool {
    if raised.is_none() {
        // `None` if the interpreter is being finalized: then no handler runs any more.
        *raised = Python::try_attach(|py| py.check_signals().err()).flatten();
    }
    raised.is_some()
}

/// How long to stay outside after a spin if the setter does not leave the GIL.
const LINGER: Duration = Duration::from_micros(5);

/// How often a thread has left the GIL for a wait. It is counted when the GIL has been left.
static LEFT: AtomicU32 = AtomicU32::new(0);
/// What that was when a thread last called `set`.
static LEFT_BEFORE_SET: AtomicU32 = AtomicU32::new(0);

/// To be called before the `set` of an event that threads of this process wait for.
#[inline]
pub fn about_to_set() {
    // Relaxed, as everything here: it is about the time that a hand-off takes, and nothing else.
    LEFT_BEFORE_SET.store(LEFT.load(Relaxed), Relaxed);
}

fn linger() {
    let before = LEFT_BEFORE_SET.load(Relaxed);
    let begun = Instant::now();
    while LEFT.load(Relaxed) == before && begun.elapsed() < LINGER {
        std::hint::spin_loop();
    }
}

/// The thread that runs signal handlers, as `threading.get_ident` calls it.
static MAIN_THREAD: AtomicU64 = AtomicU64::new(0);

pub fn note_main_thread(py: Python<'_>) -> PyResult<()> {
    let main_thread = py.import("threading")?.call_method0("main_thread")?;
    MAIN_THREAD.store(main_thread.getattr("ident")?.extract()?, Relaxed);
    Ok(())
}

/// In the child of a `fork`: the thread that has called it is the only one, and so the main thread.
pub fn note_forked_thread() {
    MAIN_THREAD.store(this_thread(), Relaxed);
}

fn this_thread() -> u64 {
    extern "C" {
        // Of the stable interface, but not of PyO3 before 0.30.
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
