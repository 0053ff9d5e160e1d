//! What is to be reached, and whether it is.

use crate::contenders::*;
use crate::groups::{alternating, hand_off::FLOOR, workers};
use crate::race::{Results, Spread};

/// One figure of one contender against that of another.
pub struct Goal {
    pub group: &'static str,
    pub figure: &'static str,
    pub ours: &'static str,
    pub other: &'static str,
    pub bound: Bound,
}

#[derive(Clone, Copy)]
pub enum Bound {
    /// At most so many times as much.
    AtMost(f64),
    /// At least so many times less.
    TimesLess(f64),
    /// At most so much more.
    Above(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Met,
    NotMet,
    /// The bound is within the quartiles: run it again, longer, or on a quieter machine.
    TooClose {
        median_meets: bool,
    },
}

impl Goal {
    /// Those that it is about. `None` if they are not among these.
    pub fn results<'a>(&self, results: &'a [Results]) -> Option<&'a Results> {
        let of =
            |results: &&Results| results.group == self.group && results.figure.name == self.figure;
        results.iter().find(of)
    }

    /// What was measured, in the bound's terms, and whether that will do. `None` if a contender was not measured.
    pub fn judge(&self, results: &Results) -> Option<(Spread, Verdict)> {
        let (ours, other) = (results.row(self.ours)?, results.row(self.other)?);
        Some(self.bound.judge(match self.bound {
            Bound::AtMost(_) => ours.ratio(other),
            Bound::TimesLess(_) => other.ratio(ours),
            Bound::Above(_) => ours.excess(other),
        }))
    }
}

impl Bound {
    fn judge(self, measured: Spread) -> (Spread, Verdict) {
        let meets = |value| match self {
            Bound::AtMost(most) | Bound::Above(most) => value <= most,
            Bound::TimesLess(least) => value >= least,
        };
        let verdict = match (meets(measured.low), meets(measured.high)) {
            (true, true) => Verdict::Met,
            (false, false) => Verdict::NotMet,
            _ => Verdict::TooClose {
                median_meets: meets(measured.median),
            },
        };
        (measured, verdict)
    }
}

/// The peers that do not spin before they park, or only for a moment.
const PARK_AT_ONCE: [&str; 6] = [
    StdEvent::NAME,
    ParkingLotEvent::NAME,
    ListenerEvent::NAME,
    AtomicWaitEvent::NAME,
    CrossbeamParker::NAME,
    StdPark::NAME,
];

pub fn goals() -> Vec<Goal> {
    use Bound::*;
    let ours = Event::NAME;
    let goal = |group, figure, other, bound| Goal {
        group,
        figure,
        ours,
        other,
        bound,
    };
    let mut goals = vec![
        goal("is_set", "time", BareAtomic::NAME, AtMost(1.05)),
        goal(
            "wait on a set event",
            "time",
            BareAtomic::NAME,
            AtMost(1.05),
        ),
        goal("set + clear", "time", BareAtomic::NAME, AtMost(1.15)),
        goal("set + clear", "time", StdEvent::NAME, TimesLess(40.0)),
        goal("set + clear", "time", ParkingLotEvent::NAME, TimesLess(2.0)),
        goal("hand-off, two CPUs", "round trip", FLOOR, AtMost(1.5)),
    ];
    goals.extend(
        PARK_AT_ONCE.map(|peer| goal("hand-off, two CPUs", "round trip", peer, TimesLess(10.0))),
    );
    goals.extend([
        goal(
            "hand-off, one CPU",
            "round trip",
            NeverSpinning::NAME,
            AtMost(1.02),
        ),
        goal(
            "hand-off, one CPU",
            "round trip",
            StdEvent::NAME,
            AtMost(1.0),
        ),
    ]);
    goals.extend(["broadcast to 64", "broadcast to 512"].map(|group| {
        goal(
            group,
            "until the last waiter ran",
            BareFutex::NAME,
            AtMost(1.05),
        )
    }));
    goals.extend(
        [
            "oversubscribed hand-off, pairs per CPU: 1",
            "oversubscribed hand-off, pairs per CPU: 2",
            "oversubscribed hand-off, pairs per CPU: 4",
        ]
        .map(|group| {
            let figure = "round trip, all pairs at once";
            goal(group, figure, NeverSpinning::NAME, AtMost(0.8))
        }),
    );
    let late = |group, bound| goal(group, "CPU time", NeverSpinning::NAME, bound);
    goals.extend([
        late("wait for a set that comes after 0.3 ms", Above(5_000.0)),
        late("wait for a set that comes after 1 ms", Above(5_000.0)),
        late("wait for a set that comes after 10 ms", AtMost(1.03)),
        goal(alternating::NAME, alternating::FAST, FLOOR, AtMost(2.0)),
        goal(
            alternating::NAME,
            alternating::SLOW,
            NeverSpinning::NAME,
            AtMost(1.1),
        ),
        goal(
            alternating::NAME,
            alternating::SLOW_MEDIAN,
            NeverSpinning::NAME,
            AtMost(1.1),
        ),
        goal(
            alternating::NAME,
            alternating::SLOW,
            alternating::SpinsInTheFastPart::NAME,
            AtMost(1.1),
        ),
    ]);
    // Where they can be counted.
    if cfg!(target_os = "linux") {
        let pairs = [
            (workers::ANY_OF_EACH, workers::EACH),
            (workers::ANY_OF_ALL, workers::ALL),
        ];
        goals.extend(pairs.map(|(ours, other)| Goal {
            group: "work or stop, 64 workers",
            figure: workers::SWITCHES,
            ours,
            other,
            bound: AtMost(1.2),
        }));
    }
    let ours = EventCountQueue::NAME;
    let queue = |group, figure, other, bound| Goal {
        group,
        figure,
        ours,
        other,
        bound,
    };
    for peer in QUEUES {
        goals.extend([
            queue(
                "queue, 1 producers × 1 consumers",
                "an item",
                peer,
                AtMost(1.0),
            ),
            queue(
                "queue, 4 producers × 4 consumers",
                "an item",
                peer,
                AtMost(1.0),
            ),
            queue(
                "queue, a parked consumer",
                "until the consumer has the item",
                peer,
                AtMost(1.0),
            ),
        ]);
    }
    let notify = |group, other, bound| queue(group, "time", other, bound);
    goals.extend([
        notify(
            "notify, no thread waiting, one CPU",
            FenceAndLoad::NAME,
            AtMost(1.05),
        ),
        notify(
            "notify, no thread waiting, one CPU",
            ListenerNotify::NAME,
            AtMost(1.0),
        ),
        notify(
            "notify, no thread waiting, two CPUs",
            FenceAndLoad::NAME,
            AtMost(1.05),
        ),
        notify(
            "notify, no thread waiting, two CPUs",
            ListenerNotify::NAME,
            AtMost(1.0),
        ),
    ]);
    goals
}

/// The other bounded queues.
const QUEUES: [&str; 4] = [
    CrossbeamChannel::NAME,
    Flume::NAME,
    StdChannel::NAME,
    LockedQueue::NAME,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups;

    #[test]
    fn a_bound_within_the_quartiles_is_neither_met_nor_missed() {
        let verdict = |bound: Bound, low, median, high| bound.judge(Spread { low, median, high }).1;
        let close = |median_meets| Verdict::TooClose { median_meets };
        assert_eq!(verdict(Bound::AtMost(1.05), 0.9, 1.0, 1.05), Verdict::Met);
        assert_eq!(verdict(Bound::AtMost(1.05), 1.0, 1.0, 1.1), close(true));
        assert_eq!(verdict(Bound::AtMost(1.05), 1.0, 1.1, 1.2), close(false));
        assert_eq!(verdict(Bound::AtMost(1.05), 1.1, 1.2, 1.3), Verdict::NotMet);
        assert_eq!(
            verdict(Bound::TimesLess(10.0), 11.0, 12.0, 13.0),
            Verdict::Met
        );
        assert_eq!(
            verdict(Bound::TimesLess(10.0), 7.0, 8.0, 9.0),
            Verdict::NotMet
        );
        assert_eq!(verdict(Bound::Above(50.0), -3.0, 0.0, 50.0), Verdict::Met);
    }

    #[test]
    fn every_goal_names_what_is_measured() {
        let groups = groups::all();
        for goal in goals() {
            let Some(group) = groups::named(&groups, goal.group) else {
                continue;
            };
            assert!(group
                .figures
                .iter()
                .any(|figure| figure.name == goal.figure));
            for name in [goal.ours, goal.other] {
                assert!(
                    group.entries.iter().any(|entry| entry.name == name),
                    "{name}"
                );
            }
        }
    }
}
