//! [`AutoResetEvent`]: each set releases one waiter.

use crate::argument::{address, event, wait, wait_interruptible, StandsFor};
use crate::interrupted::futex_event_interrupted;
use crate::result::futex_event_result;
use crate::time::{left_until, timeout};
use core::ffi::c_void;
use futex_event::AutoResetEvent;

/// An auto-reset event for the threads of one process: each set releases one waiter. If no thread waits, one token is
/// kept for the next.
///
/// Four zero bytes are an event without a token. It may be moved while no thread uses it. It may be freed as soon as a
/// wait for it has returned and no other call uses it; the set that ended the wait may still be running.
#[repr(C)]
#[derive(Debug)]
pub struct futex_event_auto {
    /// Private to the library.
    pub word: u32,
}

impl StandsFor for futex_event_auto {
    type Event = AutoResetEvent;
}

/// Releases one thread that waits, or keeps a token if none does. Returns true if it did either; false if a token was
/// kept already, or if `event` is null or misaligned.
///
/// Does not block. Release, also if it returns false: the thread that takes the token sees everything that the caller
/// did before. May be called in a signal handler, and preserves `errno`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_auto_set(event: *mut futex_event_auto) -> bool {
    // SAFETY: by what the caller promises.
    address(event).is_some_and(|event| unsafe { AutoResetEvent::set_raw(event) })
}

/// Takes the token and drops it. Returns true if there was one; false if there was none, or if `event` is null or
/// misaligned. A wait that has been released returns, even if its thread has not run since.
///
/// Does not block. Acquire, if it returns true. May be called in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_auto_clear(event: *mut futex_event_auto) -> bool {
    // SAFETY: by what the caller promises.
    unsafe { self::event(event) }.is_some_and(AutoResetEvent::clear)
}

/// Returns whether there is a token. False if `event` is null or misaligned.
///
/// Does not block. Acquire, if it returns true. May be called in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_auto_is_set(event: *const futex_event_auto) -> bool {
    // SAFETY: by what the caller promises.
    unsafe { self::event(event) }.is_some_and(AutoResetEvent::is_set)
}

/// Takes the token. Returns true if there was one; false if there was none, or if `event` is null or misaligned.
///
/// Does not block. Acquire, if it returns true. May be called in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_auto_try_wait(event: *mut futex_event_auto) -> bool {
    // SAFETY: by what the caller promises.
    unsafe { self::event(event) }.is_some_and(AutoResetEvent::try_wait)
}

/// Repairs the event in the child of a `fork`, if threads of the parent may have been waiting for it: without this
/// call, the next set in the child is used up by a thread that does not exist there. A token stays. Does nothing if
/// `event` is null or misaligned.
///
/// Must be called before any thread of the child waits for the event. Does not block. It is async-signal-safe, so the
/// child of a process with several threads may call it.
#[no_mangle]
pub unsafe extern "C" fn futex_event_auto_reset_after_fork(event: *mut futex_event_auto) {
    // SAFETY: by what the caller promises.
    if let Some(event) = unsafe { self::event(event) } {
        event.reset_after_fork();
    }
}

/// Blocks until a set releases this wait, or takes the token at once if there is one. Returns FUTEX_EVENT_RELEASED, or
/// FUTEX_EVENT_INVALID if `event` is null or misaligned.
///
/// No system call if there is a token; never returns spuriously. Acquire. Must not be called in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_auto_wait(event: *mut futex_event_auto) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe { wait(event, AutoResetEvent::wait) }
}

/// As `futex_event_auto_wait`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier, and
/// only if the wait is still unreleased.
///
/// Zero checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
#[no_mangle]
pub unsafe extern "C" fn futex_event_auto_wait_timeout(
    event: *mut futex_event_auto,
    nanoseconds: u64,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe { wait(event, |event| event.wait_timeout(timeout(nanoseconds))) }
}

/// As `futex_event_auto_wait_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A deadline
/// in the past checks once.
#[no_mangle]
pub unsafe extern "C" fn futex_event_auto_wait_deadline(
    event: *mut futex_event_auto,
    deadline: u64,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait(event, |event| {
            event.try_wait() || event.wait_timeout(left_until(deadline))
        })
    }
}

/// As `futex_event_auto_wait`, but each time the thread wakes without having been released, this calls
/// `interrupted(context)`, and if that returns true, it returns FUTEX_EVENT_INTERRUPTED; unless the wait has been
/// released by then. FUTEX_EVENT_INVALID also if `interrupted` is null.
#[no_mangle]
pub unsafe extern "C" fn futex_event_auto_wait_interruptible(
    event: *mut futex_event_auto,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_interruptible(event, interrupted, context, |event, interrupted| {
            event.wait_interruptible(interrupted)
        })
    }
}

/// As `futex_event_auto_wait_timeout`, and as `futex_event_auto_wait_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_auto_wait_timeout_interruptible(
    event: *mut futex_event_auto,
    nanoseconds: u64,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_interruptible(event, interrupted, context, |event, interrupted| {
            event.wait_timeout_interruptible(timeout(nanoseconds), interrupted)
        })
    }
}

/// As `futex_event_auto_wait_deadline`, and as `futex_event_auto_wait_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_auto_wait_deadline_interruptible(
    event: *mut futex_event_auto,
    deadline: u64,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_interruptible(event, interrupted, context, |event, interrupted| {
            event.wait_timeout_interruptible(left_until(deadline), interrupted)
        })
    }
}
