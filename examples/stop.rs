//! One stop token for many threads, whatever each of them is doing when it is told.
//!
//! A thread that computes looks at it now and then: one load. One that sleeps, sleeps on it, with a timeout. One that
//! waits for work waits for both; the token comes first in the list, so that it wins over work.
//!
//! The token is a manual-reset event: any number of threads can heed it, and those that come late find it set.

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

        let told = Instant::now();
        stop.set();
        let done: u32 = workers.map(|worker| worker.join().unwrap()).iter().sum();
        println!("Done: {done}");
        eprintln!("The workers stopped after {:?}", told.elapsed());
    });
}
