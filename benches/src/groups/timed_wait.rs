//! Waits that time out: how late they return, and how much CPU time they have used.

use crate::contenders::*;
use crate::group::{nanoseconds, time, Batch, Entry, Group};
use cpu_time::ThreadTime;
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_millis(1);

pub fn group() -> Group {
    Group {
        name: "wait_timeout(1 ms) that expires".into(),
        figures: vec![time("late by"), time("CPU time")],
        entries: every!(timed: expire()),
        batch: Batch::Of(5),
    }
}

fn expire<E: Timed>() -> Entry {
    Entry::new::<E>(|iterations| {
        let event = E::unset();
        let (mut late, cpu) = (0.0, ThreadTime::now());
        for _ in 0..iterations {
            let begun = Instant::now();
            let released = event.wait_timeout(TIMEOUT);
            let waited = begun.elapsed();
            assert!(!released);
            // Early is a fault, but not one to be found out here.
            late += nanoseconds(waited) - nanoseconds(TIMEOUT);
        }
        vec![late, nanoseconds(cpu.elapsed())]
    })
}
