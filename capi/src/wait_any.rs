//! [`wait_any`].

use crate::interrupted::futex_event_interrupted;
use crate::result::futex_event_result::{
    FUTEX_EVENT_INTERRUPTED, FUTEX_EVENT_INVALID, FUTEX_EVENT_TIMED_OUT,
};
use crate::time::{left_until, timeout};
use crate::waitable::{futex_event_waitable, waitable};
use core::ffi::{c_int, c_void};
use futex_event::{wait_any, wait_any_interruptible, wait_any_timeout};
use futex_event::{wait_any_timeout_interruptible, Event, Waitable};

/// The most events that one `futex_event_wait_any` can wait for. `futex_event_wait_all` has no limit.
pub const FUTEX_EVENT_WAIT_ANY_MAX: usize = 4096;

/// Blocks until one of the `count` events releases this wait, and returns its index. Any other result is negative and
/// one of `enum futex_event_result`: FUTEX_EVENT_INVALID if there are no events, or more than FUTEX_EVENT_WAIT_ANY_MAX;
/// if `events` is null or misaligned; or if one of its elements is not exactly one event.
///
/// If several are set when it begins, it returns the index of the first, and the others stay as they are. A
/// manual-reset event that was set and cleared since the wait began counts. If an auto-reset event releases the wait,
/// it takes one token, of that event only.
///
/// Returns at once, without a system call, if one is set; never spuriously. Acquire, of the event whose index it
/// returns. Each event takes some bytes of the stack. Must not be called in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_any(
    events: *const futex_event_waitable,
    count: usize,
) -> c_int {
    // SAFETY: by what the caller promises.
    unsafe { wait(events, count, &mut |events| index(wait_any(events))) }
}

/// As `futex_event_wait_any`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier, and
/// then takes no token. Zero checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_any_timeout(
    events: *const futex_event_waitable,
    count: usize,
    nanoseconds: u64,
) -> c_int {
    let wait_any = &mut |events: Events| {
        wait_any_timeout(events, timeout(nanoseconds)).map_or(TIMED_OUT, index)
    };
    // SAFETY: by what the caller promises.
    unsafe { wait(events, count, wait_any) }
}

/// As `futex_event_wait_any_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A deadline
/// in the past checks once.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_any_deadline(
    events: *const futex_event_waitable,
    count: usize,
    deadline: u64,
) -> c_int {
    let wait_any = &mut |events: Events| {
        wait_any_timeout(events, left_until(deadline)).map_or(TIMED_OUT, index)
    };
    // SAFETY: by what the caller promises.
    unsafe { wait(events, count, wait_any) }
}

/// As `futex_event_wait_any`, but each time the thread wakes without having been released, this calls
/// `interrupted(context)`, and if that returns true, it returns FUTEX_EVENT_INTERRUPTED, and takes no token; unless the
/// wait has been released by then. FUTEX_EVENT_INVALID also if `interrupted` is null.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_any_interruptible(
    events: *const futex_event_waitable,
    count: usize,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> c_int {
    let Some(interrupted) = interrupted else {
        return INVALID;
    };
    // SAFETY: by what the caller promises.
    let mut interrupted = || unsafe { interrupted(context) };
    let wait_any = &mut |events: Events| {
        wait_any_interruptible(events, &mut interrupted).map_or(INTERRUPTED, index)
    };
    // SAFETY: as above.
    unsafe { wait(events, count, wait_any) }
}

/// As `futex_event_wait_any_timeout`, and as `futex_event_wait_any_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_any_timeout_interruptible(
    events: *const futex_event_waitable,
    count: usize,
    nanoseconds: u64,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> c_int {
    let Some(interrupted) = interrupted else {
        return INVALID;
    };
    // SAFETY: by what the caller promises.
    let mut interrupted = || unsafe { interrupted(context) };
    let wait_any = &mut |events: Events| match wait_any_timeout_interruptible(
        events,
        timeout(nanoseconds),
        &mut interrupted,
    ) {
        Ok(released) => released.map_or(TIMED_OUT, index),
        Err(_) => INTERRUPTED,
    };
    // SAFETY: as above.
    unsafe { wait(events, count, wait_any) }
}

/// As `futex_event_wait_any_deadline`, and as `futex_event_wait_any_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_any_deadline_interruptible(
    events: *const futex_event_waitable,
    count: usize,
    deadline: u64,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> c_int {
    let Some(interrupted) = interrupted else {
        return INVALID;
    };
    // SAFETY: by what the caller promises.
    let mut interrupted = || unsafe { interrupted(context) };
    let wait_any = &mut |events: Events| match wait_any_timeout_interruptible(
        events,
        left_until(deadline),
        &mut interrupted,
    ) {
        Ok(released) => released.map_or(TIMED_OUT, index),
        Err(_) => INTERRUPTED,
    };
    // SAFETY: as above.
    unsafe { wait(events, count, wait_any) }
}

const TIMED_OUT: c_int = FUTEX_EVENT_TIMED_OUT as c_int;
const INTERRUPTED: c_int = FUTEX_EVENT_INTERRUPTED as c_int;
const INVALID: c_int = FUTEX_EVENT_INVALID as c_int;

/// An index is less than FUTEX_EVENT_WAIT_ANY_MAX.
fn index(index: usize) -> c_int {
    index as c_int
}

type Events<'a> = &'a [&'a dyn Waitable];

/// Waits for the events in the given way.
///
/// # Safety
///
/// If `events` is neither null nor misaligned, there are `count` of them; for each, see [`waitable`].
unsafe fn wait(
    events: *const futex_event_waitable,
    count: usize,
    wait: &mut dyn FnMut(Events<'_>) -> c_int,
) -> c_int {
    if events.is_null() || !events.is_aligned() || count > FUTEX_EVENT_WAIT_ANY_MAX {
        return INVALID;
    }
    // SAFETY: by what the caller promises; no other thread changes them during the call.
    let events = unsafe { core::slice::from_raw_parts(events, count) };
    // There is no allocator, so the references are on the stack; a few events need only a small frame.
    // SAFETY: by what the caller promises.
    unsafe {
        match count {
            0 => INVALID,
            1..=16 => wait_for::<16>(events, wait),
            17..=256 => wait_for::<256>(events, wait),
            _ => wait_for::<FUTEX_EVENT_WAIT_ANY_MAX>(events, wait),
        }
    }
}

/// The same for one to `N` events.
///
/// # Safety
///
/// For each of the events, see [`waitable`].
#[inline(never)] // Otherwise its frame would be part of the caller's.
unsafe fn wait_for<const N: usize>(
    events: &[futex_event_waitable],
    wait: &mut dyn FnMut(Events<'_>) -> c_int,
) -> c_int {
    static NONE: Event = Event::new();
    let mut references: [&dyn Waitable; N] = [&NONE; N];
    for (reference, it) in references.iter_mut().zip(events) {
        // SAFETY: by what the caller promises.
        *reference = match unsafe { waitable(*it) } {
            Some(event) => event,
            None => return INVALID,
        };
    }
    wait(&references[..events.len()])
}
