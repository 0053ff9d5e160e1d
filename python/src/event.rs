//! `Event`: has the methods, results and errors of `threading.Event`.

use crate::{arguments, host, repr, word::Word};
use pyo3::exceptions::PyDeprecationWarning;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

/// A flag that threads can wait for. It is unset to begin with. A drop-in replacement for threading.Event.
#[pyclass(module = "futex_event", subclass, weakref, dict, frozen)]
pub struct Event {
    pub word: futex_event::Event<Word>,
}

#[pymethods]
impl Event {
    /// Takes what the `__init__` of a subclass takes.
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **kwargs), text_signature = "()")]
    fn new(
        class: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        arguments::refuse_without_init(class, args, kwargs)?;
        let word = futex_event::Event::with_futex(Word::ZERO);
        Ok(Self { word })
    }

    /// Set the event: release every waiting thread, and every later wait until the event is cleared.
    ///
    /// Everything that the calling thread did before is visible to the released threads.
    fn set(&self) {
        host::about_to_set();
        self.word.set();
    }

    /// Make the event unset. A thread that was released before still returns from its wait.
    fn clear(&self) {
        self.word.clear();
    }

    /// Return whether the event is set.
    fn is_set(&self) -> bool {
        self.word.is_set()
    }

    /// The old name of is_set, which threading.Event has too. It is deprecated since Python 3.10.
    #[pyo3(name = "isSet")]
    fn is_set_by_its_old_name(&self, py: Python<'_>) -> PyResult<bool> {
        if py.version_info() >= (3, 10) {
            let warning = py.get_type::<PyDeprecationWarning>();
            let message = c"isSet() is deprecated, use is_set() instead";
            PyErr::warn(py, &warning, message, 1)?;
        }
        Ok(self.is_set())
    }

    /// Wait until the event is set. Return True, or False if it was not set in time.
    ///
    /// timeout is in seconds, a float or an int. None waits forever; zero or less polls once. As in threading.Event, the
    /// timeout is checked only if the event is not set.
    ///
    /// Raises TypeError if timeout is not a number, OverflowError if it is more than threading.TIMEOUT_MAX, and, in the
    /// main thread, what a signal handler raises, such as KeyboardInterrupt.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
        if self.word.is_set() {
            return Ok(true);
        }
        host::wait(
            py,
            timeout,
            false,
            |timeout, interrupted| self.word.wait_timeout_interruptible(timeout, interrupted),
            |_| (),
        )
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        repr::of(slf, slf.get().word.is_set())
    }

    /// threading calls this in the child of a fork for the events that it has made. There is nothing to do.
    #[pyo3(name = "_at_fork_reinit")]
    fn at_fork_reinit(&self) {}
}
