//! What a future has in the registry: one registration at most.

use super::registry::{self, Key, Taken};
use super::waker_thread;
use crate::doorbell::bucket;
use crate::platform::{Futex, Tasks};
use core::sync::atomic::Ordering::Relaxed;
use core::task::Waker;

#[derive(Default)]
pub(super) struct Registration(Option<Key>);

impl Registration {
    /// Registers the waker for the event at this address, unless it is registered. Returns whether the one that was
    /// registered before has been taken.
    pub(super) fn register<F: Futex>(
        &mut self,
        address: usize,
        taken: Taken,
        waker: &Waker,
    ) -> bool {
        let tasks = F::listeners().tasks();
        if let Some(key) = &self.0 {
            if is_counted(&tasks, key) && registry::renew(key, waker) {
                return false;
            }
        }
        let thread = waker_thread::number(&tasks);
        let bucket = bucket(&tasks, address);
        // This may panic. Then nothing has been counted.
        let waker = waker.clone();
        tasks.count(bucket).fetch_add(1, Relaxed);
        let key = Key {
            thread,
            bucket,
            address,
            taken,
            number: 0,
        };
        let before = self.0.replace(registry::insert(key, waker));
        before.is_some()
    }

    /// Takes the registration out. Returns whether it has been taken before.
    pub(super) fn withdraw<F: Futex>(&mut self) -> bool {
        let key = match self.0.take() {
            Some(key) => key,
            None => return false,
        };
        let tasks = F::listeners().tasks();
        if !is_counted(&tasks, &key) || !registry::remove(&key) {
            return true;
        }
        tasks
            .count(key.bucket)
            .fetch_add(1_u32.wrapping_neg(), Relaxed);
        false
    }
}

/// Whether a registration counts. In a child of a `fork` those of the parent do not: no thread visits them.
fn is_counted<F: Futex>(tasks: &Tasks<F>, key: &Key) -> bool {
    tasks.thread().load(Relaxed) == key.thread
}
