//! A slot of the table: what its words say, and what its owner does with it.

use super::bucket;
use super::process::{Forked, Process};
use crate::hash;
use crate::platform::{Futex, Listeners};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

const FREE: u32 = 0;
const BUSY: u32 = 1;
pub(super) const AWAKE: u32 = 2;
const ASLEEP: u32 = 3;
pub(super) const NUDGED: u32 = 4;
const ROUSED: u32 = 5;
/// With the index of the event added to it.
pub(super) const CLAIMED: u32 = 16;
pub(super) const STATE: u32 = 31;
pub(super) const OWED: u32 = 1 << 5;
const ONE_USE: u32 = 1 << 6;

/// Whether a `set` may claim it.
pub(super) const fn is_open(word: u32) -> bool {
    matches!(word & STATE, AWAKE | ASLEEP | NUDGED | ROUSED)
}

/// Whether the owner sleeps, as far as the slot tells.
pub(super) const fn sleeps(word: u32) -> bool {
    matches!(word & STATE, ASLEEP | ROUSED)
}

const fn is_nudged(word: u32) -> bool {
    matches!(word & STATE, NUDGED | ROUSED)
}

pub(super) const fn with_nudge(word: u32) -> u32 {
    word & !STATE | if sleeps(word) { ROUSED } else { NUDGED }
}

/// Takes the place of the first address if there are too many events for the slot.
const MANY: usize = usize::MAX;

/// What a slot says of an address.
#[derive(PartialEq, Eq)]
pub(super) enum Listed {
    No,
    At(u32),
    Perhaps,
}

/// One word of a slot is its state, and two are each address.
pub(super) fn listed<F: Futex>(slot: &[F], address: usize) -> Listed {
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

/// Takes the slot with this word, if it is free.
fn try_take<F: Futex>(word: &F) -> bool {
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
pub(super) struct Slot<F: 'static> {
    pub(super) number: usize,
    pub(super) words: &'static [F],
    /// Where the slot is the thread's.
    process: Process<F>,
    /// The thread was woken for a token that it may not have taken.
    owes: bool,
}

/// What a slot says to its owner.
pub(super) enum Said {
    /// The wait is over, by the event with this index.
    Claimed(usize),
    /// Check the events.
    Check,
    /// The time is up.
    TimeOut,
    /// The slot is not the owner's any more.
    Forked,
}

impl<F: Futex> Slot<F> {
    /// Takes a slot, and notes the addresses in it. `None` if all are taken.
    pub(super) fn take(addresses: impl Iterator<Item = usize> + Clone) -> Option<Self> {
        let (table, process) = (F::listeners(), Process::this());
        // A thread usually gets the same slot again, by the place of its stack.
        let place = 0_u8;
        // (In a model, whose table is small, the choice has to be the same in each execution.)
        let from = hash::of(&place as *const u8 as usize >> 12) % (table.slots() & !31).max(1);
        let mut slots = (from..table.slots()).chain(0..from);
        let number = slots.find(|&number| try_take(&table.slot(number)[0]))?;
        let words = table.slot(number);
        let slot = Self {
            number,
            words,
            process,
            owes: false,
        };
        slot.note(table, addresses);
        Some(slot)
    }

    /// Whether it is still the thread's, which is to be asked after each call of a closure that may fork. If not, no other
    /// method may be called.
    pub(super) fn is_owned(&self) -> Result<(), Forked> {
        self.process.is_this()
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
    pub(super) fn publish(&self) {
        self.words[0].fetch_add(AWAKE - BUSY, Release);
    }

    /// Sleeps by `sleep`, which returns false when the time is up, until there is something for the owner to do.
    pub(super) fn sleep(&mut self, sleep: impl Fn(&F, u32) -> bool) -> Said {
        let slot = &self.words[0];
        let mut in_time = true;
        loop {
            let word = slot.load(Acquire);
            let next = match word & STATE {
                AWAKE => word & !STATE | ASLEEP,
                NUDGED | ROUSED => word & !(STATE | OWED) | AWAKE,
                ASLEEP if in_time => {
                    in_time = sleep(slot, word);
                    match self.is_owned() {
                        Ok(()) => continue,
                        Err(Forked) => return Said::Forked,
                    }
                }
                ASLEEP => return Said::TimeOut,
                claimed => return Said::Claimed(self.claimed(word, claimed)),
            };
            if self.exchange(word, next) && is_nudged(word) {
                return Said::Check;
            }
        }
    }

    /// From now on it cannot be claimed: `Ok`. `Err` with the index of the event that has claimed it before.
    pub(super) fn withdraw(&mut self) -> Result<(), usize> {
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

    /// Gives the slot back, once it has been claimed or withdrawn. True if the owner owes a check of its auto-reset events,
    /// after which it has another listener check those that are set.
    pub(super) fn leave(&self, addresses: impl Iterator<Item = usize>) -> bool {
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
