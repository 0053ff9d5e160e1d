//! What an event cannot be faster than.

use super::{Contender, Kind, ManualReset, Timed};
use std::hint::spin_loop;
use std::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::Duration;

/// The bare atomic instructions: swaps to set and to clear, a load to check, and loads in a loop to wait.
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

    /// The flag is a bit, which takes one instruction less to check than whether a word is zero.
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
    /// Checks once: it is compared only with waits that have no time left.
    #[inline]
    fn wait_timeout(&self, _: Duration) -> bool {
        self.is_set()
    }
}

/// The bare instructions of an event that counts its generations in the word it is set in. `set` also needs the value
/// before, and `clear` replaces the value that it read. On x86-64 both are a load and a `lock cmpxchg`.
pub struct BareCompareExchange(AtomicU32);

impl BareCompareExchange {
    const SET: u32 = 1 << 0;
    /// Never on; but `set` must check it.
    const PARKED: u32 = 1 << 1;
    const ONE_GENERATION: u32 = 1 << 2;

    /// Only after a `set`, and by one thread.
    #[inline]
    pub fn clear(&self) {
        let word = self.0.load(Relaxed);
        let next = word.wrapping_add(Self::ONE_GENERATION - Self::SET);
        let _ = self.0.compare_exchange(word, next, Acquire, Relaxed);
    }
}

impl Contender for BareCompareExchange {
    const NAME: &'static str = "bare compare-exchanges";
    const KIND: Kind = Kind::Floor;

    #[inline]
    fn unset() -> Self {
        Self(AtomicU32::new(0))
    }

    #[inline]
    fn set(&self) {
        if self.0.fetch_or(Self::SET, Release) & Self::PARKED != 0 {
            unreachable!();
        }
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
