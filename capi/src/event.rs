//! [`Event`]: manual-reset, for the threads of one process.

use crate::argument::{address, event, wait, wait_interruptible, StandsFor};
use crate::interrupted::futex_event_interrupted;
use crate::result::futex_event_result;
use crate::time::{left_until, timeout};
use core::ffi::c_void;
use futex_event::Event;

/// A manual-reset event for the threads of one process: once set it stays set until it is cleared, and it releases
/// every waiter.
///
/// Four zero bytes are an event that is not set. It may be moved while no thread uses it. It may be freed as soon as a
/// wait for it has returned and no other call uses it; the set that ended the wait may still be running.
#[repr(C)]
#[derive(Debug)]
pub struct futex_event_manual {
    /// Private to the library.
    pub word: u32,
}

impl StandsFor for futex_event_manual {
    type Event = Event;
}

/// Sets the event and releases every thread that waits for it. Returns true if the event was not set; false if it was,
/// or if `event` is null or misaligned.
///
/// Does not block. Release, also if it returns false: a thread that observes this call, or a later one, sees everything
/// that the caller did before. May be called in a signal handler, and preserves `errno`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_manual_set(event: *mut futex_event_manual) -> bool {
    // SAFETY: by what the caller promises.
    address(event).is_some_and(|event| unsafe { Event::set_raw(event) })
}

/// Makes the event unset. Returns true if it was set; false if it was not, or if `event` is null or misaligned. A wait
/// that has been released returns, even if its thread has not run since.
///
/// Does not block. Acquire, if it returns true. May be called in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_manual_clear(event: *mut futex_event_manual) -> bool {
    // SAFETY: by what the caller promises.
    unsafe { self::event(event) }.is_some_and(Event::clear)
}

/// Returns whether the event is set. False if `event` is null or misaligned.
///
/// Does not block. Acquire, if it returns true. May be called in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_manual_is_set(event: *const futex_event_manual) -> bool {
    // SAFETY: by what the caller promises.
    unsafe { self::event(event) }.is_some_and(Event::is_set)
}

/// Returns whether a wait would return at once: the same as `futex_event_manual_is_set`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_manual_try_wait(event: *mut futex_event_manual) -> bool {
    // SAFETY: by what the caller promises.
    unsafe { self::event(event) }.is_some_and(Event::try_wait)
}

/// Blocks until the event is set. Returns FUTEX_EVENT_RELEASED, or FUTEX_EVENT_INVALID if `event` is null or
/// misaligned.
///
/// Returns at once, without a system call, if the event is set; never spuriously. A set that is followed at once by a
/// clear releases it too. Acquire. Must not be called in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_manual_wait(
    event: *mut futex_event_manual,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe { wait(event, Event::wait) }
}

/// As `futex_event_manual_wait`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier, and
/// only if the wait is still unreleased.
///
/// Zero checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
#[no_mangle]
pub unsafe extern "C" fn futex_event_manual_wait_timeout(
    event: *mut futex_event_manual,
    nanoseconds: u64,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe { wait(event, |event| event.wait_timeout(timeout(nanoseconds))) }
}

/// As `futex_event_manual_wait_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A
/// deadline in the past checks once.
#[no_mangle]
pub unsafe extern "C" fn futex_event_manual_wait_deadline(
    event: *mut futex_event_manual,
    deadline: u64,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait(event, |event| {
            event.try_wait() || event.wait_timeout(left_until(deadline))
        })
    }
}

/// As `futex_event_manual_wait`, but each time the thread wakes without having been released, this calls
/// `interrupted(context)`, and if that returns true, it returns FUTEX_EVENT_INTERRUPTED; unless the wait has been
/// released by then. FUTEX_EVENT_INVALID also if `interrupted` is null.
#[no_mangle]
pub unsafe extern "C" fn futex_event_manual_wait_interruptible(
    event: *mut futex_event_manual,
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

/// As `futex_event_manual_wait_timeout`, and as `futex_event_manual_wait_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_manual_wait_timeout_interruptible(
    event: *mut futex_event_manual,
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

/// As `futex_event_manual_wait_deadline`, and as `futex_event_manual_wait_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_manual_wait_deadline_interruptible(
    event: *mut futex_event_manual,
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
