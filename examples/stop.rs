//! A worker that can be told to stop at any moment, however long it would wait for work.
//!
//! It waits for the first of two events: the next piece of work, or the end. The end is a manual-reset event, so that
//! it can be told to any number of workers at once, and it comes first in the list, so that it wins over work.

use futex_event::{wait_any_timeout, AutoResetEvent, Event};
use std::thread;
use std::time::{Duration, Instant};

static STOP: Event = Event::new();
static WORK: AutoResetEvent = AutoResetEvent::new();

/// Returns how many pieces it has done.
fn work() -> u32 {
    let mut done = 0;
    loop {
        match wait_any_timeout(&[&STOP, &WORK], Duration::from_secs(3600)) {
            Some(0) => return done,
            Some(_) => done += 1,
            None => println!("Nothing to do for an hour"),
        }
    }
}

fn main() {
    let worker = thread::spawn(work);
    WORK.set();
    while WORK.is_set() {
        thread::yield_now();
    }

    let told = Instant::now();
    STOP.set();
    let done = worker.join().unwrap();
    println!("Done: {done}");
    eprintln!("It stopped after {:?}", told.elapsed());
}
