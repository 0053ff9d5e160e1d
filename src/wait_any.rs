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
//! If no event is set, the wait begins with a look at each that for a manual-reset event is remembered, so that a pulse
//! ends the wait though nobody saw it. More looks may follow; they leave no trace. Then, as often as the thread wakes:
//! it reads the epoch, goes through the events in turn, claims or marks each, and sleeps if it could claim none. A
//! `set` that comes after the mark finds it and wakes the thread, or makes its sleep not begin; one that comes before
//! is found instead of marked.
//!
//! At most one event is claimed, so that no token has to be given back. Marks that stay behind when the wait ends cost
//! the next `set` of their event a call in vain, and are gone with it or with the next `clear`.

use crate::epoch;
use crate::platform::{Futex, PrivateFutex, TimedFutex};
use crate::several::{self, Listening, Seal, Several, SleepOn, Waitable, MAX_EVENTS};
use crate::sleep::{ForEver, Sleep, Until};
use crate::spin::Spin;
use crate::spinning::Spinning;
use core::time::Duration;

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
/// Before it parks, it spins, for 5 to 120 µs, if that has been of use in the last waits for these events: see
/// [`Spin::ADAPTIVE`], and [`AnyOf`] for a wait that is told how to spin.
///
/// On Linux 5.16 and later, one kernel call for each sleep, `futex_waitv`. On other systems, Android among them, which
/// does not allow its apps that call, and for auto-reset events everywhere, threads that wait for several events sleep
/// on one word of the process: a `set` of an event that has been waited for so makes one kernel call more, and wakes
/// all these threads, which look and sleep again. An event that nobody waits for so pays nothing. The same event may be
/// in the slice twice.
///
/// # Panics
///
/// If there are no events, or more than [`MAX_EVENTS`].
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
        let index = first_of(self.event.0, self.spin, || Some(ForEver));
        index.expect("only an event ends a wait without a deadline")
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
        first_of(self.event.0, self.spin, || Until::at_most::<F>(timeout))
    }

    /// As [`wait_any_deadline`], with the feature `std`.
    ///
    /// # Panics
    ///
    /// As [`wait_any`].
    #[cfg(feature = "std")]
    #[inline]
    pub fn wait_deadline(&self, deadline: std::time::Instant) -> Option<usize> {
        self.wait_timeout(crate::sleep::left_until(deadline))
    }
}

/// `sleep` is asked for when no event is set; `None` says that there is no time to wait.
#[inline]
fn first_of<F: Futex, S: Sleep<F>>(
    events: &[&dyn Waitable<F>],
    spin: Spin,
    sleep: impl FnOnce() -> Option<S>,
) -> Option<usize> {
    let () = epoch::OfOneProcess::<F>::CHECKED;
    assert!(!events.is_empty(), "a wait for one of no events never ends");
    several::check(events.len());
    let set = events.iter().position(|event| event.take(Seal(())));
    set.or_else(|| spin_or_park(events, spin, &sleep()?))
}

type Events<'a, F> = Several<'a, dyn Waitable<F> + 'a>;

/// Spins for a while, and then parks.
#[cold]
#[inline(never)]
fn spin_or_park<F: Futex>(
    events: &[&dyn Waitable<F>],
    spin: Spin,
    sleep: &impl Sleep<F>,
) -> Option<usize> {
    let events = Several::begin(events);
    let park = || park(&events, sleep).or_else(|| claim(&events));
    let count = events.iter().count();
    spin.then_park(
        events.address(),
        count,
        false,
        sleep,
        || claim(&events),
        park,
    )
}

/// The index of the first event that releases this wait.
fn claim<F: Futex>(events: &Events<'_, F>) -> Option<usize> {
    events
        .iter()
        .position(|(event, begun)| event.claim(begun, Seal(())))
}

/// Sleeps until an event is claimed, and returns its index; `None` if the time is up.
fn park<F: Futex>(events: &Events<'_, F>, sleep: &impl Sleep<F>) -> Option<usize> {
    let mut sleep_on = SleepOn::Words;
    // Every event has a place, or shares that of the epoch with others.
    let mut words = [(F::epoch(), 0); MAX_EVENTS];
    loop {
        let epoch = epoch::read::<F>();
        let mut count = 0;
        let mut on_epoch = false;
        for (index, (event, begun)) in events.iter().enumerate() {
            match event.listen(begun, sleep_on, Seal(())) {
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
