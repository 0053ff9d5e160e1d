//! The spin itself: polling for a while.
//!
//! There is a pause between two polls, which leaves the core to its other hardware thread. The clock is read only once per
//! batch of polls; how long a batch takes is unknown, since a pause takes 10 cycles on one processor and 140 on another. The
//! first batch reads no clock, so a change that comes at once is seen at once.

use core::hint::spin_loop;
use core::time::Duration;

/// How many words a batch reads. That takes from a tenth of a microsecond to two, and a limit is exceeded by about as much.
const WORDS: usize = 32;

/// A clock that has not moved between so many readings stands still, or is too coarse to measure a spin. The spin then ends
/// after two thousand polls, which take some tens of microseconds.
const STANDSTILL: u32 = 64;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Polled<T> {
    /// There was an answer after this time, or a little later.
    Hit(T, Duration),
    /// There was none in this time.
    Miss(Duration),
}

/// Polls a few times, without a clock. One poll reads so many `words`.
#[inline]
pub(crate) fn at_once<T>(words: usize, mut poll: impl FnMut() -> Option<T>) -> Option<T> {
    (0..(WORDS + words - 1) / words).find_map(|_| {
        spin_loop();
        poll()
    })
}

/// Polls until there is an answer, for `limit` or a little longer.
pub(crate) fn until<T>(
    limit: Duration,
    words: usize,
    clock: impl Fn() -> Duration,
    mut poll: impl FnMut() -> Option<T>,
) -> Polled<T> {
    let begun = clock();
    let mut passed = Duration::ZERO;
    let mut readings_at_standstill = 0;
    loop {
        if let Some(answer) = at_once(words, &mut poll) {
            return Polled::Hit(answer, passed);
        }
        // A clock that was set back has not moved.
        let now = clock().saturating_sub(begun);
        if now > passed {
            passed = now;
            readings_at_standstill = 0;
        } else {
            readings_at_standstill += 1;
        }
        if passed >= limit || readings_at_standstill == STANDSTILL {
            return Polled::Miss(passed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;

    const MICROSECOND: Duration = Duration::from_micros(1);
    const WORDS: u32 = super::WORDS as u32;

    /// The result if this poll has an answer; the number of polls, and of readings of the clock, between two of which a
    /// microsecond passes.
    fn polled(limit: Duration, last: u32) -> (Polled<u32>, u32, u32) {
        let (polls, readings) = (Cell::new(0), Cell::new(0));
        let count = |counter: &Cell<u32>| {
            counter.set(counter.get() + 1);
            counter.get()
        };
        let clock = || count(&readings) * MICROSECOND;
        let poll = || (count(&polls) == last).then_some(7);
        let polled = until(limit, 1, clock, poll);
        (polled, polls.get(), readings.get())
    }

    #[test]
    fn at_once_is_one_batch_of_polls() {
        let poll = |last| {
            let mut polls = 0;
            move || {
                polls += 1;
                (polls == last).then_some(polls)
            }
        };
        assert_eq!(at_once(1, poll(1)), Some(1));
        assert_eq!(at_once(1, poll(WORDS)), Some(WORDS));
        assert_eq!(at_once(1, poll(WORDS + 1)), None);
        assert_eq!(at_once(2, poll(WORDS / 2)), Some(WORDS / 2));
        assert_eq!(at_once(2, poll(WORDS / 2 + 1)), None);
    }

    #[test]
    fn an_answer_before_the_limit_is_seen_when_it_comes() {
        let (answer, polls, readings) = polled(MICROSECOND, 1);
        assert_eq!(answer, Polled::Hit(7, Duration::ZERO));
        assert_eq!((polls, readings), (1, 1));
        let (answer, polls, readings) = polled(3 * MICROSECOND, 2 * WORDS + 5);
        assert_eq!(answer, Polled::Hit(7, 2 * MICROSECOND));
        assert_eq!((polls, readings), (2 * WORDS + 5, 3));
    }

    #[test]
    fn a_spin_ends_at_its_limit() {
        for limit in [1, 3] {
            let (answer, polls, readings) = polled(limit * MICROSECOND, u32::MAX);
            assert_eq!(answer, Polled::Miss(limit * MICROSECOND));
            assert_eq!((polls, readings), (limit * WORDS, limit + 1));
        }
    }

    #[test]
    fn polls_of_many_words_are_fewer() {
        for (words, most) in [(1, 32), (2, 16), (31, 2), (32, 1), (1_000, 1)] {
            let polls = Cell::new(0);
            let poll = || {
                polls.set(polls.get() + 1);
                None::<()>
            };
            let clock = || polls.get() * MICROSECOND;
            until(MICROSECOND, words, clock, poll);
            assert_eq!(polls.get(), most, "{words} words");
        }
    }

    #[test]
    fn a_clock_that_stands_still_ends_it_too() {
        let polls = Cell::new(0);
        let poll = || {
            polls.set(polls.get() + 1);
            None::<()>
        };
        let zero = until(Duration::MAX, 1, || Duration::ZERO, poll);
        assert_eq!(zero, Polled::Miss(Duration::ZERO));
        assert_eq!(polls.get(), STANDSTILL * WORDS);
        let left = Cell::new(1_000_u32);
        let back = || {
            left.set(left.get() - 1);
            left.get() * MICROSECOND
        };
        assert_eq!(
            until(Duration::MAX, 1, back, || None::<()>),
            Polled::Miss(Duration::ZERO)
        );
    }

    #[test]
    fn a_coarse_clock_is_good_enough() {
        let readings = Cell::new(0);
        let coarse = || {
            readings.set(readings.get() + 1);
            readings.get() / 50 * MICROSECOND
        };
        assert_eq!(
            until(5 * MICROSECOND, 1, coarse, || None::<()>),
            Polled::Miss(5 * MICROSECOND)
        );
    }
}
