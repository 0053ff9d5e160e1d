//! The module `futex_event`: the events of the crate of that name, for Python.
//!
//! Each Python class is a thin layer over an event of the crate. [`host`] has what a wait does about the GIL and signal
//! handlers, and [`word`] why the main thread wakes for signals. The module uses the stable ABI of Python 3.9, so one binary
//! works with every later version.

#![deny(unsafe_op_in_unsafe_fn)]

mod arguments;
mod auto_reset_event;
mod event;
mod fork;
mod host;
mod repr;
mod several;
mod timeout;
mod word;

futex_event::platform::where_words_can_be_shared! {{
    mod shared_event;
} else {
    /// There is no `SharedEvent` on this system.
    mod shared_event {
        use super::*;

        pub fn add_to(_: &Bound<'_, PyModule>) -> PyResult<()> {
            Ok(())
        }
    }
}}

use pyo3::prelude::*;

/// Events for threads and processes that sleep in the kernel on the event itself.
///
/// Event             a drop-in replacement for threading.Event
/// AutoResetEvent    each set releases one waiter, or keeps a token for the next
/// SharedEvent       an Event in memory that processes share; on Linux, Android, Apple's systems and the BSDs
/// wait_any          waits for the first of several events
/// wait_all          waits for all of several events, or for another one that ends the wait
/// Stopped           what wait_all raises then
///
/// Timeouts are in seconds, as int or float; None waits forever.
// `gil_used = false`: the GIL guards no state of the module, since the events are atomic words.
#[pymodule(name = "futex_event", gil_used = false)]
mod module {
    use super::*;

    #[pymodule_export]
    use auto_reset_event::AutoResetEvent;
    #[pymodule_export]
    use event::Event;
    #[pymodule_export]
    use several::{wait_all, wait_any, Stopped};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        host::note_main_thread(module.py())?;
        shared_event::add_to(module)?;
        fork::watch()
    }
}
