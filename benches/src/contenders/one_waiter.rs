//! Peers that only the thread they belong to can wait on.

use super::{Contender, HandOff};
use crossbeam_utils::sync::{Parker, Unparker};
use std::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Release},
};
use std::sync::{Mutex, OnceLock};
use std::thread::{self, Thread};

/// Its token is the event: `park` takes it.
pub struct CrossbeamParker {
    /// Until the thread that waits takes it.
    parker: Mutex<Option<Parker>>,
    unparker: Unparker,
}

impl Contender for CrossbeamParker {
    const NAME: &'static str = "crossbeam Parker";

    fn unset() -> Self {
        let parker = Parker::new();
        Self {
            unparker: parker.unparker().clone(),
            parker: Mutex::new(Some(parker)),
        }
    }

    #[inline]
    fn set(&self) {
        self.unparker.unpark();
    }
}

impl HandOff for CrossbeamParker {
    fn taker(&self) -> impl FnMut() {
        let parker = self.parker.lock().unwrap().take().expect("one taker");
        move || parker.park()
    }
}

/// `std::thread::park` may return spuriously, so it needs a flag.
pub struct StdPark {
    set: AtomicBool,
    waiter: OnceLock<Thread>,
}

impl Contender for StdPark {
    const NAME: &'static str = "std park";

    fn unset() -> Self {
        Self {
            set: AtomicBool::new(false),
            waiter: OnceLock::new(),
        }
    }

    #[inline]
    fn set(&self) {
        self.set.store(true, Release);
        self.waiter.get().expect("a taker").unpark();
    }
}

impl HandOff for StdPark {
    fn taker(&self) -> impl FnMut() {
        self.waiter.set(thread::current()).expect("one taker");
        || {
            while !self.set.swap(false, Acquire) {
                thread::park();
            }
        }
    }
}
