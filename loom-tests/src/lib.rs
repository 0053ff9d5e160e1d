//! Models of the protocols of `futex-event`: they run the code that ships, on the modelled word of `futex-event-loom`, which
//! says what is modelled and what is not. The models are in `tests/models/`.
//!
//! [`explore`] runs a model in every interleaving, or in every one up to a number of preemptions, for each choice of
//! [scripts](Script) for its threads. A plain `cargo test` has small bounds, and scripts with at most one fault.
//! `MODELS=deep` has the bounds and scripts of the [record](../../docs/verification.md); `LOOM_MAX_PREEMPTIONS` sets
//! another bound for all models that have one.
//!
//! A payload in loom's `UnsafeCell`, without atomics, shows a missing happens-before edge as a race: see [`Guarded`].

#![warn(missing_docs)]

use futex_event_loom::{freed, sleeps_of_this_thread, Model, OnLoomFutex, Running, SleepEnd};
use loom::cell::UnsafeCell;
use loom::sync::Arc;

/// How the sleeps of one thread end, one after the other.
pub type Script = &'static [SleepEnd];

/// The scripts for a thread that waits without a deadline: up to two spurious wake-ups.
pub const UNTIMED: &[Script] = {
    use SleepEnd::*;
    &[&[], &[Spurious], &[Wake, Spurious], &[Spurious, Spurious]]
};

/// The scripts for a thread that waits with a deadline: as [`UNTIMED`], and a timeout at each place.
pub const TIMED: &[Script] = {
    use SleepEnd::*;
    &[
        &[],
        &[Spurious],
        &[Wake, Spurious],
        &[Spurious, Spurious],
        &[Timeout],
        &[Spurious, Timeout],
        &[Wake, Timeout],
    ]
};

/// How many preemptions an execution has at most.
#[derive(Clone, Copy)]
pub enum Bound {
    /// No bound: the exploration is complete.
    None,
    /// One bound for plain runs, and one for deep runs.
    Preemptions {
        /// In a plain run.
        plain: usize,
        /// In a deep run.
        deep: usize,
    },
}

/// At most this many preemptions, in plain runs and in deep ones.
pub const fn preemptions(bound: usize) -> Bound {
    Bound::Preemptions {
        plain: bound,
        deep: bound,
    }
}

impl Bound {
    /// The same, with another bound in deep runs.
    pub const fn deep(self, deep: usize) -> Self {
        match self {
            Self::None => Self::None,
            Self::Preemptions { plain, .. } => Self::Preemptions { plain, deep },
        }
    }

    fn now(self) -> Option<usize> {
        let from_environment = loom::model::Builder::new().preemption_bound;
        let bound = match self {
            Self::None => return None,
            Self::Preemptions { deep, .. } if is_deep() => deep,
            Self::Preemptions { plain, .. } => plain,
        };
        Some(from_environment.unwrap_or(bound))
    }
}

/// Whether this is a deep run.
pub fn is_deep() -> bool {
    match std::env::var("MODELS") {
        Ok(depth) if depth == "deep" => true,
        Ok(other) => panic!("MODELS must be `deep` or unset, and is {other}"),
        Err(_) => false,
    }
}

/// Runs the model in every interleaving up to the bound, for every choice of one script from each of the `faults`. The
/// model gets the chosen scripts, each for one thread. Prints how many executions there were, and returns that.
pub fn explore<const N: usize>(
    name: &str,
    bound: Bound,
    faults: [&[Script]; N],
    model: impl Fn([Script; N]) + Send + Sync + 'static,
) -> u64 {
    let preemptions = bound.now();
    // In a plain run, only the first sleep can end by a fault.
    let longest = if is_deep() { usize::MAX } else { 1 };
    let faults = faults.map(|scripts| -> Vec<Script> {
        let scripts = scripts.iter().copied();
        scripts.filter(|script| script.len() <= longest).collect()
    });
    let model = std::sync::Arc::new(model);
    let choices: usize = faults.iter().map(|scripts| scripts.len()).product();
    let mut executions = 0;
    for choice in 0..choices {
        let mut rest = choice;
        let scripts = faults.each_ref().map(|scripts| {
            let script = scripts[rest % scripts.len()];
            rest /= scripts.len();
            script
        });
        let model = std::sync::Arc::clone(&model);
        let run = Model::new().preemptions(preemptions).faults(0);
        executions += run.check(move || model(scripts)).executions;
    }
    let bound = preemptions.map_or("all interleavings".into(), |bound| {
        format!("at most {bound} preemptions")
    });
    println!("{name}: {executions} executions, {choices} choices of scripts, {bound}");
    executions
}

/// An event, and memory that it guards.
pub struct Guarded<E> {
    /// The event.
    pub event: E,
    payload: UnsafeCell<u32>,
}

// SAFETY: loom reports accesses to the payload that race.
unsafe impl<E: Sync> Sync for Guarded<E> {}
// SAFETY: as above.
unsafe impl<E: Send> Send for Guarded<E> {}

impl<E> Guarded<E> {
    /// A payload of zero next to the event.
    pub fn new(event: E) -> Self {
        let payload = UnsafeCell::new(0);
        Self { event, payload }
    }

    /// Writes the payload, without any synchronization.
    pub fn write(&self, value: u32) {
        // SAFETY: loom checks that no other thread uses the payload.
        self.payload.with_mut(|payload| unsafe { *payload = value });
    }

    /// Reads the payload, without any synchronization.
    pub fn read(&self) -> u32 {
        // SAFETY: loom checks that no other thread writes the payload.
        self.payload.with(|payload| unsafe { *payload })
    }

    /// Stands for freeing the memory of the event.
    pub fn free(&self)
    where
        E: OnLoomFutex,
    {
        freed(&self.event);
    }
}

/// A thread whose sleeps follow the script.
pub fn spawn<S: 'static, T: 'static>(
    script: Script,
    shared: &Arc<S>,
    work: impl FnOnce(&S) -> T + 'static,
) -> Running<T> {
    let shared = Arc::clone(shared);
    futex_event_loom::spawn(move || {
        sleeps_of_this_thread(script);
        work(&shared)
    })
}

/// A thread that is killed before it takes its next step after this many.
pub fn spawn_killed<S: 'static>(
    steps: usize,
    shared: &Arc<S>,
    work: impl FnOnce(&S) + 'static,
) -> Running<()> {
    // Its stack is not unwound: what it shares has no destructor that matters to the other threads.
    let shared = Arc::clone(shared);
    futex_event_loom::spawn_killed(steps, move || {
        sleeps_of_this_thread(&[]);
        work(&shared)
    })
}
