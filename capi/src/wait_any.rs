//! [`wait_any`].

use crate::interrupted::{self, futex_event_interrupted};
use crate::result::futex_event_result::{
    FUTEX_EVENT_INTERRUPTED, FUTEX_EVENT_INVALID, FUTEX_EVENT_TIMED_OUT,
};
use crate::time::{left_until, timeout};
use crate::waitable::{futex_event_waitable, waitable};
use core::ffi::{c_int, c_void};
use futex_event::{wait_any, wait_any_interruptible, wait_any_timeout};
use futex_event::{wait_any_timeout_interruptible, Event, Interrupted, Waitable};

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
/// returns. Must not be called in a signal handler.
///
/// It takes stack: at most 2 KiB for up to 16 events, 40 KiB for up to 1,024, and 160 KiB for up to 4,096. A thread of
/// musl has 128 KiB by default.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_any(
    events: *const futex_event_waitable,
    count: usize,
) -> c_int {
    // SAFETY: by what the caller promises.
    unsafe { wait(events, count, &mut |events| Ok(Some(wait_any(events)))) }
}

/// As `futex_event_wait_any`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier, and
/// then takes no token. Zero checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
#[no_mangle]
pub unsafe extern "C" fn futex_event_wait_any_timeout(
    events: *const futex_event_waitable,
    count: usize,
    nanoseconds: u64,
) -> c_int {
    let wait_any = &mut |events: Events| Ok(wait_any_timeout(events, timeout(nanoseconds)));
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
    let wait_any = &mut |events: Events| Ok(wait_any_timeout(events, left_until(deadline)));
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
    let wait_any = &mut |events: Events, interrupted: Closure| {
        wait_any_interruptible(events, interrupted).map(Some)
    };
    // SAFETY: by what the caller promises.
    unsafe { wait_interruptible(events, count, interrupted, context, wait_any) }
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
    let wait_any = &mut |events: Events, interrupted: Closure| {
        wait_any_timeout_interruptible(events, timeout(nanoseconds), interrupted)
    };
    // SAFETY: by what the caller promises.
    unsafe { wait_interruptible(events, count, interrupted, context, wait_any) }
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
    let wait_any = &mut |events: Events, interrupted: Closure| {
        wait_any_timeout_interruptible(events, left_until(deadline), interrupted)
    };
    // SAFETY: by what the caller promises.
    unsafe { wait_interruptible(events, count, interrupted, context, wait_any) }
}

type Events<'a> = &'a [&'a dyn Waitable];
type Closure<'a> = &'a mut dyn FnMut() -> bool;
type Waited = Result<Option<usize>, Interrupted>;

/// An index is less than FUTEX_EVENT_WAIT_ANY_MAX.
fn in_c(waited: Waited) -> c_int {
    match waited {
        Ok(Some(index)) => index as c_int,
        Ok(None) => FUTEX_EVENT_TIMED_OUT.into(),
        Err(Interrupted) => FUTEX_EVENT_INTERRUPTED.into(),
    }
}

/// Waits for the events in the given way, which calls `interrupted`.
///
/// # Safety
///
/// As for [`wait`]; and `interrupted` can be called with `context`.
unsafe fn wait_interruptible(
    events: *const futex_event_waitable,
    count: usize,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
    wait: &mut dyn FnMut(Events<'_>, Closure<'_>) -> Waited,
) -> c_int {
    // SAFETY: by what the caller promises.
    unsafe {
        interrupted::called(interrupted, context, |interrupted| {
            self::wait(events, count, &mut |events| wait(events, interrupted))
        })
    }
}

/// Waits for the events in the given way.
///
/// # Safety
///
/// If `events` is neither null nor misaligned, there are `count` of them; for each, see [`waitable`].
unsafe fn wait(
    events: *const futex_event_waitable,
    count: usize,
    wait: &mut dyn FnMut(Events<'_>) -> Waited,
) -> c_int {
    if events.is_null() || !events.is_aligned() || count > FUTEX_EVENT_WAIT_ANY_MAX {
        return FUTEX_EVENT_INVALID.into();
    }
    // SAFETY: by what the caller promises; no other thread changes them during the call.
    let events = unsafe { core::slice::from_raw_parts(events, count) };
    // There is no allocator, so the references are on the stack. Few events need only a small frame.
    // SAFETY: by what the caller promises.
    unsafe {
        match count {
            0 => FUTEX_EVENT_INVALID.into(),
            1..=16 => wait_for::<16>(events, wait),
            17..=64 => wait_for::<64>(events, wait),
            65..=256 => wait_for::<256>(events, wait),
            257..=1024 => wait_for::<1024>(events, wait),
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
    wait: &mut dyn FnMut(Events<'_>) -> Waited,
) -> c_int {
    static NONE: Event = Event::new();
    let mut references: [&dyn Waitable; N] = [&NONE; N];
    for (reference, it) in references.iter_mut().zip(events) {
        // SAFETY: by what the caller promises.
        *reference = match unsafe { waitable(*it) } {
            Some(event) => event,
            None => return FUTEX_EVENT_INVALID.into(),
        };
    }
    in_c(wait(&references[..events.len()]))
}
