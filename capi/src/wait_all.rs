//! [`wait_all`].

use crate::argument::event;
use crate::event::futex_event_manual;
use crate::interrupted::{self, futex_event_interrupted};
use crate::result::futex_event_result::{self, FUTEX_EVENT_INVALID};
use crate::time::{left_until, timeout};
use core::ffi::c_void;
use futex_event::{wait_all, wait_all_interruptible, wait_all_timeout};
use futex_event::{wait_all_timeout_interruptible, Event};

/// Blocks until each of the `count` events has been set, not necessarily at the same time: an event that is set at any
/// moment after the call has begun counts, even if it is cleared later. Returns FUTEX_EVENT_RELEASED,
/// or FUTEX_EVENT_INVALID if `events` or an event is null or misaligned.
///
/// Returns at once, without a system call, if all are set, or if there are none. Acquire, of each event. Must not be
/// called in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_all(
    events: *const *mut futex_event_manual,
    count: usize,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe { wait(events, count, |events| wait_all(events)) }
}

/// As `futex_event_wait_all`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier. Zero
/// checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_all_timeout(
    events: *const *mut futex_event_manual,
    count: usize,
    nanoseconds: u64,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait(events, count, |events| {
            wait_all_timeout(events, timeout(nanoseconds))
        })
    }
}

/// As `futex_event_wait_all_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A deadline
/// in the past checks once.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_all_deadline(
    events: *const *mut futex_event_manual,
    count: usize,
    deadline: u64,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait(events, count, |events| {
            wait_all_timeout(events, left_until(deadline))
        })
    }
}

/// As `futex_event_wait_all`, but each time the thread wakes and not all have been set, this calls
/// `interrupted(context)`, and if that returns true, it returns FUTEX_EVENT_INTERRUPTED; unless all have been set by
/// then. FUTEX_EVENT_INVALID also if `interrupted` is null.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_all_interruptible(
    events: *const *mut futex_event_manual,
    count: usize,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_until_interrupted(
            events,
            count,
            interrupted,
            context,
            |events, interrupted| wait_all_interruptible(events, interrupted),
        )
    }
}

/// As `futex_event_wait_all_timeout`, and as `futex_event_wait_all_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_all_timeout_interruptible(
    events: *const *mut futex_event_manual,
    count: usize,
    nanoseconds: u64,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_until_interrupted(
            events,
            count,
            interrupted,
            context,
            |events, interrupted| {
                wait_all_timeout_interruptible(events, timeout(nanoseconds), interrupted)
            },
        )
    }
}

/// As `futex_event_wait_all_deadline`, and as `futex_event_wait_all_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_all_deadline_interruptible(
    events: *const *mut futex_event_manual,
    count: usize,
    deadline: u64,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_until_interrupted(
            events,
            count,
            interrupted,
            context,
            |events, interrupted| {
                wait_all_timeout_interruptible(events, left_until(deadline), interrupted)
            },
        )
    }
}

/// Waits for the events in the given way.
///
/// # Safety
///
/// If `events` is neither null nor misaligned, there are `count` pointers; for each, see [`event`].
unsafe fn wait<R: Into<futex_event_result>>(
    events: *const *mut futex_event_manual,
    count: usize,
    wait: impl FnOnce(&[&Event]) -> R,
) -> futex_event_result {
    if count == 0 {
        return wait(&[]).into();
    }
    if events.is_null() || !events.is_aligned() {
        return FUTEX_EVENT_INVALID;
    }
    // SAFETY: by what the caller promises.
    let pointers = unsafe { core::slice::from_raw_parts(events, count) };
    // SAFETY: by what the caller promises.
    if pointers.iter().any(|&it| unsafe { event(it) }.is_none()) {
        return FUTEX_EVENT_INVALID;
    }
    // SAFETY: each is a pointer to an event, and a reference to one is laid out the same.
    let events = unsafe { core::slice::from_raw_parts(events.cast::<&Event>(), count) };
    wait(events).into()
}

/// The same for an interruptible wait, which calls `interrupted`.
///
/// # Safety
///
/// As for [`wait`]; and `interrupted` can be called with `context`.
pub(crate) unsafe fn wait_until_interrupted<R: Into<futex_event_result>>(
    events: *const *mut futex_event_manual,
    count: usize,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
    wait: impl FnOnce(&[&Event], &mut dyn FnMut() -> bool) -> R,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        interrupted::called(interrupted, context, |interrupted| {
            self::wait(events, count, |events| wait(events, interrupted))
        })
    }
}
