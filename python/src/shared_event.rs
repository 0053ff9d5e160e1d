//! `SharedEvent`.

use crate::{host, repr, word::SharedWord};
use pyo3::exceptions::PyValueError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

/// An event for several processes: the four bytes at an offset into memory that they share.
///
/// buffer is any writable object with the buffer protocol: an mmap.mmap, the buf of a
/// multiprocessing.shared_memory.SharedMemory, a memoryview of them. The event keeps it alive and open, so it can be closed
/// only after the event is gone. Four zero bytes are an unset event. The address of the first byte must be a multiple of
/// four. Nothing else may write to these bytes.
///
/// A process may be killed at any instruction, in any method: the event still works for the others. A
/// multiprocessing.Event does not.
///
/// Raises TypeError if buffer is not writable or not contiguous, ValueError if the four bytes are not inside it or not
/// aligned.
#[pyclass(module = "futex_event", subclass, weakref, dict, frozen)]
pub struct SharedEvent {
    word: &'static futex_event::Event<SharedWord>,
    /// Keeps the word where it is.
    exported: Py<PyAny>,
}

/// Adds the class to the module, which has it only on some systems.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<SharedEvent>()
}

#[pymethods]
impl SharedEvent {
    #[new]
    #[pyo3(signature = (buffer, offset=0))]
    fn new(buffer: &Bound<'_, PyAny>, offset: isize) -> PyResult<Self> {
        // The stable ABI has no buffers before Python 3.11, but ctypes can hold one: as long as this object is there, the
        // memory can be neither unmapped nor moved. ctypes also checks the arguments.
        let ctypes = buffer.py().import("ctypes")?;
        let exported = ctypes
            .getattr("c_uint32")?
            .call_method1("from_buffer", (buffer, offset))?;
        let address: usize = ctypes.call_method1("addressof", (&exported,))?.extract()?;
        if address % align_of::<SharedWord>() != 0 {
            return Err(PyValueError::new_err(
                "the address of a SharedEvent must be a multiple of four",
            ));
        }
        // SAFETY: four bytes are mapped there for as long as `exported` is there, which is longer than this reference is
        // used: a thread in a method has a reference to this object. They are aligned; they are used as atomic words only,
        // as the documentation says, and whatever they hold is a valid event. The type is transparent over a `u32`.
        let word = unsafe { &*(address as *const futex_event::Event<SharedWord>) };
        let exported = exported.unbind();
        Ok(Self { word, exported })
    }

    /// Set the event: release every waiting thread in all processes, and every later wait until the event is cleared.
    ///
    /// Return True if it was unset. Everything that the calling thread did before is visible to the released threads.
    fn set(&self) -> bool {
        self.word.set()
    }

    /// Make the event unset. Return True if it was set. A thread that was released before still returns from its wait.
    fn clear(&self) -> bool {
        self.word.clear()
    }

    /// Return whether the event is set.
    fn is_set(&self) -> bool {
        self.word.is_set()
    }

    /// Wait until the event is set. Return True, or False if it was not set in time.
    ///
    /// timeout and errors are as for Event.wait. If the process that should set it may die, wait with a timeout and check
    /// after each whether it is alive.
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

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.exported)
    }
}
