//! A word that records when a thread parks and which calls it makes; and the two kinds of events on it.

#![allow(dead_code, unused_imports)] // Each test program uses only a part.

pub mod adversary;
#[cfg(target_os = "linux")]
pub mod clock;
pub mod example;
pub mod patience;
#[cfg(unix)]
pub mod process;
pub mod random;
#[cfg(target_os = "linux")]
pub mod seccomp;
#[cfg(unix)]
pub mod signals;

use futex_event::platform::{Deadline, Futex, Listeners, TimedFutex};
use futex_event::{AutoResetEvent, Event, Interrupted, IntoDeadline, Waitable};
use patience::{give_up, patience, stress_time};
use std::cell::Cell;
use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, Once, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

pub use patience::{until, PATIENCE};
pub use random::Random;

/// A word under test that records the calls on it. It can have a lower limit of counted waiters than other words.
#[derive(Default)]
#[repr(transparent)]
pub struct Watched<F, const WAITERS: u32 = { u32::MAX }>(F);

impl<F, const WAITERS: u32> Watched<F, WAITERS> {
    pub const fn new(word: F) -> Self {
        Self(word)
    }
}

/// A manual-reset event under test.
pub type Manual<F> = Event<Watched<F>>;

/// An auto-reset event under test.
pub type Auto<F> = AutoResetEvent<Watched<F>>;

/// An event of either kind.
pub type Any<'a, F> = &'a dyn Waitable<Watched<F>>;

pub fn manual<F: Word>() -> Manual<F> {
    Event::with_futex(Watched::default())
}

pub fn auto<F: Word>() -> Auto<F> {
    AutoResetEvent::with_futex(Watched::default())
}

/// How often a thread called its word's backend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    pub waits: u32,
    pub wakes: u32,
}

impl Calls {
    pub const NONE: Self = Self { waits: 0, wakes: 0 };
}

thread_local! {
    static CALLS: Cell<Calls> = Cell::default();
}

/// The calls that the current thread makes in `work`.
pub fn calls(work: impl FnOnce()) -> Calls {
    CALLS.with(Cell::take);
    work();
    CALLS.with(Cell::take)
}

fn count(change: impl FnOnce(&mut Calls)) {
    CALLS.with(|calls| {
        let mut now = calls.get();
        change(&mut now);
        calls.set(now);
    });
}

/// Which threads are in a wait, on which address, and since when.
static WAITING: Mutex<Vec<(usize, ThreadId, Instant)>> = Mutex::new(Vec::new());

fn while_on_record<T>(addresses: &[usize], wait: impl FnOnce() -> T) -> T {
    watch();
    count(|calls| calls.waits += 1);
    let (thread, now) = (thread_id(), Instant::now());
    let entries = addresses.iter().map(|&address| (address, thread, now));
    WAITING.lock().unwrap().extend(entries);
    let result = wait();
    // This does not sleep on the lock: that could be mistaken for a sleep on the word.
    let mut waiting = loop {
        match WAITING.try_lock() {
            Err(TryLockError::WouldBlock) => thread::yield_now(),
            waiting => break waiting.unwrap(),
        }
    };
    waiting.retain(|entry| entry.1 != thread);
    result
}

// SAFETY: forwards everything to a word that keeps the promises.
unsafe impl<F: Futex, const WAITERS: u32> Futex for Watched<F, WAITERS> {
    const WAITERS: u32 = WAITERS;
    const CLOCK: Option<fn() -> Duration> = F::CLOCK;

    fn listeners() -> &'static Listeners<Self> {
        let table: *const Listeners<F> = F::listeners();
        // SAFETY: this type is transparent, and the table consists of numbers and a reference to words, in C's layout.
        unsafe { &*table.cast() }
    }

    fn load(&self, order: Ordering) -> u32 {
        self.0.load(order)
    }

    fn fetch_or(&self, bits: u32, order: Ordering) -> u32 {
        self.0.fetch_or(bits, order)
    }

    fn fetch_add(&self, amount: u32, order: Ordering) -> u32 {
        self.0.fetch_add(amount, order)
    }

    fn compare_exchange_weak(
        &self,
        current: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32> {
        self.0.compare_exchange_weak(current, new, success, failure)
    }

    fn wait(&self, expected: u32) {
        while_on_record(&[self as *const _ as usize], || self.0.wait(expected))
    }

    fn wake_one(this: *const Self) {
        count(|calls| calls.wakes += 1);
        F::wake_one(this.cast())
    }

    fn wake_all(this: *const Self) {
        count(|calls| calls.wakes += 1);
        F::wake_all(this.cast())
    }
}

// SAFETY: as above.
unsafe impl<F: TimedFutex, const WAITERS: u32> TimedFutex for Watched<F, WAITERS> {
    fn now() -> Duration {
        F::now()
    }

    fn wait_until(&self, expected: u32, deadline: Deadline) -> bool {
        while_on_record(&[self as *const _ as usize], || {
            self.0.wait_until(expected, deadline)
        })
    }
}

/// Returns when `count` threads are parked on the event.
pub fn until_parked<E>(event: &E, count: usize) {
    until_parked_on_any(&[event as *const E as usize], count);
}

/// Returns when `count` threads are parked as listeners, of any events. Tests that call it run one at a time: see
/// [`take_turn`].
pub fn until_listening<F: Futex>(count: usize) {
    until_parked_on_any(&slots::<F>(), count);
}

/// The addresses on which listeners sleep.
pub fn slots<F: Futex>() -> Vec<usize> {
    let table = Watched::<F>::listeners();
    let slots = (0..table.slots()).map(|slot| &table.slot(slot)[0]);
    let words = slots.chain([table.overflow(1)]);
    words.map(|word| word as *const _ as usize).collect()
}

/// Returns when `count` threads are parked on any of the addresses.
pub fn until_parked_on_any(addresses: &[usize], count: usize) {
    until(|| are_parked_on_any(addresses, count));
    // These systems do not tell whether a thread is asleep, so give the threads time to fall asleep.
    if !CAN_TELL_SLEEP {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Whether `count` threads, and no more, are parked on the event.
///
/// They have begun to wait and called their backend. On Linux this also checks that the kernel has put each of them to
/// sleep. Elsewhere a test must tolerate a thread that has not fallen asleep yet.
pub fn are_parked<E>(event: &E, count: usize) -> bool {
    are_parked_on_any(&[event as *const E as usize], count)
}

/// Whether `count` threads, and no more, are parked on any of the addresses.
pub fn are_parked_on_any(addresses: &[usize], count: usize) -> bool {
    let waiting = WAITING.lock().unwrap();
    let here = waiting.iter().filter(|entry| addresses.contains(&entry.0));
    // The entries of a thread that waits for several words are next to each other.
    let mut threads: Vec<_> = here.map(|entry| entry.1).collect();
    threads.dedup();
    threads.len() == count && threads.into_iter().all(is_asleep)
}

/// A lock for tests that share something: a test holds it until it drops the result.
pub fn take_turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the program when a thread has been in one wait for so long that it must have missed its wake, or when the whole
/// program takes too long.
pub fn watch() {
    static WATCHING: Once = Once::new();
    WATCHING.call_once(|| {
        let begun = Instant::now();
        let limit = 10 * patience() + 100 * stress_time().unwrap_or_default();
        thread::spawn(move || loop {
            thread::sleep(patience() / 4);
            let waiting = WAITING.lock().unwrap();
            let missed = waiting.iter().any(|entry| entry.2.elapsed() > patience());
            if missed || begun.elapsed() > limit {
                give_up("a test hangs; see the output of the test harness for which");
            }
        });
    });
}

/// A word on which the claims are tested.
pub trait Word: Futex + Default + Send + UnwindSafe + RefUnwindSafe {}
impl<F: Futex + Default + Send + UnwindSafe + RefUnwindSafe> Word for F {}

/// A word for the claims about time.
pub trait TimedWord: Word + TimedFutex {}
impl<F: Word + TimedFutex> TimedWord for F {}

/// What the kinds of events have in common.
pub trait AnyEvent: Debug + Send + Sync + UnwindSafe + RefUnwindSafe + 'static {
    type Word: Word;

    fn unset() -> Self;
    fn set(&self) -> bool;
    fn clear(&self) -> bool;
    fn is_set(&self) -> bool;
    fn try_wait(&self) -> bool;
    fn wait(&self);
}

/// The same on a word that can time out.
pub trait AnyTimedEvent: AnyEvent {
    /// The time on the clock of its word.
    fn now() -> Duration;
    fn wait_timeout(&self, timeout: Duration) -> bool;
    fn wait_deadline(&self, deadline: impl IntoDeadline) -> bool;
    fn wait_deadline_interruptible(
        &self,
        deadline: impl IntoDeadline,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted>;
}

macro_rules! any_event {
    ($kind:ident) => {
        impl<F: Word> AnyEvent for $kind<Watched<F>> {
            type Word = F;

            fn unset() -> Self {
                Self::with_futex(Watched::default())
            }

            fn set(&self) -> bool {
                Self::set(self)
            }

            fn clear(&self) -> bool {
                Self::clear(self)
            }

            fn is_set(&self) -> bool {
                Self::is_set(self)
            }

            fn try_wait(&self) -> bool {
                Self::try_wait(self)
            }

            fn wait(&self) {
                Self::wait(self)
            }
        }

        impl<F: TimedWord> AnyTimedEvent for $kind<Watched<F>> {
            fn now() -> Duration {
                F::now()
            }

            fn wait_timeout(&self, timeout: Duration) -> bool {
                Self::wait_timeout(self, timeout)
            }

            fn wait_deadline(&self, deadline: impl IntoDeadline) -> bool {
                Self::wait_deadline(self, deadline)
            }

            fn wait_deadline_interruptible(
                &self,
                deadline: impl IntoDeadline,
                interrupted: impl FnMut() -> bool,
            ) -> Result<bool, Interrupted> {
                Self::wait_deadline_interruptible(self, deadline, interrupted)
            }
        }
    };
}

any_event!(Event);
any_event!(AutoResetEvent);

/// Makes tests from claims that are generic over the word: some for every word, some for the words with timeouts.
#[macro_export]
macro_rules! on_every_word {
    (untimed: [$($claim:ident,)*], timed: [$($timed:ident,)*]) => {
        mod private {
            use futex_event::platform::PrivateFutex as Word;
            $(#[test] fn $claim() { super::$claim::<Word>() })*
            $(#[test] fn $timed() { super::$timed::<Word>() })*
        }
        mod fallback {
            use futex_event::platform::FallbackFutex as Word;
            $(#[test] fn $claim() { super::$claim::<Word>() })*
            $(#[test] fn $timed() { super::$timed::<Word>() })*
        }
        mod adversarial {
            use futex_event::platform::PrivateFutex;
            type Word = $crate::common::adversary::AdversarialFutex<PrivateFutex>;
            $(#[test] fn $claim() { super::$claim::<Word>() })*
            $(#[test] fn $timed() { super::$timed::<Word>() })*
        }
        #[cfg(any(
            target_os = "linux",
            target_os = "android",
            target_os = "freebsd",
            target_vendor = "apple",
            windows
        ))]
        mod atomic_wait {
            use futex_event::AtomicWaitFutex as Word;
            $(#[test] fn $claim() { super::$claim::<Word>() })*
        }
    };
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub use linux::{is_asleep, is_process_asleep, sleeps, thread_id, ThreadId};

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    pub type ThreadId = libc::pid_t;

    pub fn thread_id() -> ThreadId {
        // SAFETY: the call has no conditions.
        unsafe { libc::syscall(libc::SYS_gettid) as ThreadId }
    }

    /// Whether a thread of this process is in an interruptible sleep.
    pub fn is_asleep(thread: ThreadId) -> bool {
        // The file of the process would be read slowly: the kernel sums up the times of all its threads.
        is_asleep_in(&format!("/proc/self/task/{thread}"))
    }

    /// Whether the one thread of another process is.
    pub fn is_process_asleep(process: libc::pid_t) -> bool {
        is_asleep_in(&format!("/proc/{process}"))
    }

    /// [man 5 proc, /proc/pid/stat, field 3]
    fn is_asleep_in(folder: &str) -> bool {
        let stat = std::fs::read_to_string(format!("{folder}/stat"));
        // The field before it is the thread's name in parentheses, which may hold anything.
        stat.map_or(false, |stat| {
            stat.rsplit(')')
                .next()
                .unwrap()
                .trim_start()
                .starts_with('S')
        })
    }

    /// How often a thread of this process has gone to sleep. [man 5 proc, /proc/pid/status]
    pub fn sleeps(thread: ThreadId) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/self/task/{thread}/status")).unwrap();
        let mut lines = status.lines();
        let count = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        count.unwrap().trim().parse().unwrap()
    }
}

/// Whether an emulator runs this program, as `EMULATED=1` says. There a thread that is asleep may sleep on a lock of the
/// emulator, before it sleeps in a wait; and each call takes long.
pub fn is_emulated() -> bool {
    std::env::var_os("EMULATED").is_some()
}

/// Whether this system tells if a thread is asleep.
pub const CAN_TELL_SLEEP: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// Whether a thread that is asleep in a wait sleeps on its word, and wakes by each wake. The simulated systems refuse now and
/// then to put it to sleep there.
pub const EACH_WAKE_COUNTS: bool = CAN_TELL_SLEEP && !cfg!(futex_event_simulated);

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub use elsewhere::{is_asleep, thread_id, ThreadId};

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod elsewhere {
    pub type ThreadId = std::thread::ThreadId;

    pub fn thread_id() -> ThreadId {
        std::thread::current().id()
    }

    /// Unknown on these systems. The thread has called its backend, which has to be enough.
    pub fn is_asleep(_: ThreadId) -> bool {
        true
    }
}
