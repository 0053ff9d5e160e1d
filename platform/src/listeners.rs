//! The memory of the table of threads that wait for several events.

use crate::tasks;
use crate::Futex;
#[cfg(feature = "async")]
use crate::Tasks;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// How many addresses a slot holds.
const ADDRESSES: usize = 15;
/// Their bits and one more word fill a line of 64 bytes.
const SLOTS: usize = 15 * 32;
const BUCKETS: usize = 64;

/// How many words the table of one type of word has: 64 KiB, and twice that with the feature `async`. It is zeroed memory,
/// which the system need not provide before it is used.
pub const LISTENERS: usize = words(SLOTS, ADDRESSES, BUCKETS, tasks::BUCKETS);

/// The words of a table of this shape: the two words of the overflow slot, on a line each, then the slots, the words for
/// tasks, and the buckets.
const fn words(slots: usize, addresses: usize, buckets: usize, task_buckets: usize) -> usize {
    before_buckets(slots, addresses, task_buckets) + buckets * bucket_words(slots)
}

const fn before_buckets(slots: usize, addresses: usize, task_buckets: usize) -> usize {
    2 * LINE + slots * slot_words(addresses) + tasks::words(task_buckets)
}

/// How many words lie on lines of their own, also where a processor fetches lines in pairs.
pub(crate) const LINE: usize = 32;

const fn slot_words(addresses: usize) -> usize {
    2 * addresses + 2
}

const fn bucket_words(slots: usize) -> usize {
    (slots + 31) / 32 + 1
}

/// Aligns the words of a table to cache lines.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct Aligned<T>(pub T);

/// The memory in which the events on one type of word keep the table of threads that wait for several of them. See
/// [`Futex::listeners`]; [`listeners!`](crate::listeners!) makes one.
#[derive(Debug)]
#[repr(C)]
pub struct Listeners<F: 'static> {
    words: &'static [F],
    slots: usize,
    addresses: usize,
    buckets: usize,
    task_buckets: usize,
    before_use: fn(),
    clears: AtomicU32,
}

impl<F> Listeners<F> {
    /// A table in these words, all of which must be zero.
    pub const fn new(words: &'static [F; LISTENERS]) -> Self {
        Self::of_shape(words, SLOTS, ADDRESSES, BUCKETS, tasks::BUCKETS)
    }

    /// A table with this number of slots, addresses per slot, and buckets; for models, which can only handle a few.
    ///
    /// # Panics
    ///
    /// If the number of words is not the one that this shape takes.
    #[doc(hidden)]
    pub const fn of_shape(
        words: &'static [F],
        slots: usize,
        addresses: usize,
        buckets: usize,
        task_buckets: usize,
    ) -> Self {
        let count = self::words(slots, addresses, buckets, task_buckets);
        assert!(words.len() == count && addresses < 16);
        const fn nothing() {}
        Self {
            words,
            slots,
            addresses,
            buckets,
            task_buckets,
            before_use: nothing,
            clears: AtomicU32::new(0),
        }
    }

    /// The same table, but a thread runs `run` each time before it uses a slot. `run` can arrange that the table is
    /// [cleared](Self::clear) in the children of a `fork`.
    pub const fn before_use(mut self, run: fn()) -> Self {
        self.before_use = run;
        self
    }

    /// Runs what [`before_use`](Self::before_use) was given. Events call it before they use a slot.
    pub fn prepare(&self) {
        (self.before_use)()
    }

    /// How often the table has been [cleared](Self::clear). By this a thread that has a slot finds that it is in the child of a
    /// `fork` now, where it has none.
    pub fn clears(&self) -> u32 {
        self.clears.load(Relaxed)
    }

    /// How many slots there are.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// How many addresses a slot holds.
    pub fn addresses(&self) -> usize {
        self.addresses
    }

    /// How many buckets there are.
    pub fn buckets(&self) -> usize {
        self.buckets
    }

    /// One of the two words of the overflow slot.
    pub fn overflow(&self, word: usize) -> &'static F {
        &self.words[word % 2 * LINE]
    }

    /// The words of a slot: two for each address, and one more.
    pub fn slot(&self, slot: usize) -> &'static [F] {
        let count = slot_words(self.addresses);
        &self.words[2 * LINE..][slot * count..][..count - 1]
    }

    /// The words of a bucket: a bit for each slot, and one more word.
    pub fn bucket(&self, bucket: usize) -> &'static [F] {
        let count = bucket_words(self.slots);
        let first = before_buckets(self.slots, self.addresses, self.task_buckets);
        &self.words[first..][bucket * count..][..count]
    }

    /// The words by which a `set` reaches tasks.
    #[cfg(feature = "async")]
    pub fn tasks(&self) -> Tasks<F> {
        let first = before_buckets(self.slots, self.addresses, 0);
        Tasks {
            words: &self.words[first..][..tasks::words(self.task_buckets)],
            buckets: self.task_buckets,
        }
    }
}

impl<F: Futex> Listeners<F> {
    /// Makes the table empty. Call it only where no other thread uses the table: in the child of a `fork`, which has only the
    /// thread that forked.
    pub fn clear(&self) {
        self.clears.fetch_add(1, Relaxed);
        for word in self.words {
            let value = word.load(Relaxed);
            if value != 0 {
                word.fetch_add(value.wrapping_neg(), Relaxed);
            }
        }
    }
}

/// Makes the table that [`Futex::listeners`] returns: `listeners!(Word, zero)`, where `zero` is an expression for a word that
/// is zero.
///
/// ```
/// # use core::sync::atomic::AtomicU32;
/// use futex_event_platform::{listeners, Listeners};
///
/// struct Word(AtomicU32);
///
/// fn table() -> &'static Listeners<Word> {
///     listeners!(Word, Word(AtomicU32::new(0)))
/// }
/// # table();
/// ```
///
/// `listeners!(Word, zero, before_use: run)` also has `run`, a `fn()` that is called each time before a thread uses a slot:
/// see [`Listeners::before_use`]. A word uses it to have the table [cleared](Listeners::clear) in the child of a `fork`:
///
/// ```
/// # use core::sync::atomic::AtomicU32;
/// # use futex_event_platform::{listeners, Listeners};
/// # struct Word(AtomicU32);
/// fn table() -> &'static Listeners<Word> {
///     fn clear_in_children() {
///         // The first time: `pthread_atfork`, with a function for the child that calls `table().clear()`.
///     }
///     listeners!(Word, Word(AtomicU32::new(0)), before_use: clear_in_children)
/// }
/// # table().prepare();
/// ```
#[macro_export]
macro_rules! listeners {
    ($word:ty, $zero:expr $(, before_use: $before_use:expr)?) => {{
        #[allow(clippy::declare_interior_mutable_const)] // The initial value, copied into each place.
        const ZERO: $word = $zero;
        static WORDS: $crate::Aligned<[$word; $crate::LISTENERS]> =
            $crate::Aligned([ZERO; $crate::LISTENERS]);
        static LISTENERS: $crate::Listeners<$word> =
            $crate::Listeners::new(&WORDS.0)$(.before_use($before_use))?;
        &LISTENERS
    }};
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PrivateFutex;
    use core::sync::atomic::AtomicU32;
    use std::collections::HashSet;

    /// A table of three slots for two addresses each, and two buckets.
    fn small_table() -> Listeners<AtomicU32> {
        #[allow(clippy::declare_interior_mutable_const)] // The initial value, copied into each place.
        const ZERO: AtomicU32 = AtomicU32::new(0);
        static WORDS: [AtomicU32; words(3, 2, 2, 0)] = [ZERO; words(3, 2, 2, 0)];
        Listeners::of_shape(&WORDS, 3, 2, 2, 0)
    }

    #[test]
    fn a_table_has_the_shape_that_it_was_made_with() {
        let table = small_table();
        assert_eq!(table.slots(), 3);
        assert_eq!(table.addresses(), 2);
        assert_eq!(table.buckets(), 2);

        let mut used = std::vec![table.overflow(0), table.overflow(1)];
        for slot in 0..3 {
            assert_eq!(table.slot(slot).len(), 2 * 2 + 1);
            used.extend(table.slot(slot));
        }
        for bucket in 0..2 {
            assert_eq!(table.bucket(bucket).len(), 1 + 1);
            used.extend(table.bucket(bucket));
        }
        let places: HashSet<*const AtomicU32> = used.iter().map(|word| *word as *const _).collect();
        assert_eq!(places.len(), used.len(), "a word has two uses");
    }

    #[test]
    fn before_a_slot_is_used_the_table_runs_what_it_was_given() {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        fn run() {
            RUNS.fetch_add(1, Relaxed);
        }
        small_table().prepare();
        let table = small_table().before_use(run);
        assert_eq!(RUNS.load(Relaxed), 0);
        for runs in 1..3 {
            table.prepare();
            assert_eq!(RUNS.load(Relaxed), runs);
        }
    }

    #[test]
    fn slots_and_buckets_lie_on_lines_of_their_own() {
        let table = PrivateFutex::listeners();
        let place = |word: &PrivateFutex| word as *const PrivateFutex as usize;
        for slot in 0..table.slots() {
            assert_eq!(place(&table.slot(slot)[0]) % 128, 0);
        }
        for bucket in 0..table.buckets() {
            assert_eq!(place(&table.bucket(bucket)[0]) % 64, 0);
        }
        assert_eq!(place(table.overflow(0)) % 128, 0);
        assert_eq!(place(table.overflow(1)) % 128, 0);
        let last = table.bucket(table.buckets() - 1).last().unwrap();
        assert_eq!(place(last), place(table.words.last().unwrap()));
    }

    #[test]
    fn the_table_takes_64_kib_and_about_twice_that_with_the_words_for_tasks() {
        let kib = |task_buckets| words(SLOTS, ADDRESSES, BUCKETS, task_buckets) * 4 / 1024;
        assert_eq!([kib(0), kib(1 << 14)], [64, 130]);
        assert_eq!(tasks::words(0), 0);
    }

    #[cfg(feature = "std")]
    #[test]
    fn a_cleared_table_is_zero() {
        let table = crate::FallbackFutex::listeners();
        table.slot(3)[2].fetch_or(77, Relaxed);
        let clears = table.clears();
        table.clear();
        assert_eq!(table.slot(3)[2].load(Relaxed), 0);
        assert_eq!(table.clears(), clears + 1);
    }
}
