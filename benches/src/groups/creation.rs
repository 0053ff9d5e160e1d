//! What an event costs before anybody uses it, and how much memory it has taken after one thread has waited for it.

use crate::allocated::while_counting;
use crate::contenders::*;
use crate::group::{time, timed, Batch, Entry, Figure, Group, Unit};
use crate::place::{on_cpu, until_asleep, Sleeper};
use std::hint::black_box;
use std::mem::size_of;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

pub fn groups() -> Vec<Group> {
    let mut create_floor = every!([BareAtomic] create());
    create_floor.extend(every!(hand_off: create()));
    vec![
        Group {
            name: "creation".into(),
            figures: vec![time("create and drop")],
            entries: create_floor,
            batch: Batch::Lasting(Duration::from_millis(2)),
        },
        Group {
            name: "memory".into(),
            figures: vec![Figure {
                name: "size, and heap after a wait",
                unit: Unit::Bytes,
            }],
            entries: every!(hand_off: memory()),
            batch: Batch::Of(1),
        },
    ]
}

fn create<C: Contender>() -> Entry {
    Entry::new::<C>(|iterations| {
        on_cpu(0, || {
            vec![timed(iterations, || {
                black_box(C::unset());
            })]
        })
    })
}

fn memory<H: HandOff>() -> Entry {
    Entry::new::<H>(|iterations| {
        // What the whole process has only once, such as a table of threads, is there after the first.
        wait_once(&H::unset());
        let sum = (0..iterations).map(|_| {
            let (event, in_new) = while_counting(H::unset);
            let in_wait = wait_once(&event);
            (size_of::<H>() as isize + in_new + in_wait) as f64
        });
        vec![sum.sum()]
    })
}

/// The heap bytes that a wait and its set have taken and not given back.
fn wait_once<H: HandOff>(event: &H) -> isize {
    thread::scope(|scope| {
        let (sleeper, asleep) = mpsc::channel();
        let waiter = scope.spawn(move || {
            let take = event.taker();
            sleeper.send(Sleeper::current()).unwrap();
            while_counting(take).1
        });
        until_asleep(&[asleep.recv().unwrap()]);
        let in_set = while_counting(|| event.set()).1;
        in_set + waiter.join().unwrap()
    })
}
