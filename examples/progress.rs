//! Prints the progress of some work: at once when there is news, but at most one line per interval, and the last line as
//! soon as the work is done.
//!
//! To announce news costs the working threads one atomic step. The printer sleeps for the rest of its interval on the event
//! that says that the work is done, so the end does not wait for the interval.

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
