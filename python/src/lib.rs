//! The module `futex_event`: the events of the crate of that name, for Python.
//!
//! A class of Python is a thin one over an event of Rust; what a wait does about the interpreter is in [`host`], and
//! about signals in [`word`] besides. The stable interface of Python 3.9 is enough, so one binary is for every version.

#![deny(unsafe_op_in_unsafe_fn)]

mod arguments;
mod auto_reset_event;
mod event;
mod fork;
mod host;
mod repr;
mod several;
#[cfg(unix)]
mod shared_event;
mod timeout;
mod word;

use pyo3::prelude::*;

/// Events for threads and processes that sleep in the kernel on the event itself.
///
/// Event             does what threading.Event does
/// AutoResetEvent    each set releases one waiter, or is remembered for the next
/// SharedEvent       an Event in memory that processes share; not on Windows
/// wait_any          waits for the first of several events
/// wait_all          waits for all of several events
///
/// Timeouts are in seconds, as int or float; None means for ever.
// No state of the module is guarded by a GIL: the events are atomic words.
#[pymodule(name = "futex_event", gil_used = false)]
mod module {
    use super::*;

    #[pymodule_export]
    use auto_reset_event::AutoResetEvent;
    #[pymodule_export]
    use event::Event;
    #[pymodule_export]
    use several::{wait_all, wait_any};
    #[cfg(unix)]
    #[pymodule_export]
    use shared_event::SharedEvent;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        host::note_main_thread(module.py())?;
        fork::watch(module.py())
    }
}
