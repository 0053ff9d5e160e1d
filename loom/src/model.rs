//! Exploring a model.

use crate::kernel::{self, Faults, SleepEnd};
use crate::table;
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

/// Runs the model in every interleaving, with at most one [fault](Model::faults) in each execution. The same as
/// `Model::new().check(run)`.
///
/// # Panics
///
/// If an execution fails.
pub fn model(run: impl Fn() + Send + Sync + 'static) -> Explored {
    Model::new().check(run)
}

/// How to explore a model.
///
/// ```
/// use futex_event::AutoResetEvent;
/// use futex_event_loom::{LoomFutex, Model};
/// use loom::thread;
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// // Two faults: the sleep ends spuriously, and the next by its timeout.
/// let explored = Model::new().preemptions(2).faults(2).check(|| {
///     let event = Arc::new(AutoResetEvent::with_futex(LoomFutex::new()));
///     let waiter = thread::spawn({
///         let event = Arc::clone(&event);
///         move || event.wait_timeout(Duration::from_secs(1))
///     });
///     event.set();
///     // The token is taken or still there, and not both.
///     assert_ne!(waiter.join().unwrap(), event.is_set());
/// });
/// assert!(explored.executions > 10);
/// ```
#[derive(Clone, Debug)]
pub struct Model {
    preemptions: Option<usize>,
    faults: usize,
}

/// How much there was to explore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explored {
    /// How many executions were run.
    pub executions: u64,
    /// How many choices of faults were tried; the one without any is among them.
    pub choices: u64,
}

impl Default for Model {
    fn default() -> Self {
        Self::new()
    }
}

impl Model {
    /// At most one fault, and as many preemptions as the environment variable `LOOM_MAX_PREEMPTIONS` says; unless it is
    /// set there is no bound.
    pub fn new() -> Self {
        Self {
            preemptions: loom::model::Builder::new().preemption_bound,
            faults: 1,
        }
    }

    /// Bounds how often in an execution a thread that could continue is interrupted by another; with `None` the
    /// exploration is complete. The environment variable does not count then.
    pub fn preemptions(mut self, bound: impl Into<Option<usize>>) -> Self {
        self.preemptions = bound.into();
        self
    }

    /// How many sleeps of an execution may end by a fault: spuriously, or, if they have a deadline, by their timeout. All
    /// choices of so many faults or fewer are tried, each in every interleaving.
    ///
    /// A fault ends a sleep at once. This loses no behaviour: to the other threads, a thread in the queue that no wake removes
    /// is the same as a thread that is not in the queue, and they can still do anything before it runs.
    pub fn faults(mut self, at_most: usize) -> Self {
        self.faults = at_most;
        self
    }

    /// Runs the model.
    ///
    /// # Panics
    ///
    /// If an execution fails: it panics, all its threads are blocked, or one of loom's checks fails. The message on
    /// stderr names the faults.
    pub fn check(&self, run: impl Fn() + Send + Sync + 'static) -> Explored {
        // A model that failed on this thread may have left some.
        kernel::take_sleeps();
        let run = Arc::new(run);
        let mut explored = Explored {
            executions: 0,
            choices: 0,
        };
        let mut pending = VecDeque::from([Faults::new()]);
        let mut seen = BTreeSet::from([Faults::new()]);
        while let Some(faults) = pending.pop_front() {
            explored.executions += self.explore(&faults, &run);
            explored.choices += 1;
            let sleeps = kernel::take_sleeps();
            if faults.len() == self.faults {
                continue;
            }
            for (place, has_deadline) in sleeps {
                let ends = [SleepEnd::Spurious, SleepEnd::Timeout];
                for end in &ends[..1 + usize::from(has_deadline)] {
                    let mut more = faults.clone();
                    if more.insert(place, *end).is_none() && seen.insert(more.clone()) {
                        pending.push_back(more);
                    }
                }
            }
        }
        explored
    }

    /// Runs every interleaving with these faults. Returns how many there were.
    fn explore(&self, faults: &Faults, run: &Arc<impl Fn() + Send + Sync + 'static>) -> u64 {
        let _on_panic = Named(faults);
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = self.preemptions;
        let executions = Arc::new(AtomicU64::new(0));
        let (count, faults, run) = (Arc::clone(&executions), faults.clone(), Arc::clone(run));
        builder.check(move || {
            count.fetch_add(1, Relaxed);
            kernel::restart(faults.clone(), table::addresses());
            run();
        });
        executions.load(Relaxed)
    }
}

/// Names the faults of a model that fails.
struct Named<'a>(&'a Faults);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The model failed with these faults:");
            if self.0.is_empty() {
                eprintln!("  none");
            }
            for ((thread, sleep), end) in self.0 {
                eprintln!("  thread {thread}, sleep {sleep}: {end:?}");
            }
        }
    }
}
