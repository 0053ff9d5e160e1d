//! A bounded queue that blocks: how fast items go through, how long one takes to a consumer that sleeps, and what a consumer
//! without work uses. Unpinned.

use crate::contenders::{CrossbeamChannel, EventCountQueue, Flume, LockedQueue, Queue, StdChannel};
use crate::group::{nanoseconds, time, Batch, Entry, Group, Span};
use crate::place::{until_asleep, Sleeper};
use cpu_time::ThreadTime;
use std::sync::{mpsc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

pub const CAPACITY: usize = 64;
const THREADS: [usize; 4] = [1, 2, 4, 16];
/// For so long a consumer has nothing to do.
const IDLE: Duration = Duration::from_millis(20);

macro_rules! every_queue {
    ($work:ident $arguments:tt) => {
        vec![
            $work::<EventCountQueue> $arguments,
            $work::<CrossbeamChannel> $arguments,
            $work::<Flume> $arguments,
            $work::<StdChannel> $arguments,
            $work::<LockedQueue> $arguments,
        ]
    };
}

pub fn groups() -> Vec<Group> {
    let through = |threads| Group {
        name: format!("queue, {threads} producers × {threads} consumers"),
        figures: vec![time("an item")],
        entries: every_queue!(throughput(threads)),
        batch: Batch::Lasting(Duration::from_millis(20)),
    };
    let mut groups: Vec<_> = THREADS.map(through).into();
    groups.push(Group {
        name: "queue, a parked consumer".into(),
        figures: vec![time("push"), time("until the consumer has the item")],
        entries: every_queue!(latency()),
        batch: Batch::Of(50),
    });
    groups.push(Group {
        name: format!("queue, a consumer idle for {} ms", IDLE.as_millis()),
        figures: vec![time("CPU time")],
        entries: every_queue!(idle()),
        batch: Batch::Of(2),
    });
    groups
}

fn throughput<Q: Queue>(threads: usize) -> Entry {
    Entry::named(Q::NAME, Q::KIND, move |iterations| {
        let share = iterations.div_ceil(threads as u64);
        let queue = Q::bounded(CAPACITY);
        let ready = Barrier::new(2 * threads);
        let produce = || Span::of(&ready, || (0..share).for_each(|item| queue.push(item)));
        let consume = || {
            Span::of(&ready, || {
                (0..share).for_each(|_| {
                    std::hint::black_box(queue.pop());
                })
            })
        };
        let spans: Vec<Span> = thread::scope(|scope| {
            let threads: Vec<_> = (0..threads)
                .flat_map(|_| [scope.spawn(produce), scope.spawn(consume)])
                .collect();
            let spans = threads.into_iter().map(|thread| thread.join().unwrap());
            spans.collect()
        });
        let items = (share * threads as u64) as f64;
        vec![Span::of_all(&spans) * iterations as f64 / items]
    })
}

/// Each item finds the consumer asleep.
fn latency<Q: Queue>() -> Entry {
    Entry::named(Q::NAME, Q::KIND, move |iterations| {
        let queue = Q::bounded(CAPACITY);
        let begun = Instant::now();
        let now = || begun.elapsed().as_nanos() as u64;
        let (sleeper, sleepers) = mpsc::channel();
        thread::scope(|scope| {
            let consumer = scope.spawn(|| {
                sleeper.send(Sleeper::current()).unwrap();
                (0..iterations)
                    .map(|_| {
                        let pushed = queue.pop();
                        (now() - pushed) as f64
                    })
                    .sum()
            });
            let sleeper = [sleepers.recv().unwrap()];
            let pushes = (0..iterations)
                .map(|_| {
                    until_asleep(&sleeper);
                    let before = now();
                    queue.push(before);
                    (now() - before) as f64
                })
                .sum();
            vec![pushes, consumer.join().unwrap()]
        })
    })
}

fn idle<Q: Queue>() -> Entry {
    Entry::named(Q::NAME, Q::KIND, move |iterations| {
        let queue = Q::bounded(CAPACITY);
        thread::scope(|scope| {
            let consumer = scope.spawn(|| {
                let used = ThreadTime::now();
                (0..iterations).for_each(|_| {
                    queue.pop();
                });
                nanoseconds(used.elapsed())
            });
            for item in 0..iterations {
                thread::sleep(IDLE);
                queue.push(item);
            }
            vec![consumer.join().unwrap()]
        })
    })
}
