//! What an event cannot be faster than.

use super::{Contender, Kind, ManualReset, Timed};
use std::hint::spin_loop;
use std::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::Duration;

/// The bare atomic instructions: swaps to set and to clear, a load to look, and to wait a load again and again.
pub struct BareAtomic(AtomicU32);

impl Contender for BareAtomic {
    const NAME: &'static str = "bare atomic";
    const KIND: Kind = Kind::Floor;

    #[inline]
    fn unset() -> Self {
        Self(AtomicU32::new(0))
    }

    #[inline]
    fn set(&self) {
        self.0.swap(1, Release);
    }
}

impl ManualReset for BareAtomic {
    #[inline]
    fn clear(&self) {
        self.0.swap(0, Acquire);
    }

    /// The flag is a bit, which takes an instruction less to look at than whether a word is zero.
    #[inline]
    fn is_set(&self) -> bool {
        self.0.load(Acquire) & 1 != 0
    }

    #[inline]
    fn wait(&self) {
        if !self.is_set() {
            self.spin();
        }
    }
}

impl BareAtomic {
    #[cold]
    fn spin(&self) {
        while !self.is_set() {
            spin_loop();
        }
    }
}

impl Timed for BareAtomic {
    /// Looks once: it stands beside waits with no time left only.
    #[inline]
    fn wait_timeout(&self, _: Duration) -> bool {
        self.is_set()
    }
}

/// The bare calls that wait and wake, `futex` on Linux: no protocol, so every set is a call.
pub struct BareFutex(AtomicU32);

impl Contender for BareFutex {
    const NAME: &'static str = "bare futex";
    const KIND: Kind = Kind::Floor;

    #[inline]
    fn unset() -> Self {
        Self(AtomicU32::new(0))
    }

    #[inline]
    fn set(&self) {
        self.0.store(1, Release);
        atomic_wait::wake_all(&self.0);
    }
}

impl ManualReset for BareFutex {
    #[inline]
    fn clear(&self) {
        self.0.store(0, Relaxed);
    }

    #[inline]
    fn is_set(&self) -> bool {
        self.0.load(Acquire) != 0
    }

    #[inline]
    fn wait(&self) {
        while !self.is_set() {
            atomic_wait::wait(&self.0, 0);
        }
    }
}
