//! A group: one measure, and all contenders that take it.

use crate::contenders::{Contender, Kind};
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// What is measured of every contender of a group. All of it is better if less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    pub name: &'static str,
    pub unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Nanoseconds,
    Bytes,
    /// How often something happened.
    Times,
}

/// A figure that is a time.
pub const fn time(name: &'static str) -> Figure {
    Figure {
        name,
        unit: Unit::Nanoseconds,
    }
}

pub struct Group {
    pub name: String,
    pub figures: Vec<Figure>,
    pub entries: Vec<Entry>,
    pub batch: Batch,
}

/// How much of the work is done before another contender has its turn.
#[derive(Clone, Copy, Debug)]
pub enum Batch {
    /// As much as takes about so long, by the first figure.
    Lasting(Duration),
    /// So many iterations.
    Of(u64),
    /// One iteration, which is a run of some length by itself, in no more rounds than so many.
    Run { most: usize },
}

/// One contender of a group.
pub struct Entry {
    pub name: &'static str,
    pub kind: Kind,
    run: Box<dyn Fn(u64) -> Vec<f64>>,
}

impl Entry {
    /// `run` does the work as often as it is told, all in one call, and returns each figure's sum.
    pub fn new<C: Contender>(run: impl Fn(u64) -> Vec<f64> + 'static) -> Self {
        Self::named(C::NAME, C::KIND, run)
    }

    pub fn named(name: &'static str, kind: Kind, run: impl Fn(u64) -> Vec<f64> + 'static) -> Self {
        let run = Box::new(run);
        Self { name, kind, run }
    }

    /// For work that is a run by itself, and returns the figures of it.
    pub fn of_runs(name: &'static str, kind: Kind, run: impl Fn() -> Vec<f64> + 'static) -> Self {
        Self::named(name, kind, move |iterations| {
            let add = |sums: Vec<f64>, run: Vec<f64>| {
                sums.iter().zip(run).map(|(sum, of)| sum + of).collect()
            };
            (1..iterations).fold(run(), |sums, _| add(sums, run()))
        })
    }

    /// The sum of each figure over a batch of so many.
    pub fn run(&self, iterations: u64) -> Vec<f64> {
        (self.run)(iterations)
    }
}

/// Calls `work` so many times. The nanoseconds it took.
#[inline(always)]
pub fn timed(iterations: u64, mut work: impl FnMut()) -> f64 {
    let begun = Instant::now();
    for _ in 0..iterations {
        work();
    }
    nanoseconds(begun.elapsed())
}

/// From when a thread began its work until it ended it, by its own clock. A thread that only watches the work may not get
/// a CPU until most of the work is done.
pub struct Span {
    begun: Instant,
    ended: Instant,
}

impl Span {
    /// Does the work when all threads have come to the barrier.
    pub fn of(ready: &Barrier, work: impl FnOnce()) -> Self {
        ready.wait();
        let begun = Instant::now();
        work();
        let ended = Instant::now();
        Self { begun, ended }
    }

    /// The nanoseconds from when the first of them began until the last has ended.
    pub fn of_all(spans: &[Self]) -> f64 {
        let begun = spans.iter().map(|span| span.begun).min();
        let ended = spans.iter().map(|span| span.ended).max();
        let times = begun.zip(ended);
        times.map_or(0.0, |(begun, ended)| nanoseconds(ended - begun))
    }
}

/// Work of this length: uses the CPU, and nothing else.
pub fn work_for(time: Duration) {
    if time > Duration::ZERO {
        let begun = Instant::now();
        while begun.elapsed() < time {}
    }
}

pub fn nanoseconds(time: Duration) -> f64 {
    time.as_nanos() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spans_of_several_threads_are_one_from_the_first_to_the_last() {
        let origin = Instant::now();
        let at = |time| origin + Duration::from_nanos(time);
        let span = |begun, ended| Span {
            begun: at(begun),
            ended: at(ended),
        };
        assert_eq!(Span::of_all(&[span(3, 5), span(2, 4), span(7, 9)]), 7.0);
        // One thread is a barrier of its own.
        let alone = Span::of(&Barrier::new(1), || work_for(Duration::from_millis(1)));
        assert!(Span::of_all(&[alone]) >= 1e6);
    }
}
