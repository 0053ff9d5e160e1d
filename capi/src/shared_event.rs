//! [`SharedEvent`]: manual-reset, for several processes.

use crate::argument::{event, wait, wait_interruptible, StandsFor};
use crate::interrupted::futex_event_interrupted;
use crate::result::futex_event_result;
use crate::time::{left_until, timeout};
use core::ffi::c_void;
use futex_event::SharedEvent;

/// A manual-reset event for several processes, in memory that they share: as `struct futex_event_manual`, for the
/// threads of all processes that map the memory, at any address. If a process is killed, at any instruction, the event
/// still works for the others.
///
/// Fresh pages are zero, and four zero bytes are an event that is not set. All processes must use the same version of
/// the library. The library has these functions on Linux, Android, Apple's systems and the BSDs, and not on other
/// systems.
#[repr(C)]
#[derive(Debug)]
pub struct futex_event_shared {
    /// Private to the library.
    pub word: u32,
}

impl StandsFor for futex_event_shared {
    type Event = SharedEvent;
}

/// Sets the event and releases every thread that waits for it, in all processes. Returns true if the event was not set;
/// false if it was, or if `event` is null or misaligned.
///
/// Does not block. Release, also if it returns false: a thread that observes this call, or a later one, sees everything
/// that the caller did before. May be called in a signal handler, and preserves `errno`; on Apple's systems only once a
/// thread of the process has slept in a wait for an event.
#[no_mangle]
pub unsafe extern "C" fn futex_event_shared_set(event: *mut futex_event_shared) -> bool {
    // SAFETY: by what the caller promises.
    unsafe { self::event(event) }.is_some_and(SharedEvent::set)
}

/// Makes the event unset. Returns true if it was set; false if it was not, or if `event` is null or misaligned. A wait
/// that has been released returns, even if its thread has not run since.
///
/// Does not block. Acquire, if it returns true. May be called in a signal handler, as `futex_event_shared_set`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_shared_clear(event: *mut futex_event_shared) -> bool {
    // SAFETY: by what the caller promises.
    unsafe { self::event(event) }.is_some_and(SharedEvent::clear)
}

/// Returns whether the event is set. False if `event` is null or misaligned.
///
/// Does not block. Acquire, if it returns true. May be called in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_shared_is_set(event: *const futex_event_shared) -> bool {
    // SAFETY: by what the caller promises.
    unsafe { self::event(event) }.is_some_and(SharedEvent::is_set)
}

/// Returns whether a wait would return at once: the same as `futex_event_shared_is_set`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_shared_try_wait(event: *mut futex_event_shared) -> bool {
    // SAFETY: by what the caller promises.
    unsafe { self::event(event) }.is_some_and(SharedEvent::try_wait)
}

/// Blocks until the event is set. Returns FUTEX_EVENT_RELEASED, or FUTEX_EVENT_INVALID if `event` is null or
/// misaligned.
///
/// Returns at once, without a system call, if the event is set; never spuriously. If the process that should set it has
/// died, this waits forever: if that can happen, wait with a timeout and check. Acquire. Must not be called in a signal
/// handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_shared_wait(
    event: *mut futex_event_shared,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe { wait(event, SharedEvent::wait) }
}

/// As `futex_event_shared_wait`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier, and
/// only if the wait is still unreleased.
///
/// Zero checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
#[no_mangle]
pub unsafe extern "C" fn futex_event_shared_wait_timeout(
    event: *mut futex_event_shared,
    nanoseconds: u64,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe { wait(event, |event| event.wait_timeout(timeout(nanoseconds))) }
}

/// As `futex_event_shared_wait_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A
/// deadline in the past checks once.
#[no_mangle]
pub unsafe extern "C" fn futex_event_shared_wait_deadline(
    event: *mut futex_event_shared,
    deadline: u64,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait(event, |event| {
            event.try_wait() || event.wait_timeout(left_until(deadline))
        })
    }
}

/// As `futex_event_shared_wait`, but each time the thread wakes without having been released, this calls
/// `interrupted(context)`, and if that returns true, it returns FUTEX_EVENT_INTERRUPTED; unless the wait has been
/// released by then. FUTEX_EVENT_INVALID also if `interrupted` is null.
#[no_mangle]
pub unsafe extern "C" fn futex_event_shared_wait_interruptible(
    event: *mut futex_event_shared,
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

/// As `futex_event_shared_wait_timeout`, and as `futex_event_shared_wait_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_shared_wait_timeout_interruptible(
    event: *mut futex_event_shared,
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

/// As `futex_event_shared_wait_deadline`, and as `futex_event_shared_wait_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_shared_wait_deadline_interruptible(
    event: *mut futex_event_shared,
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
