//! Other ways to build an event on which many threads can wait, each as its documentation shows it, in the fastest of
//! the ways it allows: notified when the lock is free again, orderings no stronger than an event needs.

use super::{Contender, ManualReset, Timed};
use event_listener::{listener, Listener};
use rsevents::{Awaitable, EventState, ManualResetEvent};
use std::sync::atomic::{
    AtomicBool, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};
use std::time::{Duration, Instant};
use synchronoise::SignalEvent;

#[derive(Default)]
pub struct StdEvent {
    set: std::sync::Mutex<bool>,
    changed: std::sync::Condvar,
}

impl Contender for StdEvent {
    const NAME: &'static str = "std Mutex + Condvar";

    #[inline]
    fn unset() -> Self {
        Self::default()
    }

    #[inline]
    fn set(&self) {
        *self.set.lock().unwrap() = true;
        self.changed.notify_all();
    }
}

impl ManualReset for StdEvent {
    #[inline]
    fn clear(&self) {
        *self.set.lock().unwrap() = false;
    }

    #[inline]
    fn is_set(&self) -> bool {
        *self.set.lock().unwrap()
    }

    #[inline]
    fn wait(&self) {
        let set = self.set.lock().unwrap();
        drop(self.changed.wait_while(set, |set| !*set).unwrap());
    }
}

impl Timed for StdEvent {
    #[inline]
    fn wait_timeout(&self, timeout: Duration) -> bool {
        let set = self.set.lock().unwrap();
        let unset = |set: &mut bool| !*set;
        let waited = self.changed.wait_timeout_while(set, timeout, unset);
        *waited.unwrap().0
    }
}

#[derive(Default)]
pub struct ParkingLotEvent {
    set: parking_lot::Mutex<bool>,
    changed: parking_lot::Condvar,
}

impl Contender for ParkingLotEvent {
    const NAME: &'static str = "parking_lot Mutex + Condvar";

    #[inline]
    fn unset() -> Self {
        Self::default()
    }

    #[inline]
    fn set(&self) {
        *self.set.lock() = true;
        self.changed.notify_all();
    }
}

impl ManualReset for ParkingLotEvent {
    #[inline]
    fn clear(&self) {
        *self.set.lock() = false;
    }

    #[inline]
    fn is_set(&self) -> bool {
        *self.set.lock()
    }

    #[inline]
    fn wait(&self) {
        self.changed.wait_while(&mut self.set.lock(), |set| !*set);
    }
}

impl Timed for ParkingLotEvent {
    #[inline]
    fn wait_timeout(&self, timeout: Duration) -> bool {
        let mut set = self.set.lock();
        self.changed.wait_while_for(&mut set, |set| !*set, timeout);
        *set
    }
}

/// usync has parking_lot's interface, without the `wait_while`s.
#[derive(Default)]
pub struct UsyncEvent {
    set: usync::Mutex<bool>,
    changed: usync::Condvar,
}

impl Contender for UsyncEvent {
    const NAME: &'static str = "usync Mutex + Condvar";

    #[inline]
    fn unset() -> Self {
        Self::default()
    }

    #[inline]
    fn set(&self) {
        *self.set.lock() = true;
        self.changed.notify_all();
    }
}

impl ManualReset for UsyncEvent {
    #[inline]
    fn clear(&self) {
        *self.set.lock() = false;
    }

    #[inline]
    fn is_set(&self) -> bool {
        *self.set.lock()
    }

    #[inline]
    fn wait(&self) {
        let mut set = self.set.lock();
        while !*set {
            self.changed.wait(&mut set);
        }
    }
}

impl Timed for UsyncEvent {
    #[inline]
    fn wait_timeout(&self, timeout: Duration) -> bool {
        let mut set = self.set.lock();
        if !*set && timeout > Duration::ZERO {
            let deadline = Instant::now() + timeout;
            while !*set && !self.changed.wait_until(&mut set, deadline).timed_out() {}
        }
        *set
    }
}

/// A flag and an event-listener, whose listeners are on the stack. `notify` is a full fence.
#[derive(Default)]
pub struct ListenerEvent {
    set: AtomicBool,
    pub(super) changed: event_listener::Event,
}

impl Contender for ListenerEvent {
    const NAME: &'static str = "event-listener";

    #[inline]
    fn unset() -> Self {
        Self::default()
    }

    #[inline]
    fn set(&self) {
        self.set.store(true, Release);
        self.changed.notify(usize::MAX);
    }
}

impl ManualReset for ListenerEvent {
    #[inline]
    fn clear(&self) {
        self.set.store(false, Relaxed);
    }

    #[inline]
    fn is_set(&self) -> bool {
        self.set.load(Acquire)
    }

    #[inline]
    fn wait(&self) {
        while !self.is_set() {
            listener!(self.changed => listener);
            if self.is_set() {
                return;
            }
            listener.wait();
        }
    }
}

impl Timed for ListenerEvent {
    #[inline]
    fn wait_timeout(&self, timeout: Duration) -> bool {
        if self.is_set() {
            return true;
        }
        if timeout == Duration::ZERO {
            return false;
        }
        let deadline = Instant::now() + timeout;
        loop {
            listener!(self.changed => listener);
            if self.is_set() {
                return true;
            }
            if listener.wait_deadline(deadline).is_none() {
                return self.is_set();
            }
        }
    }
}

pub struct RseventsEvent(ManualResetEvent);

impl Contender for RseventsEvent {
    const NAME: &'static str = "rsevents";

    #[inline]
    fn unset() -> Self {
        Self(ManualResetEvent::new(EventState::Unset))
    }

    #[inline]
    fn set(&self) {
        self.0.set();
    }
}

impl ManualReset for RseventsEvent {
    #[inline]
    fn clear(&self) {
        self.0.reset();
    }

    #[inline]
    fn is_set(&self) -> bool {
        self.0.wait0()
    }

    #[inline]
    fn wait(&self) {
        self.0.wait();
    }
}

impl Timed for RseventsEvent {
    #[inline]
    fn wait_timeout(&self, timeout: Duration) -> bool {
        self.0.wait_for(timeout)
    }
}

pub struct SynchronoiseEvent(SignalEvent);

impl Contender for SynchronoiseEvent {
    const NAME: &'static str = "synchronoise";

    #[inline]
    fn unset() -> Self {
        Self(SignalEvent::manual(false))
    }

    #[inline]
    fn set(&self) {
        self.0.signal();
    }
}

impl ManualReset for SynchronoiseEvent {
    #[inline]
    fn clear(&self) {
        self.0.reset();
    }

    #[inline]
    fn is_set(&self) -> bool {
        self.0.status()
    }

    #[inline]
    fn wait(&self) {
        self.0.wait();
    }
}

impl Timed for SynchronoiseEvent {
    #[inline]
    fn wait_timeout(&self, timeout: Duration) -> bool {
        self.0.wait_timeout(timeout)
    }
}

/// What one writes by hand over atomic-wait.
pub struct AtomicWaitEvent(AtomicU32);

const UNSET: u32 = 0;
/// Unset, and threads may be asleep.
const AWAITED: u32 = 1;
const SET: u32 = 2;

impl Contender for AtomicWaitEvent {
    const NAME: &'static str = "atomic-wait, three states";

    #[inline]
    fn unset() -> Self {
        Self(AtomicU32::new(UNSET))
    }

    #[inline]
    fn set(&self) {
        if self.0.swap(SET, Release) == AWAITED {
            atomic_wait::wake_all(&self.0);
        }
    }
}

impl ManualReset for AtomicWaitEvent {
    #[inline]
    fn clear(&self) {
        let _ = self.0.compare_exchange(SET, UNSET, Acquire, Relaxed);
    }

    #[inline]
    fn is_set(&self) -> bool {
        self.0.load(Acquire) == SET
    }

    #[inline]
    fn wait(&self) {
        while !self.is_set() {
            if self.0.compare_exchange(UNSET, AWAITED, Relaxed, Relaxed) != Err(SET) {
                atomic_wait::wait(&self.0, AWAITED);
            }
        }
    }
}
