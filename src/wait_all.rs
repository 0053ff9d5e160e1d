//! Waiting for all of several manual-reset events.

use crate::event::is_set;
use crate::platform::{Futex, PrivateFutex, TimedFutex};
use crate::several::{Begun, SOME};
use crate::spin::Spin;
use crate::spinning::Spinning;
use crate::wait::{Forever, Interrupted, Interruption, Sleep, Until};
use crate::Event;
use core::time::Duration;

/// Blocks until each of the events has been set, though perhaps not all at the same time: an event counts from the first
/// moment it is set after this has begun, even if it is cleared later.
///
/// Returns at once, and enters no kernel, if all are set, or if there are none. Otherwise spins, if that
/// has been of use in the last waits for these events (see [`Spin::ADAPTIVE`], and [`AllOf`] to choose); then sleeps for one event after the other, so that there is
/// as a rule one kernel call for each that is not yet set.
///
/// Everything done before those sets is visible to the caller. There is no such wait for auto-reset events: their tokens
/// cannot be taken in one step.
///
/// # Examples
///
/// ```
/// use futex_event::{wait_all, Event};
/// use std::thread;
///
/// let ready = [Event::new(), Event::new()];
/// thread::scope(|scope| {
///     for event in &ready {
///         scope.spawn(|| event.set());
///     }
///     wait_all(&[&ready[0], &ready[1]]);
/// });
/// ```
pub fn wait_all<F: Futex>(events: &[&Event<F>]) {
    AllOf(events).spinning(Spin::ADAPTIVE).wait()
}

/// Blocks until each of the events has been set since this began: true, or until `timeout` has gone by: false.
///
/// As [`wait_all`]. False is never early. With `Duration::ZERO` this looks at each event once and enters no kernel. For
/// time, see [`Event::wait_timeout`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_all_timeout, Event};
/// use std::time::Duration;
///
/// let (first, second) = (Event::new(), Event::new());
/// first.set();
/// assert!(!wait_all_timeout(&[&first, &second], Duration::from_millis(5)));
/// second.set();
/// assert!(wait_all_timeout(&[&first, &second], Duration::from_millis(5)));
/// ```
pub fn wait_all_timeout<F: TimedFutex>(events: &[&Event<F>], timeout: Duration) -> bool {
    AllOf(events).spinning(Spin::ADAPTIVE).wait_timeout(timeout)
}

/// Blocks until each of the events has been set since this began: true, or until `deadline`: false.
///
/// As [`wait_all_timeout`]; a deadline in the past is a timeout of zero. With the feature `std`.
///
/// # Examples
///
/// ```
/// use futex_event::{wait_all_deadline, Event};
/// use std::time::{Duration, Instant};
///
/// let event = Event::new();
/// assert!(!wait_all_deadline(&[&event], Instant::now() + Duration::from_millis(5)));
/// ```
#[cfg(feature = "std")]
pub fn wait_all_deadline<F: TimedFutex>(
    events: &[&Event<F>],
    deadline: std::time::Instant,
) -> bool {
    AllOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_deadline(deadline)
}

/// Blocks until each of the events has been set since this began: `Ok`, or until `interrupted` returns true: `Err`.
///
/// As [`wait_all`] and [`Event::wait_interruptible`].
///
/// # Errors
///
/// [`Interrupted`] if `interrupted` has returned true, and not every event had been set by then.
///
/// # Examples
///
/// ```
/// use futex_event::{wait_all_interruptible, Event};
/// use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
///
/// static SIGNALLED: AtomicBool = AtomicBool::new(false); // turned on by a signal handler
///
/// let (first, second) = (Event::new_set(), Event::new_set());
/// let waited = wait_all_interruptible(&[&first, &second], || SIGNALLED.swap(false, Relaxed));
/// assert_eq!(waited, Ok(()));
/// ```
pub fn wait_all_interruptible<F: TimedFutex>(
    events: &[&Event<F>],
    interrupted: impl FnMut() -> bool,
) -> Result<(), Interrupted> {
    AllOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_interruptible(interrupted)
}

/// Blocks until each of the events has been set since this began: `Ok(true)`, until `timeout` has gone by: `Ok(false)`, or
/// until `interrupted` returns true: `Err`.
///
/// As [`wait_all_timeout`] and [`wait_all_interruptible`]. However often the thread wakes, the timeout counts from the
/// beginning.
///
/// # Errors
///
/// As [`wait_all_interruptible`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_all_timeout_interruptible, Event};
/// use std::time::Duration;
///
/// let event = Event::new();
/// let timeout = Duration::from_millis(5);
/// assert_eq!(wait_all_timeout_interruptible(&[&event], timeout, || false), Ok(false));
/// ```
pub fn wait_all_timeout_interruptible<F: TimedFutex>(
    events: &[&Event<F>],
    timeout: Duration,
    interrupted: impl FnMut() -> bool,
) -> Result<bool, Interrupted> {
    AllOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_timeout_interruptible(timeout, interrupted)
}

/// As [`wait_all_timeout_interruptible`], until `deadline`; one in the past is a timeout of zero. With the feature `std`.
///
/// # Errors
///
/// As [`wait_all_interruptible`].
///
/// # Examples
///
/// ```
/// use futex_event::{wait_all_deadline_interruptible, Event};
/// use std::time::{Duration, Instant};
///
/// let event = Event::new();
/// let deadline = Instant::now() + Duration::from_millis(5);
/// assert_eq!(wait_all_deadline_interruptible(&[&event], deadline, || false), Ok(false));
/// ```
#[cfg(feature = "std")]
pub fn wait_all_deadline_interruptible<F: TimedFutex>(
    events: &[&Event<F>],
    deadline: std::time::Instant,
    interrupted: impl FnMut() -> bool,
) -> Result<bool, Interrupted> {
    AllOf(events)
        .spinning(Spin::ADAPTIVE)
        .wait_deadline_interruptible(deadline, interrupted)
}

/// Several manual-reset events, which end a wait when each of them has been set: for [`wait_all`] that is told how to spin.
///
/// ```
/// use futex_event::{AllOf, Event, Spin};
///
/// let (first, second) = (Event::new_set(), Event::new_set());
/// AllOf(&[&first, &second]).spinning(Spin::NEVER).wait();
/// ```
pub struct AllOf<'a, F: 'static = PrivateFutex>(pub &'a [&'a Event<F>]);

impl<F> AllOf<'_, F> {
    /// The events, for a wait that does something else before it parks than [`Spin::ADAPTIVE`].
    #[inline]
    pub fn spinning(&self, spin: Spin) -> Spinning<'_, Self> {
        Spinning { event: self, spin }
    }
}

impl<F: Futex> Spinning<'_, AllOf<'_, F>> {
    /// As [`wait_all`].
    ///
    /// # Panics
    ///
    /// As [`wait_all`].
    #[inline]
    pub fn wait(&self) {
        all_of(self.event.0, self.spin, || Some(Forever));
    }

    /// Whether each of the events is set, or has been set while this spun.
    ///
    /// Spins as [`wait`](Self::wait) would, and does not park. Makes no system call, but to read the clock where that is one.
    ///
    /// ```
    /// use futex_event::{AllOf, Event, Spin};
    ///
    /// let (first, second) = (Event::new_set(), Event::new());
    /// assert!(!AllOf(&[&first, &second]).spinning(Spin::ADAPTIVE).try_wait());
    /// second.set();
    /// assert!(AllOf(&[&first, &second]).spinning(Spin::ADAPTIVE).try_wait());
    /// ```
    #[inline]
    pub fn try_wait(&self) -> bool {
        begin(self.event.0, None, true, |events| {
            spin_alone(events, self.spin)
        })
    }
}

impl<F: TimedFutex> Spinning<'_, AllOf<'_, F>> {
    /// As [`wait_all_timeout`].
    ///
    /// # Panics
    ///
    /// As [`wait_all`].
    #[inline]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        all_of(self.event.0, self.spin, || Until::after::<F>(timeout))
    }

    /// As [`wait_all_deadline`], with the feature `std`.
    ///
    /// # Panics
    ///
    /// As [`wait_all`].
    #[cfg(feature = "std")]
    #[inline]
    pub fn wait_deadline(&self, deadline: std::time::Instant) -> bool {
        self.wait_timeout(crate::wait::left_until(deadline))
    }

    /// As [`wait_all_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`wait_all_interruptible`].
    #[inline]
    pub fn wait_interruptible(&self, interrupted: impl FnMut() -> bool) -> Result<(), Interrupted> {
        let interruption = Interruption::new(interrupted);
        let sleep = || Some(interruption.or(Until::NEVER));
        let released = all_of(self.event.0, self.spin, sleep);
        interruption.answer(released.then_some(()))?;
        Ok(())
    }

    /// As [`wait_all_timeout_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`wait_all_interruptible`].
    #[inline]
    pub fn wait_timeout_interruptible(
        &self,
        timeout: Duration,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted> {
        let interruption = Interruption::new(interrupted);
        let sleep = || Until::after::<F>(timeout).map(|until| interruption.or(until));
        let released = all_of(self.event.0, self.spin, sleep);
        let answer = interruption.answer(released.then_some(()))?;
        Ok(answer.is_some())
    }

    /// As [`wait_all_deadline_interruptible`], with the feature `std`.
    ///
    /// # Errors
    ///
    /// As [`wait_all_interruptible`].
    #[cfg(feature = "std")]
    #[inline]
    pub fn wait_deadline_interruptible(
        &self,
        deadline: std::time::Instant,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted> {
        self.wait_timeout_interruptible(crate::wait::left_until(deadline), interrupted)
    }
}

/// `sleep` is asked for when an event is not set; `None` says that there is no time to wait.
#[inline]
fn all_of<F: Futex, S: Sleep<F>>(
    events: &[&Event<F>],
    spin: Spin,
    sleep: impl FnOnce() -> Option<S>,
) -> bool {
    begin(events, None, true, |begun| {
        sleep().map_or(false, |sleep| spin_or_park(begun, spin, &sleep))
    })
}

type Events<'a, F> = Begun<'a, Event<F>>;

/// Looks at each event for the first time, and does what is to be done if not all of them were set, or `are_set` says so of
/// those before.
fn begin<F: Futex>(
    events: &[&Event<F>],
    before: Option<&Events<'_, F>>,
    mut are_set: bool,
    otherwise: impl FnOnce(&Events<'_, F>) -> bool,
) -> bool {
    let (some, rest) = events.split_at(events.len().min(SOME));
    let mut words = [0; SOME];
    for (event, word) in some.iter().zip(&mut words) {
        *word = event.word.read();
        are_set &= is_set(*word);
    }
    let begun = Begun {
        before,
        events: some,
        words,
        first: 0,
    };
    if !rest.is_empty() {
        return begin(rest, Some(&begun), are_set, otherwise);
    }
    are_set || otherwise(&begun)
}

/// Whether the wait that began with these words is released.
fn are_released<F: Futex>(events: &Events<'_, F>) -> Option<()> {
    let mut unset = events.iter().filter(|(_, _, begun)| !is_set(*begun));
    unset
        .all(|(_, event, begun)| event.word.has_released(begun))
        .then_some(())
}

/// Spins for a while, and does not park.
#[cold]
#[inline(never)]
fn spin_alone<F: Futex>(events: &Events<'_, F>, spin: Spin) -> bool {
    let words = events.iter().count();
    spin.alone::<F, _>(events.place(), words, false, || are_released(events))
        .is_some()
}

/// Spins for a while, and then parks on each in turn.
#[cold]
#[inline(never)]
fn spin_or_park<F: Futex>(events: &Events<'_, F>, spin: Spin, sleep: &impl Sleep<F>) -> bool {
    let unset = events.iter().filter(|(_, _, begun)| !is_set(*begun));
    let released = || are_released(events);
    let park = || {
        let mut unset = unset.clone();
        unset
            .all(|(_, event, begun)| event.word.park(begun, sleep))
            .then_some(())
    };
    let count = unset.clone().count();
    let wait = spin.then_park(events.place(), count, false, sleep, released, park);
    wait.is_some()
}
