//! Where the histories of a process are kept: in a table, since the events have no room for them.
//!
//! A history is found by a hash of the event's address. Events that share a place share their history, and an event shares it
//! with those that had its address before. It is read and written without any order, and what one thread learns can
//! be lost if another writes at the same time. All of that costs time only, and not for long: from any history, the right
//! behaviour is learnt again within 255 waits.

use super::history::History;
use crate::hash;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;

/// The histories of one policy. All zeros, so they take no space in the program's file.
pub(crate) struct Memory([Place; PLACES]);

const PLACES: usize = 64;

/// Alone in its cache lines, so waits on different events do not slow each other down. Two lines, since some processors
/// fetch them in pairs, and some have lines of this length.
#[repr(align(128))]
pub(crate) struct Place {
    history: AtomicU32,
    /// When the last outcome was, in microseconds that wrap around.
    last: AtomicU32,
}

impl Memory {
    pub(crate) const fn new() -> Self {
        #[allow(clippy::declare_interior_mutable_const)] // The initial value, copied into each place.
        const UNKNOWN: Place = Place {
            history: AtomicU32::new(0),
            last: AtomicU32::new(0),
        };
        Self([UNKNOWN; PLACES])
    }

    pub(crate) fn of(&self, address: usize) -> &Place {
        &self.0[hash::of_address(address) % PLACES]
    }
}

impl Place {
    pub(crate) fn history(&self) -> History {
        History::from_bits(self.history.load(Relaxed))
    }

    /// Writes only if it has changed: in a fast hand-off it does not.
    pub(crate) fn remember(&self, before: History, after: History) {
        if before != after {
            self.history.store(after.to_bits(), Relaxed);
        }
    }

    /// From the last outcome until this time. Zero if the outcome is the later of the two, as another thread's can be.
    pub(crate) fn since_last(&self, time: Duration) -> Duration {
        let since = (time.as_micros() as u32).wrapping_sub(self.last.load(Relaxed));
        Duration::from_micros((since as i32).max(0) as u64)
    }

    pub(crate) fn outcome_at(&self, time: Duration) {
        self.last.store(time.as_micros() as u32, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::ptr;

    #[test]
    fn words_in_a_row_have_places_of_their_own() {
        const WORDS: usize = 16;
        static MEMORY: Memory = Memory::new();
        let words = [0_u32; WORDS];
        let place = |index: usize| MEMORY.of(&words[index] as *const u32 as usize);
        let is_new = |index: &usize| (0..*index).all(|other| !ptr::eq(place(other), place(*index)));
        assert!((0..WORDS).filter(is_new).count() > WORDS / 2);
    }

    #[test]
    fn a_place_remembers_a_history_and_the_last_outcome() {
        static MEMORY: Memory = Memory::new();
        let place = MEMORY.of(0);
        let history = History::from_bits(0x0102_0304);
        place.remember(place.history(), history);
        assert_eq!(place.history(), history);
        place.outcome_at(Duration::from_micros(10));
        let since_last = |micros| place.since_last(Duration::from_micros(micros));
        assert_eq!(since_last(15), Duration::from_micros(5));
        assert_eq!(since_last(7), Duration::ZERO);
    }

    #[test]
    fn no_two_places_share_a_pair_of_cache_lines() {
        assert_eq!(core::mem::size_of::<Place>(), 128);
        assert_eq!(core::mem::align_of::<Memory>(), 128);
    }
}
