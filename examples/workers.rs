//! Worker threads that are fed by a lock-free queue, each parked on one auto-reset event while there is no work.
//!
//! Who pushes a job sets the event: one thread wakes up, if one is parked. Otherwise the token stays for the next
//! worker who finds the queue empty and wants to sleep; it looks again instead. A worker who finds more than one job
//! wakes a colleague, since several pushes may have left a single token.

use crossbeam_queue::SegQueue;
use futex_event::AutoResetEvent;
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::thread;

const WORKERS: u64 = 4;
const JOBS: u64 = 100_000;

struct Pool {
    jobs: SegQueue<u64>,
    work: AutoResetEvent,
    closed: AtomicBool,
}

impl Pool {
    fn push(&self, job: u64) {
        self.jobs.push(job);
        self.work.set();
    }

    /// No job will come any more. Whoever is told passes it on.
    fn close(&self) {
        self.closed.store(true, Release);
        self.work.set();
    }

    /// The next job; `None` when the pool is closed and empty.
    fn next(&self) -> Option<u64> {
        loop {
            // Read before the look into the queue: whoever finds the pool closed and then nothing has not missed a job.
            let closed = self.closed.load(Acquire);
            if let Some(job) = self.jobs.pop() {
                if !self.jobs.is_empty() {
                    self.work.set();
                }
                return Some(job);
            }
            if closed {
                self.work.set();
                return None;
            }
            self.work.wait();
        }
    }
}

fn main() {
    let pool = Pool {
        jobs: SegQueue::new(),
        work: AutoResetEvent::new(),
        closed: AtomicBool::new(false),
    };
    let (done, sum) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(job) = pool.next() {
                    done.fetch_add(1, Relaxed);
                    sum.fetch_add(job, Relaxed);
                }
            });
        }
        for job in 1..=JOBS {
            pool.push(job);
        }
        pool.close();
    });
    assert_eq!(sum.into_inner(), JOBS * (JOBS + 1) / 2);
    println!("{} jobs done, each exactly once", done.into_inner());
}
