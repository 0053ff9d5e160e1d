//! Asking again and again, for a while.
//!
//! There is a pause between two questions, which leaves the core to its other hardware thread. The clock is read only
//! once for a number of them, since a pause takes 10 cycles on one processor and 140 on the next. The first questions go
//! without any clock, so that a change which comes at once is seen at once.

use core::hint::spin_loop;
use core::time::Duration;

/// To look at so many words takes from a tenth of a microsecond to two. The limit is overrun by about as much.
const WORDS: usize = 32;

/// A clock that has not moved between so many readings stands still, or is too coarse to measure a spin by. That bounds a
/// spin by two thousand questions then, which are some tens of microseconds.
const STANDSTILL: u32 = 64;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Polled<T> {
    /// There was an answer after this time, or a little later.
    Answered(T, Duration),
    /// There was none in this time.
    InVain(Duration),
}

/// Asks some times, without any clock. To ask once is to look at so many `words`.
#[inline]
pub(crate) fn at_once<T>(words: usize, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    (0..(WORDS + words - 1) / words).find_map(|_| {
        spin_loop();
        ask()
    })
}

/// Asks until there is an answer, for `limit` or a little longer.
pub(crate) fn until<T>(
    limit: Duration,
    words: usize,
    clock: impl Fn() -> Duration,
    mut ask: impl FnMut() -> Option<T>,
) -> Polled<T> {
    let begun = clock();
    let mut passed = Duration::ZERO;
    let mut readings_at_standstill = 0;
    loop {
        if let Some(answer) = at_once(words, &mut ask) {
            return Polled::Answered(answer, passed);
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
            return Polled::InVain(passed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;

    const MICROSECOND: Duration = Duration::from_micros(1);
    const WORDS: u32 = super::WORDS as u32;

    /// What comes of it if an answer comes with this question; the questions, and the readings of the clock, between two of
    /// which a microsecond passes.
    fn polled(limit: Duration, last: u32) -> (Polled<u32>, u32, u32) {
        let (questions, readings) = (Cell::new(0), Cell::new(0));
        let count = |counter: &Cell<u32>| {
            counter.set(counter.get() + 1);
            counter.get()
        };
        let clock = || count(&readings) * MICROSECOND;
        let ask = || (count(&questions) == last).then_some(7);
        let polled = until(limit, 1, clock, ask);
        (polled, questions.get(), readings.get())
    }

    #[test]
    fn at_once_is_a_number_of_questions() {
        let ask = |last| {
            let mut questions = 0;
            move || {
                questions += 1;
                (questions == last).then_some(questions)
            }
        };
        assert_eq!(at_once(1, ask(1)), Some(1));
        assert_eq!(at_once(1, ask(WORDS)), Some(WORDS));
        assert_eq!(at_once(1, ask(WORDS + 1)), None);
        assert_eq!(at_once(2, ask(WORDS / 2)), Some(WORDS / 2));
        assert_eq!(at_once(2, ask(WORDS / 2 + 1)), None);
    }

    #[test]
    fn what_comes_before_the_limit_is_seen_when_it_comes() {
        let (answer, questions, readings) = polled(MICROSECOND, 1);
        assert_eq!(answer, Polled::Answered(7, Duration::ZERO));
        assert_eq!((questions, readings), (1, 1));
        let (answer, questions, readings) = polled(3 * MICROSECOND, 2 * WORDS + 5);
        assert_eq!(answer, Polled::Answered(7, 2 * MICROSECOND));
        assert_eq!((questions, readings), (2 * WORDS + 5, 3));
    }

    #[test]
    fn the_limit_ends_it() {
        for limit in [1, 3] {
            let (answer, questions, readings) = polled(limit * MICROSECOND, u32::MAX);
            assert_eq!(answer, Polled::InVain(limit * MICROSECOND));
            assert_eq!((questions, readings), (limit * WORDS, limit + 1));
        }
    }

    #[test]
    fn to_ask_about_many_words_is_done_less_often() {
        for (words, most) in [(1, 32), (2, 16), (31, 2), (32, 1), (1_000, 1)] {
            let questions = Cell::new(0);
            let ask = || {
                questions.set(questions.get() + 1);
                None::<()>
            };
            let clock = || questions.get() * MICROSECOND;
            until(MICROSECOND, words, clock, ask);
            assert_eq!(questions.get(), most, "{words} words");
        }
    }

    #[test]
    fn a_clock_that_does_not_go_on_ends_it_too() {
        let questions = Cell::new(0);
        let ask = || {
            questions.set(questions.get() + 1);
            None::<()>
        };
        let zero = until(Duration::MAX, 1, || Duration::ZERO, ask);
        assert_eq!(zero, Polled::InVain(Duration::ZERO));
        assert_eq!(questions.get(), STANDSTILL * WORDS);
        let left = Cell::new(1_000_u32);
        let back = || {
            left.set(left.get() - 1);
            left.get() * MICROSECOND
        };
        assert_eq!(
            until(Duration::MAX, 1, back, || None::<()>),
            Polled::InVain(Duration::ZERO)
        );
    }

    #[test]
    fn a_clock_that_goes_on_now_and_then_is_good_enough() {
        let readings = Cell::new(0);
        let coarse = || {
            readings.set(readings.get() + 1);
            readings.get() / 50 * MICROSECOND
        };
        assert_eq!(
            until(5 * MICROSECOND, 1, coarse, || None::<()>),
            Polled::InVain(5 * MICROSECOND)
        );
    }
}
