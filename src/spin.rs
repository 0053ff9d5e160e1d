//! Spinning: polling an event for a while before parking on it.
//!
//! A spinning thread sees a set that comes from another CPU within a microsecond in a tenth of one; a parked thread pays for
//! the kernel twice, to sleep and to be woken. If the set comes later, the spin is wasted and takes time from
//! other threads. Which it will be cannot be known in advance. What is known is how the last waits went: see [`history`] for
//! the policy, [`memory`] for where that is kept, and [`poll`] for the spin itself.
//!
//! Nothing here knows an event. A wait brings a closure that checks whether it is released, and one that parks.
//!
//! # What was tried
//!
//! With `cargo run --release --package benches`, on virtual machines with two CPUs: on one of them it took 15 to 45 µs to park
//! and be woken by the other CPU, on another 7 to 40. And with a simulation (`spin/simulation.rs`) of machines that we did not
//! have.
//!
//! | policy | result |
//! | --- | --- |
//! | a limit of 10 µs, a budget by hit or miss, probes after up to 4,096 waits | at full speed from a barrier with fresh events; from other starts as slow as parking, for good, where a wake-up takes longer than the limit (109 of 120 runs) |
//! | the same with a limit of 25 or 50 µs | on one CPU up to 1.07 times the time of never spinning, and 2.6 times with four pairs on two CPUs |
//! | the limit by the length of the last sleep, probes after up to 64 waits | at full speed from nearly every start; on one CPU up to 1.09 times the time of never spinning |
//! | no spinning on a machine with one CPU | system calls at the first wait, and wrong where a process is confined to one CPU of several. A futile miss gives the same information |
//! | a limit that grows after each near miss, not once | simulated: two threads on one CPU that probe in the same round take each other's spins for a CPU of their own, and spin for a third of the time |
//! | a sleep that the kernel did not begin counts as futile | simulated: with a wake-up of 5 µs and a microsecond of work never at full speed |
//! | every hit earns, however far apart | a waiter whose partner takes 60 µs to wake spins through each of these wake-ups, for hand-offs that come every 5 ms |
//! | a miss among hits that is far apart costs the whole budget | hand-offs without work 1.3 to 1.5 times the floor, not 1.2 |
//! | as it is | `docs/speed.md` |
//!
//! Others have arrived at similar policies: KVM's halt polling grows and shrinks its time by how long a halt lasted
//! [Documentation/virt/kvm/halt-polling.rst]; and HotSpot's monitors never let their spin become so short that it cannot
//! succeed any more.

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

/// What a wait does before it parks: for how long it spins, which is to poll the event.
///
/// It is a matter of speed only, and chosen per wait: see [`Event::spinning`](crate::Event::spinning), and the
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
    /// Spins for 5 to 120 µs if that has paid off in the last waits on this event. Otherwise it parks at once, except for
    /// one wait in 16 to 255 that tries. This is what `wait` does.
    ///
    /// See the [guide](crate::guide::spinning) for the rules.
    pub const ADAPTIVE: Self = Self(Policy::Adaptive);

    /// Parks at once: for threads whose CPU time other threads need.
    pub const NEVER: Self = Self::at_most(Duration::ZERO);

    /// A fixed spin limit: spins for at most `time`, or a few microseconds more, whether or not earlier spins paid off. For a
    /// thread that has a CPU for itself.
    ///
    /// One outcome does count. If, again and again, the wait went on after the spin for less time than the spin took, then
    /// the thread that sets the event most likely waits for this very CPU. Then waits park at once, except for a few that
    /// try, until a spin succeeds again.
    pub const fn at_most(time: Duration) -> Self {
        Self(Policy::AtMost(time))
    }

    /// Polls `released` for a while, and then parks. The history is found by `address`; one poll reads so many `words`;
    /// `others_parked` says that other threads are parked already.
    #[inline]
    pub(crate) fn then_park<F: Futex, T>(
        self,
        address: usize,
        words: usize,
        others_parked: bool,
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
        let spun = match self.spin(place, words, others_parked, left, clock, &mut released) {
            Some(Polled::Hit(answer, _)) => return Some(answer),
            Some(Polled::Miss(spun)) => spun,
            None => return park(),
        };
        // Saves the mark on the event and the system call for a sleep that would not begin.
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
            (Policy::AtMost(_), Some(_)) => history.missed_fixed(spun, slept),
            (Policy::AtMost(_), None) => history,
        };
        place.remember(history, next);
        place.outcome_at(now);
        answer
    }

    /// As [`then_park`](Self::then_park), for a thread that does not park: `None` if the spin missed.
    #[inline]
    pub(crate) fn alone<F: Futex, T>(
        self,
        address: usize,
        words: usize,
        others_parked: bool,
        mut released: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        // Apart from waits that park: the thread that is to set the event may need what the caller holds until it parks.
        static ALONE: Memory = Memory::new();
        let clock = F::CLOCK?;
        let place = match self.0 {
            Policy::Adaptive => ALONE.of(address),
            Policy::AtMost(_) => self.place(address)?,
        };
        match self.spin(
            place,
            words,
            others_parked,
            Duration::MAX,
            clock,
            &mut released,
        )? {
            Polled::Hit(answer, _) => Some(answer),
            Polled::Miss(spun) => {
                let history = place.history();
                if self.0 == Policy::Adaptive {
                    place.remember(history, history.missed_alone(spun));
                    place.outcome_at(clock());
                }
                None
            }
        }
    }

    /// Spins for as long as the history says, and no longer than what is `left`; `None` if that is not at all.
    #[inline]
    fn spin<T>(
        self,
        place: &Place,
        words: usize,
        others_parked: bool,
        left: Duration,
        clock: fn() -> Duration,
        mut released: impl FnMut() -> Option<T>,
    ) -> Option<Polled<T>> {
        let before = place.history();
        let others_parked = others_parked && self.0 == Policy::Adaptive;
        let (history, spins) = before.plan(others_parked);
        if !spins {
            place.remember(before, history);
            return None;
        }
        if let Some(answer) = poll::at_once(words, &mut released) {
            place.remember(history, history.hit_at_once());
            return Some(Polled::Hit(answer, Duration::ZERO));
        }
        let limit = match self.0 {
            Policy::Adaptive => history.limit(),
            Policy::AtMost(time) => time,
        };
        let polled = poll::until(limit.min(left), words, clock, &mut released);
        if let Polled::Hit(_, after) = polled {
            let history = place.history();
            match self.0 {
                Policy::Adaptive => {
                    let now = clock();
                    let since_last = place.since_last(now.saturating_sub(after));
                    place.remember(history, history.hit(after, since_last));
                    place.outcome_at(now);
                }
                // However far apart: the caller has chosen how long a spin may take.
                Policy::AtMost(_) => place.remember(history, history.hit_at_once()),
            }
        }
        Some(polled)
    }

    /// Where the history of this wait is kept; `None` if it never spins.
    fn place(self, address: usize) -> Option<&'static Place> {
        // One table for each policy, since what one learns does not help the other.
        static ADAPTIVE: Memory = Memory::new();
        static FIXED: Memory = Memory::new();
        match self.0 {
            Policy::Adaptive => Some(ADAPTIVE.of(address)),
            Policy::AtMost(Duration::ZERO) => None,
            Policy::AtMost(_) => Some(FIXED.of(address)),
        }
    }
}
