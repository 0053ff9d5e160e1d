//! One event stops many threads, whatever each of them is doing.
//!
//! A thread that computes polls it now and then, which is one load. A thread that would sleep waits for it, with a timeout.
//! A thread that waits for work waits for both; the stop event comes first in the list, so it wins over work.
//!
//! It is a manual-reset event: it stops any number of threads, and threads that come late find it set.

use futex_event::{wait_any, AutoResetEvent, Event};
use std::thread;
use std::time::{Duration, Instant};

/// Returns the last of the numbers that it computes.
fn compute(stop: &Event) -> u32 {
    let mut number = 1_u32;
    while !stop.is_set() {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    }
    number
}

fn tell_the_hours(stop: &Event) {
    while !stop.wait_timeout(Duration::from_secs(3600)) {
        println!("Another hour");
    }
}

/// Returns how many pieces of work it has done.
fn work(stop: &Event, work: &AutoResetEvent) -> u32 {
    let mut done = 0;
    while wait_any((stop, work)) != 0 {
        done += 1;
    }
    done
}

fn main() {
    let (stop, pieces) = (Event::new(), AutoResetEvent::new());
    thread::scope(|scope| {
        scope.spawn(|| compute(&stop));
        scope.spawn(|| tell_the_hours(&stop));
        let workers = [(); 2].map(|()| scope.spawn(|| work(&stop, &pieces)));
        pieces.set();
        while pieces.is_set() {
            thread::yield_now();
        }

        let stopped = Instant::now();
        stop.set();
        let done: u32 = workers.map(|worker| worker.join().unwrap()).iter().sum();
        println!("Done: {done}");
        eprintln!("The workers stopped after {:?}", stopped.elapsed());
    });
}
