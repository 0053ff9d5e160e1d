//! The modelled kernel: queues of threads by address, and how each sleep ends.
//!
//! Loom runs the threads of a model as coroutines on one thread of ours, so the kernel is a thread-local. What it does
//! between two of loom's operations is one step. It needs operations on the word around it, so that loom knows which
//! steps depend on each other.

use loom::sync::atomic::AtomicU32;
use loom::sync::atomic::Ordering::Relaxed;
use loom::thread::{self, Thread, ThreadId};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

/// How a sleep on a [`LoomFutex`](crate::LoomFutex) ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SleepEnd {
    /// By a wake, however long that takes.
    Wake,
    /// Spuriously, at once.
    Spurious,
    /// By its timeout, at once. A sleep without a deadline takes this for [`Spurious`](SleepEnd::Spurious).
    Timeout,
}

/// A thread of the model, in the order in which they were spawned, and which of its sleeps.
pub(crate) type Place = (usize, usize);

/// The sleeps that end by a fault.
pub(crate) type Faults = BTreeMap<Place, SleepEnd>;

thread_local! {
    static KERNEL: RefCell<Kernel> = RefCell::default();
    /// Of all executions since it was last taken: where a thread fell asleep, and whether with a deadline.
    static SLEEPS: RefCell<BTreeSet<(Place, bool)>> = RefCell::default();
}

#[derive(Default)]
pub(crate) struct Kernel {
    /// By address, the words that have been used in this execution.
    words: HashMap<usize, Entry>,
    faults: Faults,
    /// What the next sleeps of some threads do, instead.
    scripts: HashMap<ThreadId, VecDeque<SleepEnd>>,
    /// How many sleeps each thread has begun.
    sleeps: HashMap<ThreadId, usize>,
    /// The threads that `until_quiet` knows: of these, how many are neither asleep nor done, and which thread waits until
    /// there are none.
    counted: HashSet<ThreadId>,
    busy: usize,
    watcher: Option<Thread>,
    /// How many steps are left to the threads that will be killed.
    lives: HashMap<ThreadId, usize>,
}

/// A word, and its queue.
struct Entry {
    value: Arc<AtomicU32>,
    is_freed: bool,
    sleepers: VecDeque<Rc<Sleeper>>,
}

/// A thread in the queue of a word.
struct Sleeper {
    thread: Thread,
    woken: Cell<bool>,
}

fn with<T>(use_kernel: impl FnOnce(&mut Kernel) -> T) -> T {
    KERNEL.with(|kernel| use_kernel(&mut kernel.borrow_mut()))
}

/// Forgets the last execution. The table's words exist from the start.
pub(crate) fn restart(faults: Faults, table: impl Iterator<Item = usize>) {
    let zero = |address| (address, Entry::new(Arc::new(AtomicU32::new(0))));
    let kernel = Kernel {
        words: table.map(zero).collect(),
        faults,
        ..Kernel::default()
    };
    KERNEL.with(|current| current.replace(kernel));
}

/// Where threads have slept since the last call.
pub(crate) fn take_sleeps() -> BTreeSet<(Place, bool)> {
    SLEEPS.with(RefCell::take)
}

/// Runs an operation on the word at an address, and then checks that there was a word to operate on.
pub(crate) fn access<T>(
    address: usize,
    value: Option<&Arc<AtomicU32>>,
    operation: impl FnOnce(&AtomicU32) -> T,
) -> T {
    step();
    let value = with(|kernel| {
        let entry = kernel.words.entry(address).or_insert_with(|| {
            let value = value.expect("the model runs in `futex_event_loom::model`");
            Entry::new(Arc::clone(value))
        });
        Arc::clone(&entry.value)
    });
    // Other threads can run before the operation takes effect, and not between that and the check.
    let result = operation(&value);
    with(|kernel| {
        assert!(
            !kernel.words[&address].is_freed,
            "a thread accessed a word after it was freed"
        );
    });
    result
}

/// From now on every access is an error, and so is a write that does not happen before this.
pub(crate) fn free(address: usize) {
    let value = with(|kernel| {
        let entry = kernel.words.get_mut(&address)?;
        entry.is_freed = true;
        Some(Arc::clone(&entry.value))
    });
    if let Some(value) = value {
        // Loom checks the order of the writes. It could check that of the reads as well, but only through `&mut`, and other
        // threads may be about to begin an operation. A thread's reads come before its last write, so they are in order.
        // SAFETY: it reads the value as an atomic load would; loom runs one thread at a time.
        unsafe { value.unsync_load() };
    }
}

/// The word is gone. Another word may get its address.
pub(crate) fn forget(address: usize, value: &Arc<AtomicU32>) {
    // After a panic, words of an execution may be dropped when the next has begun, or when none is left.
    let _ = KERNEL.try_with(|kernel| {
        let Ok(mut kernel) = kernel.try_borrow_mut() else {
            return;
        };
        let entry = kernel.words.get(&address);
        if entry.is_some_and(|entry| Arc::ptr_eq(&entry.value, value)) {
            kernel.words.remove(&address);
        }
    });
}

/// Sleeps on a word, if it has the expected value.
pub(crate) fn sleep(
    address: usize,
    value: Option<&Arc<AtomicU32>>,
    expected: u32,
    has_deadline: bool,
) -> SleepEnd {
    if access(address, value, newest) != expected {
        return SleepEnd::Spurious;
    }
    let sleeper = Rc::new(Sleeper {
        thread: thread::current(),
        woken: Cell::new(false),
    });
    let id = sleeper.thread.id();
    let (end, may_time_out) = with(|kernel| {
        let (end, may_time_out) = kernel.end_of_sleep(id, has_deadline);
        if end == SleepEnd::Wake {
            let entry = kernel.words.get_mut(&address).unwrap();
            entry.sleepers.push_back(Rc::clone(&sleeper));
            kernel.is_idle(id);
        }
        (end, may_time_out)
    });
    if end != SleepEnd::Wake {
        return end;
    }
    // After a yield the other threads run until they are blocked or have yielded too.
    let mut patience = 3;
    while !sleeper.woken.get() {
        if !may_time_out {
            thread::park();
        } else if patience > 0 {
            patience -= 1;
            thread::yield_now();
        } else {
            with(|kernel| {
                if let Some(entry) = kernel.words.get_mut(&address) {
                    entry.sleepers.retain(|other| !Rc::ptr_eq(other, &sleeper));
                }
                kernel.is_busy(id);
            });
            return SleepEnd::Timeout;
        }
    }
    SleepEnd::Wake
}

/// Wakes threads that sleep at an address, where there may be no word.
pub(crate) fn wake(address: usize, count: usize) {
    step();
    let value = with(|kernel| {
        let entry = kernel.words.get(&address);
        entry.map(|entry| Arc::clone(&entry.value))
    });
    let Some(value) = value else { return };
    // Tells loom that this step and those of the word's waits depend on each other.
    newest(&value);
    let woken = with(|kernel| {
        // It may have been dropped meanwhile.
        let sleepers = kernel.words.get_mut(&address).map(|entry| {
            let count = count.min(entry.sleepers.len());
            entry.sleepers.drain(..count).collect::<Vec<_>>()
        });
        let sleepers = sleepers.unwrap_or_default();
        for sleeper in &sleepers {
            sleeper.woken.set(true);
            kernel.is_busy(sleeper.thread.id());
        }
        sleepers
    });
    for sleeper in woken {
        sleeper.thread.unpark();
    }
}

/// The newest value, read without ordering anything: an exchange that always fails.
pub(crate) fn newest(value: &AtomicU32) -> u32 {
    const NEVER: u32 = 0xdead_beef;
    value
        .compare_exchange(NEVER, NEVER, Relaxed, Relaxed)
        .unwrap_err()
}

/// How many threads are asleep on words. Orders nothing.
pub fn asleep() -> usize {
    with(|kernel| {
        let queues = kernel.words.values().map(|entry| entry.sleepers.len());
        queues.sum()
    })
}

/// What the next sleeps of the current thread do, one after the other; those after them end by a wake, and none of them
/// is changed by [`Model::faults`](crate::Model::faults).
///
/// For a model that needs a certain fault at a certain place. A timed sleep that is to end by a wake, and is not woken, is
/// a deadlock then.
pub fn sleeps_of_this_thread(script: &[SleepEnd]) {
    let script = script.iter().copied().collect();
    with(|kernel| kernel.scripts.insert(thread::current().id(), script));
}

/// The current thread is about to take a step.
fn step() {
    let dies = with(|kernel| {
        if kernel.lives.is_empty() {
            return false;
        }
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
        std::panic::resume_unwind(Box::new(Killed));
    }
}

/// The payload with which a killed thread unwinds.
pub(crate) struct Killed;

/// Kills the current thread after this many more steps.
pub(crate) fn die_after(steps: usize) {
    with(|kernel| kernel.lives.insert(thread::current().id(), steps));
}

/// A thread that `until_quiet` knows has been spawned.
pub(crate) fn one_more() {
    with(|kernel| kernel.busy += 1);
}

/// The current thread is one that `until_quiet` knows.
pub(crate) fn begin() {
    with(|kernel| kernel.counted.insert(thread::current().id()));
}

/// The thread is done.
pub(crate) fn end() {
    with(|kernel| kernel.is_idle(thread::current().id()));
}

/// Whether all known threads are asleep or done. If not, the current thread is unparked when they are.
pub(crate) fn is_quiet() -> bool {
    with(|kernel| {
        kernel.watcher = (kernel.busy > 0).then(thread::current);
        kernel.busy == 0
    })
}

impl Kernel {
    /// How the sleep that a thread begins will end, and whether it may time out if no other thread can run.
    fn end_of_sleep(&mut self, thread: ThreadId, has_deadline: bool) -> (SleepEnd, bool) {
        let (end, may_time_out) = self.planned_end(thread, has_deadline);
        match end {
            SleepEnd::Timeout if !has_deadline => (SleepEnd::Spurious, may_time_out),
            end => (end, may_time_out),
        }
    }

    /// The same by the script of the thread, or by the faults. The end may be a timeout that the sleep does not have.
    fn planned_end(&mut self, thread: ThreadId, has_deadline: bool) -> (SleepEnd, bool) {
        if let Some(script) = self.scripts.get_mut(&thread) {
            return (script.pop_front().unwrap_or(SleepEnd::Wake), false);
        }
        let sleeps = self.sleeps.entry(thread).or_default();
        let place = (number(thread), *sleeps);
        *sleeps += 1;
        SLEEPS.with(|all| all.borrow_mut().insert((place, has_deadline)));
        let fault = self.faults.get(&place).copied();
        (fault.unwrap_or(SleepEnd::Wake), has_deadline)
    }

    fn is_idle(&mut self, thread: ThreadId) {
        if self.counted.contains(&thread) {
            self.busy -= 1;
            if self.busy == 0 {
                // Removed: unparking a thread while it waits for something else confuses loom.
                if let Some(watcher) = self.watcher.take() {
                    watcher.unpark();
                }
            }
        }
    }

    fn is_busy(&mut self, thread: ThreadId) {
        if self.counted.contains(&thread) {
            self.busy += 1;
        }
    }
}

/// The number of a thread, which is the same in all executions. Loom shows it only in this form.
fn number(thread: ThreadId) -> usize {
    let id = format!("{thread:?}");
    let digits = id.trim_matches(|character: char| !character.is_ascii_digit());
    digits.parse().expect("loom numbers its threads")
}

impl Entry {
    fn new(value: Arc<AtomicU32>) -> Self {
        Self {
            value,
            is_freed: false,
            sleepers: VecDeque::new(),
        }
    }
}
