//! A set that comes after 10 ms: the CPU time that its waiter has burnt by then, or used to go to sleep.

use crate::contenders::*;
use crate::group::{nanoseconds, time, Batch, Entry, Group};
use crate::place::on_cpu;
use cpu_time::ThreadTime;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(10);

pub fn group() -> Group {
    let mut entries = every!([BareFutex] waste());
    entries.extend(every!(hand_off: waste()));
    Group {
        name: "wait for a set that comes after 10 ms".into(),
        figures: vec![time("CPU time")],
        entries,
        batch: Batch::Of(3),
    }
}

fn waste<H: HandOff>() -> Entry {
    Entry::new::<H>(|iterations| {
        let (event, ready) = (H::unset(), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..iterations {
                    ready.wait();
                    thread::sleep(PAUSE);
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
