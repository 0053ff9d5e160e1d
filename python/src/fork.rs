//! What the child of a `fork` has to repair.
//!
//! Of the parent's threads the child has only the one that called `fork`, which is its main thread. So the table of threads
//! that wait for several events is cleared at once. An auto-reset event may count threads that are gone; it is reset when
//! it is first used in the child. A list of all events, by which they could be reset at once, would cost each event more
//! memory than it takes itself.
//!
//! A handler of `pthread_atfork` does it, inside `fork`, so before any Python code of the child. Hooks of
//! `os.register_at_fork` run in the order in which they were registered: one of another library that starts a thread would
//! come before ours.

use pyo3::prelude::*;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// The number of forks between the process that loaded the module and this one, times two.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// Arranges the repair in the child of each later `fork`.
#[cfg(all(unix, not(target_os = "emscripten")))]
pub fn watch() -> PyResult<()> {
    use crate::{host, word::Word};
    use futex_event::platform::Futex;

    extern "C" fn in_child() {
        // Relaxed: this is the only thread.
        FORKS.fetch_add(2, Relaxed);
        Word::listeners().clear();
        host::note_forked_thread();
    }
    // SAFETY: the function may run in a child, since it only writes words of this module and asks for the number of the thread.
    // It is there as long as the process, since the interpreter unloads no module.
    match unsafe { libc::pthread_atfork(None, None, Some(in_child)) } {
        0 => Ok(()),
        error => Err(std::io::Error::from_raw_os_error(error).into()),
    }
}

/// There is no `fork` here.
#[cfg(not(all(unix, not(target_os = "emscripten"))))]
pub fn watch() -> PyResult<()> {
    Ok(())
}

/// The process in which an object was last used: the value of `FORKS` there. The lowest bit is on while a thread runs
/// `put_right`.
pub struct Process(AtomicU32);

impl Process {
    pub fn this() -> Self {
        Self(AtomicU32::new(FORKS.load(Relaxed)))
    }

    /// Runs `put_right` if this is the first use in this process, and before any other.
    #[inline]
    pub fn entered(&self, put_right: impl FnOnce()) {
        let this = FORKS.load(Relaxed);
        // The partner is the Release below.
        if self.0.load(Acquire) != this {
            self.enter(this, put_right);
        }
    }

    #[cold]
    fn enter(&self, this: u32, put_right: impl FnOnce()) {
        let entering = this + 1;
        loop {
            let last = self.0.load(Acquire);
            if last == this {
                return;
            }
            if last == entering {
                // Without a GIL two threads may be here. The other one needs a few nanoseconds.
                std::thread::yield_now();
            } else if self
                .0
                .compare_exchange(last, entering, Acquire, Relaxed)
                .is_ok()
            {
                put_right();
                self.0.store(this, Release);
                return;
            }
        }
    }
}
