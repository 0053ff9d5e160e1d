//! Looking for a while before sleeping.
//!
//! How long is for the caller to say. What is decided here is how to look: with a pause between two looks, which leaves
//! the core to its other hardware thread, and with the clock read only once for a number of looks, since a pause takes 10
//! cycles on one processor and 140 on the next. The first looks go without any clock, so that a change which comes at
//! once is seen at once.

use core::hint::spin_loop;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;

/// So many looks at one word take from a tenth of a microsecond to two. The limit is overrun by no more than twice that.
const LOOKS: u32 = 32;

/// Asks `seen` until it answers true, for `limit` or a little longer. Returns whether it has.
///
/// Does not ask even once where there is one CPU only: while this thread looks, nobody changes anything.
pub(crate) fn spin(
    limit: Duration,
    seen: impl FnMut() -> bool,
    now: fn() -> Duration,
    cpus: &Cpus,
) -> bool {
    limit > Duration::ZERO && cpus.are_more_than_one() && look(limit, seen, now)
}

fn look(
    limit: Duration,
    mut seen: impl FnMut() -> bool,
    mut now: impl FnMut() -> Duration,
) -> bool {
    let mut seen_soon = || {
        (0..LOOKS).any(|_| {
            spin_loop();
            seen()
        })
    };
    if seen_soon() {
        return true;
    }
    let begun = now();
    while !seen_soon() {
        // A clock that was set back has not seen the limit pass.
        if now().saturating_sub(begun) >= limit {
            return false;
        }
    }
    true
}

/// Whether there is more than one CPU, which is asked once.
pub(crate) struct Cpus {
    count: fn() -> usize,
    known: AtomicU32,
}

const UNKNOWN: u32 = 0;
const ONE: u32 = 1;
const MORE: u32 = 2;

impl Cpus {
    pub(crate) const fn counted_by(count: fn() -> usize) -> Self {
        let known = AtomicU32::new(UNKNOWN);
        Self { count, known }
    }

    fn are_more_than_one(&self) -> bool {
        // Relaxed: whoever does not know it yet finds out for itself.
        match self.known.load(Relaxed) {
            UNKNOWN => {
                let more = (self.count)() > 1;
                self.known.store(if more { MORE } else { ONE }, Relaxed);
                more
            }
            known => known == MORE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::Cell;

    const MICROSECOND: Duration = Duration::from_micros(1);

    /// The answer of a look that sees something at last at this number, the looks it took, and how often it asked for the
    /// time, which a microsecond passes between.
    fn looks(limit: Duration, last: u32) -> (bool, u32, u32) {
        let (looks, times) = (Cell::new(0), Cell::new(0));
        let count = |counter: &Cell<u32>| {
            counter.set(counter.get() + 1);
            counter.get()
        };
        let seen = look(
            limit,
            || count(&looks) == last,
            || count(&times) * MICROSECOND,
        );
        (seen, looks.get(), times.get())
    }

    #[test]
    fn what_comes_at_once_is_seen_without_a_look_at_the_clock() {
        assert_eq!(looks(MICROSECOND, 1), (true, 1, 0));
        assert_eq!(looks(MICROSECOND, LOOKS), (true, LOOKS, 0));
    }

    #[test]
    fn what_comes_before_the_limit_is_seen_at_once() {
        assert_eq!(looks(MICROSECOND, LOOKS + 1), (true, LOOKS + 1, 1));
        assert_eq!(
            looks(3 * MICROSECOND, 3 * LOOKS + 5),
            (true, 3 * LOOKS + 5, 3)
        );
    }

    #[test]
    fn the_limit_ends_it() {
        assert_eq!(looks(MICROSECOND, u32::MAX), (false, 2 * LOOKS, 2));
        assert_eq!(looks(3 * MICROSECOND, u32::MAX), (false, 4 * LOOKS, 4));
    }

    #[test]
    fn nobody_looks_for_no_time() {
        let cpus = Cpus::counted_by(|| 2);
        assert!(!spin(
            Duration::ZERO,
            || unreachable!(),
            || unreachable!(),
            &cpus
        ));
    }

    #[test]
    fn the_cpus_are_counted_once() {
        static COUNTS: AtomicU32 = AtomicU32::new(0);
        fn counted(cpus: usize) -> usize {
            COUNTS.fetch_add(1, Relaxed);
            cpus
        }
        for (count, more) in [
            (|| counted(1), false),
            (|| counted(2), true),
            (|| counted(64), true),
        ] as [(fn() -> usize, bool); 3]
        {
            let before = COUNTS.load(Relaxed);
            let cpus = Cpus::counted_by(count);
            assert_eq!(cpus.are_more_than_one(), more);
            assert_eq!(cpus.are_more_than_one(), more);
            assert_eq!(COUNTS.load(Relaxed), before + 1);
        }
    }
}
