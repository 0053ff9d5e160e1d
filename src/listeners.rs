//! Listeners: one table, for all events of a process, of the threads that wait for several events.
//!
//! A plain waiter sleeps on its event's own word. A thread that waits for several events has no such word. It takes a
//! *slot* of this table, notes its events there, and sleeps on the slot. So does a thread that an auto-reset event cannot
//! count, and one that waits on an event count. A `set` finds the slots of its event, and claims or wakes exactly the
//! threads that it releases.
//!
//! # The table
//!
//! ```text
//!          31                6    5    4             0
//!         +-------------------+------+----------------+
//! slot:   |  sequence number  | OWED |  state         |   and the addresses of its events
//!         +-------------------+------+----------------+
//! bucket: a bit for each slot that has an address with this hash; a counter
//! ```
//!
//! | state | meaning | transitions |
//! | --- | --- | --- |
//! | FREE | no thread uses the slot | a thread that begins to wait: BUSY, with the next sequence number |
//! | BUSY | the slot is taken, and no `set` may claim it | its owner: AWAKE when the slot is filled, FREE at the end |
//! | AWAKE | a `set` may claim it | its owner: ASLEEP before it sleeps, BUSY if its wait ends otherwise. A `set`: CLAIMED, NUDGED |
//! | ASLEEP | the same; a thread that changes it wakes the owner | the same; and a nudge makes it ROUSED |
//! | NUDGED | the owner is to check its events, and can still be claimed | its owner: AWAKE, and checks; BUSY if its wait ends. A `set`: CLAIMED, NUDGED |
//! | ROUSED | the same, from ASLEEP. The wake may still be to come, from a `set` that was stopped before it: a thread that changes it wakes the owner | the same. A `set`: CLAIMED, ROUSED |
//! | CLAIMED | by the event with this index: the wait is over | its owner: FREE |
//!
//! A [thread that waits](listen())
//!
//! 1. takes a slot, fills it in, and turns its bit on in the buckets of its events;
//! 2. publishes it: AWAKE;
//! 3. *marks* each event, LISTENED, by a read-modify-write that also finds out whether the event is set;
//! 4. if one is, *withdraws*: turns its slot back into BUSY. If that fails, its slot has been claimed, which ends the
//!    wait. Otherwise it may take that event's token. If the token is gone by then, it goes back to 2;
//! 5. if none is, sleeps on its slot while that is ASLEEP. When its time is up it withdraws, and checks once more.
//!
//! `AutoResetEvent::set`, if LISTENED is on, goes through the bucket and claims a slot. In this one step the token changes
//! hands, and the event is not touched any more. If there is no slot to claim, it turns SET on in the event's word, *goes
//! through the bucket again*, and nudges one listener if there is one now.
//!
//! `Event::set` turns SET on, and nudges every listener. It does not claim: a `set` that was stopped before this
//! may find listeners that began only after a `clear`.
//!
//! # Why it holds
//!
//! *No listener sleeps while its event is set.* The mark and the `set` are both read-modify-writes of the event's word.
//! If the mark comes first, the `set` sees all that the listener did before: its bit, and its slot AWAKE. If the `set`
//! comes first, the mark finds SET. An auto-reset event's LISTENED may have been on before. Then the mark does not
//! change the word, and a `set` whose first pass came too early for this listener succeeds: hence its second pass.
//!
//! *A nudge is not lost with the thread that got it.* One nudge is for one token, and the thread may leave with another
//! event. So the nudge carries OWED, a claim leaves that on, and a thread that leaves owing checks all its auto-reset
//! events: for each that is set it nudges another listener.
//!
//! *LISTENED stays.* In an auto-reset event it never goes off again. So a `set` that finds SET on can still claim a
//! thread: *k* sets release *k* threads even if one setter is stopped between its SET and its second pass. A mark that
//! stays behind costs each later set a read of the bucket. In a manual-reset event it goes off with the step of the
//! generation, which releases all threads that marked it.
//!
//! *No thread has two tokens.* It takes one only after it has withdrawn, and a slot that is BUSY is not claimed.
//!
//! *No `set` claims the next user of a slot.* The exchange that claims compares the sequence number. What a `set` read of the
//! addresses is then true of this use of the slot, since the next user writes them only after the claim has failed.
//! The number has 26 bits: see the guide, [limitations](crate::guide::limitations).
//!
//! *The child of a `fork`* has an empty table. If a thread forks inside its wait, in the closure of an interruptible one, the wait
//! finds in the child that its [process](process) has changed, and begins again with step 1. It touches nothing of the table
//! before, as its slot may have another owner by then.
//!
//! A thread with more events than fit into a slot says so there, and is nudged by every `set` in its buckets that could be
//! for it. If no slot is free, it waits in the [overflow slot](overflow).
//!
//! # Orderings
//!
//! Publishing is a Release, and is ordered with the mark, or with the exchange of a `set`: the mark is a Release itself, and
//! `set` reads the event's word by an Acquire before it goes through the bucket. So the bits and addresses can be
//! Relaxed. A claim is a Release, and the owner reads its slot by an Acquire: this hands over what was done before
//! the `set`. A nudge hands over nothing: the mark that follows it, or that a thread makes when it passes a nudge on, finds
//! the event set, or else that `set` finds what the thread did before the mark. To pass it on, the thread must also find the
//! listeners that the `set` found, so the mark of an auto-reset event is an Acquire. The slot would not do: of two nudges that
//! write the same, its owner may have read the first, and its exchange, which is Relaxed, takes the second off. Freeing a
//! slot is a Release and taking it an Acquire, so a thread finds the bits as the last owner left them.

mod listen;
mod overflow;
mod process;
mod set;
mod slot;

pub(crate) use listen::{first_released, listen, Awaited};
pub(crate) use process::{Forked, Process};
pub(crate) use set::{are_there, claim, nudge_all, nudge_one};

use crate::hash;
use crate::platform::Futex;

/// Only words of one process have a table.
///
/// ```
/// use futex_event::{platform::PrivateFutex, wait_any, AutoResetEvent, Event};
///
/// let event = Event::with_futex(PrivateFutex::new(0));
/// event.set();
/// wait_any((&event, &AutoResetEvent::with_futex(PrivateFutex::new(0))));
/// ```
///
/// The same for several processes:
///
/// ```compile_fail
/// use futex_event::{platform::SharedFutex, wait_any, Event};
///
/// let event = Event::with_futex(SharedFutex::new(0));
/// event.set();
/// wait_any([&event]);
/// ```
///
/// ```compile_fail
/// use futex_event::{platform::SharedFutex, AutoResetEvent};
///
/// AutoResetEvent::with_futex(SharedFutex::new(0));
/// ```
pub(crate) struct OfOneProcess<F>(F);

impl<F: Futex> OfOneProcess<F> {
    /// Does not compile for others.
    pub(crate) const CHECKED: () = assert!(
        !F::SHARED,
        "only `Event` works across processes, and only by itself: not AutoResetEvent, and not in wait_any"
    );
}

/// The bits of the bucket of an address, and its counter.
fn bucket<F: Futex>(address: usize) -> (&'static [F], &'static F) {
    let table = F::listeners();
    let bucket = table.bucket(hash::of_address(address) % table.buckets());
    let (counter, bits) = bucket.split_last().expect("a bucket has a counter");
    (bits, counter)
}

#[cfg(test)]
mod tests;
