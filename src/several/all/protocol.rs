//! The wait for all of several manual-reset events.
//!
//! It takes nothing, so there is nothing to be taken in one step: each event is waited for on its own, one after the other,
//! and each counts from the moment at which the wait began, when its word was read.
//!
//! If another event may end the wait, the thread waits for one of two, that event and the next of the list that has not
//! been set: each time as a [listener](crate::listeners), in the way of `wait_any`. In between it checks all of them, the
//! other event first. So in any check that event is the first or the second, and an auto-reset one gives its token only to a
//! wait that returns because of it.

use super::Stopped;
use crate::event::is_set;
use crate::listeners::{listen, Awaited, OfOneProcess};
use crate::platform::Futex;
use crate::several::begun::{begin, check, place, Begun, Chain};
use crate::several::events::{Kind, ManualResetList};
use crate::spin::Spin;
use crate::wait::{Sleep, Wait};
use crate::Event;
use core::cell::Cell;

/// A wait for all of these events.
pub(super) struct Each<'a, L> {
    pub(super) events: &'a L,
    pub(super) spin: Spin,
}

impl<F: Futex, L: ManualResetList<F>> Wait<F> for Each<'_, L> {
    type Released = ();

    #[inline]
    fn wait_by<S: Sleep<F>>(self, sleep: impl FnOnce() -> Option<S>) -> Option<()> {
        self.begin((), |events| spin_or_park(events, self.spin, &sleep()?))
    }
}

impl<L> Each<'_, L> {
    #[inline]
    pub(super) fn try_wait<F: Futex>(&self) -> bool
    where
        L: ManualResetList<F>,
    {
        self.begin((), |events| spin_alone(events, self.spin))
            .is_some()
    }

    /// Checks each event for the first time. Returns `all` if all of them are set, and otherwise does what is to be done.
    ///
    /// The first check knows the type of the list. What comes after it is the same for all lists.
    #[inline]
    fn begin<F: Futex, R>(
        &self,
        all: R,
        otherwise: impl FnOnce(&Events<'_, '_, F>) -> Option<R>,
    ) -> Option<R>
    where
        L: ManualResetList<F>,
    {
        let (events, count) = (self.events, self.events.count());
        let are_set = Cell::new(true);
        let mut check = |index| {
            let word = events.event_at(index).word.read();
            are_set.set(are_set.get() && is_set(word));
            Ok(word)
        };
        begin(events as _, count, None, &mut check, |events| {
            if are_set.get() {
                Some(all)
            } else {
                otherwise(events)
            }
        })
    }
}

type Events<'a, 'e, F> = Chain<'a, &'e dyn ManualResetList<F>>;

/// The events that were not set as the wait began.
fn unset<'a, F: Futex>(
    events: &'a Events<'a, '_, F>,
) -> impl Iterator<Item = (&'a Event<F>, u32)> + Clone + 'a {
    let events = events.iter().map(|(_, event)| event);
    events.filter(|(_, begun)| !is_set(*begun))
}

fn are_released<F: Futex>(events: &Events<'_, '_, F>) -> Option<()> {
    let mut unset = unset(events);
    unset
        .all(|(event, begun)| event.word.has_released(begun))
        .then_some(())
}

fn place_of_all<F: Futex>(events: &Events<'_, '_, F>) -> usize {
    place(events.iter().map(|(_, (event, _))| event.word.address()))
}

/// Spins for a while, and does not park.
#[cold]
#[inline(never)]
fn spin_alone<F: Futex>(events: &Events<'_, '_, F>, spin: Spin) -> Option<()> {
    let words = events.iter().count();
    spin.alone::<F, _>(place_of_all(events), words, false, || are_released(events))
}

/// Spins for a while, and then parks on each in turn.
#[cold]
#[inline(never)]
fn spin_or_park<F: Futex>(
    events: &Events<'_, '_, F>,
    spin: Spin,
    sleep: &impl Sleep<F>,
) -> Option<()> {
    let released = || are_released(events);
    let park = || {
        unset(events)
            .all(|(event, begun)| event.word.park(begun, sleep))
            .then_some(())
    };
    let words = unset(events).count();
    spin.then_park(place_of_all(events), words, false, sleep, released, park)
}

/// The same, which another event ends too.
pub(super) struct EachOr<'a, F, L> {
    pub(super) all: Each<'a, L>,
    pub(super) other: Kind<'a, F>,
}

impl<F: Futex, L: ManualResetList<F>> Wait<F> for EachOr<'_, F, L> {
    type Released = Result<(), Stopped>;

    #[inline]
    fn wait_by<S: Sleep<F>>(
        self,
        sleep: impl FnOnce() -> Option<S>,
    ) -> Option<Result<(), Stopped>> {
        let () = OfOneProcess::<F>::CHECKED;
        let other = match check(self.other) {
            Some(word) => Begun::resumed(self.other, word),
            None => return Some(Err(Stopped)),
        };
        self.all.begin(Ok(()), |events| {
            spin_or_listen(events, other, self.all.spin, &sleep()?)
        })
    }
}

/// Spins for a while, and then listens to each in turn, and to the other event.
#[cold]
#[inline(never)]
fn spin_or_listen<F: Futex>(
    events: &Events<'_, '_, F>,
    other: Begun<'_, F>,
    spin: Spin,
    sleep: &impl Sleep<F>,
) -> Option<Result<(), Stopped>> {
    let released = || {
        if other.takes() {
            Some(Err(Stopped))
        } else {
            are_released(events).map(Ok)
        }
    };
    let park = || loop {
        let answer = released();
        if answer.is_some() {
            return answer;
        }
        let next = unset(events).find(|(event, begun)| !event.word.has_released(*begun));
        if let Some((event, begun)) = next {
            let two = [other, Begun::Manual(event, begun)];
            if listen((0..).zip(two), sleep)? == 0 {
                return Some(Err(Stopped));
            }
        }
    };
    let place = place_of_all(events).wrapping_add(other.address());
    let words = unset(events).count() + 1;
    spin.then_park(place, words, false, sleep, released, park)
}
