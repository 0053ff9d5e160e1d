//! An adversarial word: it does everything that a word may do, and slowly.

use super::Random;
use futex_event::platform::{Deadline, Futex, Listeners, TimedFutex};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, SystemTime};

/// A word whose weak exchanges fail spuriously, whose waits return spuriously, as after a signal, and which delays every
/// step, before and after.
///
/// A random generator per thread chooses what happens. The seed is printed, and `ADVERSARY_SEED` repeats it; the scheduling
/// of the threads is still the system's choice.
#[derive(Default)]
#[repr(transparent)]
pub struct AdversarialFutex<F>(F);

thread_local! {
    static RANDOM: Cell<u64> = Cell::new(seed());
}

/// A seed for each thread, made of the program's seed and the thread's number.
fn seed() -> u64 {
    static SEED: AtomicU64 = AtomicU64::new(0);
    static THREADS: AtomicU64 = AtomicU64::new(0);
    if SEED.load(Relaxed) == 0 {
        let seed = std::env::var("ADVERSARY_SEED").map_or_else(
            |_| SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64,
            |seed| seed.parse().unwrap(),
        );
        if SEED.compare_exchange(0, seed, Relaxed, Relaxed).is_ok() {
            println!("ADVERSARY_SEED={seed}");
        }
    }
    let thread = THREADS.fetch_add(1, Relaxed) + 1;
    SEED.load(Relaxed) ^ thread.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// True about once in this many calls.
fn once_in(times: u64) -> bool {
    RANDOM.with(|cell| {
        let mut random = Random(cell.get().max(1));
        let chosen = random.below(times) == 0;
        cell.set(random.0);
        chosen
    })
}

fn delay() {
    if once_in(8) {
        thread::yield_now();
    } else if once_in(64) {
        thread::sleep(Duration::from_micros(50));
    }
}

fn slowly<T>(step: impl FnOnce() -> T) -> T {
    delay();
    let result = step();
    delay();
    result
}

/// A clock that stands still, jumps ahead by a second, and jumps back.
fn adversarial_clock() -> Duration {
    Duration::from_secs(if once_in(3) { 2 } else { 1 })
}

// SAFETY: forwards everything to a word that keeps the promises, and adds only what they allow: spurious failures and returns.
unsafe impl<F: Futex> Futex for AdversarialFutex<F> {
    const WAITERS: u32 = F::WAITERS;
    const CLOCK: Option<fn() -> Duration> = Some(adversarial_clock);

    fn listeners() -> &'static Listeners<Self> {
        let table: *const Listeners<F> = F::listeners();
        // SAFETY: this type is transparent, and the table consists of numbers and a reference to words, in C's layout.
        unsafe { &*table.cast() }
    }

    fn load(&self, order: Ordering) -> u32 {
        slowly(|| self.0.load(order))
    }

    fn fetch_or(&self, bits: u32, order: Ordering) -> u32 {
        slowly(|| self.0.fetch_or(bits, order))
    }

    fn fetch_add(&self, amount: u32, order: Ordering) -> u32 {
        slowly(|| self.0.fetch_add(amount, order))
    }

    fn compare_exchange_weak(
        &self,
        current: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32> {
        slowly(|| {
            if once_in(3) {
                return Err(self.0.load(failure));
            }
            self.0.compare_exchange_weak(current, new, success, failure)
        })
    }

    fn wait(&self, expected: u32) {
        slowly(|| {
            if !once_in(3) {
                self.0.wait(expected);
            }
        })
    }

    fn wake_one(this: *const Self) {
        slowly(|| F::wake_one(this.cast()))
    }

    fn wake_all(this: *const Self) {
        slowly(|| F::wake_all(this.cast()))
    }
}

// SAFETY: as above.
unsafe impl<F: TimedFutex> TimedFutex for AdversarialFutex<F> {
    fn now() -> Duration {
        F::now()
    }

    fn wait_until(&self, expected: u32, deadline: Deadline) -> bool {
        slowly(|| {
            if once_in(3) {
                return !deadline.has_passed(F::now());
            }
            self.0.wait_until(expected, deadline)
        })
    }
}
