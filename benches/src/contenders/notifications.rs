//! What a lock-free structure can be given to wake those who wait for it.

use super::Kind;
use std::sync::atomic::{fence, AtomicU32, Ordering};
use std::sync::{Condvar, Mutex};

/// Something that is notified of every change, though mostly no thread waits.
pub trait Notifier: Default + Sync + 'static {
    /// As it is called in the results.
    const NAME: &'static str;
    const KIND: Kind = Kind::Peer;

    fn notify(&self);
}

#[derive(Default)]
pub struct NotifyOne(futex_event::EventCount);

impl Notifier for NotifyOne {
    const NAME: &'static str = "futex-event, EventCount";
    const KIND: Kind = Kind::Ours;

    #[inline]
    fn notify(&self) {
        self.0.notify_one();
    }
}

/// What an event count takes at least whose notifications write nothing.
#[derive(Default)]
pub struct FenceAndLoad(AtomicU32);

impl Notifier for FenceAndLoad {
    const NAME: &'static str = "a fence and a load";
    const KIND: Kind = Kind::Floor;

    #[inline]
    fn notify(&self) {
        fence(Ordering::SeqCst);
        if self.0.load(Ordering::Relaxed) != 0 {
            unreachable!("no thread waits");
        }
    }
}

/// What one takes at least that counts each notification.
#[derive(Default)]
pub struct FetchAdd(AtomicU32);

impl Notifier for FetchAdd {
    const NAME: &'static str = "a step at each";
    const KIND: Kind = Kind::Floor;

    #[inline]
    fn notify(&self) {
        if self.0.fetch_add(2, Ordering::Release) & 1 != 0 {
            unreachable!("no thread waits");
        }
    }
}

#[derive(Default)]
pub struct ListenerNotify(event_listener::Event);

impl Notifier for ListenerNotify {
    const NAME: &'static str = "event-listener";

    #[inline]
    fn notify(&self) {
        self.0.notify(1);
    }
}

/// Without the lock nothing would be known of those who are about to wait.
#[derive(Default)]
pub struct LockAndNotify(Mutex<()>, Condvar);

impl Notifier for LockAndNotify {
    const NAME: &'static str = "std Mutex + Condvar";

    #[inline]
    fn notify(&self) {
        drop(self.0.lock().unwrap());
        self.1.notify_one();
    }
}
