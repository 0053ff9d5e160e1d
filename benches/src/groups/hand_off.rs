//! Two threads that take turns. A round trip is two sets, two waits and two clears.

use crate::contenders::*;
use crate::group::{time, timed, Batch, Entry, Group};
use crate::place::{pairs, pin};
use crossbeam_utils::CachePadded;
use std::cell::Cell;
use std::hint::spin_loop;
use std::sync::atomic::{
    AtomicBool, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

/// In the first turns the two find each other.
pub const FIRST_TURNS: u64 = 100;

pub fn groups() -> Vec<Group> {
    pairs()
        .map(|(place, cpus)| {
            let mut entries = Vec::new();
            if cpus[0] != cpus[1] {
                // A thread that spins on one CPU waits for a thread that cannot run meanwhile.
                entries.push(Entry::named(FLOOR, Kind::Floor, move |iterations| {
                    round_trips::<OneLine>(iterations, cpus)
                }));
                entries.extend(every!([BareAtomic] two_events(cpus)));
            }
            entries.extend(every!([BareFutex] two_events(cpus)));
            entries.extend(every!(hand_off: two_events(cpus)));
            group(format!("hand-off, {place}"), entries)
        })
        .collect()
}

pub fn group(name: String, entries: Vec<Entry>) -> Group {
    Group {
        name,
        figures: vec![time("round trip")],
        entries,
        batch: Batch::Lasting(Duration::from_millis(10)),
    }
}

pub fn two_events<H: HandOff>(cpus: [usize; 2]) -> Entry {
    Entry::new::<H>(move |iterations| round_trips::<TwoEvents<H>>(iterations, cpus))
}

pub fn round_trips<T: Turns>(iterations: u64, cpus: [usize; 2]) -> Vec<f64> {
    let (turns, ready) = (T::new(), Barrier::new(2));
    let first_turns = iterations.min(FIRST_TURNS);
    // Both are fresh threads, so that neither comes from a CPU where it has been pinned.
    thread::scope(|scope| {
        scope.spawn(|| {
            pin(cpus[1]);
            let answer = turns.second();
            ready.wait();
            timed(first_turns + iterations, answer);
        });
        let first = scope.spawn(|| {
            pin(cpus[0]);
            let mut round_trip = turns.first();
            ready.wait();
            timed(first_turns, &mut round_trip);
            timed(iterations, round_trip)
        });
        vec![first.join().unwrap()]
    })
}

/// Lets two threads take turns for as long as the first of them likes, which is `first` and calls what it is given for
/// each round trip. `begin` is called by each thread, with its number, before its turns.
pub fn for_as_long<T: Turns, R: Send>(
    turns: &T,
    begin: impl Fn(usize) + Sync,
    work: impl Fn() + Sync,
    first: impl FnOnce(&mut dyn FnMut()) -> R + Send,
) -> R {
    let ends = AtomicBool::new(false);
    let ready = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            // The first says so while the turn is its own, and is asked while the turn is here.
            let is_last = Cell::new(false);
            let mut answer = turns.second_after(|| {
                is_last.set(ends.load(Relaxed));
                work();
            });
            ready.wait();
            begin(1);
            while !is_last.get() {
                answer();
            }
        });
        let first = scope.spawn(|| {
            let mut round_trip = turns.first();
            let mut round_trip = || {
                round_trip();
                work();
            };
            ready.wait();
            begin(0);
            let result = first(&mut round_trip);
            ends.store(true, Relaxed);
            round_trip();
            result
        });
        first.join().unwrap()
    })
}

/// What two threads take turns by.
pub trait Turns: Sync {
    fn new() -> Self;
    /// Hands the turn over, and waits until it is handed back.
    fn first(&self) -> impl FnMut();
    /// Waits for the turn, does the work, and hands the turn back.
    fn second_after(&self, work: impl Fn()) -> impl FnMut();

    /// Waits for the turn and hands it back.
    fn second(&self) -> impl FnMut() {
        self.second_after(|| {})
    }
}

/// One event for each direction, on a cache line of its own.
pub struct TwoEvents<H> {
    ping: CachePadded<H>,
    pong: CachePadded<H>,
}

impl<H: HandOff> Turns for TwoEvents<H> {
    fn new() -> Self {
        Self {
            ping: H::unset().into(),
            pong: H::unset().into(),
        }
    }

    fn first(&self) -> impl FnMut() {
        let mut take = self.pong.taker();
        move || {
            self.ping.set();
            take();
        }
    }

    fn second_after(&self, work: impl Fn()) -> impl FnMut() {
        let mut take = self.ping.taker();
        move || {
            take();
            work();
            self.pong.set();
        }
    }
}

/// How [`OneLine`] is called in the results.
pub const FLOOR: &str = "spinning on one line";

/// The floor: a word that says whose turn it is, which both read all the time.
pub struct OneLine(CachePadded<AtomicU32>);

impl OneLine {
    fn hand_over(&self, to: u32) {
        self.0.store(to, Release);
    }

    fn until(&self, turn: u32) {
        while self.0.load(Acquire) != turn {
            spin_loop();
        }
    }
}

impl Turns for OneLine {
    fn new() -> Self {
        Self(AtomicU32::new(0).into())
    }

    fn first(&self) -> impl FnMut() {
        || {
            self.hand_over(1);
            self.until(0);
        }
    }

    fn second_after(&self, work: impl Fn()) -> impl FnMut() {
        move || {
            self.until(1);
            work();
            self.hand_over(0);
        }
    }
}
