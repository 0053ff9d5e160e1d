//! A worker that another thread pauses and resumes, as often as it likes.
//!
//! When `pause` returns, the worker stands still. Three events do that. A manual-reset one is the wish to pause, at which
//! the worker looks between two steps: one load. Two auto-reset ones are messages, "I stand still" and "go on". Each is
//! sent once and received once, so that none is lost if the next pause follows before the worker has run.
//!
//! If nobody needs to know when the worker stands still, one manual-reset event will do, which is set to begin with
//! (`Event::new_set`). The worker waits for it before each step, `clear` pauses, and `set` resumes.

use futex_event::{AutoResetEvent, Event};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

#[derive(Default)]
struct Pause {
    wanted: Event,
    standing: AutoResetEvent,
    go_on: AutoResetEvent,
}

impl Pause {
    /// For the worker: stands still here if it is to.
    fn point(&self) {
        if self.wanted.is_set() {
            self.standing.set();
            self.go_on.wait();
        }
    }

    /// Returns when the worker stands still.
    fn pause(&self) {
        self.wanted.set();
        self.standing.wait();
    }

    /// After `pause`, by the same thread.
    fn resume(&self) {
        // First the wish: the worker looks at it as soon as it goes on.
        self.wanted.clear();
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
