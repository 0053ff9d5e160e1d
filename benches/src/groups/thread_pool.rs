//! Thread pools: how long a job takes, from the first push until the last job is done, if one thread pushes many; and from a
//! push until the job is done, if the pool is asleep. Unpinned.

use crate::contenders::{ChannelPool, EventPool, Pool};
use crate::group::{nanoseconds, time, work_for, Batch, Entry, Group};
use std::sync::atomic::{
    AtomicU64,
    Ordering::{AcqRel, Acquire},
};
use std::sync::Arc;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

const WORKERS: [usize; 3] = [1, 2, 4];
const WORK: [(&str, Duration); 3] = [
    ("empty jobs", Duration::ZERO),
    ("jobs of 2 µs", Duration::from_micros(2)),
    ("jobs of 20 µs", Duration::from_micros(20)),
];
/// Between two jobs for a pool that is asleep. Longer than any contender spins.
const PAUSE: Duration = Duration::from_millis(1);

macro_rules! every_pool {
    ($work:ident $arguments:tt) => {
        vec![
            $work::<EventPool> $arguments,
            $work::<threadpool::ThreadPool> $arguments,
            $work::<ChannelPool> $arguments,
        ]
    };
}

pub fn groups() -> Vec<Group> {
    let mut groups = Vec::new();
    for workers in WORKERS {
        groups.extend(WORK.map(|(name, work)| Group {
            name: format!("thread pool of {workers}, {name}"),
            figures: vec![time("a job")],
            entries: every_pool!(throughput(workers, work)),
            batch: Batch::Lasting(Duration::from_millis(20)),
        }));
    }
    groups.push(Group {
        name: "thread pool of 4, asleep, one job at a time".into(),
        figures: vec![time("push"), time("until the job is done")],
        entries: every_pool!(latency(4)),
        batch: Batch::Of(20),
    });
    groups
}

/// The jobs that are not done yet, and the thread that waits for the last of them: by what std has, in the same way for all.
struct Missing {
    jobs: AtomicU64,
    waiter: Thread,
}

impl Missing {
    fn new(jobs: u64) -> Arc<Self> {
        Arc::new(Self {
            jobs: AtomicU64::new(jobs),
            waiter: thread::current(),
        })
    }

    fn done(&self) {
        if self.jobs.fetch_sub(1, AcqRel) == 1 {
            self.waiter.unpark();
        }
    }

    fn wait(&self) {
        while self.jobs.load(Acquire) != 0 {
            thread::park();
        }
    }
}

/// Pushes so many jobs, and waits until they are done.
fn run(pool: &impl Pool, jobs: u64, work: Duration) {
    let missing = Missing::new(jobs);
    for _ in 0..jobs {
        let missing = Arc::clone(&missing);
        pool.push(move || {
            work_for(work);
            missing.done();
        });
    }
    missing.wait();
}

fn throughput<P: Pool>(workers: usize, work: Duration) -> Entry {
    Entry::named(P::NAME, P::KIND, move |iterations| {
        let pool = P::of(workers);
        // Not counted: the threads start.
        run(&pool, 100, work);
        let begun = Instant::now();
        run(&pool, iterations, work);
        vec![nanoseconds(begun.elapsed())]
    })
}

fn latency<P: Pool>(workers: usize) -> Entry {
    Entry::named(P::NAME, P::KIND, move |iterations| {
        let pool = P::of(workers);
        run(&pool, 100, Duration::ZERO);
        let (mut pushes, mut times) = (0.0, 0.0);
        for _ in 0..iterations {
            thread::sleep(PAUSE);
            let missing = Missing::new(1);
            let job = {
                let missing = Arc::clone(&missing);
                move || missing.done()
            };
            let begun = Instant::now();
            pool.push(job);
            pushes += nanoseconds(begun.elapsed());
            missing.wait();
            times += nanoseconds(begun.elapsed());
        }
        vec![pushes, times]
    })
}
