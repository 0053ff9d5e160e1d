//! How a waiter sleeps: forever, or until a deadline.

use crate::platform::{Deadline, Futex, TimedFutex};
use core::time::Duration;

/// A way to sleep on words.
pub(crate) trait Sleep<F> {
    /// Whether it calls a closure of the caller, which may fork: see [`Process`](crate::listeners::Process).
    const CALLS_BACK: bool = false;

    /// Sleeps while the word has the expected value. False if the waiter's time is up: then it checks once more, and gives
    /// up.
    fn on(&self, word: &F, expected: u32) -> bool;

    /// The most time that the wait can last, as it begins.
    fn time(&self) -> Duration;

    /// Whether that time has passed.
    fn is_over(&self) -> bool;
}

pub(crate) struct Forever;

impl<F: Futex> Sleep<F> for Forever {
    fn on(&self, word: &F, expected: u32) -> bool {
        word.wait(expected);
        true
    }

    fn time(&self) -> Duration {
        Duration::MAX
    }

    fn is_over(&self) -> bool {
        false
    }
}

/// Until a deadline on the clock of a word, or never.
pub struct Until {
    deadline: Deadline,
    timeout: Duration,
}

impl Until {
    pub(crate) const NEVER: Self = Self {
        deadline: Deadline::NEVER,
        timeout: Duration::MAX,
    };

    /// Until `timeout` from now; `None` if that is now.
    pub(crate) fn after<F: TimedFutex>(timeout: Duration) -> Option<Self> {
        (timeout != Duration::ZERO).then(|| Self {
            deadline: Deadline::after(F::now(), timeout),
            timeout,
        })
    }

    /// Until `deadline`; `None` if it has passed.
    pub(crate) fn at<F: TimedFutex>(deadline: Deadline) -> Option<Self> {
        let timeout = deadline.remaining(F::now).unwrap_or(Duration::MAX);
        (timeout != Duration::ZERO).then_some(Self { deadline, timeout })
    }

    /// Whether it is until this deadline, or an earlier one.
    pub(crate) fn is_by(&self, latest: Deadline) -> bool {
        latest
            .time()
            .map_or(true, |latest| self.deadline.has_passed(latest))
    }
}

impl<F: TimedFutex> Sleep<F> for Until {
    fn on(&self, word: &F, expected: u32) -> bool {
        // The clock is read after each sleep: if the word keeps changing, the kernel returns without checking the deadline.
        word.wait_until(expected, self.deadline) && !Sleep::<F>::is_over(self)
    }

    fn time(&self) -> Duration {
        self.timeout
    }

    fn is_over(&self) -> bool {
        self.deadline.has_passed(F::now())
    }
}
