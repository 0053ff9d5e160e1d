//! `AutoResetEvent`.

use crate::{arguments, fork, host, repr, timeout, word::Word};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

/// An event of which each set releases one thread that waits, or is remembered for the next one that does.
///
/// It is unset to begin with, and remembers one set at most: it is no semaphore.
#[pyclass(module = "futex_event", subclass, weakref, dict, frozen)]
pub struct AutoResetEvent {
    word: futex_event::AutoResetEvent<Word>,
    /// Not to give a set to a thread that only the parent has.
    process: fork::Process,
}

impl AutoResetEvent {
    pub fn word(&self) -> &futex_event::AutoResetEvent<Word> {
        self.process.entered(|| self.word.reset_after_fork());
        &self.word
    }
}

#[pymethods]
impl AutoResetEvent {
    /// As that of `Event`.
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **kwargs), text_signature = "()")]
    fn new(
        class: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        arguments::refuse_without_init(class, args, kwargs)?;
        Ok(Self {
            word: futex_event::AutoResetEvent::with_futex(Word::ZERO),
            process: fork::Process::this(),
        })
    }

    /// Release one thread that waits, or if there is none, remember the set for the next one that will.
    ///
    /// Return True if it did either, False if a set was remembered already. Everything that the calling thread did before
    /// is visible to the thread that is released.
    fn set(&self) -> bool {
        host::about_to_set();
        self.word().set()
    }

    /// Forget the set that is remembered. Return True if there was one.
    fn clear(&self) -> bool {
        self.word().clear()
    }

    /// Whether a set is remembered, so that a wait would return at once.
    fn is_set(&self) -> bool {
        self.word().is_set()
    }

    /// Wait until a set releases this thread, or take the one that is remembered. Return True, or False if none came in
    /// time.
    ///
    /// timeout and errors are as for Event.wait. With a timeout of zero, it takes what is remembered and never blocks.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
        let word = self.word();
        if word.try_wait() {
            return Ok(true);
        }
        let timeout = timeout::duration(timeout)?;
        if timeout.is_zero() {
            return Ok(false);
        }
        host::wait(
            py,
            |interrupted| word.wait_timeout_interruptible(timeout, interrupted),
            |released| give_back(word, released),
        )
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        repr::of(slf, slf.get().word().is_set())
    }
}

/// Of a wait that raises what a signal handler raised, though it has been released meanwhile: the set is for others.
pub fn give_back(event: &futex_event::AutoResetEvent<Word>, released: bool) {
    if released {
        event.set();
    }
}
