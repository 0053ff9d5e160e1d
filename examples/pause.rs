//! A worker that another thread pauses and resumes, as often as it likes.
//!
//! When `pause` returns, the worker stands still. That takes three events. A manual-reset event is the request to pause,
//! which the worker polls between two steps, by one load. Two auto-reset events are messages, "I stand still" and "go on".
//! Each is sent once and received once, so none is lost if the next pause follows before the worker has run.
//!
//! If no thread needs to know when the worker stands still, one manual-reset event is enough, which is set at first
//! (`Event::new_set`). The worker waits for it before each step, `clear` pauses the worker, and `set` resumes it.

use futex_event::{AutoResetEvent, Event};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

#[derive(Default)]
struct Pause {
    requested: Event,
    standing: AutoResetEvent,
    go_on: AutoResetEvent,
}

impl Pause {
    /// Called by the worker: stands still here if a pause is requested.
    fn point(&self) {
        if self.requested.is_set() {
            self.standing.set();
            self.go_on.wait();
        }
    }

    /// Returns when the worker stands still.
    fn pause(&self) {
        self.requested.set();
        self.standing.wait();
    }

    /// After `pause`, by the same thread.
    fn resume(&self) {
        // Before `go_on`: the worker polls it as soon as it goes on.
        self.requested.clear();
        self.go_on.set();
    }
}

fn main() {
    let (pause, stop) = (Pause::default(), Event::new());
    let steps = AtomicU64::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.is_set() {
                steps.fetch_add(1, Relaxed);
                pause.point();
            }
        });
        for _ in 0..3 {
            pause.pause();
            let before = steps.load(Relaxed);
            thread::sleep(Duration::from_millis(20));
            assert_eq!(steps.load(Relaxed), before, "it goes on while paused");
            pause.resume();
            while steps.load(Relaxed) == before {
                thread::yield_now();
            }
        }
        stop.set();
    });
    println!("Paused and resumed three times");
}
