//! Waits for n things: a counter of those that are missing, and an event that the last one sets.
//!
//! Threads count down without a lock, and only the last of them touches the event. The thread that waits sleeps once, and
//! sees everything that the n threads did before they counted down.

use futex_event::Event;
use std::sync::atomic::{
    AtomicU64, AtomicUsize,
    Ordering::{AcqRel, Relaxed},
};
use std::thread;
use std::time::Duration;

struct Countdown {
    missing: AtomicUsize,
    zero: Event,
}

impl Countdown {
    fn new(n: usize) -> Self {
        Self {
            missing: AtomicUsize::new(n),
            // Nothing will count down from zero.
            zero: if n == 0 {
                Event::new_set()
            } else {
                Event::new()
            },
        }
    }

    /// Is called n times, by any threads.
    ///
    /// The event passes on what the *last* thread has seen before its `set`, so that thread must have seen what the others
    /// did. That takes both halves of AcqRel: by Release each thread publishes its work, and by Acquire the last one sees
    /// the work of all before it. With Relaxed the thread that waits could miss the work of all threads but the last.
    fn count_down(&self) {
        let missing = self.missing.fetch_sub(1, AcqRel);
        assert_ne!(missing, 0, "more calls than things to wait for");
        if missing == 1 {
            self.zero.set();
        }
    }

    /// True if all n have counted down, and false if `timeout` has passed before.
    fn wait_timeout(&self, timeout: Duration) -> bool {
        self.zero.wait_timeout(timeout)
    }
}

fn main() {
    const THREADS: u64 = 8;
    const SHARE: u64 = 1_000;

    // Relaxed will do for the parts: the countdown orders the stores before the loads.
    let parts = [(); THREADS as usize].map(|()| AtomicU64::new(0));
    let countdown = Countdown::new(parts.len());
    thread::scope(|scope| {
        for (part, first) in parts.iter().zip((0..).step_by(SHARE as usize)) {
            let countdown = &countdown;
            scope.spawn(move || {
                part.store((first..first + SHARE).sum(), Relaxed);
                countdown.count_down();
            });
        }
        if countdown.wait_timeout(Duration::from_secs(60)) {
            let sum: u64 = parts.iter().map(|part| part.load(Relaxed)).sum();
            println!("The sum of {THREADS} parts is {sum}");
        } else {
            println!("A part is missing");
        }
    });
}
