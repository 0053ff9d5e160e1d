//! A bounded queue for any number of producers and consumers, whose two ends block: a lock-free queue, and an event count
//! for each of the two things that threads wait for.

use crossbeam_queue::ArrayQueue;
use futex_event::EventCount;
use std::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::Duration;

pub struct Queue<T> {
    items: ArrayQueue<T>,
    /// An item has been pushed, or the queue closed.
    filled: EventCount,
    /// An item has been popped, or the queue closed.
    drained: EventCount,
    closed: AtomicBool,
}

/// Why there is no item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    TimedOut,
    /// And there will be none.
    Closed,
}

/// Why an item was not pushed. It is given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full<T> {
    TimedOut(T),
    Closed(T),
}

#[allow(dead_code)] // The benchmarks use the queue too, and need less.
impl<T> Queue<T> {
    /// A queue for at most `capacity` items. Panics if that is 0.
    pub fn new(capacity: usize) -> Self {
        Self {
            items: ArrayQueue::new(capacity),
            filled: EventCount::new(),
            drained: EventCount::new(),
            closed: AtomicBool::new(false),
        }
    }

    /// Blocks while the queue is full. The item comes back if the queue is closed.
    pub fn push(&self, item: T) -> Result<(), T> {
        let mut item = Some(item);
        self.drained.wait_until(|| self.try_push(&mut item))
    }

    /// The same, for `timeout` at most.
    pub fn push_timeout(&self, item: T, timeout: Duration) -> Result<(), Full<T>> {
        let mut left = Some(item);
        let push = || self.try_push(&mut left);
        match (self.drained.wait_until_timeout(push, timeout), left) {
            (Some(Err(item)), _) => Err(Full::Closed(item)),
            (None, Some(item)) => Err(Full::TimedOut(item)),
            _ => Ok(()),
        }
    }

    /// Blocks while the queue is empty. `None` if it is empty and closed.
    pub fn pop(&self) -> Option<T> {
        self.filled.wait_until(|| self.try_pop()).ok()
    }

    /// The same, for `timeout` at most.
    pub fn pop_timeout(&self, timeout: Duration) -> Result<T, Empty> {
        let popped = self.filled.wait_until_timeout(|| self.try_pop(), timeout);
        popped.unwrap_or(Err(Empty::TimedOut))
    }

    /// Ends all waits. From now on pushes fail, and the items in the queue can still be popped. A `push` at the same time may
    /// succeed or fail; its item is dropped with the queue if no consumer pops it.
    pub fn close(&self) {
        self.closed.store(true, Release);
        self.filled.notify_all();
        self.drained.notify_all();
    }

    /// `None` if the queue is full, and the thread has to wait.
    fn try_push(&self, item: &mut Option<T>) -> Option<Result<(), T>> {
        let pushed = item.take()?;
        if self.closed.load(Relaxed) {
            return Some(Err(pushed));
        }
        match self.items.push(pushed) {
            Ok(()) => {
                // First the change, then the notification. Any one consumer can take the item.
                self.filled.notify_one();
                Some(Ok(()))
            }
            Err(back) => {
                *item = Some(back);
                None
            }
        }
    }

    /// `None` if the queue is empty, and the thread has to wait.
    fn try_pop(&self) -> Option<Result<T, Empty>> {
        // Read before the `pop`: a thread that finds the queue closed, and then no item, has missed none that was pushed
        // before.
        let closed = self.closed.load(Acquire);
        match self.items.pop() {
            Some(item) => {
                self.drained.notify_one();
                Some(Ok(item))
            }
            None => closed.then_some(Err(Empty::Closed)),
        }
    }
}
