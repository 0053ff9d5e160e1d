//! As many setters as CPUs, at least two, and one thread that takes what they set whenever it gets to run. Unpinned.

use crate::contenders::*;
use crate::group::{time, Batch, Entry, Group, Span};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Barrier;
use std::thread::{self, available_parallelism};
use std::time::Duration;

pub fn group() -> Group {
    let setters = available_parallelism().map_or(2, usize::from).max(2);
    Group {
        name: "many setters, one waiter".into(),
        figures: vec![time("set")],
        entries: every!(hand_off: set_at_once(setters)),
        batch: Batch::Lasting(Duration::from_millis(20)),
    }
}

fn set_at_once<H: HandOff>(setters: usize) -> Entry {
    Entry::new::<H>(move |iterations| {
        let (event, stop, ready) = (
            H::unset(),
            AtomicBool::new(false),
            Barrier::new(setters + 1),
        );
        thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let mut take = event.taker();
                ready.wait();
                while !stop.load(Relaxed) {
                    take();
                }
            });
            let set = || Span::of(&ready, || (0..iterations).for_each(|_| event.set()));
            let setters: Vec<_> = (0..setters).map(|_| scope.spawn(set)).collect();
            let spans = setters.into_iter().map(|setter| setter.join().unwrap());
            let spans: Vec<Span> = spans.collect();
            stop.store(true, Relaxed);
            while !waiter.is_finished() {
                event.set();
                thread::yield_now();
            }
            vec![Span::of_all(&spans)]
        })
    })
}
