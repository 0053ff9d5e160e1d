//! [`AllOf::or`].

use crate::event::futex_event_manual;
use crate::interrupted::futex_event_interrupted;
use crate::result::futex_event_result::{self, FUTEX_EVENT_INVALID};
use crate::time::{left_until, timeout};
use crate::wait_all::wait_until_interrupted;
use crate::waitable::{futex_event_waitable, waitable};
use core::ffi::c_void;
use core::ptr;
use core::time::Duration;
use futex_event::{AllOf, Event};

/// Waits for all of the `count` events as `futex_event_wait_all` does, or for another event: a start that can be
/// cancelled, or a shutdown that can be forced. Blocks until each of the events has been set, and returns
/// FUTEX_EVENT_RELEASED, or until `other` releases this wait, and returns FUTEX_EVENT_STOPPED:
///
/// ```c
/// struct futex_event_waitable other = {.manual_reset = &stop};
/// if (futex_event_wait_all_or(parts, count, other) == FUTEX_EVENT_STOPPED) {
///     return; // cancelled
/// }
/// ```
///
/// `other` is first in each check, so it wins if both hold. If it is a manual-reset event that was set and cleared
/// since the wait began, that counts. If it is an auto-reset event, this takes its token only if it returns
/// FUTEX_EVENT_STOPPED.
///
/// Returns FUTEX_EVENT_INVALID if `events` or an event is null or misaligned, or if `other` is not exactly one event.
/// Returns at once, without a system call, if `other` is set, if all the events are set, or if there are none. Acquire,
/// of each event, or of `other` if that ended the wait. Must not be called in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_all_or(
    events: *const *mut futex_event_manual,
    count: usize,
    other: futex_event_waitable,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait(
            events,
            count,
            other,
            Duration::MAX,
            Some(never),
            ptr::null_mut(),
        )
    }
}

/// As `futex_event_wait_all_or`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier, and
/// then takes no token. Zero checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_all_or_timeout(
    events: *const *mut futex_event_manual,
    count: usize,
    other: futex_event_waitable,
    nanoseconds: u64,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait(
            events,
            count,
            other,
            timeout(nanoseconds),
            Some(never),
            ptr::null_mut(),
        )
    }
}

/// As `futex_event_wait_all_or_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A deadline
/// in the past checks once.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_all_or_deadline(
    events: *const *mut futex_event_manual,
    count: usize,
    other: futex_event_waitable,
    deadline: u64,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait(
            events,
            count,
            other,
            left_until(deadline),
            Some(never),
            ptr::null_mut(),
        )
    }
}

/// As `futex_event_wait_all_or`, but each time the thread wakes without having been released, this calls
/// `interrupted(context)`, and if that returns true, it returns FUTEX_EVENT_INTERRUPTED, and takes no token; unless all
/// have been set by then, or `other` has ended the wait. FUTEX_EVENT_INVALID also if `interrupted` is null.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_all_or_interruptible(
    events: *const *mut futex_event_manual,
    count: usize,
    other: futex_event_waitable,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe { wait(events, count, other, Duration::MAX, interrupted, context) }
}

/// As `futex_event_wait_all_or_timeout`, and as `futex_event_wait_all_or_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_all_or_timeout_interruptible(
    events: *const *mut futex_event_manual,
    count: usize,
    other: futex_event_waitable,
    nanoseconds: u64,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait(
            events,
            count,
            other,
            timeout(nanoseconds),
            interrupted,
            context,
        )
    }
}

/// As `futex_event_wait_all_or_deadline`, and as `futex_event_wait_all_or_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_all_or_deadline_interruptible(
    events: *const *mut futex_event_manual,
    count: usize,
    other: futex_event_waitable,
    deadline: u64,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait(
            events,
            count,
            other,
            left_until(deadline),
            interrupted,
            context,
        )
    }
}

/// Never ends a wait.
unsafe extern "C" fn never(_: *mut c_void) -> bool {
    false
}

/// Waits for the events, or for the other one. All forms are this one, so the library contains such a wait once.
///
/// # Safety
///
/// If `events` is neither null nor misaligned, there are `count` pointers; for each, see [`event`](crate::argument::event).
/// For `other`, see [`waitable`]. `interrupted` can be called with `context`.
unsafe fn wait(
    events: *const *mut futex_event_manual,
    count: usize,
    other: futex_event_waitable,
    timeout: Duration,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    let Some(other) = (unsafe { waitable(other) }) else {
        return FUTEX_EVENT_INVALID;
    };
    let wait = |events: &[&Event], interrupted: &mut dyn FnMut() -> bool| {
        AllOf(events)
            .or(other)
            .wait_timeout_interruptible(timeout, interrupted)
    };
    // SAFETY: as above.
    unsafe { wait_until_interrupted(events, count, interrupted, context, wait) }
}
