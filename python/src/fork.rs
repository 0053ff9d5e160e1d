//! What is different in the child of a `fork`.
//!
//! The threads of the parent are not in the child, other than the one that called `fork`, and that one is the main thread
//! there. The table of threads that wait for several events is cleared at once. An auto-reset event may have threads
//! counted that are gone, and is put right when it is first used in the child: to keep a list of all events, for that
//! purpose, would cost each of them more than it takes.

use crate::{host, word::Word};
use futex_event::platform::Futex;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// How many forks there are between this process and the one that loaded the module, times two.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// Has the child of each `os.fork` from now on run what is below.
pub fn watch(py: Python<'_>) -> PyResult<()> {
    let os = py.import("os")?;
    if !os.hasattr("register_at_fork")? {
        return Ok(());
    }
    let kwargs = PyDict::new(py);
    kwargs.set_item("after_in_child", wrap_pyfunction!(after_in_child, py)?)?;
    os.call_method("register_at_fork", (), Some(&kwargs))?;
    Ok(())
}

#[pyfunction]
fn after_in_child() {
    // Relaxed: this is the only thread.
    FORKS.fetch_add(2, Relaxed);
    Word::listeners().clear();
    host::note_forked_thread();
}

/// The process in which an object has been used last.
///
/// The number of forks as above; the lowest bit says that a thread is just about to enter the object in this process.
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
                // Without a GIL there may be two at once. The other is done in some nanoseconds.
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
