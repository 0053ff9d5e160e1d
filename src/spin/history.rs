//! What is remembered of the waits on an event, and what follows from it: a plain value. A wait asks it for a
//! [plan](History::plan) and reports the outcome. It knows no clock, no word and no other thread.
//!
//! # The policy
//!
//! A wait that spins for `c` without success and then sleeps for `p` has lasted `c + p` in all. That length, and not the
//! fact that it missed, says what to do next:
//!
//! | the miss was | if | what follows |
//! | --- | --- | --- |
//! | far | the wait lasted longer than [`FAR`], or timed out | spinning had no chance: the whole budget is lost |
//! | near | it was not far, and `p >= c` | a longer spin would have seen the change: the limit grows to 4/5 of the wait, once |
//! | near by a hair | `p` is less than [`NO_SLEEP`] | the kernel found the event changed: the limit grows to twice the wait, once |
//! | futile | anything else | the change came as soon as this thread slept, so most likely the other thread waited for this CPU |
//!
//! The *budget* is time that may be spent on spins that miss. A hit, which is a spin that sees the change, earns [`EARNED`],
//! about what it costs to park and be woken; a miss pays for the time it took. So hits pay for all misses, except for
//! *probes*: without a budget, waits park at once, except for one after 16 waits, then one after 32, 64, 128, and then
//! one after each 255. A probe whose miss was near is repeated at once with the longer limit.
//!
//! Hand-offs that are more than [`FAR`] apart gain little from a wake-up that is saved. A wait that begins so long after the
//! last outcome pays for the time it took, and no less than a hit earns. This holds for a hit too, if it took longer than the
//! shortest spin; and for a near miss, which then gets no longer limit, unless it was a probe, before which nothing is
//! known. One such miss among many hits changes nothing (hits that come at once are not timed, so they are no outcomes here);
//! three in a row end the spinning.
//!
//! # The limit
//!
//! It begins at [`SHORTEST`]. After a near miss it is 4/5 of the time that the wait took. The last fifth or more of that wait
//! was this thread's own wake-up, which a spin does without. So a wait spins for at most four times what it saves, and for
//! at most [`LONGEST`]. A hit after a time `s` reduces the limit to `2 s`. When the budget is used up, the limit begins again.
//!
//! This is the way out of a trap. Where two threads take turns and both park, each waits for the wake-up of the other,
//! so no spin shorter than a wake-up ever succeeds, on either side. Hit or miss does not tell "a microsecond too
//! short" from "a second too short"; the length of the wait does. Once the limit of one side exceeds a wake-up, that side sees
//! each answer of the other; the other then needs only a short spin, and both run at full speed.

use core::time::Duration;

/// The limit of a spin to begin with. About what it costs to park and be woken on one CPU, so a spin that misses at
/// most doubles the cost of a wait.
pub(crate) const SHORTEST: u8 = 5;
/// No spin lasts longer, unless the caller says so.
pub(crate) const LONGEST: u8 = 120;
/// A spin could not have replaced the sleep of a wait that lasts longer. Twice the longest spin, since two threads that both
/// park wait for two wake-ups.
pub(crate) const FAR: u8 = 240;
/// What a hit earns.
const EARNED: u8 = 20;
const LARGEST_BUDGET: u8 = 60;
/// In less time a thread cannot fall asleep, and another thread run on its CPU and wake it: the kernel did not let it sleep.
const NO_SLEEP: Duration = Duration::from_micros(1);
/// How many waits park before the first probe. Twice as many park before the next, and so on.
const FIRST_DISTANCE: u16 = 16;
/// The same for a fixed spin limit.
const FIRST_DISTANCE_FIXED: u16 = 1;
const LONGEST_DISTANCE: u8 = 255;
const MOST_DOUBLED: u8 = 8;

/// Times are in microseconds. All zeros are an unknown event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct History {
    /// The time that may be spent on spins that miss.
    budget: u8,
    /// By how much the limit exceeds the shortest.
    above_shortest: u8,
    /// How many waits park before the next probe.
    waits_to_come: u8,
    /// How often the distance between two probes has been doubled.
    doubled: u8,
}

impl History {
    pub(crate) fn from_bits(bits: u32) -> Self {
        let [budget, above_shortest, waits_to_come, doubled] = bits.to_le_bytes();
        Self {
            budget,
            above_shortest,
            waits_to_come,
            doubled,
        }
    }

    pub(crate) fn to_bits(self) -> u32 {
        let Self {
            budget,
            above_shortest,
            waits_to_come,
            doubled,
        } = self;
        u32::from_le_bytes([budget, above_shortest, waits_to_come, doubled])
    }

    /// Whether a wait that begins now spins, or parks at once; and what is remembered of that.
    ///
    /// If `others_parked`, which means that other threads are parked already, no thread probes and nothing is remembered: many
    /// threads would write to one place.
    pub(crate) fn plan(self, others_parked: bool) -> (Self, bool) {
        if self.budget > 0 || self.waits_to_come == 0 && !others_parked {
            return (self, true);
        }
        let waits_to_come = self.waits_to_come - if others_parked { 0 } else { 1 };
        let next = Self {
            waits_to_come,
            ..self
        };
        (next, false)
    }

    /// How long a spin may last.
    pub(crate) fn limit(self) -> Duration {
        microseconds(SHORTEST + self.above_shortest)
    }

    /// After a spin that saw the change at once, before there was any time to measure; or after one with a fixed limit.
    #[inline]
    pub(crate) fn hit_at_once(self) -> Self {
        Self {
            budget: (self.budget + EARNED).min(LARGEST_BUDGET),
            ..Self::default()
        }
    }

    /// After a spin that saw the change after this time, in a wait that began so long after the last outcome.
    pub(crate) fn hit(self, after: Duration, since_last: Duration) -> Self {
        if self.is_apart(since_last) && after > microseconds(SHORTEST) {
            return self.pay(whole_microseconds(after).max(EARNED), after);
        }
        let twice = whole_microseconds(after.saturating_mul(2)).saturating_sub(SHORTEST);
        Self {
            above_shortest: self.above_shortest.min(twice),
            ..self.hit_at_once()
        }
    }

    /// After a spin that missed, and the sleep that followed it, in a wait that began so long after the last outcome.
    pub(crate) fn missed(self, spun: Duration, slept: Duration, since_last: Duration) -> Self {
        let lasted = spun.saturating_add(slept);
        if lasted > microseconds(FAR) {
            return self.gave_up(spun);
        }
        let reach = if slept < NO_SLEEP {
            2 * lasted
        } else if slept >= spun {
            lasted * 4 / 5
        } else {
            Duration::ZERO
        };
        let reach = whole_microseconds(reach).clamp(SHORTEST, LONGEST) - SHORTEST;
        let is_near = self.above_shortest == 0 && reach > 0;
        let is_apart = self.is_apart(since_last);
        if is_near && !is_apart {
            return Self {
                budget: self.budget.saturating_sub(whole_microseconds(spun)),
                above_shortest: reach,
                ..self
            };
        }
        let price = whole_microseconds(spun).max(if is_apart { EARNED } else { 1 });
        self.pay(price, spun)
    }

    /// For a probe it is not known.
    fn is_apart(self, since_last: Duration) -> bool {
        self.budget > 0 && since_last > microseconds(FAR)
    }

    fn pay(self, price: u8, spun: Duration) -> Self {
        match self.budget.saturating_sub(price) {
            0 => self.without_budget(FIRST_DISTANCE, spun),
            budget => Self { budget, ..self },
        }
    }

    /// After a spin that missed, in a wait that timed out before the change came.
    pub(crate) fn gave_up(self, spun: Duration) -> Self {
        self.without_budget(FIRST_DISTANCE, spun)
    }

    /// After a spin that missed and that no sleep follows, so it is not known how much longer it had to be.
    pub(crate) fn missed_alone(self, spun: Duration) -> Self {
        self.pay(whole_microseconds(spun).max(1), spun)
    }

    /// After a spin with a fixed limit that missed. It affects the next only if this thread seems to share its CPU with the
    /// thread that it waited for.
    pub(crate) fn missed_fixed(self, spun: Duration, slept: Duration) -> Self {
        if slept >= spun {
            self
        } else if self.budget > EARNED {
            let budget = self.budget - EARNED;
            Self { budget, ..self }
        } else {
            self.without_budget(FIRST_DISTANCE_FIXED, spun)
        }
    }

    /// The distance to the next probe is up to an eighth shorter, by the last digits of a measured time. Otherwise two threads
    /// that take turns on one CPU and probe in the same round would take each other's spins for a CPU of their own.
    fn without_budget(self, first_distance: u16, spun: Duration) -> Self {
        let distance = first_distance << self.doubled;
        let distance = distance.min(LONGEST_DISTANCE.into()) as u8;
        let shorter = spun.subsec_nanos() / 8 % (u32::from(distance) / 8 + 1);
        Self {
            budget: 0,
            above_shortest: 0,
            waits_to_come: distance - shorter as u8,
            doubled: (self.doubled + 1).min(MOST_DOUBLED),
        }
    }
}

fn microseconds(time: u8) -> Duration {
    Duration::from_micros(time.into())
}

/// Or the largest number that fits, if it is more.
fn whole_microseconds(time: Duration) -> u8 {
    time.as_micros().min(u8::MAX.into()) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const fn time(microseconds: u64) -> Duration {
        Duration::from_micros(microseconds)
    }

    const SOON: Duration = time(1);
    const LATE: Duration = time(FAR as u64 + 1);

    fn known(budget: u8, limit: u8) -> History {
        History {
            budget,
            above_shortest: limit - SHORTEST,
            waits_to_come: 0,
            doubled: 0,
        }
    }

    /// How many waits park until the next that spins.
    fn distance(mut history: History) -> u32 {
        let mut parked = 0;
        loop {
            let (next, spins) = history.plan(false);
            if spins {
                return parked;
            }
            history = next;
            parked += 1;
        }
    }

    #[test]
    fn an_unknown_event_spins_for_the_shortest_time() {
        let fresh = History::default();
        assert_eq!(fresh.plan(false), (fresh, true));
        assert_eq!(fresh.limit(), time(SHORTEST.into()));
        assert_eq!(History::from_bits(0), fresh);
    }

    #[test]
    fn a_broken_clock_does_no_harm() {
        let history = known(60, 40).hit(Duration::MAX, Duration::MAX);
        assert_eq!(history.budget, 0);
        let history = history.missed(Duration::MAX, Duration::MAX, Duration::MAX);
        assert_eq!(history.budget, 0);
        assert_eq!(known(60, 40).hit(Duration::MAX, SOON), known(60, 40));
    }

    #[test]
    fn a_history_survives_being_stored() {
        let history = History {
            budget: 1,
            above_shortest: 2,
            waits_to_come: 3,
            doubled: 4,
        };
        assert_eq!(History::from_bits(history.to_bits()), history);
    }

    #[test]
    fn next_to_parked_threads_a_wait_spins_on_its_budget_only_and_remembers_nothing() {
        assert!(known(1, 5).plan(true).1);
        let fresh = History::default();
        assert_eq!(fresh.plan(true), (fresh, false));
        let between_probes = History {
            waits_to_come: 3,
            ..fresh
        };
        assert_eq!(between_probes.plan(true), (between_probes, false));
    }

    #[test]
    fn a_miss_that_no_sleep_follows_pays_for_its_time() {
        let history = known(20, 5).missed_alone(time(5));
        assert_eq!(history, known(15, 5));
        assert_eq!(known(20, 5).missed_alone(Duration::ZERO), known(19, 5));
        let history = known(5, 5).missed_alone(time(5));
        assert_eq!(history.budget, 0);
        assert!(distance(history) > 0);
    }

    #[test]
    fn a_hit_earns_up_to_the_largest_budget() {
        let mut history = History::default();
        let budget: Vec<_> = (0..4)
            .map(|_| {
                history = history.hit_at_once();
                history.budget
            })
            .collect();
        assert_eq!(budget, [20, 40, 60, 60]);
    }

    #[test]
    fn a_hit_reduces_the_limit_to_twice_its_time() {
        assert_eq!(known(20, 100).hit(time(20), SOON), known(40, 40));
        assert_eq!(known(20, 100).hit(time(1), SOON), known(40, SHORTEST));
        assert_eq!(known(20, 30).hit(time(20), SOON), known(40, 30));
        assert_eq!(known(20, 100).hit(time(1_000_000), SOON), known(40, 100));
    }

    #[test]
    fn a_near_miss_makes_the_limit_grow_once() {
        let probe = History::default();
        let grown = probe.missed(time(5), time(85), LATE);
        assert_eq!(grown, known(0, 72));
        assert!(grown.plan(false).1, "it is repeated at once");
        // A sleep as long as the spin is enough.
        assert_eq!(known(60, 5).missed(time(5), time(5), SOON), known(55, 8));
        assert_eq!(
            known(60, 5).missed(time(5), time(200), SOON),
            known(55, LONGEST)
        );
        // Not a second time.
        assert_eq!(known(60, 8).missed(time(5), time(85), SOON), known(55, 8));
        assert!(!grown.missed(time(72), time(80), SOON).plan(false).1);
    }

    #[test]
    fn a_sleep_that_did_not_begin_is_a_miss_by_a_hair() {
        let history = known(60, 5).missed(time(6), Duration::from_nanos(999), SOON);
        assert_eq!(history, known(54, 13));
        let history = known(60, 5).missed(time(6), time(1), SOON);
        assert_eq!(history, known(54, 5));
    }

    #[test]
    fn a_futile_miss_pays_for_its_time() {
        assert_eq!(known(60, 40).missed(time(40), time(4), SOON), known(20, 40));
        assert_eq!(
            known(60, 5).missed(Duration::ZERO, time(4), SOON),
            known(59, 5)
        );
        assert_eq!(distance(known(24, 40).missed(time(24), time(4), SOON)), 16);
    }

    #[test]
    fn a_far_miss_costs_the_whole_budget() {
        // Six microseconds make that distance no shorter.
        let history = known(60, 40).missed(time(6), time(FAR.into()), SOON);
        assert_eq!(distance(history), 16);
        assert_eq!((history.budget, history.limit()), (0, time(5)));
        let history = known(60, 40).missed(time(5), time(u64::from(FAR) - 5), SOON);
        assert_eq!(history, known(55, 40));
    }

    #[test]
    fn a_wait_that_times_out_costs_the_whole_budget() {
        let history = known(60, 40).gave_up(time(6));
        assert_eq!((distance(history), history.limit()), (16, time(5)));
        // The next that spins is a probe, and the one after it comes twice as late.
        let probe = History {
            waits_to_come: 0,
            ..history
        };
        assert_eq!(distance(probe.gave_up(Duration::ZERO)), 32);
    }

    #[test]
    fn hand_offs_that_are_far_apart_soon_stop_spinning() {
        assert_eq!(known(60, 40).hit(time(6), LATE), known(40, 40));
        assert_eq!(known(60, 40).hit(time(30), LATE), known(30, 40));
        let longest_near = time(u64::from(FAR));
        assert_eq!(known(60, 40).hit(time(30), longest_near), known(60, 40));
        assert_eq!(distance(known(60, 100).hit(time(60), LATE)), 16);
        assert_eq!(known(60, 5).missed(time(5), time(85), LATE), known(40, 5));
        // Except for hits that come at once, and for probes.
        assert_eq!(known(40, 40).hit(time(5), LATE), known(60, 10));
        assert_eq!(known(0, 40).hit(time(30), LATE), known(20, 40));
    }

    #[test]
    fn the_distance_between_probes_doubles_up_to_a_limit() {
        let mut history = History::default();
        let distances: Vec<_> = (0..7)
            .map(|_| {
                // Zero makes no distance shorter.
                history = history.missed(time(0), time(1_000), LATE);
                let distance = distance(history);
                history.waits_to_come = 0;
                distance
            })
            .collect();
        assert_eq!(distances, [16, 32, 64, 128, 255, 255, 255]);
        assert_eq!(history.hit(Duration::ZERO, SOON), known(20, 5));
    }

    #[test]
    fn a_distance_is_up_to_an_eighth_shorter_by_the_last_digits_of_the_spin() {
        let distances = (0..1_000).map(|nanoseconds| {
            let last = History {
                doubled: 8,
                ..History::default()
            };
            distance(last.missed(Duration::from_nanos(nanoseconds), time(1_000), LATE))
        });
        let distances: Vec<_> = distances.collect();
        assert_eq!(distances.iter().min(), Some(&(255 - 31)));
        assert_eq!(distances.iter().max(), Some(&255));
    }

    #[test]
    fn a_fixed_limit_stops_spinning_after_futile_misses_only() {
        assert_eq!(known(60, 5).missed_fixed(time(50), time(49)), known(40, 5));
        let mut history = History::default().hit(time(30), SOON).hit(time(30), SOON);
        for slept in [50, 100, 10_000] {
            assert_eq!(history.missed_fixed(time(50), time(slept)), history);
        }
        history = history.missed_fixed(time(50), time(49));
        assert_eq!(distance(history), 0);
        let distances: Vec<_> = (0..10)
            .map(|_| {
                history = history.missed_fixed(Duration::ZERO + time(50), time(4));
                let distance = distance(history);
                history.waits_to_come = 0;
                distance
            })
            .collect();
        // 50,000 nanoseconds make some of them shorter.
        let shorter = |distance: u32| distance - 50_000 / 8 % (distance / 8 + 1);
        let doubled = [1, 2, 4, 8, 16, 32, 64, 128, 255, 255];
        assert_eq!(distances, doubled.map(shorter));
        assert_eq!(distance(history.hit(time(30), SOON)), 0);
    }
}
