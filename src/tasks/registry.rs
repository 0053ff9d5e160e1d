//! The wakers of tasks that wait, found by the bucket and the address of their event.
//!
//! Sixty-four maps, each under a lock and for its share of the buckets. No `set` comes here. A lock is held while the map
//! is searched, and never while a waker is made, run or dropped, which is foreign code.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::vec::Vec;

/// How many registrations a `set` takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Taken {
    /// Those of all tasks: the event is a manual-reset one.
    All,
    /// That of one task for each address: there is a token.
    One,
}

/// What a registration is found by. In the order in which the waker thread goes through them: all of a bucket in a row,
/// and those for the same event from the oldest on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The waker thread that is to find it. There is one for each type of word; and one more in a child of a `fork`,
    /// where what the parent's tasks have registered is never visited.
    pub(super) thread: u32,
    pub(super) bucket: usize,
    pub(super) address: usize,
    pub(super) taken: Taken,
    /// No other registration has it.
    pub(super) number: u64,
}

impl Key {
    fn first_of(thread: u32, bucket: usize) -> Self {
        Self {
            thread,
            bucket,
            address: 0,
            taken: Taken::All,
            number: 0,
        }
    }
}

struct Shard {
    /// `None` before the first: to make a map is not `const` before Rust 1.66.
    wakers: Option<BTreeMap<Key, Waker>>,
    next: u64,
}

/// How many wakers the thread takes at a time: few, so it does not hold the lock for long.
const BATCH: usize = 64;

fn shard(bucket: usize) -> MutexGuard<'static, Shard> {
    #[allow(clippy::declare_interior_mutable_const)] // The initial value, copied into each place.
    const EMPTY: Mutex<Shard> = Mutex::new(Shard {
        wakers: None,
        next: 0,
    });
    static SHARDS: [Mutex<Shard>; 64] = [EMPTY; 64];
    // There is nothing that could panic and leave a map half done.
    SHARDS[bucket % SHARDS.len()]
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

/// Registers a waker. The key's number is replaced; returns the key as it is then.
pub(super) fn insert(key: Key, waker: Waker) -> Key {
    let mut shard = shard(key.bucket);
    let number = shard.next;
    shard.next += 1;
    let key = Key { number, ..key };
    shard
        .wakers
        .get_or_insert_with(BTreeMap::new)
        .insert(key, waker);
    key
}

/// Replaces the waker, if the registration is still there and it would wake another task. Returns whether it is there.
pub(super) fn renew(key: &Key, waker: &Waker) -> bool {
    let same = |shard: &mut Shard| Some(shard.waker(key)?.will_wake(waker));
    let is_same = same(&mut shard(key.bucket));
    if is_same != Some(false) {
        return is_same.is_some();
    }
    let mut waker = waker.clone();
    let mut shard = shard(key.bucket);
    let found = shard.waker(key);
    let is_there = found.is_some();
    if let Some(found) = found {
        std::mem::swap(found, &mut waker);
    }
    drop(shard);
    is_there
}

/// Takes a registration out. Returns whether it was there.
pub(super) fn remove(key: &Key) -> bool {
    let mut shard = shard(key.bucket);
    let waker = shard.wakers.as_mut().and_then(|wakers| wakers.remove(key));
    drop(shard);
    waker.is_some()
}

impl Shard {
    fn waker(&mut self, key: &Key) -> Option<&mut Waker> {
        self.wakers.as_mut()?.get_mut(key)
    }
}

/// One pass through a bucket, for a `set` that came before.
pub(super) struct Pass {
    /// Where it continues.
    from: Key,
    /// Registrations since the pass began are left for the next, or it might never end.
    before: u64,
}

impl Pass {
    pub(super) fn through(thread: u32, bucket: usize) -> Self {
        Self {
            from: Key::first_of(thread, bucket),
            before: shard(bucket).next,
        }
    }

    /// Takes some of the wakers that are to be run. None if the pass is at its end.
    pub(super) fn take(&mut self, wakers: &mut Vec<Waker>) {
        let end = Key::first_of(self.from.thread, self.from.bucket + 1);
        let mut shard = shard(self.from.bucket);
        let map = match &mut shard.wakers {
            Some(map) => map,
            None => return,
        };
        while wakers.len() < BATCH {
            let key = match map.range(self.from..end).next() {
                Some((&key, _)) => key,
                None => return,
            };
            let is_new = key.number >= self.before;
            if !is_new {
                wakers.extend(map.remove(&key));
            }
            let is_last = is_new || key.taken == Taken::One;
            self.from = Key {
                number: if is_last { u64::MAX } else { key.number },
                ..key
            };
        }
    }
}
