//! The pause of a wait that cannot sleep on its word: so that it does not use a whole CPU.
//!
//! | the system | because |
//! | --- | --- |
//! | refuses to put the thread to sleep | a filter forbids the call, or there is no memory |
//! | says that the time is over, and the clock says that it is not | the clock stands still or fails, as under libfaketime or a filter; it is behind the system's own; or the system got an earlier deadline, since its type cannot hold this one |
//!
//! The caller then checks the word and comes back, so that the wait becomes a poll: correct, but up to a millisecond late.
//! A panic would end a whole program because of a filter around it, and a return at once would use a whole CPU.
//!
//! This helps a thread whose waits are refused. If a thread's *wakes* are refused, the threads that it should have woken
//! sleep on.

#![allow(dead_code)] // Tested on every system; some need no pause after a timeout.

use super::units::MILLISECOND;
use crate::Deadline;
use core::time::Duration;

const PACE: Duration = MILLISECOND;

/// Sleeps for a millisecond, or until the deadline. `sleep` sleeps for a time and returns whether all of it is over. Returns
/// false if the deadline has passed by the clock.
///
/// If the rest of the time is over and the clock does not show it, the clock stands still. However short that rest is, this
/// then sleeps for a millisecond.
#[cold]
pub(crate) fn nap(
    deadline: Deadline,
    now: impl Fn() -> Duration,
    mut sleep: impl FnMut(Duration) -> bool,
) -> bool {
    let left = deadline.remaining(&now);
    let pause = left.map_or(PACE, |left| left.min(PACE));
    let is_over = sleep(pause) && left == Some(pause);
    if is_over && !deadline.has_passed(now()) {
        sleep(PACE);
    }
    !deadline.has_passed(now())
}

/// What a wait returns if the system says that its time is over: false if the clock says so too. Otherwise it
/// [naps](nap).
pub(crate) fn timed_out(
    deadline: Deadline,
    now: impl Fn() -> Duration,
    sleep: impl FnMut(Duration) -> bool,
) -> bool {
    !deadline.has_passed(now()) && nap(deadline, now, sleep)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::units::{MICROSECOND, NANOSECOND};
    use core::cell::{Cell, RefCell};
    use std::vec::Vec;

    const START: Duration = Duration::from_secs(7);

    /// What a nap returns, and for how long it has slept each time. The clock runs, or stands still.
    fn nap_of(left: Option<Duration>, clock_runs: bool, ends_early: bool) -> (bool, Vec<Duration>) {
        let time = Cell::new(START);
        let deadline = left.map_or(Deadline::NEVER, |left| Deadline::after(START, left));
        let slept = RefCell::new(Vec::new());
        let sleep = |pause| {
            slept.borrow_mut().push(pause);
            if clock_runs {
                time.set(time.get() + pause);
            }
            !ends_early
        };
        let goes_on = nap(deadline, || time.get(), sleep);
        (goes_on, slept.into_inner())
    }

    #[test]
    fn a_nap_lasts_a_millisecond_and_ends_at_the_deadline() {
        let naps = |left| nap_of(left, true, false);
        assert_eq!(naps(None), (true, std::vec![PACE]));
        assert_eq!(naps(Some(2 * PACE)), (true, std::vec![PACE]));
        assert_eq!(naps(Some(PACE + NANOSECOND)), (true, std::vec![PACE]));
        assert_eq!(naps(Some(PACE)), (false, std::vec![PACE]));
        assert_eq!(naps(Some(MICROSECOND)), (false, std::vec![MICROSECOND]));
        assert!(!naps(Some(Duration::ZERO)).0);
    }

    #[test]
    fn while_the_clock_stands_still_a_nap_lasts_a_millisecond_or_more() {
        let naps = |left| nap_of(left, false, false);
        assert_eq!(naps(None), (true, std::vec![PACE]));
        assert_eq!(naps(Some(2 * PACE)), (true, std::vec![PACE]));
        assert_eq!(naps(Some(NANOSECOND)), (true, std::vec![NANOSECOND, PACE]));
    }

    /// So that the caller of an interruptible wait hears of the signal.
    #[test]
    fn a_nap_that_a_signal_ends_is_not_followed_by_another() {
        let naps = |left| nap_of(left, false, true);
        assert_eq!(naps(Some(NANOSECOND)), (true, std::vec![NANOSECOND]));
        assert_eq!(naps(Some(PACE)), (true, std::vec![PACE]));
    }

    #[test]
    fn a_timeout_counts_if_the_clock_agrees() {
        let never = |_: Duration| -> bool { unreachable!("it need not sleep") };
        let past = Deadline::after(START, Duration::ZERO);
        assert!(!timed_out(past, || START, never));

        let naps = Cell::new(0);
        let sleep = |_: Duration| {
            naps.set(naps.get() + 1);
            true
        };
        let future = Deadline::after(START, 5 * PACE);
        assert!(timed_out(future, || START, sleep));
        assert_eq!(naps.get(), 1);
    }
}
