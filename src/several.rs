//! What the waits for several events have in common: how they begin.

use crate::platform::PrivateFutex;

/// The most events that one wait can be for: 128.
///
/// It is as many as Linux's `futex_waitv` takes, and bounds the memory that the wait takes on the stack.
/// [FUTEX_WAITV_MAX in include/uapi/linux/futex.h]
pub const MAX_EVENTS: usize = 128;

/// An event that [`wait_any`](crate::wait_any()) can wait for: an [`Event`](crate::Event) or an
/// [`AutoResetEvent`](crate::AutoResetEvent).
///
/// The trait is sealed. All events of one wait live in the same type of word, `F`.
pub trait Waitable<F = PrivateFutex>: Source<F> {}

/// Only this crate can make one, and so call what takes one.
pub struct Seal(pub(crate) ());

/// What an event does for a thread that waits for several.
pub trait Source<F>: Sync {
    /// Whether the event is set. Takes the token, if it has tokens.
    fn take(&self, _: Seal) -> bool;

    /// What the thread remembers of the look with which its wait begins.
    fn begin(&self, _: Seal) -> u32;

    /// Whether the wait that began with `begun` is released by this event. Takes the token, if it has tokens.
    fn claim(&self, begun: u32, _: Seal) -> bool;

    /// The same, and if the answer is no, marks the event so that the next `set` ends a sleep.
    fn listen(&self, begun: u32, sleep_on: SleepOn, _: Seal) -> Listening<'_, F>;
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SleepOn {
    /// The words of the events, where that is possible.
    Words,
    /// The epoch, for all.
    Epoch,
}

pub enum Listening<'a, F> {
    /// The wait is over: the event was claimed.
    Released,
    /// A `set` will wake those who sleep on this word while it has this value.
    OnWord(&'a F, u32),
    /// A `set` will wake those who sleep on the epoch.
    OnEpoch,
}

/// # Panics
///
/// If there are more than [`MAX_EVENTS`].
#[inline]
pub(crate) fn check(count: usize) {
    assert!(
        count <= MAX_EVENTS,
        "a wait for {} events, of which there may be {} at most",
        count,
        MAX_EVENTS
    );
}

/// A wait for several events, `S` being their type, which has begun: each of them, and what it remembers of it.
pub(crate) struct Several<'a, S: ?Sized> {
    events: &'a [&'a S],
    begun: [u32; MAX_EVENTS],
}

impl<'a, S: ?Sized> Several<'a, S> {
    pub(crate) fn begin<F>(events: &'a [&'a S]) -> Self
    where
        S: Source<F>,
    {
        let mut begun = [0; MAX_EVENTS];
        for (begun, event) in begun.iter_mut().zip(events) {
            *begun = event.begin(Seal(()));
        }
        Self { events, begun }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a S, u32)> + '_ {
        let events = self.events.iter().copied();
        events.zip(self.begun.iter().copied())
    }

    /// What the histories of waits for just these events are found by. Such a wait may end soon where one for another of
    /// them does not.
    pub(crate) fn address(&self) -> usize {
        let addresses = self.events.iter().map(|event| {
            let event: *const S = *event;
            event.cast::<()>() as usize
        });
        addresses.fold(0, usize::wrapping_add)
    }
}
