//! What is remembered of the waits on an event, and what follows from it: a plain value. A wait asks it for a
//! [plan](History::plan) and tells it the outcome; it knows no clock, no word and no other thread.
//!
//! # The policy
//!
//! A wait that spins for `c` in vain and then sleeps for `p` has lasted `c + p` in all. That length, and not the miss,
//! says what to do next:
//!
//! | the miss was | if | what follows |
//! | --- | --- | --- |
//! | far | the wait lasted longer than [`FAR`], or timed out | spinning had no chance: all credit is lost |
//! | near | it was not far, and `p >= c` | a longer spin would have seen the change: the limit grows to 4/5 of the wait, once |
//! | near by a hair | `p` is less than [`NO_SLEEP`] | the kernel found the event changed: the limit grows to twice the wait, once |
//! | futile | anything else | the change came as soon as this thread slept, so most likely it waited for this CPU |
//!
//! *Credit* is time that may be spent on spinning in vain. A hit, a spin that sees the change, earns [`EARNED`], about what
//! a park and a wake-up take; a miss pays what it took. So all vain spinning is paid for by hits, but for *probes*:
//! without credit, waits park at once, except for one after 16 waits, then after 32, 64, 128, and then after each 255. A
//! probe whose miss was near is repeated at once with the longer limit.
//!
//! Hand-offs that are more than [`FAR`] apart gain little by a wake-up that is spared. A wait that begins so long after the
//! last outcome pays what it took, and no less than a hit earns: also for a hit, if it took longer than the shortest spin;
//! and for a near miss, instead of getting a longer limit, unless it was a probe, before which nothing is known. One such
//! miss among many hits does no harm (hits that come at once are not timed, so they are no outcomes here); three in a row
//! end the spinning.
//!
//! # The limit
//!
//! It begins at [`SHORTEST`]. After a near miss it is 4/5 of what the wait took. The last fifth or more of that wait was
//! this thread's own wake-up, which a spin does without. So a wait spins for at most four times what it saves, and at
//! most for [`LONGEST`]. A hit after a time `s` brings the limit down to `2 s`. Without credit it begins again.
//!
//! This is the way out of a trap. Where two threads take turns and both park, each waits for the wake-up of the other,
//! so no spin shorter than a wake-up ever succeeds, on either side; and hit or miss does not tell "a microsecond too
//! short" from "a second too short". The length of the wait does. One side whose limit has grown beyond a wake-up sees
//! each answer of the other; the other then needs only a short spin, and both are at full speed.

use core::time::Duration;

/// The limit of a spin to begin with. About what it costs to park and be woken on one CPU, so a spin in vain doubles the
/// cost of a wait at most.
pub(crate) const SHORTEST: u8 = 5;
/// No spin lasts longer, unless the caller says so.
pub(crate) const LONGEST: u8 = 120;
/// A wait that lasts longer is none that a spin could have spared a sleep. Twice the longest spin, since two threads that
/// both park wait for two wake-ups.
pub(crate) const FAR: u8 = 240;
/// What a hit earns.
const EARNED: u8 = 20;
const MOST_CREDIT: u8 = 60;
/// In less time a thread does not sleep, and another run on its CPU and wake it: it was sent back by the kernel.
const NO_SLEEP: Duration = Duration::from_micros(1);
/// How many waits park before the first probe. Twice as many before the next, and so on.
const FIRST_DISTANCE: u16 = 16;
/// The same where the caller has said to spin.
const FIRST_DISTANCE_AS_TOLD: u16 = 1;
const LONGEST_DISTANCE: u8 = 255;
const MOST_DOUBLED: u8 = 8;

/// Times are in microseconds. All zeros are an event that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct History {
    /// How much spinning in vain has been paid for.
    credit: u8,
    /// What the limit is above the shortest.
    above_shortest: u8,
    /// How many waits park before the next probe.
    waits_to_come: u8,
    /// How often the distance between two probes has been doubled.
    doubled: u8,
}

impl History {
    pub(crate) fn from_bits(bits: u32) -> Self {
        let [credit, above_shortest, waits_to_come, doubled] = bits.to_le_bytes();
        Self {
            credit,
            above_shortest,
            waits_to_come,
            doubled,
        }
    }

    pub(crate) fn to_bits(self) -> u32 {
        let Self {
            credit,
            above_shortest,
            waits_to_come,
            doubled,
        } = self;
        u32::from_le_bytes([credit, above_shortest, waits_to_come, doubled])
    }

    /// Whether a wait that begins now spins, or parks at once; and what is remembered of that.
    ///
    /// In a `crowd`, where other threads are parked already, nobody probes, and nothing is remembered: many threads would
    /// write to one place.
    pub(crate) fn plan(self, crowd: bool) -> (Self, bool) {
        if self.credit > 0 || self.waits_to_come == 0 && !crowd {
            return (self, true);
        }
        let waits_to_come = self.waits_to_come - if crowd { 0 } else { 1 };
        let next = Self {
            waits_to_come,
            ..self
        };
        (next, false)
    }

    /// For how long at most.
    pub(crate) fn limit(self) -> Duration {
        microseconds(SHORTEST + self.above_shortest)
    }

    /// After a spin that saw the change at once, before there was any time to measure; or after one of a length that the
    /// caller has chosen.
    #[inline]
    pub(crate) fn hit_at_once(self) -> Self {
        Self {
            credit: (self.credit + EARNED).min(MOST_CREDIT),
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

    /// After a spin in vain, and the sleep that followed it, in a wait that began so long after the last outcome.
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
                credit: self.credit.saturating_sub(whole_microseconds(spun)),
                above_shortest: reach,
                ..self
            };
        }
        let price = whole_microseconds(spun).max(if is_apart { EARNED } else { 1 });
        self.pay(price, spun)
    }

    /// Of a probe it is not known.
    fn is_apart(self, since_last: Duration) -> bool {
        self.credit > 0 && since_last > microseconds(FAR)
    }

    fn pay(self, price: u8, spun: Duration) -> Self {
        match self.credit.saturating_sub(price) {
            0 => self.without_credit(FIRST_DISTANCE, spun),
            credit => Self { credit, ..self },
        }
    }

    /// After a spin in vain, in a wait whose time was up before the change came.
    pub(crate) fn gave_up(self, spun: Duration) -> Self {
        self.without_credit(FIRST_DISTANCE, spun)
    }

    /// After a spin in vain that no sleep follows, so that it is not known how much longer it had to be.
    pub(crate) fn missed_alone(self, spun: Duration) -> Self {
        self.pay(whole_microseconds(spun).max(1), spun)
    }

    /// After a spin of a length that the caller has chosen, which was in vain: only that the CPU is shared with the thread
    /// that was waited for, so it seems, is held against the next.
    pub(crate) fn missed_as_told(self, spun: Duration, slept: Duration) -> Self {
        if slept >= spun {
            self
        } else if self.credit > EARNED {
            let credit = self.credit - EARNED;
            Self { credit, ..self }
        } else {
            self.without_credit(FIRST_DISTANCE_AS_TOLD, spun)
        }
    }

    /// The distance to the next probe is up to an eighth shorter, by the last digits of a measured time. Two threads that
    /// take turns on one CPU and probe in the same round would take each other's spins for a CPU of their own.
    fn without_credit(self, first_distance: u16, spun: Duration) -> Self {
        let distance = first_distance << self.doubled;
        let distance = distance.min(LONGEST_DISTANCE.into()) as u8;
        let shorter = spun.subsec_nanos() / 8 % (u32::from(distance) / 8 + 1);
        Self {
            credit: 0,
            above_shortest: 0,
            waits_to_come: distance - shorter as u8,
            doubled: (self.doubled + 1).min(MOST_DOUBLED),
        }
    }
}

fn microseconds(time: u8) -> Duration {
    Duration::from_micros(time.into())
}

/// The largest that fits, if it is more.
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

    fn known(credit: u8, limit: u8) -> History {
        History {
            credit,
            above_shortest: limit - SHORTEST,
            waits_to_come: 0,
            doubled: 0,
        }
    }

    /// What its waits park until the next that spins, of those that may.
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
    fn an_event_that_is_not_known_spins_for_the_shortest_time() {
        let fresh = History::default();
        assert_eq!(fresh.plan(false), (fresh, true));
        assert_eq!(fresh.limit(), time(SHORTEST.into()));
        assert_eq!(History::from_bits(0), fresh);
    }

    #[test]
    fn a_clock_gone_mad_does_no_harm() {
        let history = known(60, 40).hit(Duration::MAX, Duration::MAX);
        assert_eq!(history.credit, 0);
        let history = history.missed(Duration::MAX, Duration::MAX, Duration::MAX);
        assert_eq!(history.credit, 0);
        assert_eq!(known(60, 40).hit(Duration::MAX, SOON), known(60, 40));
    }

    #[test]
    fn a_history_survives_being_stored() {
        let history = History {
            credit: 1,
            above_shortest: 2,
            waits_to_come: 3,
            doubled: 4,
        };
        assert_eq!(History::from_bits(history.to_bits()), history);
    }

    #[test]
    fn a_crowd_spins_on_credit_only_and_remembers_nothing() {
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
    fn a_miss_that_no_sleep_follows_pays_what_it_took() {
        let history = known(20, 5).missed_alone(time(5));
        assert_eq!(history, known(15, 5));
        assert_eq!(known(20, 5).missed_alone(Duration::ZERO), known(19, 5));
        let history = known(5, 5).missed_alone(time(5));
        assert_eq!(history.credit, 0);
        assert!(distance(history) > 0);
    }

    #[test]
    fn a_hit_earns_and_there_is_a_most() {
        let mut history = History::default();
        let credit: Vec<_> = (0..4)
            .map(|_| {
                history = history.hit_at_once();
                history.credit
            })
            .collect();
        assert_eq!(credit, [20, 40, 60, 60]);
    }

    #[test]
    fn a_hit_brings_the_limit_down_to_twice_its_time() {
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
        // As long as the spin itself is enough.
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
    fn a_sleep_that_did_not_begin_was_missed_by_a_hair() {
        let history = known(60, 5).missed(time(6), Duration::from_nanos(999), SOON);
        assert_eq!(history, known(54, 13));
        let history = known(60, 5).missed(time(6), time(1), SOON);
        assert_eq!(history, known(54, 5));
    }

    #[test]
    fn a_futile_miss_costs_what_it_took() {
        assert_eq!(known(60, 40).missed(time(40), time(4), SOON), known(20, 40));
        assert_eq!(
            known(60, 5).missed(Duration::ZERO, time(4), SOON),
            known(59, 5)
        );
        assert_eq!(distance(known(24, 40).missed(time(24), time(4), SOON)), 16);
    }

    #[test]
    fn a_far_miss_costs_all() {
        // Of six microseconds, that distance is not made shorter.
        let history = known(60, 40).missed(time(6), time(FAR.into()), SOON);
        assert_eq!(distance(history), 16);
        assert_eq!((history.credit, history.limit()), (0, time(5)));
        let history = known(60, 40).missed(time(5), time(u64::from(FAR) - 5), SOON);
        assert_eq!(history, known(55, 40));
    }

    #[test]
    fn a_wait_that_times_out_costs_all() {
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
    fn hand_offs_that_are_far_apart_soon_do_without() {
        assert_eq!(known(60, 40).hit(time(6), LATE), known(40, 40));
        assert_eq!(known(60, 40).hit(time(30), LATE), known(30, 40));
        let longest_near = time(u64::from(FAR));
        assert_eq!(known(60, 40).hit(time(30), longest_near), known(60, 40));
        assert_eq!(distance(known(60, 100).hit(time(60), LATE)), 16);
        assert_eq!(known(60, 5).missed(time(5), time(85), LATE), known(40, 5));
        // But for what came at once, and for a probe.
        assert_eq!(known(40, 40).hit(time(5), LATE), known(60, 10));
        assert_eq!(known(0, 40).hit(time(30), LATE), known(20, 40));
    }

    #[test]
    fn the_distance_between_probes_doubles_and_has_an_end() {
        let mut history = History::default();
        let distances: Vec<_> = (0..7)
            .map(|_| {
                // Of eight times any number, no distance is made shorter.
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
    fn a_wait_that_was_told_stops_after_futile_misses_only() {
        assert_eq!(
            known(60, 5).missed_as_told(time(50), time(49)),
            known(40, 5)
        );
        let mut history = History::default().hit(time(30), SOON).hit(time(30), SOON);
        for slept in [50, 100, 10_000] {
            assert_eq!(history.missed_as_told(time(50), time(slept)), history);
        }
        history = history.missed_as_told(time(50), time(49));
        assert_eq!(distance(history), 0);
        let distances: Vec<_> = (0..10)
            .map(|_| {
                history = history.missed_as_told(Duration::ZERO + time(50), time(4));
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
