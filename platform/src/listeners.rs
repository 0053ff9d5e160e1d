//! The memory for the table of threads that wait for several events.

use crate::tasks;
use crate::Futex;
#[cfg(feature = "async")]
use crate::Tasks;
use core::sync::atomic::Ordering::Relaxed;

/// How many addresses fit into a slot.
const ADDRESSES: usize = 15;
/// So many that the bits for them and one word more fill a line of 64 bytes.
const SLOTS: usize = 15 * 32;
const BUCKETS: usize = 64;

/// How many words the table of one type of word has: 66 KiB in all, and as many again with the feature `async`, in zeroed
/// memory that the system need not provide before it is used.
pub const LISTENERS: usize = words(SLOTS, ADDRESSES, BUCKETS, tasks::BUCKETS);

/// The words of a table of this shape: a line each for two words of the overflow slot, the slots, the words for tasks, the
/// buckets.
const fn words(slots: usize, addresses: usize, buckets: usize, task_buckets: usize) -> usize {
    before_buckets(slots, addresses, task_buckets) + buckets * bucket_words(slots)
}

const fn before_buckets(slots: usize, addresses: usize, task_buckets: usize) -> usize {
    2 * LINE + slots * slot_words(addresses) + tasks::words(task_buckets)
}

/// The words that lie on lines of their own, also where a processor fetches lines in pairs.
pub(crate) const LINE: usize = 32;

const fn slot_words(addresses: usize) -> usize {
    2 * addresses + 2
}

const fn bucket_words(slots: usize) -> usize {
    (slots + 31) / 32 + 1
}

/// Aligns the words of a table to the lines of caches.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct Aligned<T>(pub T);

/// The words in which the events on one type of word keep the table of threads that wait for several of them: see
/// [`Futex::listeners`], and [`listeners!`](crate::listeners!) to make one.
#[derive(Debug)]
#[repr(C)]
pub struct Listeners<F: 'static> {
    words: &'static [F],
    slots: usize,
    addresses: usize,
    buckets: usize,
    task_buckets: usize,
    before_use: fn(),
}

impl<F> Listeners<F> {
    /// A table of these words, all of which are zero.
    pub const fn new(words: &'static [F; LISTENERS]) -> Self {
        Self::of_shape(words, SLOTS, ADDRESSES, BUCKETS, tasks::BUCKETS)
    }

    /// A table with so many slots, for so many addresses each; for models, which cannot do with many.
    ///
    /// # Panics
    ///
    /// If it takes another number of words.
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
        }
    }

    /// The same, but whenever a thread is about to use a slot, it runs this before: to have the table
    /// [cleared](Self::clear) in the children of a `fork`.
    pub const fn before_use(mut self, run: fn()) -> Self {
        self.before_use = run;
        self
    }

    /// Runs what is to run before a slot is used.
    pub fn prepare(&self) {
        (self.before_use)()
    }

    /// How many slots there are.
    pub fn slots(&self) -> usize {
        self.slots
    }

    /// How many addresses fit into a slot.
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

    /// The words of a slot: one more than two for each address.
    pub fn slot(&self, slot: usize) -> &'static [F] {
        let count = slot_words(self.addresses);
        &self.words[2 * LINE..][slot * count..][..count - 1]
    }

    /// The words of a bucket: a bit for each slot, and one word more.
    pub fn bucket(&self, bucket: usize) -> &'static [F] {
        let count = bucket_words(self.slots);
        let first = before_buckets(self.slots, self.addresses, self.task_buckets);
        &self.words[first..][bucket * count..][..count]
    }

    /// The words by which a `set` reaches tasks. With the feature `async`.
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
    /// Makes the table empty. Only where no other thread uses it: in the child of a `fork`, where its threads are not.
    pub fn clear(&self) {
        for word in self.words {
            let value = word.load(Relaxed);
            if value != 0 {
                word.fetch_add(value.wrapping_neg(), Relaxed);
            }
        }
    }
}

/// What [`Futex::listeners`] returns, for a word of the type `$word` that is zero as written in `$zero`.
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

    #[cfg(feature = "std")]
    #[test]
    fn a_cleared_table_is_zero() {
        let table = crate::FallbackFutex::listeners();
        table.slot(3)[2].fetch_or(77, Relaxed);
        table.clear();
        assert_eq!(table.slot(3)[2].load(Relaxed), 0);
    }
}
