//! The overflow slot, which all threads share that find no slot free: a count of the threads there, and an *epoch*, which
//! every `set` advances that nudges listeners, and which they all sleep on.

use super::process::{Forked, Process};
use crate::platform::Futex;
use core::sync::atomic::Ordering::Relaxed;

pub(super) struct Overflow<F: 'static> {
    /// How many threads are there.
    count: &'static F,
    /// How often they have been nudged.
    pub(super) epoch: &'static F,
}

impl<F: Futex> Overflow<F> {
    pub(super) fn new() -> Self {
        let table = F::listeners();
        let (count, epoch) = (table.overflow(0), table.overflow(1));
        Self { count, epoch }
    }

    pub(super) fn is_used(&self) -> bool {
        self.count.load(Relaxed) > 0
    }

    /// Has all threads that are there check their events.
    pub(super) fn nudge(&self) {
        if self.is_used() {
            self.epoch.fetch_add(1, Relaxed);
            F::wake_all(self.epoch);
        }
    }

    pub(super) fn enter() -> InOverflow<F> {
        let (overflow, process) = (Self::new(), Process::this());
        overflow.count.fetch_add(1, Relaxed);
        InOverflow { overflow, process }
    }

    /// The epoch, for a thread that is about to mark its events.
    ///
    /// Relaxed: a `set` that does not find the mark is found by it, and one that does advances the epoch after this.
    pub(super) fn read(&self) -> u32 {
        self.epoch.load(Relaxed)
    }
}

/// The overflow slot, for a thread that is in it while this lives.
pub(super) struct InOverflow<F: Futex> {
    pub(super) overflow: Overflow<F>,
    /// Where the thread is counted.
    process: Process<F>,
}

impl<F: Futex> InOverflow<F> {
    /// Whether the thread is still there, which is to be asked after each call of a closure that may fork.
    pub(super) fn is_there(&self) -> Result<(), Forked> {
        self.process.is_this()
    }
}

impl<F: Futex> Drop for InOverflow<F> {
    fn drop(&mut self) {
        if let Ok(()) = self.is_there() {
            self.overflow.count.fetch_add(1_u32.wrapping_neg(), Relaxed);
        }
    }
}
