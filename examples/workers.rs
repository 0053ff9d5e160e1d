//! A small thread pool: a lock-free queue of jobs, and threads that are parked on one auto-reset event while there are
//! none.
//!
//! Who pushes a job sets the event: one thread wakes up, if one is parked. Otherwise the token stays for the next
//! thread that finds the queue empty and wants to sleep; it looks again instead. A thread that finds more than one job
//! wakes a colleague, since several pushes may have left a single token.

use crossbeam_queue::SegQueue;
use futex_event::AutoResetEvent;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{
    AtomicBool, AtomicU64,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Jobs {
    queue: SegQueue<Job>,
    work: AutoResetEvent,
    closed: AtomicBool,
}

impl Jobs {
    /// The next job; `None` when there is none and the pool is closed.
    fn next(&self) -> Option<Job> {
        loop {
            // Read before the look into the queue: whoever finds the pool closed and then nothing has not missed a job.
            let closed = self.closed.load(Acquire);
            if let Some(job) = self.queue.pop() {
                if !self.queue.is_empty() {
                    self.work.set();
                }
                return Some(job);
            }
            if closed {
                // Whoever is told passes it on.
                self.work.set();
                return None;
            }
            self.work.wait();
        }
    }

    fn run(&self) {
        while let Some(job) = self.next() {
            // A job that panics, and says so, costs the pool no thread: least of all the one that has been told that the
            // pool is closed.
            let _ = panic::catch_unwind(AssertUnwindSafe(job));
        }
    }
}

struct Pool {
    jobs: Arc<Jobs>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    fn new(threads: usize) -> Self {
        let jobs = Arc::new(Jobs::default());
        let spawn = |_| {
            let jobs = Arc::clone(&jobs);
            thread::spawn(move || jobs.run())
        };
        let threads = (0..threads).map(spawn).collect();
        Self { jobs, threads }
    }

    fn push(&self, job: impl FnOnce() + Send + 'static) {
        self.jobs.queue.push(Box::new(job));
        self.jobs.work.set();
    }
}

/// Returns when all jobs are done.
impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs.closed.store(true, Release);
        self.jobs.work.set();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn main() {
    const JOBS: u64 = 100_000;
    static DONE: AtomicU64 = AtomicU64::new(0);
    static SUM: AtomicU64 = AtomicU64::new(0);

    let pool = Pool::new(4);
    for job in 1..=JOBS {
        pool.push(move || {
            DONE.fetch_add(1, Relaxed);
            SUM.fetch_add(job, Relaxed);
        });
    }
    drop(pool);
    assert_eq!(SUM.load(Relaxed), JOBS * (JOBS + 1) / 2);
    println!("{} jobs done, each exactly once", DONE.load(Relaxed));
}
