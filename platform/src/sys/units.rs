//! Times in the units that system calls take.

#![allow(dead_code)] // Tested on every system; each system uses some.

use core::time::Duration;

pub(crate) const NANOSECOND: Duration = Duration::from_nanos(1);
pub(crate) const MICROSECOND: Duration = Duration::from_micros(1);
pub(crate) const MILLISECOND: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The time in this unit: rounded up, so that a wait of that many units does not end early, and at most `most`, after which
/// the caller has to read the clock and wait again. It is zero only for no time at all, because zero means forever to some
/// systems.
pub(crate) fn round_up(time: Duration, unit: Duration, most: u64) -> u64 {
    let unit = unit.as_nanos();
    // A Duration is less than 2^64 seconds, so the sum cannot overflow.
    let count = (time.as_nanos() + unit - 1) / unit;
    count.min(most.into()) as u64
}

/// The remaining time as Windows' waits take it: whole milliseconds, where the highest number means forever.
/// [winbase.h, INFINITE]
pub(crate) fn windows_milliseconds(left: Option<Duration>) -> u32 {
    const INFINITE: u32 = u32::MAX;
    left.map_or(INFINITE, |left| {
        round_up(left, MILLISECOND, (INFINITE - 1).into()) as u32
    })
}

/// The time that a counter of this many ticks per second shows at `ticks`.
pub(crate) fn from_ticks(ticks: u64, per_second: u64) -> Duration {
    let part = u128::from(ticks % per_second) * SECOND.as_nanos() / u128::from(per_second);
    Duration::new(ticks / per_second, part as u32)
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

    #[test]
    fn only_never_is_infinite_to_windows() {
        assert_eq!(windows_milliseconds(None), u32::MAX);
        assert_eq!(windows_milliseconds(Some(Duration::MAX)), u32::MAX - 1);
        assert_eq!(
            windows_milliseconds(Some(u32::MAX * MILLISECOND)),
            u32::MAX - 1
        );
        assert_eq!(windows_milliseconds(Some(MILLISECOND + NANOSECOND)), 2);
        assert_eq!(windows_milliseconds(Some(Duration::ZERO)), 0);
    }

    #[test]
    fn ticks_are_a_time_at_any_rate() {
        for per_second in [1, 3, 3_579_545, 10_000_000, 1 << 62, u64::MAX] {
            assert_eq!(from_ticks(0, per_second), Duration::ZERO);
            assert_eq!(from_ticks(per_second, per_second), SECOND);
            assert_eq!(from_ticks(per_second - 1, per_second).as_secs(), 0);
        }
        assert_eq!(from_ticks(15, 10_000_000), 1_500 * NANOSECOND);
        assert_eq!(from_ticks(u64::MAX, 1), Duration::from_secs(u64::MAX));
    }
}
