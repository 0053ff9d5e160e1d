//! The ways to build a manual-reset event that are measured side by side.

use futex_event::Event;
use std::sync::{Condvar, Mutex};

/// What is measured: the operations that every contender has.
pub trait Contender: Sync {
    /// As it is called in the results.
    const NAME: &'static str;

    /// Unset.
    fn unset() -> Self;
    /// Sets it, and releases whoever waits.
    fn set(&self);
    /// Makes it unset.
    fn clear(&self);
    /// Whether it is set.
    fn is_set(&self) -> bool;
    /// Returns when it is set.
    fn wait(&self);
}

impl Contender for Event {
    const NAME: &'static str = "futex-event";

    fn unset() -> Self {
        Event::new()
    }

    fn set(&self) {
        Event::set(self);
    }

    fn clear(&self) {
        Event::clear(self);
    }

    fn is_set(&self) -> bool {
        Event::is_set(self)
    }

    fn wait(&self) {
        Event::wait(self)
    }
}

/// What one writes with std alone.
#[derive(Default)]
pub struct StdEvent {
    set: Mutex<bool>,
    changed: Condvar,
}

impl Contender for StdEvent {
    const NAME: &'static str = "std Mutex and Condvar";

    fn unset() -> Self {
        Self::default()
    }

    fn set(&self) {
        *self.set.lock().unwrap() = true;
        self.changed.notify_all();
    }

    fn clear(&self) {
        *self.set.lock().unwrap() = false;
    }

    fn is_set(&self) -> bool {
        *self.set.lock().unwrap()
    }

    fn wait(&self) {
        let set = self.set.lock().unwrap();
        drop(self.changed.wait_while(set, |set| !*set).unwrap());
    }
}
