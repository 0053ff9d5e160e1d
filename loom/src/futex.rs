//! The modelled word.

use crate::kernel::{self, SleepEnd};
use crate::table;
use futex_event::platform::{Deadline, Futex, Listeners, TimedFutex};
use loom::sync::atomic::{fence, AtomicU32, Ordering};
use std::sync::Arc;
use std::time::Duration;

/// A futex word for models. Make events of it with their `with_futex`.
///
/// It may not move once it has been used, because the model knows it by its address: share the event through an `Arc`,
/// std's (see the [crate's page](crate)). `LoomFutex<true>` takes the place of the word of a `SharedEvent`: the events
/// on it also do what a [killed process](crate::spawn_killed) requires.
#[repr(transparent)]
#[derive(Debug)]
pub struct LoomFutex<const SHARED: bool = false> {
    /// `None` in the table of listeners, which is a static, while loom's atomics last for one execution.
    value: Option<Arc<AtomicU32>>,
}

impl LoomFutex {
    /// A word of zero, which is an unset event.
    ///
    /// # Panics
    ///
    /// If it is called outside of a model.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<const SHARED: bool> LoomFutex<SHARED> {
    pub(crate) const OF_TABLE: Self = Self { value: None };

    pub(crate) fn address(this: *const Self) -> usize {
        this as usize
    }

    /// Runs an operation on the word, and then checks that it has not been freed.
    pub(crate) fn access<T>(&self, operation: impl FnOnce(&AtomicU32) -> T) -> T {
        kernel::access(Self::address(self), self.value.as_ref(), operation)
    }

    fn sleep(&self, expected: u32, has_deadline: bool) -> SleepEnd {
        let address = Self::address(self);
        kernel::sleep(address, self.value.as_ref(), expected, has_deadline)
    }
}

impl<const SHARED: bool> Default for LoomFutex<SHARED> {
    /// A word of zero; of `LoomFutex<true>` too.
    fn default() -> Self {
        let value = Some(Arc::new(AtomicU32::new(0)));
        Self { value }
    }
}

impl<const SHARED: bool> Drop for LoomFutex<SHARED> {
    fn drop(&mut self) {
        if let Some(value) = &self.value {
            kernel::forget(Self::address(self), value);
        }
    }
}

// SAFETY: one atomic integer, with a queue that does what the trait requires of a kernel.
unsafe impl<const SHARED: bool> Futex for LoomFutex<SHARED> {
    /// Low enough for models to reach the limit.
    const WAITERS: u32 = 2;
    const SHARED: bool = SHARED;

    fn full_fence() {
        fence(Ordering::SeqCst);
    }

    fn listeners() -> &'static Listeners<Self> {
        table::of()
    }

    fn load(&self, order: Ordering) -> u32 {
        self.access(|value| value.load(order))
    }

    fn fetch_or(&self, bits: u32, order: Ordering) -> u32 {
        self.access(|value| value.fetch_or(bits, order))
    }

    fn fetch_add(&self, amount: u32, order: Ordering) -> u32 {
        self.access(|value| value.fetch_add(amount, order))
    }

    fn compare_exchange_weak(
        &self,
        current: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32> {
        self.access(|value| value.compare_exchange_weak(current, new, success, failure))
    }

    fn wait(&self, expected: u32) {
        self.sleep(expected, false);
    }

    fn wake_one(this: *const Self) {
        kernel::wake(Self::address(this), 1);
    }

    fn wake_all(this: *const Self) {
        kernel::wake(Self::address(this), usize::MAX);
    }
}

/// Whether a sleep with this deadline may time out. A timeout of `Duration::MAX` lasts forever on every other word, whose clock
/// has left zero, so that the sum of the two is no `Duration`.
fn can_pass(deadline: Deadline) -> bool {
    deadline.time().is_some_and(|time| time < Duration::MAX)
}

// SAFETY: as above. Time stands still; a sleep that times out acts as if its deadline had come. One that no timeout could reach
// is none.
unsafe impl<const SHARED: bool> TimedFutex for LoomFutex<SHARED> {
    fn now() -> Duration {
        Duration::ZERO
    }

    fn wait_until(&self, expected: u32, deadline: Deadline) -> bool {
        self.sleep(expected, can_pass(deadline)) != SleepEnd::Timeout
    }
}
