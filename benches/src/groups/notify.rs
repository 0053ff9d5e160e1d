//! A notification with no thread waiting, after a write to memory of the thread's own, as a change is: by one thread, and by
//! one on each of two CPUs. The time is the mean of the threads' own: they leave the barrier some microseconds apart, and a
//! batch takes milliseconds.

use crate::contenders::{
    FenceAndLoad, FetchAdd, ListenerNotify, LockAndNotify, Notifier, NotifyOne,
};
use crate::group::{time, timed, Batch, Entry, Group};
use crate::place::{on_cpu, pinnable};
use crossbeam_utils::CachePadded;
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

pub fn groups() -> Vec<Group> {
    let group = |threads: usize, name: &str| Group {
        name: format!("notify, no thread waiting, {name}"),
        figures: vec![time("time")],
        entries: vec![
            notify::<FenceAndLoad>(threads),
            notify::<FetchAdd>(threads),
            notify::<NotifyOne>(threads),
            notify::<ListenerNotify>(threads),
            notify::<LockAndNotify>(threads),
        ],
        batch: Batch::Lasting(Duration::from_millis(2)),
    };
    let mut groups = vec![group(1, "one CPU")];
    if pinnable() != 1 {
        groups.push(group(2, "two CPUs"));
    }
    groups
}

fn notify<N: Notifier>(threads: usize) -> Entry {
    Entry::named(N::NAME, N::KIND, move |iterations| {
        let notifier = CachePadded::new(N::default());
        let ready = Barrier::new(threads);
        let run = |cpu| {
            let (notifier, ready) = (&notifier, &ready);
            move || {
                on_cpu(cpu, || {
                    let changes = CachePadded::new(AtomicU32::new(0));
                    let (notifier, changes): (&N, &AtomicU32) =
                        (black_box(notifier), black_box(&changes));
                    ready.wait();
                    timed(iterations, || {
                        changes.store(1, Relaxed);
                        notifier.notify();
                    })
                })
            }
        };
        let times: Vec<f64> = thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|cpu| scope.spawn(run(cpu))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        vec![times.iter().sum::<f64>() / threads as f64]
    })
}
