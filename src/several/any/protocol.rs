//! The wait for the first of several events.
//!
//! It begins with a check of each event in the order of the list. If none is set, the thread spins for a while, as in a
//! plain wait: it polls the events, and no `set` knows of it. Then it becomes a [listener](crate::listeners), where the
//! rest of the protocol is described. At most one event releases the wait, so no token has to be given back.

use crate::listeners::{first_released, listen, Awaited, OfOneProcess};
use crate::platform::Futex;
use crate::several::begun::{begin, check, place, Chain};
use crate::several::events::WaitableList;
use crate::spin::Spin;
use crate::wait::{Sleep, Wait};

/// A wait for the first of these events.
pub(super) struct First<'a, F> {
    pub(super) events: &'a dyn WaitableList<F>,
    pub(super) spin: Spin,
}

impl<F: Futex> Wait<F> for First<'_, F> {
    type Released = usize;

    #[inline]
    fn wait_by<S: Sleep<F>>(self, sleep: impl FnOnce() -> Option<S>) -> Option<usize> {
        self.begin(|events| spin_or_listen(events, self.spin, &sleep()?))
    }
}

impl<F: Futex> First<'_, F> {
    #[inline]
    pub(super) fn try_wait(&self) -> Option<usize> {
        self.begin(|events| spin_alone(events, self.spin))
    }

    /// Checks each event for the first time, and does what is to be done if none is set.
    #[inline]
    fn begin(&self, otherwise: impl FnOnce(&Events<'_, '_, F>) -> Option<usize>) -> Option<usize> {
        let () = OfOneProcess::<F>::CHECKED;
        let count = self.events.count();
        assert!(count > 0, "a wait for one of no events never ends");
        let mut check = |index| check(self.events.kind_at(index)).ok_or(Some(index));
        begin(self.events, count, None, &mut check, otherwise)
    }
}

type Events<'a, 'e, F> = Chain<'a, &'e dyn WaitableList<F>>;

/// Spins for a while, and then listens.
#[cold]
#[inline(never)]
fn spin_or_listen<F: Futex>(
    events: &Events<'_, '_, F>,
    spin: Spin,
    sleep: &impl Sleep<F>,
) -> Option<usize> {
    let released = || first_released(&events.iter());
    let park = || listen(events.iter(), sleep);
    let (place, words) = place_and_words(events);
    spin.then_park(place, words, false, sleep, released, park)
}

/// Spins for a while, and does not park.
#[cold]
#[inline(never)]
fn spin_alone<F: Futex>(events: &Events<'_, '_, F>, spin: Spin) -> Option<usize> {
    let (place, words) = place_and_words(events);
    spin.alone::<F, _>(place, words, false, || first_released(&events.iter()))
}

fn place_and_words<F: Futex>(events: &Events<'_, '_, F>) -> (usize, usize) {
    let addresses = events.iter().map(|(_, event)| event.address());
    (place(addresses.clone()), addresses.count())
}
