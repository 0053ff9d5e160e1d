//! Sleeping without a futex: a table of queues, each under a lock of std.
//!
//! The address of a word selects a queue. A thread that goes to sleep puts an entry with its own condition variable, both on
//! its stack, into the queue of its word. (Where std's condition variable is one of pthreads, std keeps that on the heap
//! during the sleep; elsewhere no memory is allocated.) The lock of the queue makes compare-and-sleep one step: a waker
//! changes the word and then takes the lock, so either it finds the sleeper, or the sleeper takes the lock later and finds
//! the change.
//!
//! A signal does not end a sleep, because it does not end that of a condition variable.
//!
//! This is the only word that is not lock-free. A thread that is preempted inside a wait or a wake delays the threads of other
//! words with the same queue. It must not be woken from a signal handler, nor used in the child of a `fork` that happened
//! while another thread was in such a call.
//!
//! In WebAssembly with threads, a wake takes the lock without sleeping, so that the main thread of a browser may wake; see
//! [`lock_to_wake`]. A wait sleeps, which that thread may not. `.ci/wasm/run` tests both.

use super::{nap, Count, Scope};
use crate::Deadline;
use core::cell::Cell;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;
use crossbeam_utils::CachePadded;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;

/// Enough to keep unrelated words apart most of the time, in about 16 KiB.
const QUEUES: usize = 128;

static TABLE: [CachePadded<Mutex<Queue>>; QUEUES] = {
    #[allow(clippy::declare_interior_mutable_const)] // The initial value, copied into each place.
    const EMPTY: CachePadded<Mutex<Queue>> = CachePadded::new(Mutex::new(Queue {
        newest: Cell::new(None),
    }));
    [EMPTY; QUEUES]
};

fn queue_of(address: usize) -> &'static Mutex<Queue> {
    // Fibonacci hashing: words are at multiples of four, often adjacent.
    let hash = (address as u64 >> 2).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    &TABLE[(hash >> 32) as usize % QUEUES]
}

/// Ignores poisoning: no code under these locks panics while it changes a queue. A sleep can panic; see [`OnPanic`].
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same for wakes, which in WebAssembly may run on the main thread of a browser. A sleep there throws an exception, and
/// the lock sleeps if another thread holds it. So this spins instead. A thread that holds one of these locks only searches a
/// queue and does not sleep.
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
    /// Set by the waker that takes the sleeper out of the queue.
    woken: Cell<bool>,
    condvar: Condvar,
    older: Cell<Link>,
}

type Link = Option<NonNull<Sleeper>>;

/// The sleepers of all words whose addresses have the same hash.
struct Queue {
    newest: Cell<Link>,
}

// SAFETY: the links lead to sleepers on the stacks of threads that leave the queue before they return. Except for the condition
// variable, which is `Sync`, a sleeper is used only under the lock of the queue.
unsafe impl Send for Queue {}

impl Queue {
    /// # Safety
    ///
    /// The sleeper must be taken out of the queue before it is dropped or moved.
    unsafe fn push(&self, sleeper: &Sleeper) {
        sleeper.older.set(self.newest.get());
        self.newest.set(Some(NonNull::from(sleeper)));
    }

    /// Takes out the sleepers for which `chosen` is true. It is called for the newest first.
    fn take_out(&self, mut chosen: impl FnMut(&Sleeper) -> bool) {
        let mut link = &self.newest;
        while let Some(sleeper) = link.get() {
            // SAFETY: by the contract of `push`, a sleeper in the queue is alive.
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
    // Before the lock, since it panics where std has no clock.
    let now = Instant::now();
    let origin = *lock(&ORIGIN).get_or_insert(now);
    now.saturating_duration_since(origin)
}

pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline, _: Scope) -> bool {
    if cfg!(all(target_family = "wasm", not(target_feature = "atomics"))) {
        return wait_alone(word, expected, deadline);
    }
    wait_by(sleep, word, expected, deadline)
}

/// A wait where there are no other threads. Std's condition variable may panic there, with the lock taken: if a panic ends the
/// instance, and its host uses it again, every later call on this queue would spin.
fn wait_alone(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
    // Relaxed: there is one thread.
    if word.load(Relaxed) != expected {
        return true;
    }
    let left = deadline.remaining(now).expect(
        "a wait without a timeout would sleep, and this system has no threads that could wake it",
    );
    sleep_for(left);
    nap::timed_out(deadline, now, sleep_for)
}

/// A wait that sleeps by this function.
fn wait_by(
    sleep: impl for<'a> Fn(&Condvar, Guard<'a>, Option<Duration>) -> (Guard<'a>, bool),
    word: &AtomicU32,
    expected: u32,
    deadline: Deadline,
) -> bool {
    let sleeper = Sleeper {
        address: word as *const AtomicU32 as usize,
        woken: Cell::new(false),
        condvar: Condvar::new(),
        older: Cell::new(None),
    };
    // Before the lock, so that a panic releases the lock first.
    let _sleeper_leaves = OnPanic(&sleeper);
    let mut queue = lock(queue_of(sleeper.address));
    // Relaxed: the lock makes visible what a waker did before it took the lock.
    if word.load(Relaxed) != expected {
        return true;
    }
    let mut left = deadline.remaining(now);
    // SAFETY: a waker takes the sleeper out before it sets `woken`. This thread takes it out before it returns if it was not
    // woken, and `OnPanic` does if it panics.
    unsafe { queue.push(&sleeper) };
    loop {
        let mut is_over = left == Some(Duration::ZERO);
        if !is_over {
            let (guard, timed_out) = sleep(&sleeper.condvar, queue, left);
            queue = guard;
            if sleeper.woken.get() {
                return true;
            }
            left = deadline.remaining(now);
            is_over = timed_out;
        }
        if is_over {
            queue.take_out(|other| ptr::eq(other, &sleeper));
            drop(queue);
            return nap::timed_out(deadline, now, sleep_for);
        }
    }
}

type Guard<'a> = MutexGuard<'a, Queue>;

/// Sleeps for at most this time, where `None` is forever. Returns whether the time is over.
fn sleep<'a>(condvar: &Condvar, queue: Guard<'a>, left: Option<Duration>) -> (Guard<'a>, bool) {
    match left {
        None => {
            let queue = condvar.wait(queue);
            (queue.unwrap_or_else(PoisonError::into_inner), false)
        }
        Some(left) => {
            let answer = condvar.wait_timeout(queue, left);
            let (queue, result) = answer.unwrap_or_else(PoisonError::into_inner);
            (queue, result.timed_out())
        }
    }
}

/// Returns true: all of the time is over.
fn sleep_for(time: Duration) -> bool {
    std::thread::sleep(time);
    true
}

/// Takes a sleeper out of its queue if its thread panics.
struct OnPanic<'a>(&'a Sleeper);

impl Drop for OnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let queue = lock(queue_of(self.0.address));
            queue.take_out(|other| ptr::eq(other, self.0));
        }
    }
}

pub(crate) fn wake(word: *const AtomicU32, count: Count, _: Scope) {
    let address = word as usize;
    let queue = lock_to_wake(queue_of(address));
    match count {
        Count::One => {
            let mut oldest = ptr::null();
            queue.take_out(|sleeper| {
                if sleeper.address == address {
                    oldest = sleeper;
                }
                false
            });
            queue.take_out(|sleeper| ptr::eq(sleeper, oldest) && sleeper.wake());
        }
        Count::All => queue.take_out(|sleeper| sleeper.address == address && sleeper.wake()),
    }
}

impl Sleeper {
    /// Wakes a sleeper that is being taken out. It stays where it is until the caller releases the lock.
    fn wake(&self) -> bool {
        self.woken.set(true);
        self.condvar.notify_one();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Tested on every system, though only the wakes on WebAssembly take it without a sleep.
    #[test]
    fn a_lock_that_is_taken_without_sleep_excludes_other_threads() {
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
    fn a_sleeper_whose_sleep_panics_leaves_its_queue() {
        let word = AtomicU32::new(0);
        let panic = std::panic::catch_unwind(|| {
            wait_by(|_, _, _| panic!("no sleep"), &word, 0, Deadline::NEVER)
        });
        assert!(panic.is_err());
        let address = &word as *const AtomicU32 as usize;
        let mut sleepers = 0;
        // Its lock is free.
        lock_without_sleep(queue_of(address)).take_out(|sleeper| {
            sleepers += u32::from(sleeper.address == address);
            false
        });
        assert_eq!(sleepers, 0);
    }

    /// Tested on every system, though only those without threads take it.
    #[test]
    fn a_wait_without_other_threads_sleeps_until_its_deadline_or_panics() {
        let (word, timeout) = (AtomicU32::new(0), Duration::from_millis(5));
        let start = now();
        assert!(!wait_alone(&word, 0, Deadline::after(start, timeout)));
        assert!(now() - start >= timeout);
        assert!(wait_alone(&word, 1, Deadline::NEVER));
        let wait = || wait_alone(&word, 0, Deadline::NEVER);
        assert!(std::panic::catch_unwind(wait).is_err());
    }

    #[test]
    fn adjacent_words_have_queues_of_their_own() {
        let row = [0_u32; QUEUES];
        let queues: HashSet<_> = row
            .iter()
            .map(|word| queue_of(word as *const u32 as usize) as *const _)
            .collect();
        assert!(queues.len() > QUEUES / 2, "{} queues", queues.len());
    }
}
