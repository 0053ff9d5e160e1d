//! As many pairs as CPUs and more, all handing off at once, unpinned: whoever spins takes the CPU from somebody who could
//! have gone on.

use super::hand_off::{Turns, TwoEvents};
use crate::contenders::*;
use crate::group::{nanoseconds, time, Batch, Entry, Group};
use std::sync::Barrier;
use std::thread::{self, available_parallelism};
use std::time::{Duration, Instant};

pub fn groups() -> Vec<Group> {
    let group = |per_cpu| {
        let pairs = per_cpu * available_parallelism().map_or(1, usize::from);
        let mut entries = every!([BareFutex] in_pairs(pairs));
        entries.extend(every!(hand_off: in_pairs(pairs)));
        Group {
            name: format!("oversubscribed hand-off, pairs per CPU: {per_cpu}"),
            figures: vec![time("round trip, all pairs at once")],
            entries,
            batch: Batch::Lasting(Duration::from_millis(40)),
        }
    };
    [1, 2, 4].map(group).into()
}

fn in_pairs<H: HandOff>(pairs: usize) -> Entry {
    Entry::new::<H>(move |iterations| {
        let all: Vec<_> = (0..pairs).map(|_| TwoEvents::<H>::new()).collect();
        let ready = Barrier::new(2 * pairs + 1);
        let mut begun = None;
        thread::scope(|scope| {
            for turns in &all {
                scope.spawn(|| {
                    let mut answer = turns.second();
                    ready.wait();
                    (0..iterations).for_each(|_| answer());
                });
                scope.spawn(|| {
                    let mut round_trip = turns.first();
                    ready.wait();
                    (0..iterations).for_each(|_| round_trip());
                });
            }
            begun = Some(Instant::now());
            ready.wait();
        });
        vec![nanoseconds(begun.unwrap().elapsed())]
    })
}
