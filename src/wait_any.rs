//! Waiting for the first of several events.
//!
//! # Where such a thread sleeps
//!
//! If the system can sleep on several words at once, it sleeps on the words of the manual-reset events, as anyone parked
//! there does, and on the [epoch](crate::epoch) for all the auto-reset ones: a `set` of those wakes *one* of the threads
//! asleep on the word, which must be one that it released. If the system cannot, it sleeps on the epoch for all of them.
//!
//! # Why it holds
//!
//! The wait begins with a first look at each event, which for a manual-reset event is remembered, so that a pulse ends
//! the wait though nobody saw it. Then, as often as the thread wakes: it reads the epoch, goes through the events in
//! turn, claims or marks each, and sleeps if it could claim none. A `set` that comes after the mark finds it and wakes
//! the thread, or makes its sleep not begin; one that comes before is found instead of marked.
//!
//! At most one event is claimed, so that no token has to be given back. Marks that stay behind when the wait ends cost
//! the next `set` of their event a call in vain, and are gone with it or with the next `clear`.

use crate::epoch;
use crate::platform::{Futex, PrivateFutex, TimedFutex};
use crate::sleep::{ForEver, Sleep, Until};
use core::time::Duration;

/// The most events that one wait can be for: 128.
///
/// It is as many as Linux's `futex_waitv` takes, and bounds the memory that the wait takes on the stack.
/// [FUTEX_WAITV_MAX in include/uapi/linux/futex.h]
pub const MOST_EVENTS: usize = 128;

/// An event that [`wait_any`] can wait for: an [`Event`](crate::Event) or an [`AutoResetEvent`](crate::AutoResetEvent).
///
/// The trait is sealed. All events of one wait live in the same type of word, `F`.
pub trait Waitable<F = PrivateFutex>: Source<F> {}

/// What an event does for a thread that waits for several.
pub trait Source<F>: Sync {
    /// What the thread remembers of its first look.
    fn begin(&self) -> u32;

    /// Whether the wait that began with `begun` is released by this event. Takes the token, if it has tokens.
    fn claim(&self, begun: u32) -> bool;

    /// The same, and if the answer is no, marks the event so that the next `set` ends a sleep.
    fn listen(&self, begun: u32, sleep_on: SleepOn) -> Listening<'_, F>;
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SleepOn {
    /// The words of the events, where that is possible.
    Words,
    /// The epoch, for all.
    Epoch,
}

pub enum Listening<'a, F> {
    /// The wait is over: the event was claimed.
    Released,
    /// A `set` will wake those who sleep on this word while it has this value.
    OnWord(&'a F, u32),
    /// A `set` will wake those who sleep on the epoch.
    OnEpoch,
}

/// Blocks until one of the events releases this wait, and returns its index.
///
/// If several do, it is the first of them in the slice, and the others stay as they are. A manual-reset event that was
/// set and cleared since the wait began counts too. Returns at once, and enters no kernel, if an event is set already.
///
/// Of an auto-reset event this takes a *remembered* token, that event's and no other. Threads in a plain `wait` come
/// first; and since a token remains remembered until this thread has run, two sets may collapse into one before. In
/// return no token is ever reserved for a wait that another event ends.
///
/// Everything done before the `set` of the event whose index is returned is visible to the caller.
///
/// On Linux 5.16 and later, one kernel call for each sleep, `futex_waitv`. On other systems, and for auto-reset events
/// everywhere, threads that wait for several events sleep on one word of the process: a `set` of an event that has been
/// waited for so makes one kernel call more, and wakes all these threads, which look and sleep again. An event that
/// nobody waits for so pays nothing. The same event may be in the slice twice.
///
/// # Panics
///
/// If there are no events, or more than [`MOST_EVENTS`].
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
    first_of(events, || Some(ForEver)).expect("only an event ends a wait without a deadline")
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
    first_of(events, || Until::at_most::<F>(timeout))
}

/// Blocks until one of the events releases this wait: its index, or until `deadline`: `None`.
///
/// As [`wait_any_timeout`]; a deadline in the past is a timeout of zero.
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
    wait_any_timeout(events, crate::sleep::left_until(deadline))
}

/// `sleep` is asked for when the first look has found nothing; `None` says that there is no time to wait.
fn first_of<F: Futex, S: Sleep<F>>(
    events: &[&dyn Waitable<F>],
    sleep: impl FnOnce() -> Option<S>,
) -> Option<usize> {
    assert!(
        !events.is_empty(),
        "a wait for none of no events never ends"
    );
    assert!(
        events.len() <= MOST_EVENTS,
        "a wait for {} events, of which there may be {}",
        events.len(),
        MOST_EVENTS
    );
    let mut begun = [0; MOST_EVENTS];
    for (begun, event) in begun.iter_mut().zip(events) {
        *begun = event.begin();
    }
    let claim = || (0..events.len()).find(|&index| events[index].claim(begun[index]));
    claim().or_else(|| {
        let released = listen(events, &begun, &sleep()?);
        released.or_else(claim)
    })
}

/// Sleeps until an event is claimed, and returns its index; `None` if the time is up.
#[cold]
fn listen<F: Futex>(
    events: &[&dyn Waitable<F>],
    begun: &[u32; MOST_EVENTS],
    sleep: &impl Sleep<F>,
) -> Option<usize> {
    let mut sleep_on = SleepOn::Words;
    // Every event has a place, or shares that of the epoch with others.
    let mut words = [(F::epoch(), 0); MOST_EVENTS];
    loop {
        let epoch = epoch::read::<F>();
        let mut count = 0;
        let mut on_epoch = false;
        for (index, event) in events.iter().enumerate() {
            match event.listen(begun[index], sleep_on) {
                Listening::Released => return Some(index),
                Listening::OnWord(word, expected) => {
                    words[count] = (word, expected);
                    count += 1;
                }
                Listening::OnEpoch => on_epoch = true,
            }
        }
        if on_epoch {
            words[count] = (F::epoch(), epoch);
            count += 1;
        }
        let in_time = match words[..count] {
            [(word, expected)] => sleep.on(word, expected),
            ref words => match sleep.on_any(words) {
                Some(in_time) => in_time,
                None => {
                    sleep_on = SleepOn::Epoch;
                    true
                }
            },
        };
        if !in_time {
            return None;
        }
    }
}
