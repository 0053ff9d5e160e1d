//! The thread of the library that runs wakers.

use super::registry::Pass;
use crate::doorbell::{ring_group, ASLEEP};
use crate::platform::{Futex, Tasks};
use crate::spin::Spin;
use crate::wait::Forever;
use core::sync::atomic::Ordering::{Acquire, Relaxed};
use core::task::Waker;
use std::mem;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::vec::Vec;

/// The number of the waker thread for this type of word, which is started if there is none yet.
///
/// # Panics
///
/// If the system cannot start a thread.
pub(super) fn number<F: Futex>(tasks: &Tasks<F>) -> u32 {
    match tasks.thread().load(Relaxed) {
        0 => start(tasks),
        number => number,
    }
}

/// How many have been started.
static STARTED: Mutex<u32> = Mutex::new(0);

#[cold]
fn start<F: Futex>(tasks: &Tasks<F>) -> u32 {
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    match tasks.thread().load(Relaxed) {
        0 => {}
        number => return number,
    }
    // In a child of a `fork` there is no such thread any more. The table is cleared, and so is this word.
    F::listeners().prepare();
    let number = *started + 1;
    let runs = thread::Builder::new()
        .name("futex-event".into())
        .spawn(move || WakerThread::<F>::new(number).serve(|| false));
    if let Err(error) = runs {
        drop(started);
        panic!("futex-event cannot start the thread that wakes tasks: {error}");
    }
    *started = number;
    tasks.thread().fetch_add(number, Relaxed);
    number
}

/// What the waker thread does. In a model, a thread of the model does it.
pub struct WakerThread<F: 'static> {
    tasks: Tasks<F>,
    number: u32,
}

impl<F: Futex> WakerThread<F> {
    fn new(number: u32) -> Self {
        let tasks = F::listeners().tasks();
        Self { tasks, number }
    }

    /// For a model, before it has futures: the thread that is going to `serve`.
    pub fn of_model() -> Self {
        let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
        *started += 1;
        let thread = Self::new(*started);
        thread.tasks.thread().fetch_add(*started, Relaxed);
        thread
    }

    /// For a model: makes the thread check whether it is over.
    pub fn ring() {
        ring_group(&F::listeners().tasks(), 0);
    }

    /// Runs the wakers of tasks whose event has been set, until `is_over`, which is called after each sleep.
    pub fn serve(&self, is_over: impl Fn() -> bool) {
        let mut wakers = Vec::new();
        loop {
            let mut groups = self.wait();
            if is_over() {
                return;
            }
            while groups != 0 {
                self.serve_group(groups.trailing_zeros(), &mut wakers);
                groups &= groups - 1;
            }
        }
    }

    /// Sleeps until the doorbell has been rung, and takes the bits of the groups.
    fn wait(&self) -> u32 {
        let doorbell = self.tasks.doorbell();
        let is_rung = |word: u32| word & !ASLEEP != 0;
        let poll = || is_rung(doorbell.load(Relaxed)).then_some(());
        let address: *const F = doorbell;
        let park = || loop {
            let word = doorbell.load(Relaxed);
            if is_rung(word) {
                return Some(());
            }
            if word == ASLEEP {
                doorbell.wait(ASLEEP);
            } else {
                let _ = doorbell.compare_exchange_weak(0, ASLEEP, Relaxed, Relaxed);
            }
        };
        if poll().is_none() {
            Spin::ADAPTIVE.then_park::<F, _>(address as usize, 1, false, &Forever, poll, park);
        }
        take(doorbell) & !ASLEEP
    }

    fn serve_group(&self, group: u32, wakers: &mut Vec<Waker>) {
        let (words, first) = self.tasks.group(group);
        for (word, first) in words.iter().zip((first..).step_by(32)) {
            let mut bits = take(word);
            while bits != 0 {
                self.serve_bucket(first + bits.trailing_zeros() as usize, wakers);
                bits &= bits - 1;
            }
        }
    }

    fn serve_bucket(&self, bucket: usize, wakers: &mut Vec<Waker>) {
        let count = self.tasks.count(bucket);
        // The futures that had registered have been dropped since.
        if count.load(Relaxed) == 0 {
            return;
        }
        let mut pass = Pass::through(self.number, bucket);
        loop {
            pass.take(wakers);
            if wakers.is_empty() {
                return;
            }
            count.fetch_add((wakers.len() as u32).wrapping_neg(), Relaxed);
            for waker in wakers.drain(..) {
                // A waker is foreign code: its panic must not end this thread. The panic hook has printed the message. To
                // drop what it panicked with would be foreign code too.
                if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
                    mem::forget(payload);
                }
            }
        }
    }
}

/// Takes all bits off, and sees what was before they were turned on.
fn take<F: Futex>(word: &F) -> u32 {
    let mut bits = word.load(Relaxed);
    while bits != 0 {
        match word.compare_exchange_weak(bits, 0, Acquire, Relaxed) {
            Ok(_) => break,
            Err(found) => bits = found,
        }
    }
    bits
}
