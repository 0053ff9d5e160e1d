//! A wait that has begun: each of its events, as the thread found it.

use super::events::{Kind, ManualResetList, WaitableList};
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
    /// The event, the word of which was this as the wait began.
    #[inline]
    pub(crate) fn resumed(event: Kind<'a, F>, word: u32) -> Self {
        match event {
            Kind::Manual(event) => Self::Manual(event, word),
            Kind::AutoReset(event) => Self::AutoReset(event),
        }
    }
}

/// The word of an event as a wait for it begins. That of an auto-reset event is not needed later.
#[cfg(feature = "async")]
pub(crate) fn word<F: Futex>(event: Kind<'_, F>) -> u32 {
    match event {
        Kind::Manual(event) => event.word.read(),
        Kind::AutoReset(_) => 0,
    }
}

/// Checks an event for the first time: its word, or `None` if it releases the wait at once. Then its token is taken, if it
/// has tokens.
#[inline]
pub(crate) fn check<F: Futex>(event: Kind<'_, F>) -> Option<u32> {
    match event {
        Kind::Manual(event) => Some(event.word.read()).filter(|word| !is_set(*word)),
        Kind::AutoReset(event) => (!event.try_wait()).then_some(0),
    }
}

impl<F: Futex> Awaited for Begun<'_, F> {
    fn address(self) -> usize {
        match self {
            Self::Manual(event, _) => event.word.address(),
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

/// The events of a wait, each of which is found again by its index, and by its word as the wait began.
pub(crate) trait Events: Copy {
    type Begun: Copy;

    fn begun(self, index: usize, word: u32) -> Self::Begun;
}

impl<'a, F: Futex> Events for &'a dyn WaitableList<F> {
    type Begun = Begun<'a, F>;

    fn begun(self, index: usize, word: u32) -> Begun<'a, F> {
        Begun::resumed(self.kind_at(index), word)
    }
}

impl<'a, F: Futex> Events for &'a dyn ManualResetList<F> {
    type Begun = (&'a Event<F>, u32);

    fn begun(self, index: usize, word: u32) -> (&'a Event<F>, u32) {
        (self.event_at(index), word)
    }
}

/// How many words are in one part of a [`Chain`].
const PART: usize = 16;

/// The words of any number of events, with no memory other than the stack: a wait for more than [`PART`] events calls itself
/// for the rest, and each call keeps its part.
pub(crate) struct Chain<'a, L> {
    before: Option<&'a Chain<'a, L>>,
    events: L,
    words: [u32; PART],
    /// The index of the first of them, and that after the last.
    first: usize,
    end: usize,
}

impl<'a, L: Events> Chain<'a, L> {
    /// Each event with its index: those of a part in their order, and the last part first.
    pub(crate) fn iter(&'a self) -> impl Iterator<Item = (usize, L::Begun)> + Clone + 'a {
        let parts = core::iter::successors(Some(self), |part| part.before);
        parts.flat_map(|part| {
            let words = (part.first..part.end).zip(part.words);
            words.map(move |(index, word)| (index, part.events.begun(index, word)))
        })
    }
}

/// Begins a wait for `count` events, after those that are in the chain `before`: calls `check` for the word of each, and
/// calls `then` with the chain of them. If `check` returns an answer of the wait instead, returns that.
pub(crate) fn begin<L: Events, R>(
    events: L,
    count: usize,
    before: Option<&Chain<'_, L>>,
    check: &mut impl FnMut(usize) -> Result<u32, R>,
    then: impl FnOnce(&Chain<'_, L>) -> R,
) -> R {
    let first = before.map_or(0, |before| before.end);
    let end = count.min(first + PART);
    let mut words = [0; PART];
    for (index, word) in (first..end).zip(&mut words) {
        match check(index) {
            Ok(found) => *word = found,
            Err(answer) => return answer,
        }
    }
    let chain = Chain {
        before,
        events,
        words,
        first,
        end,
    };
    if end == count {
        then(&chain)
    } else {
        begin(events, count, Some(&chain), check, then)
    }
}

/// Of these events, for the policy of how to spin: a wait for several may end soon where one for another does not.
pub(crate) fn place(addresses: impl Iterator<Item = usize>) -> usize {
    addresses.fold(0, usize::wrapping_add)
}
