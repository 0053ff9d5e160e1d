//! A wait that has begun: each of its events, as the thread found it.

use super::events::Kind;
use crate::event::is_set;
use crate::listeners::Awaited;
use crate::platform::Futex;
use crate::{AutoResetEvent, Event};

/// An event of a wait for several, as the wait began.
pub(crate) enum Begun<'a, F> {
    /// With the word that was found: so a pulse ends the wait even if the thread did not see it.
    Manual(&'a Event<F>, u32),
    AutoReset(&'a AutoResetEvent<F>),
}

impl<F> Clone for Begun<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Begun<'_, F> {}

impl<'a, F: Futex> Begun<'a, F> {
    #[inline]
    pub(crate) fn new(event: Kind<'a, F>) -> Self {
        match event {
            Kind::Manual(event) => Self::Manual(event, event.word.read()),
            Kind::AutoReset(event) => Self::AutoReset(event),
        }
    }

    /// Whether the event releases the wait as that begins. Takes the token, if the event has tokens.
    #[inline]
    pub(crate) fn takes_at_once(self) -> bool {
        match self {
            Self::Manual(_, begun) => is_set(begun),
            Self::AutoReset(event) => event.try_wait(),
        }
    }
}

impl<F: Futex> Awaited for Begun<'_, F> {
    fn address(self) -> usize {
        match self {
            Self::Manual(event, _) => event as *const Event<F> as usize,
            Self::AutoReset(event) => event.word.address(),
        }
    }

    fn mark(self) -> bool {
        match self {
            Self::Manual(event, begun) => !event.word.mark_listened(begun),
            Self::AutoReset(event) => event.word.mark(),
        }
    }

    fn takes(self) -> bool {
        match self {
            Self::Manual(event, begun) => event.word.has_released(begun),
            Self::AutoReset(event) => event.word.takes(),
        }
    }

    fn pass_on(self) {
        if let Self::AutoReset(event) = self {
            event.word.pass_on();
        }
    }

    fn give_back(self) {
        if let Self::AutoReset(event) = self {
            event.word.give_back();
        }
    }
}

/// How many events are in one part of a [`Chain`].
const PART: usize = 16;

/// Any number of events, with no memory other than the stack: a wait for more than [`PART`] of them calls itself for the
/// rest, and each call keeps its part.
pub(crate) struct Chain<'a, E> {
    before: Option<&'a Chain<'a, E>>,
    events: [Option<E>; PART],
    /// The index of the first of them.
    first: usize,
}

impl<'a, E: Copy> Chain<'a, E> {
    /// Each event with its index: those of a part in their order, and the last part first.
    pub(crate) fn iter(&'a self) -> impl Iterator<Item = (usize, E)> + Clone + 'a {
        let parts = core::iter::successors(Some(self), |part| part.before);
        parts.flat_map(|part| (part.first..).zip(part.events.iter().copied().flatten()))
    }
}

/// Begins a wait for `count` events, after those that are in the chain `before`: makes a chain of what `begin` returns for
/// each index, and calls `then` with it. If `begin` returns an answer of the wait instead, returns that.
pub(crate) fn begin<E: Copy, R>(
    count: usize,
    before: Option<&Chain<'_, E>>,
    begin: &mut impl FnMut(usize) -> Result<E, R>,
    then: impl FnOnce(&Chain<'_, E>) -> R,
) -> R {
    let first = before.map_or(0, |before| before.first + PART);
    let mut events = [None; PART];
    for (index, event) in (first..count).zip(&mut events) {
        match begin(index) {
            Ok(begun) => *event = Some(begun),
            Err(answer) => return answer,
        }
    }
    let chain = Chain {
        before,
        events,
        first,
    };
    if count <= first + PART {
        then(&chain)
    } else {
        self::begin(count, Some(&chain), begin, then)
    }
}

/// Of these events, for the policy of how to spin: a wait for several may end soon where one for another does not.
pub(crate) fn place(addresses: impl Iterator<Item = usize>) -> usize {
    addresses.fold(0, usize::wrapping_add)
}
