//! Times in the units of the systems' calls.

#![allow(dead_code)] // Tested on every system, and used on those that count in other units than nanoseconds.

use core::time::Duration;

pub(crate) const NANOSECOND: Duration = Duration::from_nanos(1);
pub(crate) const MICROSECOND: Duration = Duration::from_micros(1);
pub(crate) const MILLISECOND: Duration = Duration::from_millis(1);

/// How many of the unit the time is: rounded up, so that a wait of so many is not over early, and at most `most`, after
/// which whoever waits has to look at the clock and go on. Zero only for no time at all, which to some systems means
/// for ever.
pub(crate) fn round_up(time: Duration, unit: Duration, most: u64) -> u64 {
    let unit = unit.as_nanos();
    // A Duration is less than 2^64 seconds, so its nanoseconds leave room for the sum.
    let count = (time.as_nanos() + unit - 1) / unit;
    count.min(most.into()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_unit_counts_as_one() {
        assert_eq!(round_up(NANOSECOND, MILLISECOND, u64::MAX), 1);
        assert_eq!(round_up(MILLISECOND, MILLISECOND, u64::MAX), 1);
        assert_eq!(round_up(MILLISECOND + NANOSECOND, MILLISECOND, u64::MAX), 2);
        assert_eq!(round_up(MILLISECOND, MICROSECOND, u64::MAX), 1_000);
    }

    #[test]
    fn only_no_time_is_zero() {
        for unit in [NANOSECOND, MICROSECOND, MILLISECOND] {
            assert_eq!(round_up(Duration::ZERO, unit, u64::MAX), 0);
            assert_ne!(round_up(NANOSECOND, unit, u64::MAX), 0);
        }
    }

    #[test]
    fn more_than_the_most_is_the_most() {
        assert_eq!(round_up(2 * MICROSECOND, MICROSECOND, 1), 1);
        assert_eq!(round_up(Duration::MAX, NANOSECOND, u64::MAX), u64::MAX);
        assert_eq!(
            round_up(Duration::MAX, MILLISECOND, u32::MAX.into()),
            u32::MAX.into()
        );
    }
}
