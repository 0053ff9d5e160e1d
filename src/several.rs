//! What the waits for several events have in common: how they begin.

use crate::platform::PrivateFutex;
use crate::{AutoResetEvent, Event};

/// An event that [`wait_any`](crate::wait_any()) can wait for: an [`Event`](crate::Event) or an
/// [`AutoResetEvent`](crate::AutoResetEvent).
///
/// The trait is sealed. All events of one wait live in the same type of word, `F`.
pub trait Waitable<F = PrivateFutex>: sealed::Sealed<F> {}

impl<F: Sync> Waitable<F> for Event<F> {}
impl<F: Sync> Waitable<F> for AutoResetEvent<F> {}

/// Whose items have no name outside this crate. What can be called there returns a kind that cannot be used there.
pub(crate) mod sealed {
    use super::*;

    pub trait Sealed<F>: Sync {
        fn kind(&self) -> Kind<'_, F>;
    }

    pub enum Kind<'a, F> {
        Manual(&'a Event<F>),
        AutoReset(&'a AutoResetEvent<F>),
    }

    impl<F> Clone for Kind<'_, F> {
        fn clone(&self) -> Self {
            *self
        }
    }

    impl<F> Copy for Kind<'_, F> {}

    impl<F: Sync> Sealed<F> for Event<F> {
        fn kind(&self) -> Kind<'_, F> {
            Kind::Manual(self)
        }
    }

    impl<F: Sync> Sealed<F> for AutoResetEvent<F> {
        fn kind(&self) -> Kind<'_, F> {
            Kind::AutoReset(self)
        }
    }
}

/// How many events begin to be waited for at once.
pub(crate) const SOME: usize = 16;

/// A wait for several events, which has begun: some of the events, and the words that the thread found; and the same for
/// those before them.
///
/// There may be any number of events, and no memory but the stack. So a wait for more than [`SOME`] calls itself for the
/// rest, and each call keeps its share.
pub(crate) struct Begun<'a, E: ?Sized> {
    pub(crate) before: Option<&'a Begun<'a, E>>,
    pub(crate) events: &'a [&'a E],
    pub(crate) words: [u32; SOME],
    /// The index of the first of them.
    pub(crate) first: usize,
}

impl<'a, E: ?Sized> Begun<'a, E> {
    /// Each event with its index and the word that was found.
    pub(crate) fn iter(&'a self) -> impl Iterator<Item = (usize, &'a E, u32)> + Clone + 'a {
        let parts = core::iter::successors(Some(self), |part| part.before);
        parts.flat_map(|part| {
            let events = part.events.iter().copied().zip(part.words);
            let indexed = (part.first..).zip(events);
            indexed.map(|(index, (event, word))| (index, event, word))
        })
    }

    pub(crate) fn addresses(&'a self) -> impl Iterator<Item = usize> + Clone + 'a {
        self.iter().map(|(_, event, _)| {
            let event: *const E = event;
            event.cast::<()>() as usize
        })
    }

    /// Of these events, for the policy of how to spin: a wait for several may end soon where one for another does not.
    pub(crate) fn place(&'a self) -> usize {
        self.addresses().fold(0, usize::wrapping_add)
    }
}
