//! Spinning: asking for an event again and again, for a while, before parking on it.
//!
//! A set that comes from another CPU within a microsecond is seen by a thread that spins in a tenth of one; a thread that
//! parks takes the kernel's time twice, to sleep and to wake. For a set that comes later the spin is wasted, and takes time
//! from other threads. Which it will be, nobody knows. What is known is how the last waits went: see [`history`] for the
//! policy, [`memory`] for where that is kept, and [`poll`] for the spin itself.
//!
//! # What was tried
//!
//! By `cargo run --release --package benches`, on virtual machines with two CPUs: on one of them to park and be woken by the
//! other CPU took 15 to 45 µs, on another 7 to 40. And by a simulation (`spin/simulation.rs`) of machines that
//! were not at hand.
//!
//! | policy | what it gave |
//! | --- | --- |
//! | a limit of 10 µs, credit by hit or miss, probes after up to 4,096 waits | at full speed from a barrier with fresh events; from other starts as slow as parking, for good, where a wake-up takes longer than the limit (109 of 120 runs) |
//! | the same with a limit of 25 or 50 µs | on one CPU up to 1.07 of never spinning, and 2.6 with four pairs on two CPUs |
//! | the limit by the length of the last sleep, probes after up to 64 waits | at full speed from nearly every start; on one CPU up to 1.09 of never spinning |
//! | no spinning on a machine with one CPU | system calls at the first wait, and wrong where a process is confined to one CPU of several. A futile miss tells the same |
//! | a limit that grows after each near miss, not once | simulated: two threads on one CPU that probe in the same round take each other's spins for a CPU of their own, and spin for a third of the time |
//! | a sleep that the kernel did not begin counts as futile | simulated: with a wake-up of 5 µs and a microsecond of work never at full speed |
//! | every hit earns, however far apart | a waiter whose partner takes 60 µs to wake spins through each of these wake-ups, for hand-offs that come every 5 ms |
//! | a miss among hits that is far apart costs all credit | hand-offs without work 1.3 to 1.5 of the floor, not 1.2 |
//! | as it is | `docs/speed.md` |
//!
//! Others have come to the same from their sides: KVM's halt polling grows and shrinks its time by how long a halt lasted
//! [Documentation/virt/kvm/halt-polling.rst]; and HotSpot's monitors never let their spin fall to where it cannot succeed
//! any more.

mod history;
mod memory;
mod poll;
#[cfg(test)]
mod simulation;

use crate::platform::Futex;
use crate::wait::Sleep;
use core::time::Duration;
use memory::{Memory, Place};
use poll::Polled;

/// What a wait does before it parks: for how long it spins, which is to ask for the event again and again.
///
/// It is a matter of speed only, and given per wait: see [`Event::spinning`](crate::Event::spinning), and the
/// [guide](crate::guide::spinning) for when to.
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
    /// Spins for 5 to 120 µs if that has been of use in the last waits on this event, and otherwise parks at once, but for
    /// one wait in 16 to 255 that tries. What `wait` does if it is not told.
    ///
    /// See the [guide](crate::guide::spinning) for the rules.
    pub const ADAPTIVE: Self = Self(Policy::Adaptive);

    /// Parks at once: for threads whose CPU time others need.
    pub const NEVER: Self = Self::at_most(Duration::ZERO);

    /// Spins for at most so long, or a few microseconds more, whatever came of it before; for a thread that has a CPU for
    /// itself.
    ///
    /// One thing that came of it counts. If the wait went on after the spin for less time than the spin took, again and
    /// again, the thread that sets the event most likely waits for this very CPU. Then waits park at once, but for a
    /// few, until a spin has been of use again.
    pub const fn at_most(time: Duration) -> Self {
        Self(Policy::AtMost(time))
    }

    /// Asks `released` for a while whether the wait is over, and then parks. `address` is what histories are found by;
    /// to ask is to look at so many `words`; `crowd` says that other threads are parked already.
    #[inline]
    pub(crate) fn then_park<F: Futex, T>(
        self,
        address: usize,
        words: usize,
        crowd: bool,
        sleep: &impl Sleep<F>,
        mut released: impl FnMut() -> Option<T>,
        park: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        let clock = match F::CLOCK {
            Some(clock) => clock,
            None => return park(),
        };
        let place = match self.place(address) {
            Some(place) => place,
            None => return park(),
        };
        let left = sleep.time();
        let spun = match self.spin(place, words, crowd, left, clock, &mut released) {
            Some(Polled::Answered(answer, _)) => return Some(answer),
            Some(Polled::InVain(spun)) => spun,
            None => return park(),
        };
        // Not to mark the event, nor to enter the kernel, for a sleep that would not begin.
        if spun >= left && sleep.is_over() {
            return released();
        }
        let parks = clock();
        let answer = park();
        let now = clock();
        let slept = now.saturating_sub(parks);
        let since_last = place.since_last(parks.saturating_sub(spun));
        let history = place.history();
        let next = match (self.0, &answer) {
            (Policy::Adaptive, Some(_)) => history.missed(spun, slept, since_last),
            (Policy::Adaptive, None) => history.gave_up(spun),
            (Policy::AtMost(_), Some(_)) => history.missed_as_told(spun, slept),
            (Policy::AtMost(_), None) => history,
        };
        place.remember(history, next);
        place.outcome_at(now);
        answer
    }

    /// As [`then_park`](Self::then_park), for a thread that does not park: `None` if the spin was in vain.
    #[inline]
    pub(crate) fn alone<F: Futex, T>(
        self,
        address: usize,
        words: usize,
        crowd: bool,
        mut released: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        // Apart from waits: whoever would set the event may need what the caller holds until it has left to wait.
        static ALONE: Memory = Memory::new();
        let clock = F::CLOCK?;
        let place = match self.0 {
            Policy::Adaptive => ALONE.of(address),
            Policy::AtMost(_) => self.place(address)?,
        };
        match self.spin(place, words, crowd, Duration::MAX, clock, &mut released)? {
            Polled::Answered(answer, _) => Some(answer),
            Polled::InVain(spun) => {
                let history = place.history();
                if self.0 == Policy::Adaptive {
                    place.remember(history, history.missed_alone(spun));
                    place.outcome_at(clock());
                }
                None
            }
        }
    }

    /// Asks for as long as the history says, and no longer than what is `left`; `None` if that is not at all.
    #[inline]
    fn spin<T>(
        self,
        place: &Place,
        words: usize,
        crowd: bool,
        left: Duration,
        clock: fn() -> Duration,
        mut released: impl FnMut() -> Option<T>,
    ) -> Option<Polled<T>> {
        let before = place.history();
        let crowd = crowd && self.0 == Policy::Adaptive;
        let (history, spins) = before.plan(crowd);
        if !spins {
            place.remember(before, history);
            return None;
        }
        if let Some(answer) = poll::at_once(words, &mut released) {
            place.remember(history, history.hit_at_once());
            return Some(Polled::Answered(answer, Duration::ZERO));
        }
        let limit = match self.0 {
            Policy::Adaptive => history.limit(),
            Policy::AtMost(time) => time,
        };
        let polled = poll::until(limit.min(left), words, clock, &mut released);
        if let Polled::Answered(_, after) = polled {
            let history = place.history();
            match self.0 {
                Policy::Adaptive => {
                    let now = clock();
                    let since_last = place.since_last(now.saturating_sub(after));
                    place.remember(history, history.hit(after, since_last));
                    place.outcome_at(now);
                }
                // However far apart: how long a spin may take is the caller's choice.
                Policy::AtMost(_) => place.remember(history, history.hit_at_once()),
            }
        }
        Some(polled)
    }

    /// Where the history of this wait is; `None` if it never spins.
    fn place(self, address: usize) -> Option<&'static Place> {
        // By policy, since what one of them learns is not what the other has to know.
        static ADAPTIVE: Memory = Memory::new();
        static AS_TOLD: Memory = Memory::new();
        match self.0 {
            Policy::Adaptive => Some(ADAPTIVE.of(address)),
            Policy::AtMost(Duration::ZERO) => None,
            Policy::AtMost(_) => Some(AS_TOLD.of(address)),
        }
    }
}
