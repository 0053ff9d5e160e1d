//! Listeners: a table, one for all events of a process, of the threads that wait for several events.
//!
//! A plain waiter sleeps on its event's own word. A thread that waits for several events has no such word. It takes a
//! *slot* of this table, which names its events, and sleeps on that; and so does a thread that its auto-reset event
//! cannot count. A `set` finds the slots of its event and claims, or wakes, exactly the threads that it is for.
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
//! | state | who turns it into which |
//! | --- | --- |
//! | FREE | a thread that begins to wait: BUSY, with the next sequence number |
//! | BUSY: the slot is taken, and no `set` may claim it | its owner: AWAKE when the slot is filled, FREE at the end |
//! | AWAKE: it can be claimed | its owner: ASLEEP before it sleeps, BUSY if its wait ends otherwise. A `set`: CLAIMED, NUDGED |
//! | ASLEEP: the same, and whoever changes it wakes the owner | the same |
//! | NUDGED: the owner is to look at its events, and can still be claimed | its owner: AWAKE, and looks. A `set`: CLAIMED |
//! | ROUSED: the same, from ASLEEP. The wake may be still to come, from a `set` that was stopped before it: whoever changes it wakes the owner | the same. A `set`: CLAIMED, ROUSED |
//! | CLAIMED by the event with this index: the wait is over | its owner: FREE |
//!
//! A thread that waits
//!
//! 1. takes a slot, fills it in, and turns its bit on in the buckets of its events;
//! 2. publishes it: AWAKE;
//! 3. *marks* each event, LISTENED, by a read-modify-write that also looks whether the event is set;
//! 4. if one is, *withdraws*: turns its slot back into BUSY. If that fails, its slot has been claimed, and this is the
//!    answer. Otherwise it may take that event's token. If the token is gone by then, it goes back to 2;
//! 5. if none is, sleeps on its slot while that is ASLEEP. When its time is up it withdraws, and looks once more.
//!
//! `AutoResetEvent::set`, if LISTENED is on, goes through the bucket and claims a slot. This is the one step in which the
//! token changes hands: the event is not touched any more. If there is no slot to claim, it turns SET on in the event's
//! word, *goes through the bucket again*, and nudges one listener if there is one now.
//!
//! `Event::set` turns SET on, and nudges every listener. It does not claim: a `set` that was stopped before this
//! may find listeners that began only after a `clear`.
//!
//! # Why it holds
//!
//! *No listener sleeps beside an event that is set.* The mark and the `set` are both read-modify-writes of the event's word.
//! If the mark comes first, the `set` sees all that the listener did before: its bit, and its slot AWAKE. If the `set`
//! comes first, the mark finds SET. An auto-reset event's LISTENED may have been on before, so that the mark does not
//! change the word, and a `set` whose first look came too early for this listener succeeds: hence its second look.
//!
//! *A nudge is not lost with the thread that got it.* One nudge is for one token, and the thread may leave with another
//! event. So the nudge carries OWED, a claim leaves that on, and a thread that leaves owing looks at all its auto-reset
//! events: for each that is set it nudges another listener.
//!
//! *LISTENED stays.* In an auto-reset event it never goes off again. So a `set` that finds SET on can still claim a
//! thread: *k* sets release *k* threads even if one setter is stopped between its SET and its second look. A mark that
//! stays behind costs later sets a look at a bucket. In a manual-reset event it goes off with the step of the generation,
//! which releases all who marked it.
//!
//! *No thread has two tokens.* It takes one only after it has withdrawn, and a slot that is BUSY is not claimed.
//!
//! *No `set` claims the next user of a slot.* The exchange that claims compares the sequence number. What a `set` read of the
//! addresses is then true of this use of the slot, since the next user writes them only after the claim has failed.
//! The number has 26 bits: see the guide, [limitations](crate::guide::limitations).
//!
//! A thread with more events than fit into a slot says so, and is nudged by every `set` in its buckets that could be for
//! it. If no slot is free, it waits in the *overflow slot*: a count of the threads there, and a word that every `set` of a
//! listened event advances, and that all of them sleep on.
//!
//! # Orderings
//!
//! Publishing is a Release with which the mark, or the exchange of a `set`, is ordered: the mark is a Release itself, and
//! `set` reads the event's word by an Acquire before it goes through the bucket. So the bits and addresses can be
//! Relaxed. A claim is a Release, and what the owner reads of its slot an Acquire: this hands over what was done before
//! the `set`. A nudge hands over nothing: the mark that follows it, or that a thread makes when it passes a nudge on, finds
//! the event set, or else that `set` finds what the thread did before the mark. Freeing a slot is a Release and
//! taking it an Acquire, so that a thread finds the bits as the last owner left them.

use crate::hash;
use crate::platform::{Futex, Listeners};
use core::cell::Cell;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

const FREE: u32 = 0;
const BUSY: u32 = 1;
const AWAKE: u32 = 2;
const ASLEEP: u32 = 3;
const NUDGED: u32 = 4;
const ROUSED: u32 = 5;
/// Or more, by the index.
const CLAIMED: u32 = 16;
const STATE: u32 = 31;
const OWED: u32 = 1 << 5;
const ONE_USE: u32 = 1 << 6;

const fn is_open(word: u32) -> bool {
    matches!(word & STATE, AWAKE | ASLEEP | NUDGED | ROUSED)
}

/// Whether the owner sleeps, as far as the slot tells.
const fn sleeps(word: u32) -> bool {
    matches!(word & STATE, ASLEEP | ROUSED)
}

const fn is_nudged(word: u32) -> bool {
    matches!(word & STATE, NUDGED | ROUSED)
}

const fn with_nudge(word: u32) -> u32 {
    word & !STATE | if sleeps(word) { ROUSED } else { NUDGED }
}

/// Stands in the place of the first address for events that are too many.
const MANY: usize = usize::MAX;

/// Only words of one process have a table.
///
/// ```
/// use futex_event::{platform::PrivateFutex, wait_any, AutoResetEvent, Event};
///
/// let event = Event::with_futex(PrivateFutex::new(0));
/// event.set();
/// wait_any(&[&event, &AutoResetEvent::with_futex(PrivateFutex::new(0))]);
/// ```
///
/// The same for several processes:
///
/// ```compile_fail
/// use futex_event::{platform::SharedFutex, wait_any, Event};
///
/// let event = Event::with_futex(SharedFutex::new(0));
/// event.set();
/// wait_any(&[&event]);
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

/// What a slot says of an address.
#[derive(PartialEq, Eq)]
enum Listed {
    No,
    At(u32),
    Perhaps,
}

/// One word of a slot for its state, and two for each address.
fn listed<F: Futex>(slot: &[F], address: usize) -> Listed {
    let addresses = slot[1..].chunks_exact(2);
    for (index, words) in (0..).zip(addresses) {
        match load_address(words) {
            0 => break,
            MANY => return Listed::Perhaps,
            found if found == address => return Listed::At(index),
            _ => {}
        }
    }
    Listed::No
}

fn load_address<F: Futex>(words: &[F]) -> usize {
    let [low, high] = [0, 1].map(|half| u64::from(words[half].load(Relaxed)));
    (high << 32 | low) as usize
}

fn store_address<F: Futex>(words: &[F], address: usize) {
    let halves = [address as u32, (address as u64 >> 32) as u32];
    for (word, half) in words.iter().zip(halves) {
        // Only the slot's owner writes, and often the same as in its last wait.
        let change = half.wrapping_sub(word.load(Relaxed));
        if change != 0 {
            word.fetch_add(change, Relaxed);
        }
    }
}

/// Goes through the slots in the bucket of this address, from somewhere on, until `visit` returns true. Returns whether it
/// has.
fn any_slot<F: Futex>(
    bits: &[F],
    from: usize,
    mut visit: impl FnMut(&'static [F]) -> bool,
) -> bool {
    let (from_word, from_bit) = (from / 32, (from % 32) as u32);
    for step in 0..bits.len() {
        let index = (from_word + step) % bits.len();
        let mut left = bits[index].load(Relaxed).rotate_right(from_bit);
        while left != 0 {
            let bit = (left.trailing_zeros() + from_bit) % 32;
            left &= left - 1;
            if visit(F::listeners().slot(index * 32 + bit as usize)) {
                return true;
            }
        }
    }
    false
}

/// Changes the state of an open slot that may be for this address, and wakes its owner if that sleeps: if `change` says to
/// which, by the slot's word and what it says of the address. Returns whether it was changed.
fn change<F: Futex>(
    slot: &'static [F],
    address: usize,
    change: impl Fn(u32, Listed) -> Option<u32>,
) -> bool {
    loop {
        let word = slot[0].load(Acquire);
        if !is_open(word) {
            return false;
        }
        let next = match listed(slot, address) {
            Listed::No => return false,
            listed => match change(word, listed) {
                Some(next) => next,
                None => return false,
            },
        };
        if slot[0]
            .compare_exchange_weak(word, next, Release, Relaxed)
            .is_ok()
        {
            if sleeps(word) {
                F::wake_one(&slot[0]);
            }
            return true;
        }
    }
}

/// Hands a token of the event at this address to a listener. False if there is none to take it, or if it is the turn of
/// the `plain_waiters` that could have it as well: neither they nor the listeners wait behind a steady stream of the others.
pub(crate) fn claim<F: Futex>(address: usize, plain_waiters: bool) -> bool {
    let (bits, counter) = bucket::<F>(address);
    if bits.iter().all(|word| word.load(Relaxed) == 0) {
        return false;
    }
    let turn = counter.fetch_add(1, Relaxed) as usize;
    // Half of the turns, in no rhythm: events with the same bucket have the counter in common.
    if plain_waiters && hash::of(turn) >> 31 == 0 {
        return false;
    }
    // Anywhere, so that no slot comes always last.
    let from = hash::of(turn) % F::listeners().slots();
    any_slot(bits, from, |slot| {
        change(slot, address, |word, listed| match listed {
            Listed::At(index) => Some(word & !STATE | CLAIMED | index),
            _ => None,
        })
    })
}

/// Has one listener look at the event at this address, which has been set, and all for whom that cannot be told from here.
/// The event may be gone.
pub(crate) fn nudge_one<F: Futex>(address: usize) {
    let mut nudged = false;
    any_slot(bucket::<F>(address).0, 0, |slot| {
        let is_sure = Cell::new(false);
        let looks = change(slot, address, |word, listed| {
            is_sure.set(listed != Listed::Perhaps);
            let is_one_more = nudged && is_sure.get();
            (!is_one_more).then_some(with_nudge(word) | OWED)
        });
        nudged |= looks && is_sure.get();
        false
    });
    nudge_overflow::<F>();
    #[cfg(feature = "async")]
    crate::tasks::ring::<F>(address);
}

/// Has all listeners look at the event at this address, which has been set. The event may be gone.
pub(crate) fn nudge_all<F: Futex>(address: usize) {
    any_slot(bucket::<F>(address).0, 0, |slot| {
        change(slot, address, |word, _| {
            (word & STATE != NUDGED).then_some(with_nudge(word))
        });
        false
    });
    nudge_overflow::<F>();
    #[cfg(feature = "async")]
    crate::tasks::ring::<F>(address);
}

fn nudge_overflow<F: Futex>() {
    let overflow = Overflow::<F>::new();
    if overflow.count.load(Relaxed) > 0 {
        overflow.epoch.fetch_add(1, Relaxed);
        F::wake_all(overflow.epoch);
    }
}

/// Whether there may be listeners of the event at this address.
pub(crate) fn are_there<F: Futex>(address: usize) -> bool {
    let in_slot =
        |slot: &[F]| is_open(slot[0].load(Relaxed)) && listed(slot, address) != Listed::No;
    any_slot(bucket::<F>(address).0, 0, in_slot) || Overflow::<F>::new().count.load(Relaxed) > 0
}

/// The slot that all share who find no other.
pub(crate) struct Overflow<F: 'static> {
    /// How many threads are there.
    count: &'static F,
    /// How often they have been nudged.
    pub(crate) epoch: &'static F,
}

impl<F: Futex> Overflow<F> {
    fn new() -> Self {
        let table = F::listeners();
        let (count, epoch) = (table.overflow(0), table.overflow(1));
        Self { count, epoch }
    }

    pub(crate) fn enter() -> InOverflow<F> {
        let overflow = Self::new();
        overflow.count.fetch_add(1, Relaxed);
        InOverflow(overflow)
    }

    /// The epoch, for a thread that is about to mark its events.
    ///
    /// Relaxed: a `set` that does not find the mark is found by it, and one that does advances the epoch after this.
    pub(crate) fn read(&self) -> u32 {
        self.epoch.load(Relaxed)
    }
}

/// The overflow slot, for a thread that is in it while this lives.
pub(crate) struct InOverflow<F: Futex>(pub(crate) Overflow<F>);

impl<F: Futex> Drop for InOverflow<F> {
    fn drop(&mut self) {
        self.0.count.fetch_add(1_u32.wrapping_neg(), Relaxed);
    }
}

/// Takes the slot with this word, if it is free.
fn is_taken_now<F: Futex>(word: &F) -> bool {
    let mut free = word.load(Relaxed);
    while free & STATE == FREE {
        let next = free.wrapping_add(ONE_USE) | BUSY;
        match word.compare_exchange_weak(free, next, Acquire, Relaxed) {
            Ok(_) => return true,
            Err(found) => free = found,
        }
    }
    false
}

/// A slot, for the thread that has taken it.
pub(crate) struct Slot<F: 'static> {
    number: usize,
    words: &'static [F],
    /// The thread was woken for a token that it may not have seen to.
    owes: bool,
}

/// What a slot says to its owner.
pub(crate) enum Said {
    /// The wait is over, by the event with this index.
    Claimed(usize),
    /// Look at the events.
    Look,
    /// The time is up.
    TimeOut,
}

impl<F: Futex> Slot<F> {
    /// Takes a slot, and notes the addresses in it. `None` if all are taken.
    pub(crate) fn take(addresses: impl Iterator<Item = usize> + Clone) -> Option<Self> {
        let table = F::listeners();
        table.prepare();
        // The same thread mostly comes to the same slot, by where its stack is.
        let place = 0_u8;
        // (A model, whose table is small, has to do the same each time.)
        let from = hash::of(&place as *const u8 as usize >> 12) % (table.slots() & !31).max(1);
        let mut slots = (from..table.slots()).chain(0..from);
        let number = slots.find(|&number| is_taken_now(&table.slot(number)[0]))?;
        let words = table.slot(number);
        let slot = Self {
            number,
            words,
            owes: false,
        };
        slot.note(table, addresses);
        Some(slot)
    }

    fn note(&self, table: &Listeners<F>, addresses: impl Iterator<Item = usize> + Clone) {
        let are_many = addresses.clone().nth(table.addresses()).is_some();
        let noted = addresses
            .clone()
            .take(if are_many { 0 } else { usize::MAX });
        let noted = are_many.then_some(MANY).into_iter().chain(noted);
        // A zero ends the list that does not fill the slot.
        let noted = noted.chain(Some(0));
        for (words, address) in self.words[1..].chunks_exact(2).zip(noted) {
            store_address(words, address);
        }
        for address in addresses {
            let (word, bit) = self.bit(address);
            // Two of the events may have the same bucket.
            if word.load(Relaxed) & bit == 0 {
                word.fetch_or(bit, Relaxed);
            }
        }
    }

    /// Where the slot's bit is in the bucket of an address. Only the owner changes it.
    fn bit(&self, address: usize) -> (&'static F, u32) {
        let word = &bucket::<F>(address).0[self.number / 32];
        (word, 1 << (self.number % 32))
    }

    /// From now on it can be claimed.
    pub(crate) fn publish(&self) {
        self.words[0].fetch_add(AWAKE - BUSY, Release);
    }

    /// Sleeps by `sleep`, which returns false when the time is up, until something is said to the owner.
    pub(crate) fn sleep(&mut self, sleep: impl Fn(&F, u32) -> bool) -> Said {
        let slot = &self.words[0];
        let mut in_time = true;
        loop {
            let word = slot.load(Acquire);
            let next = match word & STATE {
                AWAKE => word & !STATE | ASLEEP,
                NUDGED | ROUSED => word & !(STATE | OWED) | AWAKE,
                ASLEEP if in_time => {
                    in_time = sleep(slot, word);
                    continue;
                }
                ASLEEP => return Said::TimeOut,
                claimed => return Said::Claimed(self.claimed(word, claimed)),
            };
            if self.exchange(word, next) && is_nudged(word) {
                return Said::Look;
            }
        }
    }

    /// From now on it cannot be claimed: `Ok`. `Err` with the index of the event that has claimed it before.
    pub(crate) fn withdraw(&mut self) -> Result<(), usize> {
        loop {
            let word = self.words[0].load(Acquire);
            if !is_open(word) {
                return Err(self.claimed(word, word & STATE));
            }
            if self.exchange(word, word & !(STATE | OWED) | BUSY) {
                return Ok(());
            }
        }
    }

    fn claimed(&mut self, word: u32, state: u32) -> usize {
        self.owes |= word & OWED != 0;
        (state - CLAIMED) as usize
    }

    /// Changes the word, which is open, and remembers what the owner owes by it.
    fn exchange(&mut self, word: u32, next: u32) -> bool {
        let is_changed = self.words[0]
            .compare_exchange_weak(word, next, Relaxed, Relaxed)
            .is_ok();
        self.owes |= is_changed && word & OWED != 0;
        is_changed
    }

    /// Gives the slot back, once it has been claimed or withdrawn. True if the owner owes a look at its auto-reset events,
    /// after which it has another listener look at those that are set.
    pub(crate) fn leave(&self, addresses: impl Iterator<Item = usize>) -> bool {
        for address in addresses {
            let (word, bit) = self.bit(address);
            if word.load(Relaxed) & bit != 0 {
                word.fetch_add(bit.wrapping_neg(), Relaxed);
            }
        }
        let state = self.words[0].load(Relaxed) & (STATE | OWED);
        self.words[0].fetch_add(state.wrapping_neg(), Release);
        self.owes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::PrivateFutex;
    use std::vec::Vec;

    fn address<T>(of: &T) -> usize {
        of as *const T as usize
    }

    #[test]
    fn words_in_a_row_have_buckets_of_their_own() {
        const WORDS: usize = 16;
        let words = [0_u32; WORDS];
        let counter = |index: usize| address(bucket::<PrivateFutex>(address(&words[index])).1);
        let is_new = |index: &usize| (0..*index).all(|other| counter(other) != counter(*index));
        assert!((0..WORDS).filter(is_new).count() > WORDS / 2);
    }

    #[test]
    fn each_slot_with_a_bit_is_visited_once_from_anywhere_on() {
        let table = PrivateFutex::listeners();
        let visited = |bits: &[PrivateFutex], from| {
            let mut visited = Vec::new();
            let is_found = any_slot(bits, from, |slot| {
                visited.push(address(&slot[0]));
                false
            });
            assert!(!is_found);
            visited
        };
        let words = |bits: u32| {
            (0..3)
                .map(move |_| PrivateFutex::new(bits))
                .collect::<Vec<_>>()
        };
        for from in 0..96 {
            let mut all = visited(&words(u32::MAX), from);
            assert_eq!(all[0], address(&table.slot(from)[0]));
            all.sort_unstable();
            let slots = (0..96).map(|number| address(&table.slot(number)[0]));
            assert!(all.into_iter().eq(slots));
            assert!(visited(&words(0), from).is_empty());
            let some = visited(&words(1 << 31 | 1 << 7), from);
            let mut numbers = [7, 31, 39, 63, 71, 95].map(|number| address(&table.slot(number)[0]));
            numbers.sort_unstable();
            assert_eq!(some.len(), 6);
            assert!(numbers.iter().all(|number| some.contains(number)));
        }
    }

    /// Or the sets of all events that were once waited for would write to what they have in common.
    #[test]
    fn a_set_that_finds_no_listener_counts_no_turn() {
        let events = [0_u32; 8];
        // One of them has a bucket that no other test uses at this moment.
        assert!(events.iter().any(|event| {
            let turns = || bucket::<PrivateFutex>(address(event)).1.load(Relaxed);
            let before = turns();
            !claim::<PrivateFutex>(address(event), false) && turns() == before
        }));
    }

    type Taken = Slot<PrivateFutex>;

    /// Slots for waits for these addresses, in the order of the table, so that the first is visited first; published.
    fn published(waits: &[Vec<usize>]) -> Vec<Taken> {
        let take = |wait: &Vec<usize>| Taken::take(wait.iter().copied()).unwrap();
        loop {
            let slots: Vec<_> = waits.iter().map(take).collect();
            if slots.windows(2).all(|two| two[0].number < two[1].number) {
                slots.iter().for_each(Slot::publish);
                return slots;
            }
            // Their bits and the first words say nothing yet.
            for (slot, wait) in slots.iter().zip(waits) {
                slot.leave(wait.iter().copied());
            }
            std::thread::yield_now();
        }
    }

    fn state(slot: &Taken) -> u32 {
        slot.words[0].load(Relaxed) & (STATE | OWED)
    }

    fn all_leave(slots: Vec<Taken>, waits: &[Vec<usize>]) {
        for (mut slot, wait) in slots.into_iter().zip(waits) {
            let _ = slot.withdraw();
            slot.leave(wait.iter().copied());
        }
    }

    #[test]
    fn a_token_is_for_one_of_those_who_wait_and_all_who_may() {
        let event = 0_u32;
        let one = std::vec![address(&event)];
        let many = std::vec![address(&event); 16];
        let waits = [many, one.clone(), one];
        let slots = published(&waits);
        for _ in 0..2 {
            nudge_one::<PrivateFutex>(address(&event));
            let states: Vec<_> = slots.iter().map(state).collect();
            assert_eq!(states, [NUDGED | OWED, NUDGED | OWED, AWAKE]);
        }
        nudge_all::<PrivateFutex>(address(&event));
        let states: Vec<_> = slots.iter().map(state).collect();
        assert_eq!(states, [NUDGED | OWED, NUDGED | OWED, NUDGED]);
        all_leave(slots, &waits);
    }

    #[test]
    fn it_is_known_whether_there_are_listeners() {
        let events = [0_u32; 2];
        let are_there = |event: usize| are_there::<PrivateFutex>(address(&events[event]));
        assert!(!are_there(0));
        let waits = [std::vec![address(&events[0])]];
        let mut slots = published(&waits);
        assert!(are_there(0) && !are_there(1));
        slots[0].withdraw().unwrap();
        assert!(!are_there(0));
        slots[0].leave(waits[0].iter().copied());

        let overflow = Overflow::<PrivateFutex>::enter();
        assert!(are_there(0));
        let epoch = overflow.0.read();
        nudge_overflow::<PrivateFutex>();
        assert_ne!(overflow.0.read(), epoch);
        drop(overflow);
        assert!(!are_there(0));
    }

    /// How many of so many tokens a listener gets.
    fn claims(tokens: usize, plain_waiters: bool) -> usize {
        let event = 0_u32;
        let address = address(&event);
        let claims = (0..tokens).filter(|_| {
            let mut slot = Taken::take(Some(address).into_iter()).unwrap();
            assert!(!claim::<PrivateFutex>(address, false));
            slot.publish();
            let is_claimed = claim::<PrivateFutex>(address, plain_waiters);
            assert_eq!(slot.withdraw(), if is_claimed { Err(0) } else { Ok(()) });
            assert!(!slot.leave(Some(address).into_iter()));
            is_claimed
        });
        claims.count()
    }

    #[test]
    fn plain_waiters_and_listeners_have_half_of_the_turns_each() {
        assert_eq!(claims(100, false), 100);
        assert!((350..650).contains(&claims(1_000, true)));
    }
}
