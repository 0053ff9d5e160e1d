//! The memory by which a `set` tells the thread that runs `Waker`s which events were set: a part of the table of listeners.

use crate::listeners::LINE;

/// How many buckets the table of one type of word has for its tasks.
pub(crate) const BUCKETS: usize = if cfg!(feature = "async") { 1 << 14 } else { 0 };

/// Their bits, and one for the use of the events, fit into a word.
const GROUPS: usize = 16;

/// How many words there are for this number of buckets: the doorbell and the number of the thread, on a line each, the bits,
/// and the counts.
pub(crate) const fn words(buckets: usize) -> usize {
    match buckets {
        0 => 0,
        _ => 2 * LINE + bit_words(buckets) + buckets,
    }
}

const fn bit_words(buckets: usize) -> usize {
    (buckets + 31) / 32
}

/// The words by which a `set` reaches tasks: see [`Listeners::tasks`](crate::Listeners::tasks).
#[derive(Debug)]
pub struct Tasks<F: 'static> {
    pub(crate) words: &'static [F],
    pub(crate) buckets: usize,
}

impl<F> Tasks<F> {
    /// How many buckets there are.
    pub fn buckets(&self) -> usize {
        self.buckets
    }

    /// The word on which the thread sleeps. The lowest 16 bits are those of the [groups](Self::group).
    pub fn doorbell(&self) -> &'static F {
        &self.words[0]
    }

    /// The word that says which thread it is.
    pub fn thread(&self) -> &'static F {
        &self.words[LINE]
    }

    /// How many tasks a bucket has.
    pub fn count(&self, bucket: usize) -> &'static F {
        let bits = bit_words(self.buckets);
        &self.words[2 * LINE + bits..][bucket]
    }

    /// The bit of a bucket: its word, its number in the word, and the number of the group that the word belongs to.
    pub fn bit(&self, bucket: usize) -> (&'static F, u32, u32) {
        let word = bucket / 32;
        let group = word / self.group_words();
        let word = &self.words[2 * LINE..][word];
        (word, (bucket % 32) as u32, group as u32)
    }

    /// The words of a group, whose bits belong to consecutive buckets, and the first of these buckets.
    pub fn group(&self, group: u32) -> (&'static [F], usize) {
        let words = &self.words[2 * LINE..][..bit_words(self.buckets)];
        let first = group as usize * self.group_words();
        let end = (first + self.group_words()).min(words.len());
        (&words[first.min(end)..end], first * 32)
    }

    fn group_words(&self) -> usize {
        (bit_words(self.buckets) + GROUPS - 1) / GROUPS
    }
}

#[cfg(all(test, feature = "async"))]
mod tests {
    use super::{bit_words, BUCKETS, GROUPS};
    use crate::{Futex, PrivateFutex};
    use std::collections::HashSet;

    #[test]
    fn each_bucket_has_a_bit_in_its_group_and_a_count() {
        let tasks = PrivateFutex::listeners().tasks();
        assert_eq!(tasks.buckets(), BUCKETS);
        let place = |word: &'static PrivateFutex| word as *const PrivateFutex as usize;
        let mut counts = HashSet::from([place(tasks.doorbell()), place(tasks.thread())]);
        let mut bits = HashSet::new();
        for bucket in 0..tasks.buckets() {
            let (word, bit, group) = tasks.bit(bucket);
            assert!(bit < 32 && group < 16);
            assert!(bits.insert((place(word), bit)));
            let (words, first) = tasks.group(group);
            let index = words.iter().position(|found| place(found) == place(word));
            assert_eq!(first + index.unwrap() * 32 + bit as usize, bucket);
            assert!(counts.insert(place(tasks.count(bucket))));
        }
        assert!(bits.iter().all(|(word, _)| !counts.contains(word)));
        assert_eq!(place(tasks.doorbell()) % 128, 0);
        assert_eq!(place(tasks.thread()) % 128, 0);
    }
    /// So the thread that runs wakers goes through as few words as can be for each group that was rung.
    #[test]
    fn all_groups_have_the_same_number_of_words() {
        let tasks = PrivateFutex::listeners().tasks();
        for group in 0..GROUPS {
            let (words, _) = tasks.group(group as u32);
            assert_eq!(words.len() * GROUPS, bit_words(BUCKETS), "group {}", group);
        }
    }
}
