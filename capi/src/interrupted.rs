//! Waits that their caller can end, as a runtime does that has to react to a signal.

use core::ffi::c_void;

/// What an interruptible wait calls each time its thread has woken without having been released, as a signal does on
/// most systems: true ends the wait. `context` is the pointer that was given to the wait.
///
/// It is called on the waiting thread, may do what any thread may, and must return: no `longjmp`, no exception.
pub type futex_event_interrupted = Option<unsafe extern "C" fn(context: *mut c_void) -> bool>;
