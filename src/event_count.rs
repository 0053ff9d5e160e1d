//! The event count: what makes a lock-free structure blocking.
//!
//! # The word
//!
//! ```text
//!  31                                      2     1          0
//! +---------------------------------------+----------+----------+
//! |  generation                           | LISTENED | PREPARED |
//! +---------------------------------------+----------+----------+
//! ```
//!
//! - PREPARED: threads may have a ticket of this generation.
//! - LISTENED: threads may be asleep, or about to be, as [listeners](crate::listeners).
//! - generation: how often tickets have been released by a step of it, modulo 2^30.
//!
//! | word | `prepare` | `notify_one` | `notify_all` | a `wait` with a ticket of this generation |
//! | --- | --- | --- | --- | --- |
//! | no mark | PREPARED on | nothing | nothing | (there is no such ticket) |
//! | PREPARED | reads | next generation, no mark | next generation, no mark | LISTENED on, sleeps |
//! | PREPARED, LISTENED | reads | claims a listener; if there is none, as `notify_all` | next generation, no mark; nudges all listeners | sleeps |
//!
//! LISTENED is never on without PREPARED: a thread turns it on only in the generation of its ticket, in which PREPARED is on,
//! and should the generation have wrapped it turns that on too.
//!
//! A ticket is the generation in which it was prepared, and is released when the generation has moved on. A thread that
//! waits takes a slot of the table of listeners, publishes it, turns LISTENED on in one step with a last look at the
//! generation, and sleeps on its slot until that is claimed, or nudged and the generation has moved on. To drop a ticket
//! does nothing; the mark that it leaves costs the next notification one exchange.
//!
//! # Why it holds
//!
//! *No change is missed* by both sides. A writer changes the structure, makes a fence, and reads the word; a reader
//! turns PREPARED on, makes a fence, and looks at the structure. Of the two fences one is first. If it is the reader's,
//! the writer finds the mark, or a later word; a word without the mark is of a later generation, which has released the
//! ticket. If it is the writer's, the reader's look finds the change. Neither fence can be weaker: without it the look,
//! or the read of the word, may come before the write that precedes it (the store-buffer pattern), and both find
//! nothing.
//!
//! A reader that finds PREPARED on need not write it again: what it has read before its fence, a writer whose fence comes
//! later finds, or something newer.
//!
//! *No listener sleeps through its release.* Its mark and the step of the generation are both read-modify-writes of the
//! word. If the mark comes first, the thread that takes the step finds LISTENED, and the slot, and nudges it. If the
//! step comes first, the mark finds another generation.
//!
//! *k notifications release k sleepers.* `notify_one` claims one of them in one step, and a claimed one cannot be claimed
//! again. If it finds none to claim, it ends the generation, which releases every ticket that is not asleep; and because
//! a thread may have gone to sleep since it looked, it looks again, and nudges. A step of the generation and a claim may
//! release the same wait. Then both changes came before that thread's next look, and every thread that sleeps with a
//! ticket of a later generation has looked after the first of them.
//!
//! # Freed after wake
//!
//! As for [`Event`](crate::Event): after the claim, or the step of the generation, `notify` uses the address as a number
//! only. So `notify_one` does one or the other, never both.
//!
//! # The other shape
//!
//! The word could do without PREPARED and without fences if each notification stepped the generation: a ticket would be
//! a plain read. That is one atomic write for each notification, of a line that all writers and readers share, where
//! this is a fence and a read. Measured, both take 3 ns for one thread. For two threads that notify at the same time, the
//! write takes four times as long, and the fence and the read no longer: see `docs/speed.md`. Such a notification could
//! not turn LISTENED off either, without touching the word a second time, after it has released a thread.
//!
//! The threads could sleep on the word itself, with a count of them in it, which `notify_one` reduces. But a thread that
//! leaves cannot tell whether it was counted out, as systems do not say whether a sleep ended by a wake, so that the count
//! would be too high after each timeout; threads that arrive together would send each other back with EAGAIN; and the
//! generation would have a third of the bits. folly's event count takes eight bytes, and makes a call for each
//! notification until the thread that was woken has run.
//!
//! # Orderings
//!
//! The fences are SeqCst, and order the marks and looks that they stand between. They also are the Release of the step
//! that follows one in `notify`, and the Acquire of the read before one in `prepare`; so those are Relaxed. A wait reads
//! the generation by an Acquire: what was done before the notification is visible when it returns. The mark LISTENED is a
//! Release and the step of the generation an Acquire, so that the thread that steps finds the listener. The claim has its
//! own, described [there](crate::listeners).

use crate::listeners::{self, OfOneProcess, Overflow, Said, Slot};
use crate::platform::{Futex, PrivateFutex, TimedFutex};
use crate::spin::Spin;
#[cfg(feature = "std")]
use crate::wait::left_until;
use crate::wait::{Forever, Interrupted, Interruption, Sleep, Until};
use core::cell::RefCell;
use core::fmt;
use core::hint::spin_loop;
use core::iter::once;
use core::mem;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::time::Duration;

const PREPARED: u32 = 1 << 0;
const LISTENED: u32 = 1 << 1;
const MARKS: u32 = PREPARED | LISTENED;
const ONE_GENERATION: u32 = 1 << 2;

/// A condition that is polled is taken for as much work as reading so many words: about what the look at a queue takes.
const CONDITION: usize = 4;

/// How many pauses there are between two polls of a condition, after one, two, four and so on: half a microsecond, or one or
/// two. In that time a full queue becomes emptier by several items, and an empty one fuller: threads that poll as fast as they
/// can hand each other single items, and disturb those who have something to do.
const MOST_PAUSES: u32 = 64;

/// An event count: makes any lock-free structure blocking.
///
/// It holds no state of its own that threads wait for. The state is in the structure: a queue that is not empty, a slot
/// that is free, a sequence number that has been reached. A thread that finds it not as it wants it to be waits here; a
/// thread that has changed it notifies here. No waiter misses a change, and a notification with no thread waiting is a
/// fence and a read.
///
/// ```
/// use crossbeam_queue::SegQueue;
/// use futex_event::EventCount;
/// use std::thread;
///
/// static QUEUE: SegQueue<u32> = SegQueue::new();
/// static FILLED: EventCount = EventCount::new();
///
/// let consumer = thread::spawn(|| FILLED.wait_until(|| QUEUE.pop()));
/// QUEUE.push(42); // first the change,
/// FILLED.notify_one(); // then the notification
/// assert_eq!(consumer.join().unwrap(), 42);
/// ```
///
/// # By hand
///
/// [`wait_until`] is this loop, with some spinning before it. What it does by itself can be done step by step, if
/// there is something to be done between them:
///
/// ```
/// # use crossbeam_queue::SegQueue;
/// # use futex_event::EventCount;
/// fn pop<T>(queue: &SegQueue<T>, filled: &EventCount) -> T {
///     loop {
///         if let Some(item) = queue.pop() {
///             return item; // the common case costs nothing
///         }
///         let ticket = filled.prepare();
///         // From here on no notification is missed: so look once more.
///         if let Some(item) = queue.pop() {
///             return item; // drops the ticket, which cancels it
///         }
///         ticket.wait(); // returns at once if there was a notification since `prepare`
///     }
/// }
/// # let (queue, filled) = (SegQueue::new(), EventCount::new());
/// # queue.push(7);
/// # assert_eq!(pop(&queue, &filled), 7);
/// ```
///
/// The [guide](crate::guide::event_counts) says why the order must be prepare, then look.
///
/// # What it promises
///
/// - [`notify_all`] releases every ticket that was prepared before it. [`notify_one`] releases at least one thread that has
///   a ticket, if there is one; and *k* calls while *k* threads are parked release *k* of them.
/// - A wait may return although the condition does not hold: another thread was faster, or the change was another one.
///   Callers look again. It does not return for signals, or for wakes that are not for it.
/// - *Memory order.* `prepare` and `notify_*` each make a `SeqCst` fence: [`prepare`] between its mark and what
///   follows, `notify_*` between what precedes and its look at the mark. So of a thread that changes the structure and
///   then notifies, and a thread that prepares and then looks at the structure, either the look finds the change, or
///   the notification finds the ticket. The accesses to the structure themselves can be `Relaxed` for that.
///   Everything done before a notification *happens before* the return of a wait that it releases. A look that
///   finds the change without a wait is ordered only as the structure's own accesses are.
/// - No operation waits for another thread to finish one. `notify_*` and `prepare` never block.
/// - Kernel calls: one each time a thread parks, and one for each parked thread that a notification releases.
///   None with no thread parked, whoever has a ticket.
/// - Once a wait has returned, the event count may be dropped, even while the call that released it is still running in
///   another thread.
/// - On systems with a futex, `notify_*` may be called in a signal handler, keeps `errno`, and works after `fork`, in the
///   child too. The [fallback word] does not promise that.
///
/// # Size
///
/// Four bytes, aligned to four; no heap memory, no thread-local, no destructor. All-zero memory is a valid one. It
/// may be moved, dropped or leaked at any time when no one has a ticket.
///
/// # Limits
///
/// - The generation has 30 bits. A ticket misses a notification only if 2^30 of them, or a multiple of that, to the exact
///   count, each released a ticket between two looks of its thread at the word, and none after. The thread then waits
///   for the next.
/// - 480 threads of a process can be parked on event counts or in [`wait_any`](crate::wait_any()) at the same time. Those
///   beyond are all released by a `notify_one` that finds no other to release, and woken by many another.
/// - Between the step by which a notification releases threads and their wakes, the thread that notifies can be stopped, by
///   the scheduler or a debugger. The threads that it was about to wake sleep on until it runs again. A second
///   notification does not wake them: they have been released. It does release those that have come since.
/// - A thread that is killed inside a wait (by `pthread_cancel` of the asynchronous type, or at the exit of a process on
///   Windows) keeps its place, and one `notify_one` may be given to it.
///
/// [`wait_until`]: EventCount::wait_until
/// [`prepare`]: EventCount::prepare
/// [`notify_one`]: EventCount::notify_one
/// [`notify_all`]: EventCount::notify_all
/// [fallback word]: crate::platform::FallbackFutex
#[repr(transparent)]
pub struct EventCount<F = PrivateFutex> {
    word: F,
}

const _: () =
    assert!(core::mem::size_of::<EventCount>() == 4 && core::mem::align_of::<EventCount>() == 4);

impl EventCount {
    /// An event count that no thread waits on.
    ///
    /// ```
    /// static FILLED: futex_event::EventCount = futex_event::EventCount::new();
    /// FILLED.notify_one();
    /// ```
    pub const fn new() -> Self {
        Self::with_futex(PrivateFutex::new(0))
    }
}

impl<F: Futex> EventCount<F> {
    /// An event count on a word of the caller's, which must be zero, and not [shared](Futex::SHARED): that does not
    /// compile.
    ///
    /// ```
    /// use futex_event::{platform::FallbackFutex, EventCount};
    ///
    /// static FILLED: EventCount<FallbackFutex> = EventCount::with_futex(FallbackFutex::new(0));
    /// FILLED.notify_all();
    /// ```
    ///
    /// ```compile_fail
    /// use futex_event::{platform::SharedFutex, EventCount};
    ///
    /// EventCount::with_futex(SharedFutex::new(0));
    /// ```
    pub const fn with_futex(word: F) -> Self {
        let () = OfOneProcess::<F>::CHECKED;
        Self { word }
    }

    /// Prepares a wait: from now on no notification is missed. The caller is to look at its condition once more, and then
    /// to drop the ticket, which cancels, or to [wait](Ticket::wait) on it.
    ///
    /// Never blocks and enters no kernel. A `SeqCst` fence, and one atomic write unless another thread has prepared since the
    /// last notification.
    ///
    /// A look that follows finds every change whose notification does not find this ticket.
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::time::Duration;
    ///
    /// let filled = EventCount::new();
    /// let ticket = filled.prepare();
    /// filled.notify_one();
    /// ticket.wait(); // at once: there was a notification since
    /// assert!(!filled.prepare().wait_timeout(Duration::from_millis(5)));
    /// ```
    #[inline]
    pub fn prepare(&self) -> Ticket<'_, F> {
        self.prepare_spinning(Spin::ADAPTIVE)
    }

    #[inline]
    pub(crate) fn prepare_spinning(&self, spin: Spin) -> Ticket<'_, F> {
        let mut word = self.word.load(Relaxed);
        if word & PREPARED == 0 {
            word = self.word.fetch_or(PREPARED, Relaxed);
        }
        F::full_fence();
        Ticket {
            count: self,
            generation: word & !MARKS,
            spin,
        }
    }

    /// The ticket from which [`Ticket::into_raw`] has made this number, for a binding to another language.
    ///
    /// It must be of this event count, and prepared by this thread. A ticket from any other number may wait for a
    /// notification that does not come.
    ///
    /// ```
    /// let filled = futex_event::EventCount::new();
    /// let raw = filled.prepare().into_raw();
    /// filled.notify_one();
    /// filled.ticket_from_raw(raw).wait();
    /// ```
    #[inline]
    pub fn ticket_from_raw(&self, raw: u32) -> Ticket<'_, F> {
        Ticket {
            count: self,
            generation: raw & !MARKS,
            spin: Spin::ADAPTIVE,
        }
    }

    /// Releases at least one thread that has a ticket, if there is one: of those that are parked, exactly one; if none is,
    /// every ticket.
    ///
    /// Never blocks. One kernel call if it releases a parked thread, none otherwise. With no ticket since the last
    /// notification, and no thread parked, a `SeqCst` fence and a read: no write to memory.
    ///
    /// To be called after the change. Fit where any of the waiting threads can make use of the change and
    /// looks until it has: otherwise take [`notify_all`](Self::notify_all).
    ///
    /// ```
    /// use crossbeam_queue::SegQueue;
    /// use futex_event::EventCount;
    /// use std::thread;
    ///
    /// let (queue, filled) = (SegQueue::new(), EventCount::new());
    /// thread::scope(|scope| {
    ///     for _ in 0..2 {
    ///         scope.spawn(|| filled.wait_until(|| queue.pop()));
    ///     }
    ///     for item in 0..2 {
    ///         queue.push(item);
    ///         filled.notify_one();
    ///     }
    /// });
    /// assert!(queue.is_empty());
    /// ```
    #[inline]
    pub fn notify_one(&self) {
        F::full_fence();
        if self.word.load(Relaxed) & PREPARED != 0 {
            self.release_one();
        }
    }

    /// Releases every ticket that was prepared before.
    ///
    /// Never blocks. One kernel call for each parked thread. With no ticket since the last notification, and no thread
    /// parked, a `SeqCst` fence and a read: no write to memory.
    ///
    /// To be called after the change.
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    /// use std::thread;
    ///
    /// let (closed, changed) = (AtomicBool::new(false), EventCount::new());
    /// thread::scope(|scope| {
    ///     for _ in 0..3 {
    ///         scope.spawn(|| changed.wait_until(|| closed.load(Relaxed).then_some(())));
    ///     }
    ///     closed.store(true, Relaxed);
    ///     changed.notify_all();
    /// });
    /// ```
    #[inline]
    pub fn notify_all(&self) {
        F::full_fence();
        if self.word.load(Relaxed) & PREPARED != 0 {
            self.release_all();
        }
    }

    #[cold]
    #[inline(never)]
    fn release_one(&self) {
        let address = self.address();
        loop {
            // Relaxed: listeners whom the claim does not find for that are found after the step.
            let word = self.word.load(Relaxed);
            if word & LISTENED != 0 && listeners::claim::<F>(address as usize, false) {
                // The event count may be gone.
                return;
            }
            if self.is_released(word) {
                return;
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn release_all(&self) {
        while !self.is_released(self.word.load(Relaxed)) {}
    }

    /// Ends the generation of this word, and wakes its listeners. True if there is nothing to release any more; false if the
    /// word has become another.
    fn is_released(&self, word: u32) -> bool {
        if word & PREPARED == 0 {
            return true;
        }
        let address = self.address();
        let next = (word & !MARKS).wrapping_add(ONE_GENERATION);
        let stepped = self
            .word
            .compare_exchange_weak(word, next, Acquire, Relaxed)
            .is_ok();
        // From here on the event count may be gone.
        if stepped && word & LISTENED != 0 {
            listeners::nudge_all::<F>(address as usize);
        }
        stepped
    }

    /// Blocks until `condition` returns something, and returns that. Asks it at once, whenever a notification releases the
    /// thread, and in between while it spins.
    ///
    /// Enters no kernel if the first answer is something. Spins before it parks, for 5 to 120 µs, if that has
    /// been of use lately: see [`Spin::ADAPTIVE`]. While it spins it has no ticket, so that notifications cost no more.
    ///
    /// The condition is asked by this thread, often, and never by two calls at once. It should take no longer than a look
    /// and an attempt. If it panics, so does this, and leaves the event count in order.
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::sync::atomic::{AtomicU64, Ordering::{Acquire, Release}};
    /// use std::thread;
    ///
    /// let (published, advanced) = (AtomicU64::new(0), EventCount::new());
    /// thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         for sequence in 1..=10 {
    ///             published.store(sequence, Release);
    ///             advanced.notify_all();
    ///         }
    ///     });
    ///     let reached = advanced.wait_until(|| Some(published.load(Acquire)).filter(|&at| at >= 10));
    ///     assert_eq!(reached, 10);
    /// });
    /// ```
    #[inline]
    pub fn wait_until<T>(&self, condition: impl FnMut() -> Option<T>) -> T {
        self.wait_until_spinning(condition, Spin::ADAPTIVE)
    }

    #[inline]
    pub(crate) fn wait_until_spinning<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        spin: Spin,
    ) -> T {
        self.until(condition, spin, || Some(Forever))
            .expect("only the condition ends a wait without a deadline")
    }

    /// `sleep` is asked for when the first look has found nothing; `None` says that there is no time to wait.
    #[inline]
    fn until<T, S: Sleep<F>>(
        &self,
        mut condition: impl FnMut() -> Option<T>,
        spin: Spin,
        sleep: impl FnOnce() -> Option<S>,
    ) -> Option<T> {
        let found = condition();
        if found.is_some() {
            return found;
        }
        self.spin_or_park_until(&mut condition, spin, &sleep()?)
    }

    #[cold]
    #[inline(never)]
    fn spin_or_park_until<T>(
        &self,
        condition: &mut impl FnMut() -> Option<T>,
        spin: Spin,
        sleep: &impl Sleep<F>,
    ) -> Option<T> {
        // Two closures ask it, one after the other.
        let condition = RefCell::new(condition);
        let look = || (condition.borrow_mut())();
        let park = || {
            let mut is_released = false;
            loop {
                let ticket = self.prepare();
                let found = look();
                if found.is_some() {
                    return found;
                }
                // A thread that is released again and again does not come to sleep, where the time is looked at.
                let is_over = is_released && sleep.is_over();
                is_released = !is_over && self.listen(ticket.generation, sleep);
                if !is_released {
                    return look();
                }
            }
        };
        let mut pauses = 1;
        let poll = || {
            (0..pauses).for_each(|_| spin_loop());
            pauses = (2 * pauses).min(MOST_PAUSES);
            look()
        };
        // A notification releases those who are parked, and a change may be for them.
        let crowd = self.word.load(Relaxed) & LISTENED != 0;
        let address = self.address();
        spin.then_park(address as usize, CONDITION, crowd, sleep, poll, park)
    }

    /// Waits until the ticket of this generation is released: true, or the time is up and a last look finds it still
    /// unreleased: false.
    fn listen(&self, generation: u32, sleep: &impl Sleep<F>) -> bool {
        let slot = match Slot::take(once(self.address() as usize)) {
            Some(slot) => slot,
            None => return self.listen_in_overflow(generation, sleep),
        };
        let mut listening = Listening { slot, count: self };
        listening.slot.publish();
        let in_time = loop {
            if !self.mark_listened(generation) {
                break true;
            }
            match listening
                .slot
                .sleep(|word, expected| sleep.on(word, expected))
            {
                Said::Claimed(_) => break true,
                // It is for tickets of another generation.
                Said::Look => {}
                Said::TimeOut => break false,
            }
            if sleep.is_over() {
                break false;
            }
        };
        let claimed = listening.leave();
        mem::forget(listening);
        in_time || claimed || self.has_moved(generation)
    }

    /// The same where all slots are taken.
    fn listen_in_overflow(&self, generation: u32, sleep: &impl Sleep<F>) -> bool {
        let overflow = Overflow::<F>::enter();
        loop {
            let epoch = overflow.0.read();
            if !self.mark_listened(generation) {
                return true;
            }
            if !sleep.on(overflow.0.epoch, epoch) {
                return self.has_moved(generation);
            }
        }
    }

    /// Turns LISTENED on: true. False if the ticket of this generation is released.
    ///
    /// It writes if LISTENED is on already, too: see [listeners].
    fn mark_listened(&self, generation: u32) -> bool {
        loop {
            let word = self.word.load(Acquire);
            if word & !MARKS != generation {
                return false;
            }
            let marked = self
                .word
                .compare_exchange_weak(word, word | MARKS, Release, Relaxed);
            if marked.is_ok() {
                return true;
            }
        }
    }

    /// Turns both marks on, for a task that has registered its waker and is about to look at its condition: `prepare` and
    /// the mark of a listener in one.
    #[cfg(feature = "async")]
    pub(crate) fn mark_for_task(&self) {
        self.word.fetch_or(MARKS, Release);
        F::full_fence();
    }

    fn address(&self) -> *const F {
        &self.word
    }

    /// Whether the ticket of this generation is released by a step of the generation.
    #[inline]
    fn has_moved(&self, generation: u32) -> bool {
        self.word.load(Acquire) & !MARKS != generation
    }
}

/// A thread that has a slot. It leaves here if the wait unwinds, by a panic of the closure of an interruptible wait. If it
/// has been released by then, that is for another.
struct Listening<'a, F: Futex> {
    slot: Slot<F>,
    count: &'a EventCount<F>,
}

impl<F: Futex> Listening<'_, F> {
    /// Returns whether a notification has claimed the slot.
    fn leave(&mut self) -> bool {
        let claimed = self.slot.withdraw().is_err();
        self.slot.leave(once(self.count.address() as usize));
        claimed
    }
}

impl<F: Futex> Drop for Listening<'_, F> {
    fn drop(&mut self) {
        if self.leave() {
            self.count.release_one();
        }
    }
}

impl<F: TimedFutex> EventCount<F> {
    /// Blocks until `condition` returns something, and returns that; `None` if `timeout` has gone by.
    ///
    /// As [`wait_until`](Self::wait_until). The condition is asked once more when the time is up: `None` is never early, and
    /// says that it returned nothing after that. With `Duration::ZERO` this asks once and enters no kernel. For time, see
    /// [`Event::wait_timeout`](crate::Event::wait_timeout).
    ///
    /// ```
    /// use crossbeam_queue::SegQueue;
    /// use futex_event::EventCount;
    /// use std::time::Duration;
    ///
    /// let (queue, filled) = (SegQueue::new(), EventCount::new());
    /// let timeout = Duration::from_millis(5);
    /// assert_eq!(filled.wait_until_timeout(|| queue.pop(), timeout), None);
    /// queue.push('a');
    /// assert_eq!(filled.wait_until_timeout(|| queue.pop(), timeout), Some('a'));
    /// ```
    #[inline]
    pub fn wait_until_timeout<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        timeout: Duration,
    ) -> Option<T> {
        self.wait_until_timeout_spinning(condition, timeout, Spin::ADAPTIVE)
    }

    #[inline]
    pub(crate) fn wait_until_timeout_spinning<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        timeout: Duration,
        spin: Spin,
    ) -> Option<T> {
        self.until(condition, spin, || Until::after::<F>(timeout))
    }

    /// Blocks until `condition` returns something, and returns that; `None` if `deadline` has passed.
    ///
    /// As [`wait_until_timeout`](Self::wait_until_timeout); a deadline in the past is a timeout of zero. With the feature
    /// `std`.
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::time::{Duration, Instant};
    ///
    /// let changed = EventCount::new();
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// assert_eq!(changed.wait_until_deadline(|| None::<()>, deadline), None);
    /// assert!(Instant::now() >= deadline);
    /// ```
    #[cfg(feature = "std")]
    #[inline]
    pub fn wait_until_deadline<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        deadline: std::time::Instant,
    ) -> Option<T> {
        self.wait_until_deadline_spinning(condition, deadline, Spin::ADAPTIVE)
    }

    #[cfg(feature = "std")]
    #[inline]
    pub(crate) fn wait_until_deadline_spinning<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        deadline: std::time::Instant,
        spin: Spin,
    ) -> Option<T> {
        self.until(condition, spin, || Until::after::<F>(left_until(deadline)))
    }

    /// Blocks until `condition` returns something: `Ok` with that, or until `interrupted` returns true: `Err`.
    ///
    /// As [`wait_until`](Self::wait_until) and [`Event::wait_interruptible`](crate::Event::wait_interruptible).
    /// `interrupted` is asked too when a notification has released the thread and the condition returned nothing. After it
    /// has returned true the condition is asked once more.
    ///
    /// # Errors
    ///
    /// [`Interrupted`] if `interrupted` has returned true, and the condition nothing after that.
    ///
    /// ```
    /// use crossbeam_queue::SegQueue;
    /// use futex_event::{EventCount, Interrupted};
    /// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    ///
    /// static SIGNALLED: AtomicBool = AtomicBool::new(false); // turned on by a signal handler
    ///
    /// let (queue, filled) = (SegQueue::new(), EventCount::new());
    /// # queue.push(7);
    /// match filled.wait_until_interruptible(|| queue.pop(), || SIGNALLED.swap(false, Relaxed)) {
    ///     Ok(item) => println!("there is {item}"),
    ///     Err(Interrupted) => println!("there was a signal"),
    /// }
    /// ```
    #[inline]
    pub fn wait_until_interruptible<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        interrupted: impl FnMut() -> bool,
    ) -> Result<T, Interrupted> {
        self.spinning(Spin::ADAPTIVE)
            .wait_until_interruptible(condition, interrupted)
    }

    /// As [`wait_until_interruptible`](Self::wait_until_interruptible); `Ok(None)` if `timeout` has gone by.
    ///
    /// # Errors
    ///
    /// As [`wait_until_interruptible`](Self::wait_until_interruptible).
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::time::Duration;
    ///
    /// let changed = EventCount::new();
    /// let timeout = Duration::from_millis(5);
    /// let found = changed.wait_until_timeout_interruptible(|| None::<()>, timeout, || false);
    /// assert_eq!(found, Ok(None));
    /// ```
    #[inline]
    pub fn wait_until_timeout_interruptible<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        timeout: Duration,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<T>, Interrupted> {
        self.spinning(Spin::ADAPTIVE)
            .wait_until_timeout_interruptible(condition, timeout, interrupted)
    }

    /// As [`wait_until_timeout_interruptible`](Self::wait_until_timeout_interruptible), until `deadline`; one in the past is a
    /// timeout of zero. With the feature `std`.
    ///
    /// # Errors
    ///
    /// As [`wait_until_interruptible`](Self::wait_until_interruptible).
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::time::{Duration, Instant};
    ///
    /// let changed = EventCount::new();
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// let found = changed.wait_until_deadline_interruptible(|| None::<()>, deadline, || false);
    /// assert_eq!(found, Ok(None));
    /// ```
    #[cfg(feature = "std")]
    #[inline]
    pub fn wait_until_deadline_interruptible<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        deadline: std::time::Instant,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<T>, Interrupted> {
        self.spinning(Spin::ADAPTIVE)
            .wait_until_deadline_interruptible(condition, deadline, interrupted)
    }

    /// `until` is asked for when the first look has found nothing; `None` says that there is no time to wait.
    #[inline]
    pub(crate) fn interruptible_until<T>(
        &self,
        condition: impl FnMut() -> Option<T>,
        until: impl FnOnce() -> Option<Until>,
        interrupted: impl FnMut() -> bool,
        spin: Spin,
    ) -> Result<Option<T>, Interrupted> {
        let interruption = Interruption::new(interrupted);
        let sleep = || until().map(|until| interruption.or(until));
        let found = self.until(condition, spin, sleep);
        interruption.answer(found)
    }
}

impl Default for EventCount {
    /// The same as [`new`](EventCount::new).
    fn default() -> Self {
        Self::new()
    }
}

/// Says whether threads may be parked.
impl<F: Futex> fmt::Debug for EventCount<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word.load(Relaxed);
        let address = self.address();
        let parked = word & LISTENED != 0 && listeners::are_there::<F>(address as usize);
        f.debug_struct("EventCount")
            .field("parked", &parked)
            .finish()
    }
}

/// The right to wait for the next notification of an [`EventCount`] since [`prepare`](EventCount::prepare).
///
/// To drop it cancels the wait. It costs the next notification an atomic write, and no kernel call.
#[must_use = "a wait is prepared, and there is to be a look at the condition, and perhaps the wait"]
pub struct Ticket<'a, F = PrivateFutex> {
    count: &'a EventCount<F>,
    generation: u32,
    spin: Spin,
}

impl<F: Futex> Ticket<'_, F> {
    /// The ticket as a number, for a binding to another language: see [`EventCount::ticket_from_raw`]. The number can be
    /// dropped, as the ticket can.
    #[inline]
    pub fn into_raw(self) -> u32 {
        self.generation
    }

    /// Blocks until the ticket is released. Returns at once, and enters no kernel, if there was a notification since
    /// [`prepare`](EventCount::prepare) that has released it.
    ///
    /// Spins before it parks, for 5 to 120 µs, if that has been of use lately: see [`Spin::ADAPTIVE`].
    ///
    /// Everything done before the notification that releases it is visible to the caller afterwards. That the condition
    /// holds is not said: look again.
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    /// use std::thread;
    ///
    /// let (done, changed) = (AtomicBool::new(false), EventCount::new());
    /// thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         done.store(true, Relaxed);
    ///         changed.notify_all();
    ///     });
    ///     while !done.load(Relaxed) {
    ///         let ticket = changed.prepare();
    ///         if !done.load(Relaxed) {
    ///             ticket.wait();
    ///         }
    ///     }
    /// });
    /// ```
    #[inline]
    pub fn wait(self) {
        self.wait_with(|| Some(Forever));
    }

    #[inline]
    fn wait_with<S: Sleep<F>>(self, sleep: impl FnOnce() -> Option<S>) -> bool {
        self.count.has_moved(self.generation)
            || sleep().map_or(false, |sleep| self.spin_or_park(&sleep))
    }

    #[cold]
    #[inline(never)]
    fn spin_or_park(&self, sleep: &impl Sleep<F>) -> bool {
        let (count, generation) = (self.count, self.generation);
        let crowd = count.word.load(Relaxed) & LISTENED != 0;
        let released = || count.has_moved(generation).then_some(());
        let park = || count.listen(generation, sleep).then_some(());
        let address = count.address();
        let wait = self
            .spin
            .then_park(address as usize, 1, crowd, sleep, released, park);
        wait.is_some()
    }
}

impl<F: TimedFutex> Ticket<'_, F> {
    /// Blocks until the ticket is released: true, or until `timeout` has gone by: false.
    ///
    /// As [`wait`](Self::wait). False is never early. With `Duration::ZERO` this looks once and enters no kernel. For time,
    /// see [`Event::wait_timeout`](crate::Event::wait_timeout).
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::time::Duration;
    ///
    /// let changed = EventCount::new();
    /// assert!(!changed.prepare().wait_timeout(Duration::from_millis(5)));
    /// let ticket = changed.prepare();
    /// changed.notify_all();
    /// assert!(ticket.wait_timeout(Duration::from_millis(5)));
    /// ```
    #[inline]
    pub fn wait_timeout(self, timeout: Duration) -> bool {
        self.wait_with(|| Until::after::<F>(timeout))
    }

    /// Blocks until the ticket is released: true, or until `deadline`: false.
    ///
    /// As [`wait_timeout`](Self::wait_timeout); a deadline in the past is a timeout of zero. With the feature `std`.
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::time::{Duration, Instant};
    ///
    /// let changed = EventCount::new();
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// assert!(!changed.prepare().wait_deadline(deadline));
    /// assert!(Instant::now() >= deadline);
    /// ```
    #[cfg(feature = "std")]
    #[inline]
    pub fn wait_deadline(self, deadline: std::time::Instant) -> bool {
        self.wait_with(|| Until::after::<F>(left_until(deadline)))
    }

    /// Blocks until the ticket is released: `Ok`, or until `interrupted` returns true: `Err`.
    ///
    /// As [`wait`](Self::wait) and [`Event::wait_interruptible`](crate::Event::wait_interruptible).
    ///
    /// # Errors
    ///
    /// [`Interrupted`] if `interrupted` has returned true, and the ticket was not released by then. No notification is taken
    /// from another thread.
    ///
    /// # Panics
    ///
    /// If `interrupted` panics. A notification that has released this thread by then is passed on.
    ///
    /// ```
    /// use futex_event::EventCount;
    ///
    /// let changed = EventCount::new();
    /// let ticket = changed.prepare();
    /// changed.notify_one();
    /// assert_eq!(ticket.wait_interruptible(|| true), Ok(()));
    /// ```
    #[inline]
    pub fn wait_interruptible(self, interrupted: impl FnMut() -> bool) -> Result<(), Interrupted> {
        self.interruptible(|| Some(Until::NEVER), interrupted)?;
        Ok(())
    }

    /// Blocks until the ticket is released: `Ok(true)`, until `timeout` has gone by: `Ok(false)`, or until `interrupted`
    /// returns true: `Err`.
    ///
    /// As [`wait_timeout`](Self::wait_timeout) and [`wait_interruptible`](Self::wait_interruptible).
    ///
    /// # Errors
    ///
    /// As [`wait_interruptible`](Self::wait_interruptible).
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::time::Duration;
    ///
    /// let changed = EventCount::new();
    /// let ticket = changed.prepare();
    /// let timeout = Duration::from_millis(5);
    /// assert_eq!(ticket.wait_timeout_interruptible(timeout, || false), Ok(false));
    /// ```
    #[inline]
    pub fn wait_timeout_interruptible(
        self,
        timeout: Duration,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted> {
        self.interruptible(|| Until::after::<F>(timeout), interrupted)
    }

    /// As [`wait_timeout_interruptible`](Self::wait_timeout_interruptible), until `deadline`; one in the past is a timeout of
    /// zero. With the feature `std`.
    ///
    /// # Errors
    ///
    /// As [`wait_interruptible`](Self::wait_interruptible).
    ///
    /// ```
    /// use futex_event::EventCount;
    /// use std::time::{Duration, Instant};
    ///
    /// let changed = EventCount::new();
    /// let deadline = Instant::now() + Duration::from_millis(5);
    /// let ticket = changed.prepare();
    /// assert_eq!(ticket.wait_deadline_interruptible(deadline, || false), Ok(false));
    /// ```
    #[cfg(feature = "std")]
    #[inline]
    pub fn wait_deadline_interruptible(
        self,
        deadline: std::time::Instant,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted> {
        let until = || Until::after::<F>(left_until(deadline));
        self.interruptible(until, interrupted)
    }

    #[inline]
    fn interruptible(
        self,
        until: impl FnOnce() -> Option<Until>,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted> {
        let interruption = Interruption::new(interrupted);
        let sleep = || until().map(|until| interruption.or(until));
        let released = self.wait_with(sleep).then_some(());
        Ok(interruption.answer(released)?.is_some())
    }
}

/// Says whether the ticket has been released.
impl<F: Futex> fmt::Debug for Ticket<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("released", &self.count.has_moved(self.generation))
            .finish()
    }
}
