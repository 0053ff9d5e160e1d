//! `Event`: to the letter what `threading.Event` is for those who use it.

use crate::{arguments, host, repr, timeout, word::Word};
use pyo3::exceptions::PyDeprecationWarning;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

/// A flag that threads can wait for; it is unset to begin with. A drop-in for threading.Event.
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

    /// Set the event: every thread that waits for it is released, and so is every wait from now on, until it is cleared.
    ///
    /// Everything that the calling thread did before is visible to the threads released.
    fn set(&self) {
        host::about_to_set();
        self.word.set();
    }

    /// Make the event unset. A thread that has been released already still returns from its wait.
    fn clear(&self) {
        self.word.clear();
    }

    /// Whether the event is set.
    fn is_set(&self) -> bool {
        self.word.is_set()
    }

    /// The same as is_set, as threading.Event has it too: deprecated there since Python 3.10.
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
    /// timeout is in seconds, a float or an int; None means for ever, and zero or less looks once. It is looked at only
    /// if the event is not set, as threading.Event does.
    ///
    /// Raises TypeError if timeout is no number, OverflowError if it is more than threading.TIMEOUT_MAX, and, in the main
    /// thread, what a signal handler raises, such as KeyboardInterrupt.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
        if self.word.is_set() {
            return Ok(true);
        }
        let timeout = timeout::duration(timeout)?;
        if timeout.is_zero() {
            return Ok(false);
        }
        host::wait(
            py,
            |interrupted| self.word.wait_timeout_interruptible(timeout, interrupted),
            |_| (),
        )
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        repr::of(slf, slf.get().word.is_set())
    }

    /// What threading calls in the child of a fork, of the events that it makes: there is nothing to be done.
    #[pyo3(name = "_at_fork_reinit")]
    fn at_fork_reinit(&self) {}
}
