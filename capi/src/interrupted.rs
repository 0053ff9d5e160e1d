//! Waits that their caller can end, for runtimes that must react to signals.

use core::ffi::c_void;

/// The function that an interruptible wait calls each time its thread wakes without having been released; on most
/// systems a signal wakes it. True ends the wait. `context` is the pointer that was given to the wait.
///
/// It is called on the waiting thread, may do what any thread may, and must return: no `longjmp`, no exception.
pub type futex_event_interrupted = Option<unsafe extern "C" fn(context: *mut c_void) -> bool>;
