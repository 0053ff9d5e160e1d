//! Waits that their caller can end, for runtimes that must react to signals.

use crate::result::futex_event_result::{self, FUTEX_EVENT_INVALID};
use core::ffi::c_void;

/// The function that an interruptible wait calls each time its thread wakes without having been released; on most
/// systems a signal wakes it. True ends the wait. `context` is the pointer that was given to the wait.
///
/// It is called on the waiting thread, may do what any thread may, and must return: no `longjmp`, no exception. If it forks,
/// it returns in the child too: there, the wait goes on, and only what is set in the child releases it. If the wait is for
/// an auto-reset event, it must first call `futex_event_auto_reset_after_fork` in the child.
pub type futex_event_interrupted = Option<unsafe extern "C" fn(context: *mut c_void) -> bool>;

/// Runs `wait` with a C function as a closure. FUTEX_EVENT_INVALID if the function is null.
///
/// # Safety
///
/// The function can be called with `context`.
pub(crate) unsafe fn called<R: From<futex_event_result>>(
    function: futex_event_interrupted,
    context: *mut c_void,
    wait: impl FnOnce(&mut dyn FnMut() -> bool) -> R,
) -> R {
    match function {
        // SAFETY: by what the caller promises.
        Some(function) => wait(&mut || unsafe { function(context) }),
        None => FUTEX_EVENT_INVALID.into(),
    }
}
