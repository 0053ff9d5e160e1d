//! The epoch: one word for all events of a process, where threads sleep that no single event's word can hold.
//!
//! Such a thread *listens*: it reads the epoch, turns LISTENED on in each event that it cares about, looks at all of
//! them, and sleeps on the epoch as it was read. Whoever changes an event in a way that can end such a sleep sees
//! LISTENED, takes it off or leaves it to the next `clear` to do so, and *calls*: advances the epoch and wakes all who
//! sleep on it. They look again, and those who found nothing listen again.
//!
//! No listener misses a call. It reads the epoch, then looks at the event's word, then sleeps on the epoch as it was
//! read. A caller changes the event's word, then advances the epoch. If the look came before the change, the epoch was
//! read before it was advanced, and the sleep ends or does not begin. For that, the caller's advance is a Release, and
//! the listener's read an Acquire: who sees the new epoch cannot see the old word.
//!
//! An event that nobody listens to never touches the epoch.

use crate::platform::Futex;
use core::sync::atomic::Ordering::{Acquire, Release};

/// Only words of one process have an epoch.
///
/// ```
/// use futex_event::{platform::PrivateFutex, wait_any, AutoResetEvent, Event};
///
/// let event = Event::with_futex(PrivateFutex::new(0));
/// event.set();
/// wait_any(&[&event, &AutoResetEvent::with_futex(PrivateFutex::new(0))]);
/// ```
///
/// The same for several processes:
///
/// ```compile_fail
/// use futex_event::{platform::SharedFutex, wait_any, Event};
///
/// let event = Event::with_futex(SharedFutex::new(0));
/// event.set();
/// wait_any(&[&event]);
/// ```
///
/// ```compile_fail
/// use futex_event::{platform::SharedFutex, AutoResetEvent};
///
/// AutoResetEvent::with_futex(SharedFutex::new(0));
/// ```
pub(crate) struct OfOneProcess<F>(F);

impl<F: Futex> OfOneProcess<F> {
    /// Does not compile for others.
    pub(crate) const CHECKED: () = assert!(
        !F::SHARED,
        "only `Event` works across processes, and only by itself: not AutoResetEvent, and not in wait_any"
    );
}

/// The epoch as it is, for a thread that is about to listen.
pub(crate) fn read<F: Futex>() -> u32 {
    F::epoch().load(Acquire)
}

/// Wakes all who listen, to whatever event.
#[cold]
pub(crate) fn call<F: Futex>() {
    F::epoch().fetch_add(1, Release);
    F::wake_all(F::epoch());
}
