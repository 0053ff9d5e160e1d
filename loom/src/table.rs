//! The table of listeners. It is static, like that of every word, and its values last for one execution.

use crate::LoomFutex;
use futex_event::platform::{Futex, Listeners};
use loom::sync::atomic::Ordering::Relaxed;

/// Room for one thread less than the most that a model can have, and for one event less than the models here wait for.
const SLOTS: usize = 3;
const ADDRESSES: usize = 2;
const BUCKETS: usize = 1;
/// All tasks share one bucket.
const TASK_BUCKETS: usize = 1;
const TASK_WORDS: usize = 2 * 32 + 2 * TASK_BUCKETS;
const WORDS: usize = 2 * 32 + SLOTS * (2 * ADDRESSES + 2) + TASK_WORDS + BUCKETS * 2;

static TABLE_WORDS: [LoomFutex; WORDS] = [LoomFutex::OF_TABLE; WORDS];
static TABLE: Listeners<LoomFutex> =
    Listeners::of_shape(&TABLE_WORDS, SLOTS, ADDRESSES, BUCKETS, TASK_BUCKETS);

/// The table of either word.
pub(crate) fn of<const SHARED: bool>() -> &'static Listeners<LoomFutex<SHARED>> {
    let table: *const Listeners<LoomFutex> = &TABLE;
    // SAFETY: the word is the same, whatever its parameter.
    unsafe { &*table.cast() }
}

/// The addresses of the words that it uses.
pub(crate) fn addresses() -> impl Iterator<Item = usize> {
    let overflow = (0..2).map(|word| TABLE.overflow(word));
    let slots = (0..SLOTS).flat_map(|slot| TABLE.slot(slot));
    let buckets = (0..BUCKETS).flat_map(|bucket| TABLE.bucket(bucket));
    let tasks = TABLE.tasks();
    let of_all_tasks = [tasks.doorbell(), tasks.thread()];
    let of_tasks =
        (0..TASK_BUCKETS).flat_map(move |bucket| [tasks.bit(bucket).0, tasks.count(bucket)]);
    let words = overflow.chain(slots).chain(buckets);
    let words = words.chain(of_all_tasks).chain(of_tasks);
    words.map(|word| LoomFutex::address(word))
}

/// Leaves at most this many of the table's three slots free, as if other threads used the rest. Without a free slot, threads
/// in `wait_any` and `EventCount` use the overflow slot. Call it at the start of a model, if at all.
pub fn leave_free(slots: usize) {
    for slot in slots..SLOTS {
        // It is taken, by a thread that has not published it.
        TABLE.slot(slot)[0].fetch_or(1, Relaxed);
    }
}
