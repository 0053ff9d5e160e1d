//! Looking at an event for a while before parking on it.
//!
//! A set that comes from another CPU within a microsecond is seen by a thread that looks in a tenth of one; a thread that
//! parks takes the kernel's time twice, to sleep and to wake. A set that comes later makes the looking a waste, and on a
//! CPU that others want, a harm. Nobody knows which it will be. What is known is how the last waits went.
//!
//! # The policy
//!
//! - A wait looks for at most [`LIMIT`], about what it costs to park and be woken: so a wait never costs more than twice
//!   what the better choice would have cost.
//! - Each event has *credit*, kept beside it in a table of the process, by a hash of its address. A look that saw the event
//!   change earns credit, one in vain pays. Without credit, the event's waits park at once, but for a probe now and then,
//!   at distances that double as long as the probes are in vain.
//! - Nobody looks while others are parked on the event: who is last in a row has no reason to hope. Nobody looks on a
//!   machine with one CPU, nor past its deadline.
//!
//! Events that share a place in the table share their credit. It is read and written without any order, and may be lost
//! where two threads write at once: it is a guess either way.

use crate::platform::{Futex, TimedFutex};
use crate::{AutoResetEvent, Event};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;

/// The longest that a wait looks, unless the caller says another time.
const LIMIT: Duration = Duration::from_micros(4);

/// What a wait does before it parks: for how long it looks at the event, again and again.
///
/// It is a matter of speed only, and given per wait: see [`Event::spinning`].
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
    /// Looks for some microseconds if that has been of use in this event's last waits, and otherwise parks at once. What
    /// `wait` does if it is not told.
    ///
    /// Parks at once, too, if others are parked on the event already.
    pub const ADAPTIVE: Self = Self(Policy::Adaptive);

    /// Parks at once: for threads that share a CPU with those they wait for, or whose time is others'.
    pub const NEVER: Self = Self::at_most(Duration::ZERO);

    /// Looks for at most so long, or up to a microsecond more, whatever came of it before; for a thread that has a CPU
    /// for itself.
    ///
    /// Parks at once, too, if others are parked on the event already.
    pub const fn at_most(time: Duration) -> Self {
        Self(Policy::AtMost(time))
    }

    /// Looks at the word while it is `expected`, but not for longer than `left`.
    pub(crate) fn on<F: Futex>(self, word: &F, expected: u32, left: Duration) {
        match self.0 {
            Policy::AtMost(time) => {
                word.spin(expected, time.min(left));
            }
            Policy::Adaptive => {
                let credit = Credit::of(word);
                if credit.is_good() {
                    credit.learn(word.spin(expected, LIMIT.min(left)));
                }
            }
        }
    }
}

/// An event, each of whose waits looks for a while as it is told. See [`Event::spinning`].
#[derive(Debug)]
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

            #[doc = concat!("As [`", stringify!($kind), "::wait_deadline`].")]
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
/// A probe that costs all of [`LIMIT`] in a row of waits of four microseconds each is then a thousandth of their time.
const FIRST_DISTANCE: u32 = 16;
const MOST_DOUBLED: u32 = 8;

impl Credit {
    const FRESH: u32 = 2 * CREDIT;

    fn of<F>(word: &F) -> &'static Self {
        const PLACES: usize = 64;
        static TABLE: [Credit; PLACES] = {
            #[allow(clippy::declare_interior_mutable_const)] // The initial value, copied into each place.
            const FRESH: Credit = Credit(AtomicU32::new(Credit::FRESH));
            [FRESH; PLACES]
        };
        // Fibonacci hashing: words lie at multiples of four, often in a row.
        let address = word as *const F as usize as u64;
        let hash = (address >> 2).wrapping_mul(0x9E37_79B9_7F4A_7C15);
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
