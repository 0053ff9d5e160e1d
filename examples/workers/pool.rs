//! A small thread pool: a lock-free queue of jobs, and threads that wait on one auto-reset event while there are none.
//!
//! A thread that pushes a job sets the event, which releases one thread if any waits. Otherwise the event keeps a token: the
//! next thread that finds the queue empty does not sleep, but checks the queue again.
//!
//! To wake a thread takes far longer than a short job, so pushes do not wake a thread each. While one is on its way, `push`
//! leaves the event alone. The thread that arrives takes a job, and releases the next thread if there are more. A thread
//! that did not wait has nothing to pass on: as long as there are jobs, one costs a `pop`.

use crossbeam_queue::SegQueue;
use futex_event::AutoResetEvent;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{
    AtomicBool,
    Ordering::{AcqRel, Acquire, Release},
};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

type Job = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Jobs {
    queue: SegQueue<Job>,
    work: AutoResetEvent,
    /// A thread is on its way: `work` has been set, and the wait that took the token has not returned yet.
    announced: AtomicBool,
    closed: AtomicBool,
}

impl Jobs {
    /// The next job. `None` if there is none and the pool is closed.
    fn next(&self) -> Option<Job> {
        let mut has_waited = false;
        loop {
            // Read before the `pop`: a thread that finds the pool closed, and then no job, has missed none.
            let closed = self.closed.load(Acquire);
            if let Some(job) = self.queue.pop() {
                if has_waited && !self.queue.is_empty() {
                    self.announce();
                }
                return Some(job);
            }
            if closed {
                // Each thread that ends releases the next.
                self.announce();
                return None;
            }
            self.work.wait();
            // From here on a push releases another thread. A push before this did not, but its job is found below: this swap
            // reads from the one in that `announce`.
            self.announced.swap(false, AcqRel);
            has_waited = true;
        }
    }

    /// Releases a thread, unless one is on its way, which will find what has changed before this call.
    ///
    /// A caller that is preempted between the two steps delays the jobs of others, if all threads are asleep. Setting
    /// the event at each push would avoid that, but wakes threads for jobs that others are about to take.
    fn announce(&self) {
        if !self.announced.swap(true, AcqRel) {
            self.work.set();
        }
    }

    fn run(&self) {
        while let Some(job) = self.next() {
            // A job that panics ends no thread of the pool. The panic has been reported by then.
            let _ = panic::catch_unwind(AssertUnwindSafe(job));
        }
    }
}

pub struct Pool {
    jobs: Arc<Jobs>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    pub fn new(threads: usize) -> Self {
        let jobs = Arc::new(Jobs::default());
        let spawn = |_| {
            let jobs = Arc::clone(&jobs);
            thread::spawn(move || jobs.run())
        };
        let threads = (0..threads).map(spawn).collect();
        Self { jobs, threads }
    }

    pub fn push(&self, job: impl FnOnce() + Send + 'static) {
        self.jobs.queue.push(Box::new(job));
        self.jobs.announce();
    }
}

/// Returns when all jobs are done.
impl Drop for Pool {
    fn drop(&mut self) {
        self.jobs.closed.store(true, Release);
        self.jobs.announce();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
