//! Waiting for the first of several events.
//!
//! The wait begins with a look at each event, which for a manual-reset event is remembered: so a pulse ends the wait though
//! the thread did not see it. If none is set, the thread spins for a while, as in a plain wait: it polls the events, and
//! no `set` knows of it. Then it becomes a [listener](crate::listeners), where the protocol is described. At most one
//! event releases it, so no token has to be given back.
//!
//! It does not spin as a listener, on its own slot, which was tried: a hand-off between two CPUs took 430 to 550 ns instead
//! of 150 to 190, because becoming a listener takes ten read-modify-writes, and the next `set` reads the lines they wrote.

use crate::event::is_set;
use crate::listeners::{OfOneProcess, Overflow, Said, Slot};
use crate::platform::{Futex, PrivateFutex, TimedFutex};
use crate::several::sealed::Kind;
use crate::several::{Begun, Waitable, SOME};
use crate::spin::Spin;
use crate::spinning::Spinning;
use crate::wait::{Forever, Interrupted, Interruption, Sleep, Until};
use core::mem;
use core::time::Duration;

/// Blocks until one of the events releases this wait, and returns its index.
///
/// If several are set when it begins, it is the first of them in the slice, and the others stay as they are. So an event
/// that is always set again by the time of the next wait starves those after it: to be fair, rotate the slice. A
/// manual-reset event that was set and cleared since the wait began counts too. Returns at once, and enters no kernel, if an
/// event is set already.
///
/// Of an auto-reset event this takes one token, that event's and no other. A thread that waits here is a waiter like any
/// other: *k* sets of an auto-reset event release *k* of the threads that wait for it, here or in a plain `wait`, and
/// neither starves. No token is reserved for a wait that another event ends.
///
/// Everything done before the `set` of the event whose index is returned is visible to the caller.
///
/// Before it parks, it spins, for 5 to 120 µs, if that has been of use in the last waits for these events: see
/// [`Spin::ADAPTIVE`], and [`AnyOf`] for a wait that is told how to spin.
///
/// One kernel call for each sleep, as for a plain wait, and one by the `set` that releases the thread. A `set` wakes no
/// thread that it does not release, with the exceptions below. An event that no thread waits for so pays nothing; an
/// auto-reset event that was once waited for so pays some nanoseconds with each `set`. The same event may be in the slice
/// twice.
///
/// # Limits
///
/// Any number of events can be waited for. A wait for more than 16 calls itself for the rest, so it takes stack: on x86-64
/// 21 bytes for each event, and 68 in a build without optimisation ([`wait_all`](crate::wait_all()): 16 and 46).
///
/// - Up to 15, what is said above holds. With more, the thread is woken by many a `set`, also of other events that threads
///   wait for so, and looks at all of its own: then two sets of one auto-reset event can come to one token before it has
///   looked, and threads that wait for fewer come first.
/// - 480 threads of a process can wait so at the same time, each in a slot of a table. Of those beyond, all are woken by each
///   `set` of an event that a thread waits for so, and what is said of more than 15 events holds for them too.
/// - A thread that was woken for a token which another thread took first, or which is released by another event, counts as
///   newly come until it has run and checked all its events again.
/// - In the child of a `fork` no thread of the parent is left in the table, unless the events live in a word of your own that
///   does not arrange it. A thread that is killed inside keeps its slot, and one token may be given to it.
///
/// The guide has these and [all other limits](crate::guide::limitations#several-events) in full.
///
/// # Panics
///
/// If there are no events.
///
/// # Examples
///
/// ```
/// use futex_event::{wait_any, AutoResetEvent, Event};
/// use std::thread;
///
/// static WORK: AutoResetEvent = AutoResetEvent::new();
/// static STOP: Event = Event::new();
///
/// let worker = thread::spawn(|| loop {
///     match wait_any(&[&STOP, &WORK]) {
///         0 => break,
///         _ => { /* do what there is to do */ }
///     }
/// });
/// WORK.set();
/// STOP.set();
/// worker.join().unwrap();
/// ```
pub fn wait_any<F: Futex>(events: &[&dyn Waitable<F>]) -> usize {
    AnyOf(events).spinning(Spin::ADAPTIVE).wait()
}

/// Blocks until one of the events releases this wait: its index, or until `timeout` has gone by: `None`.
///
/// As [`wait_any`]. `None` is never early, and takes nothing. With `Duration::ZERO` this looks at each event once and
/// enters no kernel. For time, see [`Event::wait_timeout`](crate::Event::wait_timeout).
///
/// # Panics
///
/// As [`wait_any`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_any_timeout, AutoResetEvent, Event};
/// use std::time::Duration;
///
/// let (work, stop) = (AutoResetEvent::new(), Event::new());
/// let timeout = Duration::from_millis(5);
/// assert_eq!(wait_any_timeout(&[&stop, &work], timeout), None);
/// work.set();
/// assert_eq!(wait_any_timeout(&[&stop, &work], timeout), Some(1));
/// assert_eq!(wait_any_timeout(&[&stop, &work], timeout), None);
/// ```
pub fn wait_any_timeout<F: TimedFutex>(
    events: &[&dyn Waitable<F>],
    timeout: Duration,
) -> Option<usize> {
    AnyOf(events).spinning(Spin::ADAPTIVE).wait_timeout(timeout)
}

/// Blocks until one of the events releases this wait: its index, or until `deadline`: `None`.
///
/// As [`wait_any_timeout`]; a deadline in the past is a timeout of zero. With the feature `std`.
///
/// # Panics
///
/// As [`wait_any`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_any_deadline, Event};
/// use std::time::{Duration, Instant};
///
/// let (first, second) = (Event::new(), Event::new());
/// second.set();
/// let deadline = Instant::now() + Duration::from_millis(5);
/// assert_eq!(wait_any_deadline(&[&first, &second], deadline), Some(1));
/// ```
#[cfg(feature = "std")]
pub fn wait_any_deadline<F: TimedFutex>(
    events: &[&dyn Waitable<F>],
    deadline: std::time::Instant,
) -> Option<usize> {
    AnyOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_deadline(deadline)
}

/// Blocks until one of the events releases this wait: `Ok` with its index, or until `interrupted` returns true: `Err`.
///
/// As [`wait_any`] and [`Event::wait_interruptible`](crate::Event::wait_interruptible).
///
/// # Errors
///
/// [`Interrupted`] if `interrupted` has returned true, and no event has released this wait by then. No token is taken.
///
/// # Panics
///
/// As [`wait_any`], and if `interrupted` panics: see
/// [`AutoResetEvent::wait_interruptible`](crate::AutoResetEvent::wait_interruptible).
///
/// # Examples
///
/// ```
/// use futex_event::{wait_any_interruptible, AutoResetEvent, Event, Interrupted};
/// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
///
/// static SIGNALLED: AtomicBool = AtomicBool::new(false); // turned on by a signal handler
///
/// let (stop, work) = (Event::new(), AutoResetEvent::new());
/// # work.set();
/// match wait_any_interruptible(&[&stop, &work], || SIGNALLED.swap(false, Relaxed)) {
///     Ok(0) => println!("time to go"),
///     Ok(_) => println!("there is work"),
///     Err(Interrupted) => println!("there was a signal"),
/// }
/// ```
pub fn wait_any_interruptible<F: TimedFutex>(
    events: &[&dyn Waitable<F>],
    interrupted: impl FnMut() -> bool,
) -> Result<usize, Interrupted> {
    AnyOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_interruptible(interrupted)
}

/// Blocks until one of the events releases this wait: `Ok` with its index, until `timeout` has gone by: `Ok(None)`, or until
/// `interrupted` returns true: `Err`.
///
/// As [`wait_any_timeout`] and [`wait_any_interruptible`]. However often the thread wakes, the timeout counts from the
/// beginning.
///
/// # Errors
///
/// As [`wait_any_interruptible`].
///
/// # Panics
///
/// As [`wait_any_interruptible`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_any_timeout_interruptible, AutoResetEvent, Event};
/// use std::time::Duration;
///
/// let (stop, work) = (Event::new(), AutoResetEvent::new());
/// let timeout = Duration::from_millis(5);
/// assert_eq!(wait_any_timeout_interruptible(&[&stop, &work], timeout, || false), Ok(None));
/// ```
pub fn wait_any_timeout_interruptible<F: TimedFutex>(
    events: &[&dyn Waitable<F>],
    timeout: Duration,
    interrupted: impl FnMut() -> bool,
) -> Result<Option<usize>, Interrupted> {
    AnyOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_timeout_interruptible(timeout, interrupted)
}

/// As [`wait_any_timeout_interruptible`], until `deadline`; one in the past is a timeout of zero. With the feature `std`.
///
/// # Errors
///
/// As [`wait_any_interruptible`].
///
/// # Panics
///
/// As [`wait_any_interruptible`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_any_deadline_interruptible, AutoResetEvent, Event};
/// use std::time::{Duration, Instant};
///
/// let (stop, work) = (Event::new(), AutoResetEvent::new());
/// let deadline = Instant::now() + Duration::from_millis(5);
/// assert_eq!(wait_any_deadline_interruptible(&[&stop, &work], deadline, || false), Ok(None));
/// ```
#[cfg(feature = "std")]
pub fn wait_any_deadline_interruptible<F: TimedFutex>(
    events: &[&dyn Waitable<F>],
    deadline: std::time::Instant,
    interrupted: impl FnMut() -> bool,
) -> Result<Option<usize>, Interrupted> {
    AnyOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_deadline_interruptible(deadline, interrupted)
}

/// Several events, the first of which to be set ends a wait: for [`wait_any`] that is told how to spin.
///
/// ```
/// use futex_event::{AnyOf, AutoResetEvent, Event, Spin};
/// use std::time::Duration;
///
/// let (work, stop) = (AutoResetEvent::new(), Event::new());
/// work.set();
/// assert_eq!(AnyOf(&[&stop, &work]).spinning(Spin::NEVER).wait(), 1);
///
/// let spin = Spin::at_most(Duration::from_micros(50));
/// let released = AnyOf(&[&stop, &work]).spinning(spin).wait_timeout(Duration::from_millis(5));
/// assert_eq!(released, None);
/// ```
pub struct AnyOf<'a, F: 'static = PrivateFutex>(pub &'a [&'a dyn Waitable<F>]);

impl<F> AnyOf<'_, F> {
    /// The events, for a wait that does something else before it parks than [`Spin::ADAPTIVE`].
    #[inline]
    pub fn spinning(&self, spin: Spin) -> Spinning<'_, Self> {
        Spinning { event: self, spin }
    }
}

impl<F: Futex> Spinning<'_, AnyOf<'_, F>> {
    /// As [`wait_any`].
    ///
    /// # Panics
    ///
    /// As [`wait_any`].
    #[inline]
    pub fn wait(&self) -> usize {
        let index = first_of(self.event.0, self.spin, || Some(Forever));
        index.expect("only an event ends a wait without a deadline")
    }

    /// Takes the first of the events that is set, or is set while this spins, and returns its index; `None` if none is.
    ///
    /// Spins as [`wait`](Self::wait) would, and does not park. Makes no system call, but to read the clock where that is one.
    ///
    /// # Panics
    ///
    /// As [`wait_any`].
    ///
    /// ```
    /// use futex_event::{AnyOf, AutoResetEvent, Event, Spin};
    ///
    /// let (stop, work) = (Event::new(), AutoResetEvent::new());
    /// assert_eq!(AnyOf(&[&stop, &work]).spinning(Spin::ADAPTIVE).try_wait(), None);
    /// work.set();
    /// assert_eq!(AnyOf(&[&stop, &work]).spinning(Spin::ADAPTIVE).try_wait(), Some(1));
    /// ```
    #[inline]
    pub fn try_wait(&self) -> Option<usize> {
        begin_any(self.event.0, |events| spin_alone(events, self.spin))
    }
}

impl<F: TimedFutex> Spinning<'_, AnyOf<'_, F>> {
    /// As [`wait_any_timeout`].
    ///
    /// # Panics
    ///
    /// As [`wait_any`].
    #[inline]
    pub fn wait_timeout(&self, timeout: Duration) -> Option<usize> {
        first_of(self.event.0, self.spin, || Until::after::<F>(timeout))
    }

    /// As [`wait_any_deadline`], with the feature `std`.
    ///
    /// # Panics
    ///
    /// As [`wait_any`].
    #[cfg(feature = "std")]
    #[inline]
    pub fn wait_deadline(&self, deadline: std::time::Instant) -> Option<usize> {
        self.wait_timeout(crate::wait::left_until(deadline))
    }

    /// As [`wait_any_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`wait_any_interruptible`].
    ///
    /// # Panics
    ///
    /// As [`wait_any_interruptible`].
    #[inline]
    pub fn wait_interruptible(
        &self,
        interrupted: impl FnMut() -> bool,
    ) -> Result<usize, Interrupted> {
        let interruption = Interruption::new(interrupted);
        let sleep = || Some(interruption.or(Until::NEVER));
        let index = first_of(self.event.0, self.spin, sleep);
        let index = interruption.answer(index)?;
        Ok(index.expect("an event or an interruption ends a wait without a deadline"))
    }

    /// As [`wait_any_timeout_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`wait_any_interruptible`].
    ///
    /// # Panics
    ///
    /// As [`wait_any_interruptible`].
    #[inline]
    pub fn wait_timeout_interruptible(
        &self,
        timeout: Duration,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<usize>, Interrupted> {
        let interruption = Interruption::new(interrupted);
        let sleep = || Until::after::<F>(timeout).map(|until| interruption.or(until));
        let index = first_of(self.event.0, self.spin, sleep);
        interruption.answer(index)
    }

    /// As [`wait_any_deadline_interruptible`], with the feature `std`.
    ///
    /// # Errors
    ///
    /// As [`wait_any_interruptible`].
    ///
    /// # Panics
    ///
    /// As [`wait_any_interruptible`].
    #[cfg(feature = "std")]
    #[inline]
    pub fn wait_deadline_interruptible(
        &self,
        deadline: std::time::Instant,
        interrupted: impl FnMut() -> bool,
    ) -> Result<Option<usize>, Interrupted> {
        self.wait_timeout_interruptible(crate::wait::left_until(deadline), interrupted)
    }
}

/// `sleep` is asked for when no event is set; `None` says that there is no time to wait.
#[inline]
fn first_of<F: Futex, S: Sleep<F>>(
    events: &[&dyn Waitable<F>],
    spin: Spin,
    sleep: impl FnOnce() -> Option<S>,
) -> Option<usize> {
    begin_any(events, |begun| spin_or_listen(begun, spin, &sleep()?))
}

/// Looks at each event for the first time, and does what is to be done if none is set.
#[inline]
fn begin_any<F: Futex>(
    events: &[&dyn Waitable<F>],
    otherwise: impl FnOnce(&Events<'_, F>) -> Option<usize>,
) -> Option<usize> {
    let () = OfOneProcess::<F>::CHECKED;
    assert!(!events.is_empty(), "a wait for one of no events never ends");
    begin(events, None, otherwise)
}

type Events<'a, F> = Begun<'a, dyn Waitable<F> + 'a>;

/// The same, for some more events.
fn begin<F: Futex>(
    events: &[&dyn Waitable<F>],
    before: Option<&Events<'_, F>>,
    otherwise: impl FnOnce(&Events<'_, F>) -> Option<usize>,
) -> Option<usize> {
    let (some, rest) = events.split_at(events.len().min(SOME));
    let first = before.map_or(0, |before| before.first + SOME);
    let mut words = [0; SOME];
    for ((index, event), word) in (first..).zip(some).zip(&mut words) {
        match event.kind() {
            Kind::Manual(event) => {
                *word = event.word.read();
                if is_set(*word) {
                    return Some(index);
                }
            }
            Kind::AutoReset(event) => {
                if event.try_wait() {
                    return Some(index);
                }
            }
        }
    }
    let begun = Begun {
        before,
        events: some,
        words,
        first,
    };
    if rest.is_empty() {
        otherwise(&begun)
    } else {
        begin(rest, Some(&begun), otherwise)
    }
}

/// Spins for a while, and then listens.
#[cold]
#[inline(never)]
fn spin_or_listen<F: Futex>(
    events: &Events<'_, F>,
    spin: Spin,
    sleep: &impl Sleep<F>,
) -> Option<usize> {
    let released = || first_released(events);
    let park = || listen(events, sleep);
    let words = events.iter().count();
    spin.then_park(events.place(), words, false, sleep, released, park)
}

/// Waits until an event releases the wait, and returns its index; `None` if the time is up.
pub(crate) fn listen<F: Futex>(events: &Events<'_, F>, sleep: &impl Sleep<F>) -> Option<usize> {
    let slot = match Slot::take(events.addresses()) {
        Some(slot) => slot,
        None => return listen_in_overflow(events, sleep),
    };
    let mut listening = Listening { slot, events };
    let released = listen_in_slot(&mut listening.slot, events, sleep);
    listening.leave();
    mem::forget(listening);
    released
}

/// A thread that has a slot. It leaves here if the wait unwinds, by a panic of the caller's closure, as it would if its time
/// were up. If it has been given a token, that is for another.
struct Listening<'a, 'b, F: Futex> {
    slot: Slot<F>,
    events: &'a Events<'b, F>,
}

impl<F: Futex> Listening<'_, '_, F> {
    /// Gives the slot back, once it has been claimed or withdrawn.
    fn leave(&self) {
        if self.slot.leave(self.events.addresses()) {
            for (_, event, _) in self.events.iter() {
                if let Kind::AutoReset(event) = event.kind() {
                    event.pass_on();
                }
            }
        }
    }
}

impl<F: Futex> Drop for Listening<'_, '_, F> {
    fn drop(&mut self) {
        let claimed = self.slot.withdraw().err();
        self.leave();
        if let Some((_, event, _)) = claimed.and_then(|index| self.events.iter().nth(index)) {
            if let Kind::AutoReset(event) = event.kind() {
                event.set();
            }
        }
    }
}

/// The same, in a slot, which has been claimed or withdrawn when this returns.
fn listen_in_slot<F: Futex>(
    slot: &mut Slot<F>,
    events: &Events<'_, F>,
    sleep: &impl Sleep<F>,
) -> Option<usize> {
    slot.publish();
    loop {
        if let Some(found) = mark(events) {
            match slot.withdraw() {
                Err(claimed) => break Some(claimed),
                Ok(()) if takes(found) => break Some(found.0),
                Ok(()) => slot.publish(),
            }
            continue;
        }
        match slot.sleep(|word, expected| sleep.on(word, expected)) {
            Said::Claimed(index) => break Some(index),
            // A thread that is nudged again and again does not come to sleep, where its deadline is looked at.
            Said::Look if !sleep.is_over() => {}
            Said::Look | Said::TimeOut => match slot.withdraw() {
                Err(claimed) => break Some(claimed),
                Ok(()) => break first_released(events),
            },
        }
    }
}

/// Spins for a while, and does not park.
#[cold]
#[inline(never)]
fn spin_alone<F: Futex>(events: &Events<'_, F>, spin: Spin) -> Option<usize> {
    let words = events.iter().count();
    spin.alone::<F, _>(events.place(), words, false, || first_released(events))
}

/// The same where all slots are taken.
fn listen_in_overflow<F: Futex>(events: &Events<'_, F>, sleep: &impl Sleep<F>) -> Option<usize> {
    let overflow = Overflow::enter();
    loop {
        let epoch = overflow.0.read();
        match mark(events) {
            Some(found) if takes(found) => break Some(found.0),
            Some(_) => {}
            None if sleep.on(overflow.0.epoch, epoch) => {}
            None => break first_released(events),
        }
    }
}

/// An event, its index, and the word with which the wait began.
type Found<'a, F> = (usize, &'a (dyn Waitable<F> + 'a), u32);

/// Marks the events one after the other. Returns the first that is set, or has been, and marks no further.
fn mark<'a, F: Futex>(events: &'a Events<'a, F>) -> Option<Found<'a, F>> {
    events.iter().find(|(_, event, begun)| match event.kind() {
        Kind::Manual(event) => !event.word.mark_listened(*begun),
        Kind::AutoReset(event) => event.mark_listened(),
    })
}

/// Whether the event releases this wait. Takes the token, if it has tokens. Only for a thread that no `set` can claim.
fn takes<F: Futex>((_, event, begun): Found<'_, F>) -> bool {
    match event.kind() {
        Kind::Manual(event) => event.word.has_released(begun),
        Kind::AutoReset(event) => event.try_wait(),
    }
}

/// Asks each event, and takes the token of the first that releases the wait. Only for a thread that no `set` can claim.
fn first_released<F: Futex>(events: &Events<'_, F>) -> Option<usize> {
    let found = events.iter().find(|found| takes(*found));
    found.map(|(index, _, _)| index)
}
