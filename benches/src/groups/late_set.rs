//! A set that comes late, again and again: the CPU time that its waiter has burnt by then, or used to go to sleep.

use crate::contenders::*;
use crate::group::{nanoseconds, time, Batch, Entry, Group};
use crate::place::on_cpu;
use cpu_time::ThreadTime;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

/// In milliseconds.
const PAUSES: [f64; 3] = [0.3, 1.0, 10.0];

pub fn groups() -> Vec<Group> {
    let group = |milliseconds: f64| {
        let pause = Duration::from_secs_f64(milliseconds / 1e3);
        let mut entries = every!([BareFutex] waste(pause));
        entries.extend(every!(hand_off: waste(pause)));
        Group {
            name: format!("wait for a set that comes after {milliseconds} ms"),
            figures: vec![time("CPU time")],
            entries,
            batch: Batch::Of((30.0 / milliseconds) as u64),
        }
    };
    PAUSES.map(group).into()
}

fn waste<H: HandOff>(pause: Duration) -> Entry {
    Entry::new::<H>(move |iterations| {
        let (event, ready) = (H::unset(), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..iterations {
                    ready.wait();
                    thread::sleep(pause);
                    event.set();
                }
            });
            let used = on_cpu(0, || {
                let mut take = event.taker();
                let wait = |_| {
                    ready.wait();
                    let cpu = ThreadTime::now();
                    take();
                    nanoseconds(cpu.elapsed())
                };
                (0..iterations).map(wait).sum()
            });
            vec![used]
        })
    })
}
