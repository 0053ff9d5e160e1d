//! A group: one measure, and all contenders that take it.

use crate::contenders::{Contender, Kind};
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
