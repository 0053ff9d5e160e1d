//! As many pairs as CPUs and more, all handing off at once, unpinned: whoever spins takes the CPU from somebody who could
//! have gone on.

use super::hand_off::{Turns, TwoEvents};
use crate::contenders::*;
use crate::group::{time, Batch, Entry, Group, Span};
use std::sync::Barrier;
use std::thread::{self, available_parallelism};
use std::time::Duration;

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
        let ready = Barrier::new(2 * pairs);
        let spans: Vec<Span> = thread::scope(|scope| {
            let start = |turns| {
                let (ready, turns): (_, &TwoEvents<H>) = (&ready, turns);
                let second = scope.spawn(move || {
                    let mut answer = turns.second();
                    Span::of(ready, || (0..iterations).for_each(|_| answer()))
                });
                let first = scope.spawn(move || {
                    let mut round_trip = turns.first();
                    Span::of(ready, || (0..iterations).for_each(|_| round_trip()))
                });
                [first, second]
            };
            let threads: Vec<_> = all.iter().flat_map(start).collect();
            let spans = threads.into_iter().map(|thread| thread.join().unwrap());
            spans.collect()
        });
        vec![Span::of_all(&spans)]
    })
}
