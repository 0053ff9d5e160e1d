//! Two threads that take turns, from the starts that users have, with the work that users do between a wait and the
//! answer. What a policy has learnt before, or not yet, must not decide how fast it is later.
//!
//! A run lasts a fixed time, and each round trip in it is timed. The median of a window says what a hand-off takes by
//! then; the mean, which counts every stall in it, what all of them took together.

use super::hand_off::{self, OneLine, Turns, TwoEvents, FLOOR};
use crate::contenders::*;
use crate::group::{nanoseconds, time, work_for, Batch, Entry, Group};
use crate::place::{pin, pinnable};
use std::thread;
use std::time::{Duration, Instant};

/// What came before the first turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Both threads start at a barrier, with events that have not been used.
    Together,
    /// The second thread starts 3 ms after the first.
    Late,
    /// Over the same events, 200 round trips have gone that took 300 µs or more.
    AfterSlow,
    /// Over the same events, 5,000 round trips have gone between threads that share a CPU.
    AfterOneCpu,
}

pub const STARTS: [Start; 4] = [
    Start::Together,
    Start::Late,
    Start::AfterSlow,
    Start::AfterOneCpu,
];

impl Start {
    pub fn name(self) -> &'static str {
        match self {
            Start::Together => "together",
            Start::Late => "partner 3 ms late",
            Start::AfterSlow => "after 200 slow rounds",
            Start::AfterOneCpu => "after 5,000 rounds on one CPU",
        }
    }
}

/// Microseconds of work between a wait and the answer.
pub const WORK: [u64; 4] = [0, 1, 5, 20];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Each thread on a CPU of its own.
    Pinned,
    /// Wherever the system puts them.
    Unpinned,
}

pub const PLACES: [Place; 2] = [Place::Pinned, Place::Unpinned];

impl Place {
    pub fn name(self) -> &'static str {
        match self {
            Place::Pinned => "pinned to two CPUs",
            Place::Unpinned => "unpinned",
        }
    }
}

/// The median of the window that begins 50 ms after the start.
pub const MEDIAN_SOON: &str = "median round trip, 50 ms after the start";
/// The median and the mean of the window that begins 100 ms after the start.
pub const MEDIAN: &str = "median round trip, 100 ms after the start";
pub const MEAN: &str = "mean round trip, 100 ms after the start";

const WINDOW: Duration = Duration::from_millis(20);
const SOON: Duration = Duration::from_millis(50);
const SETTLED: Duration = Duration::from_millis(100);

pub fn name(place: Place, start: Start, work: u64) -> String {
    format!(
        "hand-off from a cold start, {}: {}, {work} µs of work",
        place.name(),
        start.name()
    )
}

pub fn groups() -> Vec<Group> {
    let mut groups = Vec::new();
    for place in PLACES {
        if place == Place::Pinned && pinnable() < 2 {
            continue;
        }
        for start in STARTS {
            for work in WORK {
                groups.push(group(place, start, work));
            }
        }
    }
    groups
}

fn group(place: Place, start: Start, work: u64) -> Group {
    let case = Case {
        place,
        start,
        work: Duration::from_micros(work),
    };
    // Threads that never park have no history; and on one CPU they would not come through the rounds that make it.
    let floor = Case {
        start: Start::Together,
        ..case
    };
    let mut entries = vec![Entry::of_runs(FLOOR, Kind::Floor, move || {
        floor.run::<OneLine>()
    })];
    entries.extend(every!([Event, AutoResetEvent, NeverSpinning, StdEvent] two_events(case)));
    if work <= 1 {
        entries.extend(every!([WaitAny, WaitAll] two_events(case)));
    }
    Group {
        name: name(place, start, work),
        figures: [MEDIAN_SOON, MEDIAN, MEAN].map(time).to_vec(),
        entries,
        batch: Batch::Run { most: 20 },
    }
}

fn two_events<H: HandOff>(case: Case) -> Entry {
    Entry::of_runs(H::NAME, H::KIND, move || case.run::<TwoEvents<H>>())
}

#[derive(Clone, Copy)]
struct Case {
    place: Place,
    start: Start,
    work: Duration,
}

impl Case {
    fn run<T: Turns>(self) -> Vec<f64> {
        let turns = T::new();
        match self.start {
            Start::Together | Start::Late => {}
            Start::AfterSlow => {
                let sleep = || thread::sleep(Duration::from_micros(300));
                take_turns(&turns, 200, self.place.cpus(), sleep);
            }
            Start::AfterOneCpu => take_turns(&turns, 5_000, Some([0, 0]), || {}),
        }
        let begin = |thread| {
            self.place.pin(thread);
            if thread == 1 && self.start == Start::Late {
                thread::sleep(Duration::from_millis(3));
            }
        };
        let work = || work_for(self.work);
        hand_off::for_as_long(&turns, begin, work, |mut round_trip| {
            let begun = Instant::now();
            while begun.elapsed() < SOON {
                round_trip();
            }
            let soon = window(&mut round_trip);
            while begun.elapsed() < SETTLED {
                round_trip();
            }
            let settled = window(&mut round_trip);
            vec![median(soon), median(settled.clone()), mean(settled)]
        })
    }
}

impl Place {
    fn cpus(self) -> Option<[usize; 2]> {
        (self == Place::Pinned).then_some([0, 1])
    }

    fn pin(self, thread: usize) {
        if let Some(cpus) = self.cpus() {
            pin(cpus[thread]);
        }
    }
}

/// Gives two threads a history over these events. They are gone when it returns.
fn take_turns<T: Turns>(
    turns: &T,
    rounds: usize,
    cpus: Option<[usize; 2]>,
    between: impl Fn() + Copy + Send + Sync,
) {
    let place = move |thread: usize| {
        if let Some(cpus) = cpus {
            pin(cpus[thread]);
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            place(1);
            let mut answer = turns.second_after(between);
            (0..rounds).for_each(|_| answer());
        });
        scope.spawn(|| {
            place(0);
            let mut round_trip = turns.first();
            for _ in 0..rounds {
                round_trip();
                between();
            }
        });
    });
}

/// The nanoseconds of each round trip in a window.
fn window(mut round_trip: impl FnMut()) -> Vec<f64> {
    let mut trips = Vec::with_capacity(1 << 16);
    let begun = Instant::now();
    let mut last = begun;
    while last - begun < WINDOW {
        round_trip();
        let now = Instant::now();
        trips.push(nanoseconds(now - last));
        last = now;
    }
    trips
}

fn median(mut trips: Vec<f64>) -> f64 {
    let middle = trips.len() / 2;
    *trips.select_nth_unstable_by(middle, f64::total_cmp).1
}

fn mean(trips: Vec<f64>) -> f64 {
    trips.iter().sum::<f64>() / trips.len() as f64
}
