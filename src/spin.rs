//! Looking at an event for a while before parking on it.
//!
//! A set that comes from another CPU within a microsecond is seen by a thread that looks in a tenth of one; a thread that
//! parks takes the kernel's time twice, to sleep and to wake. A set that comes later makes the looking a waste, and on a
//! CPU that others want, a harm. Nobody knows which it will be. What is known is how the last waits went.
//!
//! # The policy
//!
//! - A wait looks for at most [`LIMIT`].
//! - Each event has *credit*, kept beside it in a table of the process, by a hash of its address. A look that saw the event
//!   change earns credit, one in vain pays. Without credit, the event's waits park at once, but for a probe now and then,
//!   at distances that double as long as the probes are in vain.
//! - A wait for several events has credit of its own, by the sum of their addresses, and looks at all of them.
//! - Nobody looks while others are parked on the one event it waits for: who is last in a row has no reason to hope.
//!   Nobody looks on a machine with one CPU, nor more than a few microseconds past its deadline.
//!
//! # How the limit was found
//!
//! By `cargo run --release --package benches -- --quick --only hand-off`, on a virtual machine with two CPUs, on which to
//! park and be woken by the other CPU takes 15 to 40 µs. Below are the medians of three runs for each limit, as ratios of
//! the time that a round trip takes.
//!
//! | limit | two CPUs, to two threads that spin on one line | one CPU, to never spinning | four pairs on two CPUs, to never spinning |
//! | --- | --- | --- | --- |
//! | 4 µs | 1.4; one run of five fell back to parking, 350 | 1.02 | 0.8 |
//! | 10 µs | 1.3 | 1.00 | 1.0 |
//! | 25 µs | 1.6 | 1.02 | 0.6, in one run of three only, since the others did not end in time |
//! | 50 µs | 1.4 | 1.07 | 2.6 |
//!
//! Other work ran on the machine at times. At rest the last column is 0.5 for 10 µs, in 51 rounds: see `docs/speed.md` in
//! the repository. Without credit, each wait on one CPU would cost the limit in full.
//!
//! Events that share a place in the table share their credit. It is read and written without any order, and may be lost
//! where two threads write at once: it is a guess either way.

use crate::platform::{Futex, TimedFutex};
use crate::{AutoResetEvent, Event};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;

/// The longest that a wait looks, unless the caller says another time. About what it costs to park and be woken, so that
/// a look in vain costs little more than the park after it; see above for what was tried.
const LIMIT: Duration = Duration::from_micros(10);

/// What a wait does before it parks: for how long it spins, which is to look at the event again and again.
///
/// It is a matter of speed only, and given per wait: see [`Event::spinning`], and the [guide](crate::guide::spinning) for
/// when to.
///
/// ```
/// use futex_event::{Event, Spin};
/// use std::time::Duration;
///
/// let event = Event::new();
/// event.set();
/// event.spinning(Spin::NEVER).wait();
/// event.spinning(Spin::at_most(Duration::from_micros(50))).wait();
/// event.wait(); // the same as
/// event.spinning(Spin::ADAPTIVE).wait();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spin(Policy);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Policy {
    #[default]
    Adaptive,
    AtMost(Duration),
}

impl Spin {
    /// Spins for some microseconds if that has been of use in this event's last waits, and otherwise parks at once. What
    /// `wait` does if it is not told.
    ///
    /// Parks at once, too, if others are parked on the event already.
    pub const ADAPTIVE: Self = Self(Policy::Adaptive);

    /// Parks at once: for threads that share a CPU with those they wait for, or whose CPU time others need.
    pub const NEVER: Self = Self::at_most(Duration::ZERO);

    /// Spins for at most so long, or a few microseconds more, whatever came of it before; for a thread that has a CPU for
    /// itself.
    ///
    /// Parks at once, too, if others are parked on the event already.
    pub const fn at_most(time: Duration) -> Self {
        Self(Policy::AtMost(time))
    }

    /// Looks until `seen` says that there is no need to park, but not for longer than `left`. The credit is that of the
    /// address.
    pub(crate) fn until<F: Futex>(
        self,
        address: usize,
        left: Duration,
        seen: impl FnMut() -> bool,
    ) {
        match self.0 {
            Policy::AtMost(time) => {
                F::spin(time.min(left), seen);
            }
            Policy::Adaptive => {
                let credit = Credit::of(address);
                if credit.is_good() {
                    credit.learn(F::spin(LIMIT.min(left), seen));
                }
            }
        }
    }

    /// Looks at the word while it is `expected`, but not for longer than `left`.
    pub(crate) fn on<F: Futex>(self, word: &F, expected: u32, left: Duration) {
        let address: *const F = word;
        self.until::<F>(address as usize, left, || word.load(Relaxed) != expected);
    }
}

/// An event, each of whose waits spins as it is told. See [`Event::spinning`].
#[derive(Debug)]
#[must_use = "it does nothing until it is waited for"]
pub struct Spinning<'a, E> {
    event: &'a E,
    spin: Spin,
}

macro_rules! spinning {
    ($kind:ident) => {
        impl<F> $kind<F> {
            /// The event, for a wait that does something else before it parks than [`Spin::ADAPTIVE`].
            ///
            /// ```
            #[doc = concat!("use futex_event::{", stringify!($kind), ", Spin};")]
            /// use std::time::Duration;
            ///
            #[doc = concat!("let event = ", stringify!($kind), "::new();")]
            /// let released = event.spinning(Spin::NEVER).wait_timeout(Duration::from_millis(5));
            /// assert!(!released);
            /// ```
            #[inline]
            pub fn spinning(&self, spin: Spin) -> Spinning<'_, Self> {
                Spinning { event: self, spin }
            }
        }

        impl<F: Futex> Spinning<'_, $kind<F>> {
            #[doc = concat!("As [`", stringify!($kind), "::wait`].")]
            #[inline]
            pub fn wait(&self) {
                self.event.wait_spinning(self.spin)
            }
        }

        impl<F: TimedFutex> Spinning<'_, $kind<F>> {
            #[doc = concat!("As [`", stringify!($kind), "::wait_timeout`].")]
            #[inline]
            pub fn wait_timeout(&self, timeout: Duration) -> bool {
                self.event.wait_timeout_spinning(timeout, self.spin)
            }

            #[doc = concat!("As [`", stringify!($kind), "::wait_deadline`], with the feature `std`.")]
            #[cfg(feature = "std")]
            #[inline]
            pub fn wait_deadline(&self, deadline: std::time::Instant) -> bool {
                self.event.wait_deadline_spinning(deadline, self.spin)
            }
        }
    };
}

spinning!(Event);
spinning!(AutoResetEvent);

/// ```text
///  31      24 23       16 15               0
/// +----------+-----------+------------------+
/// |  credit  |  distance |  waits to come   |
/// +----------+-----------+------------------+
/// ```
///
/// - credit: how many looks in vain the event can pay for.
/// - distance: without credit, how often the distance between two probes has been doubled.
/// - waits to come: without credit, how many waits park before the next probe.
struct Credit(AtomicU32);

const CREDIT: u32 = 1 << 24;
const DISTANCE: u32 = 1 << 16;
const MOST_CREDIT: u32 = 64;
const EARNED: u32 = 2;
const FIRST_DISTANCE: u32 = 16;
/// Where waits take four microseconds each, and all looks are in vain, this makes looking a thousandth of their time.
const MOST_DOUBLED: u32 = 8;

impl Credit {
    const FRESH: u32 = 2 * CREDIT;

    fn of(address: usize) -> &'static Self {
        const PLACES: usize = 64;
        static TABLE: [Credit; PLACES] = {
            #[allow(clippy::declare_interior_mutable_const)] // The initial value, copied into each place.
            const FRESH: Credit = Credit(AtomicU32::new(Credit::FRESH));
            [FRESH; PLACES]
        };
        // Fibonacci hashing: words lie at multiples of four, often in a row.
        let hash = (address as u64 >> 2).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        &TABLE[(hash >> 32) as usize % PLACES]
    }

    /// Whether to look. If not, this wait is one of those between two probes.
    fn is_good(&self) -> bool {
        let state = self.0.load(Relaxed);
        let waits_to_come = state % DISTANCE;
        if waits_to_come > 0 {
            self.0.store(state - 1, Relaxed);
        }
        waits_to_come == 0
    }

    fn learn(&self, changed: bool) {
        let state = self.0.load(Relaxed);
        let next = after_look(state, changed);
        if next != state {
            self.0.store(next, Relaxed);
        }
    }
}

fn after_look(state: u32, changed: bool) -> u32 {
    let credit = state / CREDIT;
    let doubled = state / DISTANCE % (CREDIT / DISTANCE);
    match (changed, credit) {
        (true, _) => (credit + EARNED).min(MOST_CREDIT) * CREDIT,
        (false, 0) => {
            let doubled = (doubled + 1).min(MOST_DOUBLED);
            doubled * DISTANCE + (FIRST_DISTANCE << doubled)
        }
        (false, 1) => FIRST_DISTANCE,
        (false, _) => (credit - 1) * CREDIT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn looks(credit: &Credit, waits: u32) -> u32 {
        (0..waits)
            .map(|_| {
                let good = credit.is_good();
                if good {
                    credit.learn(false);
                }
                u32::from(good)
            })
            .sum()
    }

    #[test]
    fn a_fresh_event_may_look_and_one_that_looks_in_vain_soon_does_not() {
        let credit = Credit(AtomicU32::new(Credit::FRESH));
        assert_eq!(looks(&credit, FIRST_DISTANCE), 2);
        assert!(looks(&credit, 100_000) < 40);
    }

    #[test]
    fn the_distance_doubles_with_each_probe_in_vain() {
        let mut state = Credit::FRESH;
        let mut next = || {
            state = after_look(state, false);
            let waits_to_come = state % DISTANCE;
            state -= waits_to_come; // they have come
            waits_to_come
        };
        let distances: Vec<_> = (0..12).map(|_| next()).collect();
        let doubled = [16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 4_096, 4_096];
        assert_eq!((distances[0], &distances[1..]), (0, &doubled[..]));
        assert_eq!(after_look(state, true), EARNED * CREDIT);
    }

    #[test]
    fn probes_go_on_for_ever() {
        let credit = Credit(AtomicU32::new(Credit::FRESH));
        looks(&credit, 100_000);
        assert!(looks(&credit, 2 * (FIRST_DISTANCE << MOST_DOUBLED)) > 0);
    }

    #[test]
    fn one_look_that_is_of_use_makes_up_for_all_in_vain() {
        let credit = Credit(AtomicU32::new(Credit::FRESH));
        looks(&credit, 100_000);
        assert!((0..100_000).any(|_| credit.is_good()));
        credit.learn(true);
        assert_eq!(looks(&credit, EARNED), EARNED);
    }

    #[test]
    fn credit_has_a_limit() {
        let state = (0..1_000).fold(Credit::FRESH, |state, _| after_look(state, true));
        assert_eq!(state, MOST_CREDIT * CREDIT);
        let credit = Credit(AtomicU32::new(state));
        assert_eq!(looks(&credit, MOST_CREDIT + FIRST_DISTANCE), MOST_CREDIT);
    }

    #[test]
    fn an_event_whose_looks_are_in_vain_soon_goes_without() {
        const WAITS: usize = 1_000;
        const ADDRESS: usize = 0x1000;
        let waits_with_a_look = (0..WAITS).filter(|_| {
            let mut looked = false;
            Spin::ADAPTIVE.until::<crate::platform::PrivateFutex>(ADDRESS, Duration::MAX, || {
                looked = true;
                false
            });
            looked
        });
        assert!(waits_with_a_look.count() < WAITS / 10);
    }

    #[test]
    fn words_in_a_row_have_places_of_their_own() {
        const WORDS: usize = 16;
        let words = [0_u32; WORDS];
        let place =
            |index: usize| Credit::of(&words[index] as *const u32 as usize) as *const Credit;
        let is_new = |index: &usize| (0..*index).all(|other| place(other) != place(*index));
        assert!((0..WORDS).filter(is_new).count() > WORDS / 2);
    }
}
