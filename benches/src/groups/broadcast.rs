//! One set that releases many parked threads.
//!
//! There are two events. Once released from the one, every thread waits on the other, at once: this is when a waiter
//! that spins takes the CPU from those that have still to run. When all are asleep again the next set comes.

use crate::contenders::*;
use crate::group::{nanoseconds, time, Batch, Entry, Group};
use crate::place::{until_asleep, Sleeper};
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{AcqRel, Acquire, Relaxed},
};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

pub fn groups() -> Vec<Group> {
    [(1, 50), (8, 50), (64, 20), (512, 5)]
        .map(|(waiters, batch)| {
            let mut entries = every!([BareFutex] broadcast(waiters));
            entries.extend(every!(manual_reset: broadcast(waiters)));
            Group {
                name: format!("broadcast to {waiters}"),
                figures: vec![time("the setter's call"), time("until the last waiter ran")],
                entries,
                batch: Batch::Of(batch),
            }
        })
        .into()
}

fn broadcast<E: ManualReset>(waiters: u64) -> Entry {
    Entry::new::<E>(move |iterations| {
        let events = [E::unset(), E::unset()];
        let stop = AtomicBool::new(false);
        let origin = Instant::now();
        // How many of the present round have come back, and when the last did.
        let (released, last) = (AtomicU64::new(0), AtomicU64::new(0));
        let sleepers = Mutex::new(Vec::new());
        let setter = thread::current();
        let (mut in_call, mut until_last) = (0.0, 0.0);
        thread::scope(|scope| {
            for _ in 0..waiters {
                let work = || {
                    sleepers.lock().unwrap().push(Sleeper::current());
                    for event in events.iter().cycle() {
                        event.wait();
                        last.fetch_max(origin.elapsed().as_nanos() as u64, Relaxed);
                        let stop = stop.load(Relaxed);
                        if released.fetch_add(1, AcqRel) + 1 == waiters {
                            setter.unpark();
                        }
                        if stop {
                            return;
                        }
                    }
                };
                thread::Builder::new()
                    .stack_size(64 << 10)
                    .spawn_scoped(scope, work)
                    .unwrap();
            }
            while (sleepers.lock().unwrap().len() as u64) < waiters {
                thread::yield_now();
            }
            let sleepers = sleepers.lock().unwrap();
            // The first round shows the threads their way, and the last one out.
            for round in 0..iterations + 2 {
                until_asleep(&sleepers);
                stop.store(round == iterations + 1, Relaxed);
                released.store(0, Relaxed);
                let event = &events[round as usize % 2];
                let begun = Instant::now();
                event.set();
                let called = begun.elapsed();
                while released.load(Acquire) < waiters {
                    thread::park();
                }
                let ran = Duration::from_nanos(last.load(Relaxed)) - (begun - origin);
                event.clear();
                if (1..=iterations).contains(&round) {
                    in_call += nanoseconds(called);
                    until_last += nanoseconds(ran);
                }
            }
        });
        vec![in_call, until_last]
    })
}
