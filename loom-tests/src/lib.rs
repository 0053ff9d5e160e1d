//! The protocols of `futex-event`, the code that ships, on a modelled word, in every interleaving, or in every one up
//! to a number of preemptions.
//!
//! [`Word`] is a word as [`Futex`] has it, whose atomics are [loom]'s and whose kernel is a queue here. [`explore`]
//! runs a model in every interleaving that loom finds, under every combination of [faults](Fault). The models are in
//! `tests/`; they run in a plain `cargo test`.
//!
//! # What the modelled word does
//!
//! - A wait compares and goes to sleep in one step. The comparison sees the newest value, as the kernel's does.
//! - A wake takes sleepers out of the queue of an *address*. It does not touch the word, which may have been
//!   [retired](Guarded::retire) by then: any other access to a retired word fails the model.
//! - A wait can wake for nothing, and a timed wait can time out, at each sleep that the model's [script](Script) says.
//!   Loom's own timeouts never expire. To come back at once, instead of after a while in the queue, loses no behaviour:
//!   a thread in the queue that no wake takes out is to all others as if it were not there, and whatever they
//!   do before it looks again, they do.
//!
//! # What the models cover
//!
//! All interleavings of the operations on words, and all values that a load may return under the orderings given, as
//! far as loom models C11. A payload in loom's `UnsafeCell`, without atomics, shows a missing happens-before edge as a
//! race. Loom hands the waker's view to the thread it unparks, an edge that the kernel does not promise; it hides a
//! missing Acquire in the runs that have it. Runs in which the last sleep ends for nothing, or the waiter never sleeps,
//! do not have it.
//!
//! # What they cannot
//!
//! - A thread that wakes for nothing after a model has seen it asleep ([`until_quiet`]): such wakes come before.
//! - More than five threads, and more than the few operations each model makes.
//! - SeqCst operations, which loom takes for AcqRel. Nothing here uses them. It does know the fence, which `EventCount`
//!   rests on.
//! - A weak compare-exchange that fails for nothing, and the wrap of the generation. The Promela models in `models/`
//!   have both, and the tests of the library have a word for the first.
//! - The operating systems' side of the calls.
//!
//! [loom]: https://docs.rs/loom

#![warn(missing_docs)]

use futex_event::platform::{Deadline, Futex, Listeners, TimedFutex};
use loom::cell::UnsafeCell;
use loom::sync::atomic::{fence, AtomicU32, Ordering, Ordering::Relaxed};
use loom::thread::{self, Thread, ThreadId};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering as StdOrdering};
use std::sync::Arc;
use std::time::Duration;

/// What a sleep does. A script that has ended says [`Sleep`](Fault::Sleep).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No fault: it sleeps until a wake.
    Sleep,
    /// It wakes for nothing.
    Spurious,
    /// It times out. An untimed sleep takes this for spurious.
    TimeOut,
}

/// What the sleeps of one thread do, one after the other.
pub type Script = &'static [Fault];

/// The scripts for a thread that waits without a deadline: up to two spurious wakes.
pub const UNTIMED: &[Script] = {
    use Fault::*;
    &[&[], &[Spurious], &[Sleep, Spurious], &[Spurious, Spurious]]
};

/// The scripts for a thread that waits with a deadline: as [`UNTIMED`], and a timeout at each place.
pub const TIMED: &[Script] = {
    use Fault::*;
    &[
        &[],
        &[Spurious],
        &[Sleep, Spurious],
        &[Spurious, Spurious],
        &[TimeOut],
        &[Spurious, TimeOut],
        &[Sleep, TimeOut],
    ]
};

thread_local! {
    // Loom runs the threads of a model as coroutines on one thread of ours.
    static KERNEL: RefCell<Kernel> = RefCell::default();
}

#[derive(Default)]
struct Kernel {
    /// How many threads are neither asleep nor done, and who wants to know when there are none.
    busy: usize,
    watcher: Option<Thread>,
    /// By address, the words that have been used in this execution.
    words: HashMap<usize, Entry>,
    /// What the next sleeps of each thread do.
    scripts: HashMap<ThreadId, VecDeque<Fault>>,
    /// How many steps are left to the threads that will die.
    lives: HashMap<ThreadId, usize>,
}

impl Kernel {
    /// A thread has fallen asleep or come to its end.
    fn one_less_busy(&mut self) {
        self.busy -= 1;
        if self.busy == 0 {
            // Taken, since loom gets confused by a thread that is unparked while it waits for something else.
            if let Some(watcher) = self.watcher.take() {
                watcher.unpark();
            }
        }
    }
}

struct Entry {
    value: Arc<AtomicU32>,
    retired: bool,
    sleepers: VecDeque<Rc<Sleeper>>,
}

impl Entry {
    fn new(value: u32) -> Self {
        Self {
            value: Arc::new(AtomicU32::new(value)),
            retired: false,
            sleepers: VecDeque::new(),
        }
    }
}

/// A thread in the queue of a word.
struct Sleeper {
    thread: Thread,
    /// It waits for a wake.
    asleep: Cell<bool>,
    woken: Cell<bool>,
}

/// Runs the model in every interleaving, for every choice of one script from each of the `faults`.
///
/// The model gets the chosen scripts, each for one thread. `preemptions` bounds how often a thread is
/// switched away from while it could run on; the environment variable `LOOM_MAX_PREEMPTIONS` sets another bound. `None`
/// means that the exploration is complete. Prints how many executions there were.
pub fn explore<const N: usize>(
    name: &str,
    preemptions: Option<usize>,
    faults: [&[Script]; N],
    model: impl Fn([Script; N]) + Send + Sync + 'static,
) {
    let from_environment = loom::model::Builder::new().preemption_bound;
    let bound = preemptions.map(|bound| from_environment.unwrap_or(bound));
    let executions = Arc::new(AtomicU64::new(0));
    let model = Arc::new(model);
    let choices: usize = faults.iter().map(|scripts| scripts.len()).product();
    for choice in 0..choices {
        let mut rest = choice;
        let scripts = faults.map(|scripts| {
            let script = scripts[rest % scripts.len()];
            rest /= scripts.len();
            script
        });
        let (executions, model) = (Arc::clone(&executions), Arc::clone(&model));
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = bound;
        builder.check(move || {
            executions.fetch_add(1, StdOrdering::Relaxed);
            let kernel = Kernel {
                words: table_words().map(|word| (word, Entry::new(0))).collect(),
                ..Kernel::default()
            };
            KERNEL.with(|cell| cell.replace(kernel));
            model(scripts);
        });
    }
    let bound = bound.map_or("all interleavings".into(), |bound| {
        format!("at most {bound} preemptions")
    });
    println!(
        "{name}: {} executions, {choices} fault scripts, {bound}",
        executions.load(StdOrdering::Relaxed)
    );
}

/// An event, and memory that it guards.
pub struct Guarded<E> {
    /// The event.
    pub event: E,
    payload: UnsafeCell<u32>,
}

// SAFETY: loom reports an access to the payload that races another.
unsafe impl<E: Sync> Sync for Guarded<E> {}
// SAFETY: as above.
unsafe impl<E: Send> Send for Guarded<E> {}

impl<E> Guarded<E> {
    /// A payload of zero beside the event.
    pub fn new(event: E) -> Self {
        let payload = UnsafeCell::new(0);
        Self { event, payload }
    }

    /// Writes the payload, without any synchronization.
    pub fn write(&self, value: u32) {
        // SAFETY: loom checks that nobody else uses the payload.
        self.payload.with_mut(|payload| unsafe { *payload = value });
    }

    /// Reads the payload, without any synchronization.
    pub fn read(&self) -> u32 {
        // SAFETY: loom checks that nobody writes the payload.
        self.payload.with(|payload| unsafe { *payload })
    }

    /// Stands for freeing the memory in which the event lies: from now on every access to its word, other than a wake,
    /// is an error.
    pub fn retire(&self) {
        let event: *const E = &self.event;
        let word: *const Word = event.cast();
        // Tells loom that this step depends on those of the other threads.
        // SAFETY: the events are transparent.
        unsafe { &*word }.access(newest);
        KERNEL.with(|kernel| {
            let mut kernel = kernel.borrow_mut();
            kernel.words.get_mut(&(word as usize)).unwrap().retired = true;
        });
    }
}

/// A thread whose sleeps do what the script says.
pub fn spawn<S: 'static, T: 'static>(
    script: Script,
    shared: &loom::sync::Arc<S>,
    work: impl FnOnce(&S) -> T + 'static,
) -> Running<T> {
    let shared = loom::sync::Arc::clone(shared);
    let finished = Rc::new(Cell::new(false));
    let finish = Rc::clone(&finished);
    KERNEL.with(|kernel| kernel.borrow_mut().busy += 1);
    let handle = thread::spawn(move || {
        KERNEL.with(|kernel| {
            let script = script.iter().copied().collect();
            let thread = thread::current().id();
            kernel.borrow_mut().scripts.insert(thread, script);
        });
        let result = work(&shared);
        finish.set(true);
        KERNEL.with(|kernel| kernel.borrow_mut().one_less_busy());
        result
    });
    Running { handle, finished }
}

/// A thread that is killed before it takes its next step after this many: uses of a word, and wakes. With more steps than
/// it needs, it lives.
pub fn spawn_mortal<S: 'static>(
    steps: usize,
    shared: &loom::sync::Arc<S>,
    work: impl FnOnce(&S) + 'static,
) -> Running<()> {
    spawn(&[], shared, move |shared| {
        KERNEL.with(|kernel| {
            let thread = thread::current().id();
            kernel.borrow_mut().lives.insert(thread, steps);
        });
        // A thread that dies here leaves its stack as it is, which is what a process that is killed does, too: nothing
        // that is on the way has a destructor that would make things look better.
        let end = catch_unwind(AssertUnwindSafe(|| work(shared)));
        if let Err(panic) = end {
            if !panic.is::<Killed>() {
                resume_unwind(panic);
            }
        }
    })
}

struct Killed;

/// The current thread is about to take a step.
fn step() {
    let dies = KERNEL.with(|kernel| {
        let mut kernel = kernel.borrow_mut();
        match kernel.lives.get_mut(&thread::current().id()) {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    });
    if dies {
        resume_unwind(Box::new(Killed));
    }
}

/// A thread of a model.
pub struct Running<T> {
    handle: thread::JoinHandle<T>,
    finished: Rc<Cell<bool>>,
}

impl<T> Running<T> {
    /// Whether the thread is done. It orders nothing.
    pub fn is_finished(&self) -> bool {
        self.finished.get()
    }

    /// Waits for the thread's end.
    pub fn join(self) -> T {
        self.handle.join().unwrap()
    }
}

/// Returns when every thread that was spawned is asleep on a word or done. Main thread only.
pub fn until_quiet() {
    let quiet = || {
        KERNEL.with(|kernel| {
            let mut kernel = kernel.borrow_mut();
            kernel.watcher = (kernel.busy > 0).then(thread::current);
            kernel.busy == 0
        })
    };
    while !quiet() {
        thread::park();
    }
}

/// How many threads are asleep. To ask orders nothing.
pub fn asleep() -> usize {
    KERNEL.with(|kernel| {
        let kernel = kernel.borrow();
        let queues = kernel.words.values().map(|entry| entry.sleepers.len());
        queues.sum()
    })
}

/// A modelled word. It may not move once it has been used.
///
/// A `SHARED` one is for the threads of several processes, each of which may [die](spawn_mortal).
#[repr(transparent)]
pub struct Word<const SHARED: bool = false> {
    /// `None` in the table of listeners, which is a static, while loom's atomics last for one execution.
    value: Option<Arc<AtomicU32>>,
}

/// The table of listeners has room for as many threads as a model has at most, but for one event less.
const SLOTS: usize = 3;
const ADDRESSES: usize = 2;
const BUCKETS: usize = 1;
/// All tasks share one.
const TASK_BUCKETS: usize = 1;
const TASK_WORDS: usize = 2 * 32 + 2 * TASK_BUCKETS;
const TABLE: usize = 2 * 32 + SLOTS * (2 * ADDRESSES + 2) + TASK_WORDS + BUCKETS * 2;
static TABLE_WORDS: [Word; TABLE] = {
    const UNUSED: Word = Word { value: None };
    [UNUSED; TABLE]
};
static LISTENERS: Listeners<Word> =
    Listeners::of_shape(&TABLE_WORDS, SLOTS, ADDRESSES, BUCKETS, TASK_BUCKETS);

/// Leaves so many slots of the table free, as if other threads waited in the others for something else.
pub fn leave_free(slots: usize) {
    for slot in slots..SLOTS {
        // To be taken, by a thread that has not published it.
        LISTENERS.slot(slot)[0].fetch_or(1, Relaxed);
    }
}

/// The addresses of the words that the table uses.
fn table_words() -> impl Iterator<Item = usize> {
    let overflow = (0..2).map(|word| LISTENERS.overflow(word));
    let slots = (0..SLOTS).flat_map(|slot| LISTENERS.slot(slot));
    let buckets = (0..BUCKETS).flat_map(|bucket| LISTENERS.bucket(bucket));
    let tasks = LISTENERS.tasks();
    let of_all_tasks = [tasks.doorbell(), tasks.thread()];
    let of_tasks =
        (0..TASK_BUCKETS).flat_map(move |bucket| [tasks.bit(bucket).0, tasks.count(bucket)]);
    let words = overflow.chain(slots).chain(buckets);
    let words = words.chain(of_all_tasks).chain(of_tasks);
    words.map(|word| word as *const Word as usize)
}

impl<const SHARED: bool> Default for Word<SHARED> {
    fn default() -> Self {
        Self {
            value: Some(Arc::new(AtomicU32::new(0))),
        }
    }
}

impl<const SHARED: bool> Word<SHARED> {
    /// Runs an operation on the word, and then checks that there was one to operate on.
    fn access<T>(&self, operation: impl FnOnce(&AtomicU32) -> T) -> T {
        step();
        let address = self as *const Self as usize;
        let value = KERNEL.with(|kernel| {
            let words = &mut kernel.borrow_mut().words;
            let entry = words.entry(address).or_insert_with(|| Entry {
                value: Arc::clone(self.value.as_ref().expect("a word of the table in use")),
                retired: false,
                sleepers: VecDeque::new(),
            });
            Arc::clone(&entry.value)
        });
        // Other threads run before the operation takes effect, and not between that and the check.
        let result = operation(&value);
        KERNEL.with(|kernel| {
            assert!(
                !kernel.borrow().words[&address].retired,
                "a thread touched the word after it was freed"
            );
        });
        result
    }

    fn sleep(&self, expected: u32) -> Fault {
        let sleeper = Rc::new(Sleeper {
            thread: thread::current(),
            asleep: Cell::new(false),
            woken: Cell::new(false),
        });
        if self.access(newest) != expected {
            return Fault::Spurious;
        }
        let address = self as *const Self as usize;
        let fault = KERNEL.with(|kernel| {
            let kernel = &mut *kernel.borrow_mut();
            let script = kernel.scripts.get_mut(&sleeper.thread.id());
            let fault = script.and_then(VecDeque::pop_front).unwrap_or(Fault::Sleep);
            if fault == Fault::Sleep {
                let sleepers = &mut kernel.words.get_mut(&address).unwrap().sleepers;
                sleepers.push_back(Rc::clone(&sleeper));
                sleeper.asleep.set(true);
                kernel.one_less_busy();
            }
            fault
        });
        while sleeper.asleep.get() && !sleeper.woken.get() {
            thread::park();
        }
        fault
    }

    fn wake(this: *const Self, count: usize) {
        step();
        let address = this as usize;
        let value = KERNEL.with(|kernel| {
            let kernel = kernel.borrow();
            kernel
                .words
                .get(&address)
                .map(|entry| Arc::clone(&entry.value))
        });
        let Some(value) = value else { return };
        // Tells loom that this step and those of the word's waits depend on each other.
        newest(&value);
        let woken: Vec<_> = KERNEL.with(|kernel| {
            let mut kernel = kernel.borrow_mut();
            let sleepers = &mut kernel.words.get_mut(&address).unwrap().sleepers;
            let mut woken: Vec<_> = sleepers.drain(..count.min(sleepers.len())).collect();
            woken.retain(|sleeper| !sleeper.woken.replace(true) && sleeper.asleep.get());
            kernel.busy += woken.len();
            woken
        });
        for sleeper in woken {
            sleeper.thread.unpark();
        }
    }
}

/// The newest value, read without ordering anything: an exchange that always fails.
fn newest(value: &AtomicU32) -> u32 {
    const NEVER: u32 = 0xdead_beef;
    value
        .compare_exchange(NEVER, NEVER, Relaxed, Relaxed)
        .unwrap_err()
}

// SAFETY: one atomic integer, with a queue that does what is asked of a kernel.
unsafe impl<const SHARED: bool> Futex for Word<SHARED> {
    /// So few that the models come to the limit.
    const WAITERS: u32 = 2;
    const SHARED: bool = SHARED;

    fn full_fence() {
        fence(Ordering::SeqCst);
    }

    fn listeners() -> &'static Listeners<Self> {
        let table: *const Listeners<Word> = &LISTENERS;
        // SAFETY: the word is transparent, whatever its parameter.
        unsafe { &*table.cast() }
    }

    fn load(&self, order: Ordering) -> u32 {
        self.access(|value| value.load(order))
    }

    fn fetch_or(&self, bits: u32, order: Ordering) -> u32 {
        self.access(|value| value.fetch_or(bits, order))
    }

    fn fetch_add(&self, amount: u32, order: Ordering) -> u32 {
        self.access(|value| value.fetch_add(amount, order))
    }

    fn compare_exchange_weak(
        &self,
        current: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32> {
        self.access(|value| value.compare_exchange_weak(current, new, success, failure))
    }

    fn wait(&self, expected: u32) {
        self.sleep(expected);
    }

    fn wake_one(this: *const Self) {
        Self::wake(this, 1)
    }

    fn wake_all(this: *const Self) {
        Self::wake(this, usize::MAX)
    }
}

// SAFETY: as above. Time stands still but for the scripts' timeouts, which are the deadline's coming.
unsafe impl<const SHARED: bool> TimedFutex for Word<SHARED> {
    fn now() -> Duration {
        Duration::ZERO
    }

    fn wait_until(&self, expected: u32, _: Deadline) -> bool {
        self.sleep(expected) != Fault::TimeOut
    }
}
