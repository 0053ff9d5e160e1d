//! Bounded queues whose two ends block.

#[path = "../../../examples/bounded_queue/queue.rs"]
mod on_event_counts;

use super::Kind;
use std::collections::VecDeque;
use std::sync::{mpsc, Condvar, Mutex};

/// A bounded queue for any number of producers and consumers.
pub trait Queue: Sync + 'static {
    /// As it is called in the results.
    const NAME: &'static str;
    const KIND: Kind = Kind::Peer;

    fn bounded(capacity: usize) -> Self;
    /// Blocks while it is full.
    fn push(&self, item: u64);
    /// Blocks while it is empty.
    fn pop(&self) -> u64;
}

/// The one of `examples/bounded_queue`.
pub struct EventCountQueue(on_event_counts::Queue<u64>);

impl Queue for EventCountQueue {
    const NAME: &'static str = "futex-event, EventCount";
    const KIND: Kind = Kind::Ours;

    fn bounded(capacity: usize) -> Self {
        Self(on_event_counts::Queue::new(capacity))
    }

    fn push(&self, item: u64) {
        self.0.push(item).expect("it is not closed");
    }

    fn pop(&self) -> u64 {
        self.0.pop().expect("it is not closed")
    }
}

pub struct CrossbeamChannel(
    crossbeam_channel::Sender<u64>,
    crossbeam_channel::Receiver<u64>,
);

impl Queue for CrossbeamChannel {
    const NAME: &'static str = "crossbeam_channel";

    fn bounded(capacity: usize) -> Self {
        let (sender, receiver) = crossbeam_channel::bounded(capacity);
        Self(sender, receiver)
    }

    fn push(&self, item: u64) {
        self.0.send(item).expect("it is not closed");
    }

    fn pop(&self) -> u64 {
        self.1.recv().expect("it is not closed")
    }
}

pub struct Flume(flume::Sender<u64>, flume::Receiver<u64>);

impl Queue for Flume {
    const NAME: &'static str = "flume";

    fn bounded(capacity: usize) -> Self {
        let (sender, receiver) = flume::bounded(capacity);
        Self(sender, receiver)
    }

    fn push(&self, item: u64) {
        self.0.send(item).expect("it is not closed");
    }

    fn pop(&self) -> u64 {
        self.1.recv().expect("it is not closed")
    }
}

/// It has one receiver, which several consumers have to lock; and so does one here.
pub struct StdChannel(mpsc::SyncSender<u64>, Mutex<mpsc::Receiver<u64>>);

impl Queue for StdChannel {
    const NAME: &'static str = "std sync_channel";

    fn bounded(capacity: usize) -> Self {
        let (sender, receiver) = mpsc::sync_channel(capacity);
        Self(sender, Mutex::new(receiver))
    }

    fn push(&self, item: u64) {
        self.0.send(item).expect("it is not closed");
    }

    fn pop(&self) -> u64 {
        self.1.lock().unwrap().recv().expect("it is not closed")
    }
}

/// As one writes it with what std has.
pub struct LockedQueue {
    capacity: usize,
    items: Mutex<VecDeque<u64>>,
    filled: Condvar,
    drained: Condvar,
}

impl Queue for LockedQueue {
    const NAME: &'static str = "Mutex + two Condvars";

    fn bounded(capacity: usize) -> Self {
        Self {
            capacity,
            items: Mutex::new(VecDeque::with_capacity(capacity)),
            filled: Condvar::new(),
            drained: Condvar::new(),
        }
    }

    fn push(&self, item: u64) {
        let items = self.items.lock().unwrap();
        let is_full = |items: &mut VecDeque<u64>| items.len() == self.capacity;
        let mut items = self.drained.wait_while(items, is_full).unwrap();
        items.push_back(item);
        drop(items);
        self.filled.notify_one();
    }

    fn pop(&self) -> u64 {
        let items = self.items.lock().unwrap();
        let is_empty = |items: &mut VecDeque<u64>| items.is_empty();
        let mut items = self.filled.wait_while(items, is_empty).unwrap();
        let item = items.pop_front().expect("it is not empty");
        drop(items);
        self.drained.notify_one();
        item
    }
}
