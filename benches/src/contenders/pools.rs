//! Thread pools.

#[path = "../../../examples/workers/pool.rs"]
mod on_an_event;

use super::Kind;
use std::thread::{self, JoinHandle};

/// Some threads that do jobs.
pub trait Pool: 'static {
    /// As it is called in the results.
    const NAME: &'static str;
    const KIND: Kind = Kind::Peer;

    fn of(threads: usize) -> Self;
    fn push(&self, job: impl FnOnce() + Send + 'static);
}

/// The one of `examples/workers`.
pub struct EventPool(on_an_event::Pool);

impl Pool for EventPool {
    const NAME: &'static str = "futex-event, AutoResetEvent";
    const KIND: Kind = Kind::Ours;

    fn of(threads: usize) -> Self {
        Self(on_an_event::Pool::new(threads))
    }

    fn push(&self, job: impl FnOnce() + Send + 'static) {
        self.0.push(job);
    }
}

impl Pool for threadpool::ThreadPool {
    const NAME: &'static str = "threadpool";

    fn of(threads: usize) -> Self {
        Self::new(threads)
    }

    fn push(&self, job: impl FnOnce() + Send + 'static) {
        self.execute(job);
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// Threads that receive from one channel.
pub struct ChannelPool {
    jobs: Option<crossbeam_channel::Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool for ChannelPool {
    const NAME: &'static str = "crossbeam_channel";

    fn of(threads: usize) -> Self {
        let (sender, receiver) = crossbeam_channel::unbounded::<Job>();
        let spawn = |_| {
            let jobs = receiver.clone();
            thread::spawn(move || jobs.into_iter().for_each(|job| job()))
        };
        Self {
            jobs: Some(sender),
            threads: (0..threads).map(spawn).collect(),
        }
    }

    fn push(&self, job: impl FnOnce() + Send + 'static) {
        let jobs = self.jobs.as_ref().expect("it has not been dropped");
        jobs.send(Box::new(job)).expect("its threads do not end");
    }
}

impl Drop for ChannelPool {
    fn drop(&mut self) {
        // Ends the threads.
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}
