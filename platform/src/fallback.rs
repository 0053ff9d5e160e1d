//! The word without a futex: a table of queues, each under a lock of std.
//!
//! A thread that goes to sleep hangs itself into the queue that its word's address falls into, with a condition
//! variable of its own, both on its stack. (Where std's condition variable is one of pthreads, std puts it on the heap
//! for as long as the sleep lasts; elsewhere no memory is allocated.) The queue's lock makes compare-and-sleep one
//! step: a waker changes the word, then takes the lock, so either it finds the sleeper, or the sleeper took the lock
//! later and found the change.
//!
//! A signal does not end a sleep, since it does not end that of a condition variable.
//!
//! This is the one word that is not lock-free. A thread stopped inside a wait or a wake holds up those of other words
//! that share its queue. It must not be woken from a signal handler, nor used in the child of a `fork` that happened
//! while another thread was in such a call.
//!
//! In WebAssembly with threads, a wake takes the lock without sleeping, so that a browser's main thread may wake; see
//! [`lock_to_wake`]. A wait sleeps, which that thread may not. `.ci/wasm/run` shows both.

use crate::Deadline;
use core::cell::Cell;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use crossbeam_utils::CachePadded;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;

/// As many as keep unrelated words apart most of the time, in 16 KiB or so.
const QUEUES: usize = 128;

static TABLE: [CachePadded<Mutex<Queue>>; QUEUES] = {
    #[allow(clippy::declare_interior_mutable_const)] // The initial value, copied into each place.
    const EMPTY: CachePadded<Mutex<Queue>> = CachePadded::new(Mutex::new(Queue {
        newest: Cell::new(None),
    }));
    [EMPTY; QUEUES]
};

fn queue_of(address: usize) -> &'static Mutex<Queue> {
    // Fibonacci hashing: words lie at multiples of four, often in a row.
    let hash = (address as u64 >> 2).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    &TABLE[(hash >> 32) as usize % QUEUES]
}

/// No code under these locks panics while a queue is being changed, or has a sleeper in it who would be left there.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same for wakes, which in WebAssembly may run on the main thread of a browser. To sleep there is an exception, and the
/// lock sleeps if another thread has it: so it is tried again and again. No thread that has one of these locks sleeps, or
/// does more than to look through a queue.
fn lock_to_wake<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    if cfg!(target_family = "wasm") {
        lock_without_sleep(mutex)
    } else {
        lock(mutex)
    }
}

fn lock_without_sleep<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    loop {
        match mutex.try_lock() {
            Ok(guard) => return guard,
            Err(TryLockError::Poisoned(error)) => return error.into_inner(),
            Err(TryLockError::WouldBlock) => core::hint::spin_loop(),
        }
    }
}

struct Sleeper {
    address: usize,
    /// Turned on by the waker that takes the sleeper out of the queue.
    woken: Cell<bool>,
    condvar: Condvar,
    older: Cell<Link>,
}

type Link = Option<NonNull<Sleeper>>;

/// The sleepers of all words whose addresses have one hash.
struct Queue {
    newest: Cell<Link>,
}

// SAFETY: the links lead to sleepers on the stacks of threads that leave the queue before they return. Of these, all
// but the condition variable, which is `Sync`, is used under the queue's lock only.
unsafe impl Send for Queue {}

impl Queue {
    /// # Safety
    ///
    /// The sleeper must be taken out before it is dropped or moved.
    unsafe fn push(&self, sleeper: &Sleeper) {
        sleeper.older.set(self.newest.get());
        self.newest.set(Some(NonNull::from(sleeper)));
    }

    /// Takes out the sleepers for which `chosen` is true; it is asked for the newest first.
    fn take_out(&self, mut chosen: impl FnMut(&Sleeper) -> bool) {
        let mut link = &self.newest;
        while let Some(sleeper) = link.get() {
            // SAFETY: whoever is in the queue is alive, by `push`.
            let sleeper = unsafe { sleeper.as_ref() };
            if chosen(sleeper) {
                link.set(sleeper.older.get());
            } else {
                link = &sleeper.older;
            }
        }
    }
}

pub(crate) fn now() -> Duration {
    static ORIGIN: Mutex<Option<Instant>> = Mutex::new(None);
    lock(&ORIGIN).get_or_insert_with(Instant::now).elapsed()
}

pub(crate) fn wait(word: &AtomicU32, expected: u32) {
    wait_until(word, expected, Deadline::NEVER);
}

pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
    let sleeper = Sleeper {
        address: word as *const AtomicU32 as usize,
        woken: Cell::new(false),
        condvar: Condvar::new(),
        older: Cell::new(None),
    };
    let mut queue = lock(queue_of(sleeper.address));
    // Relaxed: what a waker did before its turn at the lock is visible after it.
    if word.load(Relaxed) != expected {
        return true;
    }
    // Where there is no clock, this panics: here, and not while the sleeper is in the queue.
    let mut left = deadline.remaining(now);
    // SAFETY: a waker takes the sleeper out before it turns `woken` on, and this thread before it returns false.
    unsafe { queue.push(&sleeper) };
    loop {
        queue = match left {
            None => sleeper
                .condvar
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner),
            Some(Duration::ZERO) => {
                queue.take_out(|other| ptr::eq(other, &sleeper));
                return false;
            }
            Some(left) => {
                sleeper
                    .condvar
                    .wait_timeout(queue, left)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        if sleeper.woken.get() {
            return true;
        }
        left = deadline.remaining(now);
    }
}

pub(crate) fn wake_one(word: *const AtomicU32) {
    let address = word as usize;
    let queue = lock_to_wake(queue_of(address));
    let mut oldest = ptr::null();
    queue.take_out(|sleeper| {
        if sleeper.address == address {
            oldest = sleeper;
        }
        false
    });
    queue.take_out(|sleeper| ptr::eq(sleeper, oldest) && wake(sleeper));
}

pub(crate) fn wake_all(word: *const AtomicU32) {
    let address = word as usize;
    lock_to_wake(queue_of(address)).take_out(|sleeper| sleeper.address == address && wake(sleeper));
}

/// Wakes a sleeper that is being taken out. It stays where it is until the caller has given the lock back.
fn wake(sleeper: &Sleeper) -> bool {
    sleeper.woken.set(true);
    sleeper.condvar.notify_one();
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Wherever the tests run, though only WebAssembly's wakes take it so.
    #[test]
    fn a_lock_that_is_taken_without_sleep_is_one() {
        let count = Mutex::new(0);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        *lock_without_sleep(&count) += 1;
                    }
                });
            }
        });
        assert_eq!(*lock(&count), 3_000);
    }

    #[test]
    fn words_in_a_row_have_queues_of_their_own() {
        let row = [0_u32; QUEUES];
        let queues: HashSet<_> = row
            .iter()
            .map(|word| queue_of(word as *const u32 as usize) as *const _)
            .collect();
        assert!(queues.len() > QUEUES / 2, "{} queues", queues.len());
    }
}
