//! `AutoResetEvent`.

use crate::{arguments, fork, host, repr, word::Word};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

/// An event of which each set releases one waiting thread, or keeps a token for the next one.
///
/// It is unset to begin with, and keeps one token at most: it is not a semaphore.
#[pyclass(module = "futex_event", subclass, weakref, dict, frozen)]
pub struct AutoResetEvent {
    word: futex_event::AutoResetEvent<Word>,
    /// So that no set is used up by a thread that only the parent of a fork has.
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
    /// Takes what the `__init__` of a subclass takes, as the constructor of `Event` does.
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

    /// Release one waiting thread. If there is none, keep a token for the next thread that waits.
    ///
    /// Return True if it did either, False if there was a token already. Everything that the calling thread did before is
    /// visible to the thread that is released.
    fn set(&self) -> bool {
        host::about_to_set();
        self.word().set()
    }

    /// Remove the token. Return True if there was one.
    fn clear(&self) -> bool {
        self.word().clear()
    }

    /// Return whether there is a token, so that a wait would return at once.
    fn is_set(&self) -> bool {
        self.word().is_set()
    }

    /// Take the token, or wait until a set releases this thread. Return True, or False if no set came in time.
    ///
    /// timeout and errors are as for Event.wait. With a timeout of zero it takes the token if there is one, and never blocks.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<bool> {
        let word = self.word();
        if word.try_wait() {
            return Ok(true);
        }
        host::wait(
            py,
            timeout,
            false,
            |timeout, interrupted| {
                word.wait_timeout_interruptible(timeout, || {
                    let is_interrupted = interrupted();
                    // If a signal handler has forked, the wait goes on in the child, after the repair.
                    self.word();
                    is_interrupted
                })
            },
            |released| give_back(word, released),
        )
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        repr::of(slf, slf.get().word().is_set())
    }
}

/// For a wait that was released, but raises what a signal handler raised: passes the set on to another thread.
pub fn give_back(event: &futex_event::AutoResetEvent<Word>, released: bool) {
    if released {
        event.set();
    }
}
