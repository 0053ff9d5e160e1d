//! [`EventCount`].

use crate::argument::{event, wait, wait_interruptible, StandsFor};
use crate::interrupted::{self, futex_event_interrupted};
use crate::result::futex_event_result;
use crate::time::{left_until, timeout};
use core::ffi::c_void;
use futex_event::EventCount;

/// An event count for the threads of one process: makes any lock-free structure blocking. The state that threads wait
/// for is in the structure, not in the event count. A thread that has to wait for a change of the structure prepares a
/// wait, checks the structure again, and waits. A thread that has changed the structure notifies. Then no change is
/// missed:
///
/// ```c
/// while (!pop(queue, &item)) {
///     struct futex_event_ticket ticket = futex_event_count_prepare(&filled);
///     if (pop(queue, &item)) {
///         break;
///     }
///     futex_event_count_wait(&filled, ticket);
/// }
///
/// push(queue, item);
/// futex_event_count_notify_one(&filled);
/// ```
///
/// Four zero bytes are an event count. It may be moved while no thread uses it. It may be freed as soon as a wait has
/// returned and no other call uses it; the notification that ended the wait may still be running.
#[repr(C)]
#[derive(Debug)]
pub struct futex_event_count {
    /// Private to the library.
    pub word: u32,
}

/// The right to wait for the first notification since it was prepared. It may be dropped instead.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct futex_event_ticket {
    /// Private to the library.
    pub generation: u32,
}

impl StandsFor for futex_event_count {
    type Event = EventCount;
}

/// The function that a wait for a condition calls. It returns whether the condition holds. `context` is the pointer
/// that was given to the wait.
///
/// It is called on the waiting thread, and must return: no `longjmp`, no exception.
pub type futex_event_condition = Option<unsafe extern "C" fn(context: *mut c_void) -> bool>;

/// Prepares a wait: the ticket misses no notification from now on. The caller checks the structure once more, and then
/// waits with the ticket, or drops it. If `count` is null or misaligned, the ticket is useless.
///
/// Does not block. It ends with a sequentially consistent fence: a check that follows finds every change whose
/// notification does not release the ticket. May be called in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_prepare(
    count: *mut futex_event_count,
) -> futex_event_ticket {
    // SAFETY: by what the caller promises.
    let ticket = unsafe { event(count) }.map(EventCount::prepare);
    futex_event_ticket {
        generation: ticket.map_or(0, |ticket| ticket.into_raw()),
    }
}

/// Releases at least one thread that has a ticket, if there is one: if threads sleep, exactly one of them; if none
/// sleeps, all. For a change that any of the threads can use; call it after the change. Does nothing if `count` is null
/// or misaligned.
///
/// Does not block, and makes no system call unless a thread sleeps. It begins with a sequentially consistent fence.
/// Release: the thread whose wait this ends sees everything that the caller did before. May be called in a signal
/// handler, and preserves `errno`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_notify_one(count: *mut futex_event_count) {
    // SAFETY: by what the caller promises.
    if let Some(count) = unsafe { event(count) } {
        count.notify_one();
    }
}

/// Releases every thread that has a ticket. Otherwise as `futex_event_count_notify_one`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_notify_all(count: *mut futex_event_count) {
    // SAFETY: by what the caller promises.
    if let Some(count) = unsafe { event(count) } {
        count.notify_all();
    }
}

/// Blocks until a notification releases the ticket, which `futex_event_count_prepare` has returned for this event
/// count. Returns FUTEX_EVENT_RELEASED, or FUTEX_EVENT_INVALID if `count` is null or misaligned. The
/// change may be another one, or another thread may have been faster: check again.
///
/// Returns at once, without a system call, if the ticket has been released. Acquire. Must not be called in a signal
/// handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_wait(
    count: *mut futex_event_count,
    ticket: futex_event_ticket,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait(count, |count| {
            count.ticket_from_raw(ticket.generation).wait()
        })
    }
}

/// As `futex_event_count_wait`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never earlier, and
/// only if the ticket is still unreleased. Zero checks once and does not block. FUTEX_EVENT_FOREVER means no limit.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_wait_timeout(
    count: *mut futex_event_count,
    ticket: futex_event_ticket,
    nanoseconds: u64,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait(count, |count| {
            let ticket = count.ticket_from_raw(ticket.generation);
            ticket.wait_timeout(timeout(nanoseconds))
        })
    }
}

/// As `futex_event_count_wait_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A deadline
/// in the past checks once.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_wait_deadline(
    count: *mut futex_event_count,
    ticket: futex_event_ticket,
    deadline: u64,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait(count, |count| {
            let ticket = count.ticket_from_raw(ticket.generation);
            ticket.wait_timeout(left_until(deadline))
        })
    }
}

/// As `futex_event_count_wait`, but each time the thread wakes without having been released, this calls
/// `interrupted(context)`, and if that returns true, it returns FUTEX_EVENT_INTERRUPTED; unless the ticket has been
/// released by then. FUTEX_EVENT_INVALID also if `interrupted` is null.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_wait_interruptible(
    count: *mut futex_event_count,
    ticket: futex_event_ticket,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_interruptible(count, interrupted, context, |count, interrupted| {
            let ticket = count.ticket_from_raw(ticket.generation);
            ticket.wait_interruptible(interrupted)
        })
    }
}

/// As `futex_event_count_wait_timeout`, and as `futex_event_count_wait_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_wait_timeout_interruptible(
    count: *mut futex_event_count,
    ticket: futex_event_ticket,
    nanoseconds: u64,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_interruptible(count, interrupted, context, |count, interrupted| {
            let ticket = count.ticket_from_raw(ticket.generation);
            ticket.wait_timeout_interruptible(timeout(nanoseconds), interrupted)
        })
    }
}

/// As `futex_event_count_wait_deadline`, and as `futex_event_count_wait_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_wait_deadline_interruptible(
    count: *mut futex_event_count,
    ticket: futex_event_ticket,
    deadline: u64,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_interruptible(count, interrupted, context, |count, interrupted| {
            let ticket = count.ticket_from_raw(ticket.generation);
            ticket.wait_timeout_interruptible(left_until(deadline), interrupted)
        })
    }
}

/// Blocks until `condition(context)` returns true: the loop that is described at `struct futex_event_count`. It calls
/// the function at once, each time a notification releases the thread, and while it spins. Returns
/// FUTEX_EVENT_RELEASED, or FUTEX_EVENT_INVALID if `count` is null or misaligned, or `condition` is null.
///
/// No system call if the condition holds at once. Acquire, of a notification that ends a sleep. But `condition` may find
/// a change before its notification comes, so it must order what it reads. Must not be called in a signal handler.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_wait_until(
    count: *mut futex_event_count,
    condition: futex_event_condition,
    context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_until(count, condition, context, |count, condition| {
            count.wait_until(condition)
        })
    }
}

/// As `futex_event_count_wait_until`, but gives up after `nanoseconds` and returns FUTEX_EVENT_TIMED_OUT: never
/// earlier, and only if the condition does not hold then. Zero checks once and does not block. FUTEX_EVENT_FOREVER
/// means no limit.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_wait_until_timeout(
    count: *mut futex_event_count,
    condition: futex_event_condition,
    context: *mut c_void,
    nanoseconds: u64,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_until(count, condition, context, |count, condition| {
            count
                .wait_until_timeout(condition, timeout(nanoseconds))
                .is_some()
        })
    }
}

/// As `futex_event_count_wait_until_timeout`, but gives up when the clock of `futex_event_now` reaches `deadline`. A
/// deadline in the past checks once.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_wait_until_deadline(
    count: *mut futex_event_count,
    condition: futex_event_condition,
    context: *mut c_void,
    deadline: u64,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_until(count, condition, context, |count, condition| {
            count
                .wait_until_timeout(condition, left_until(deadline))
                .is_some()
        })
    }
}

/// As `futex_event_count_wait_until`, but each time the thread wakes and the condition does not hold, this calls
/// `interrupted(interrupted_context)`. If that returns true, it checks the condition once more, and returns
/// FUTEX_EVENT_INTERRUPTED if that still does not hold. FUTEX_EVENT_INVALID also if `interrupted` is null.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_wait_until_interruptible(
    count: *mut futex_event_count,
    condition: futex_event_condition,
    context: *mut c_void,
    interrupted: futex_event_interrupted,
    interrupted_context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_until_interruptible(
            count,
            (condition, context),
            (interrupted, interrupted_context),
            |count, condition, interrupted| count.wait_until_interruptible(condition, interrupted),
        )
    }
}

/// As `futex_event_count_wait_until_timeout`, and as `futex_event_count_wait_until_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_wait_until_timeout_interruptible(
    count: *mut futex_event_count,
    condition: futex_event_condition,
    context: *mut c_void,
    nanoseconds: u64,
    interrupted: futex_event_interrupted,
    interrupted_context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_until_interruptible(
            count,
            (condition, context),
            (interrupted, interrupted_context),
            |count, condition, interrupted| {
                count
                    .wait_until_timeout_interruptible(condition, timeout(nanoseconds), interrupted)
                    .map(|held| held.is_some())
            },
        )
    }
}

/// As `futex_event_count_wait_until_deadline`, and as `futex_event_count_wait_until_interruptible`.
#[no_mangle]
pub unsafe extern "C" fn futex_event_count_wait_until_deadline_interruptible(
    count: *mut futex_event_count,
    condition: futex_event_condition,
    context: *mut c_void,
    deadline: u64,
    interrupted: futex_event_interrupted,
    interrupted_context: *mut c_void,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        wait_until_interruptible(
            count,
            (condition, context),
            (interrupted, interrupted_context),
            |count, condition, interrupted| {
                count
                    .wait_until_timeout_interruptible(condition, left_until(deadline), interrupted)
                    .map(|held| held.is_some())
            },
        )
    }
}

/// Waits for the condition in the given way.
///
/// # Safety
///
/// As for [`event`]; and `condition` can be called with `context`.
unsafe fn wait_until<R: Into<futex_event_result>>(
    count: *mut futex_event_count,
    condition: futex_event_condition,
    context: *mut c_void,
    wait_until: impl FnOnce(&EventCount, &mut dyn FnMut() -> Option<()>) -> R,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        interrupted::called(condition, context, |condition| {
            wait(count, |count| {
                wait_until(count, &mut || condition().then_some(()))
            })
        })
    }
}

/// The same for an interruptible wait, which calls `interrupted`. Each function comes with its context.
///
/// # Safety
///
/// As for [`wait_until`]; and `interrupted` can be called with its context.
unsafe fn wait_until_interruptible<R: Into<futex_event_result>>(
    count: *mut futex_event_count,
    (condition, context): (futex_event_condition, *mut c_void),
    (interrupted, interrupted_context): (futex_event_interrupted, *mut c_void),
    wait: impl FnOnce(&EventCount, &mut dyn FnMut() -> Option<()>, &mut dyn FnMut() -> bool) -> R,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        interrupted::called(interrupted, interrupted_context, |interrupted| {
            wait_until(count, condition, context, |count, condition| {
                wait(count, condition, interrupted)
            })
        })
    }
}
