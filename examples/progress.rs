//! Prints how far the work is: at once when there is news, but a line each so often at most, and the last one as soon as
//! the work is done.
//!
//! The threads that work pay one atomic step to say that there is news. The printer sleeps for the rest of its interval
//! with a deadline, on the event that says the work is done, so that the end does not have to wait for it.

use futex_event::{wait_any, AutoResetEvent, Event};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(50);
const THREADS: u32 = 4;
const ITEMS: u32 = 80;

#[derive(Default)]
struct Progress {
    items: AtomicU32,
    news: AutoResetEvent,
    done: Event,
}

impl Progress {
    fn print(&self) {
        while wait_any((&self.done, &self.news)) != 0 {
            println!("{} of {ITEMS}", self.items.load(Relaxed));
            self.done.wait_deadline(Instant::now() + INTERVAL);
        }
        println!("{} of {ITEMS}", self.items.load(Relaxed));
    }

    fn work(&self) {
        for _ in 0..ITEMS / THREADS {
            thread::sleep(Duration::from_millis(10));
            self.items.fetch_add(1, Relaxed);
            self.news.set();
        }
    }
}

fn main() {
    let progress = Progress::default();
    thread::scope(|scope| {
        scope.spawn(|| progress.print());
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| progress.work());
            }
        });
        progress.done.set();
    });
}
