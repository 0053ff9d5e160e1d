//! How a `set` reaches async tasks: by two bits in static memory, and a wake of the thread that runs wakers, if it sleeps.
//!
//! The protocol, of which this is the side of `set`, is in [`tasks`](crate::tasks).

use crate::hash;
use crate::platform::{Futex, Tasks};
use core::sync::atomic::Ordering::{Relaxed, Release};

/// In the doorbell: the waker thread sleeps, or is about to.
pub(crate) const ASLEEP: u32 = 1 << 31;

/// The bucket of an event, by its address.
pub(crate) fn bucket<F: Futex>(tasks: &Tasks<F>, address: usize) -> usize {
    hash::of_address(address) % tasks.buckets()
}

/// Makes tasks check the event at this address, which has been set. The event may be gone.
pub(crate) fn ring<F: Futex>(address: usize) {
    let tasks = F::listeners().tasks();
    let bucket = bucket(&tasks, address);
    // Relaxed: ordered by the mark in the event.
    if tasks.count(bucket).load(Relaxed) != 0 {
        let (word, bit, group) = tasks.bit(bucket);
        word.fetch_or(1 << bit, Release);
        ring_group(&tasks, group);
    }
}

/// Makes the waker thread serve a group of buckets.
pub(crate) fn ring_group<F: Futex>(tasks: &Tasks<F>, group: u32) {
    let doorbell = tasks.doorbell();
    if doorbell.fetch_or(1 << group, Release) & ASLEEP != 0 {
        F::wake_one(doorbell);
    }
}
