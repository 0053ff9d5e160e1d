//! What a `set` does in the table: it claims a listener, or nudges listeners. The event may be gone by then, so all it has
//! is an address.

use super::bucket;
use super::overflow::Overflow;
use super::slot::{is_open, listed, sleeps, with_nudge, Listed, CLAIMED, NUDGED, OWED, STATE};
use crate::hash;
use crate::platform::Futex;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Goes through the slots in a bucket with these bits, from somewhere on, until `visit` returns true. Returns whether it
/// has.
pub(super) fn any_slot<F: Futex>(
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

/// Changes the state of an open slot, and wakes its owner if that sleeps: if `next` has a state to change it to, by the slot's
/// word and what the slot says of the address. Returns what it says, if it was changed.
fn change<F: Futex>(
    slot: &'static [F],
    address: usize,
    next: impl Fn(u32, &Listed) -> Option<u32>,
) -> Option<Listed> {
    loop {
        let word = slot[0].load(Acquire);
        if !is_open(word) {
            return None;
        }
        let said = listed(slot, address);
        let next = next(word, &said)?;
        if slot[0]
            .compare_exchange_weak(word, next, Release, Relaxed)
            .is_ok()
        {
            if sleeps(word) {
                F::wake_one(&slot[0]);
            }
            return Some(said);
        }
    }
}

/// Hands a token of the event at this address to a listener. False if there is none to take it, or if it is the turn of the
/// `plain_waiters`, which could take it as well: so neither kind waits behind a steady stream of the other.
pub(crate) fn claim<F: Futex>(address: usize, plain_waiters: bool) -> bool {
    let (bits, counter) = bucket::<F>(address);
    if bits.iter().all(|word| word.load(Relaxed) == 0) {
        return false;
    }
    let turn = counter.fetch_add(1, Relaxed) as usize;
    // Half of the turns, by a hash: events with the same bucket share the counter, so a regular pattern could favour one.
    if plain_waiters && hash::of(turn) >> 31 == 0 {
        return false;
    }
    // From anywhere, so no slot is always the last.
    let from = hash::of(turn) % F::listeners().slots();
    any_slot(bits, from, |slot| {
        let claimed = change(slot, address, |word, said| match said {
            Listed::At(index) => Some(word & !STATE | CLAIMED | index),
            _ => None,
        });
        claimed.is_some()
    })
}

/// Has one listener check the event at this address, which has been set; and also every listener that may listen to it, but
/// has too many events for its slot to say so.
pub(crate) fn nudge_one<F: Futex>(address: usize) {
    let mut nudged = false;
    any_slot(bucket::<F>(address).0, 0, |slot| {
        let said = change(slot, address, |word, said| match said {
            Listed::No => None,
            Listed::At(_) if nudged => None,
            _ => Some(with_nudge(word) | OWED),
        });
        nudged |= matches!(said, Some(Listed::At(_)));
        false
    });
    nudge_the_rest::<F>(address);
}

/// Has all listeners check the event at this address, which has been set.
pub(crate) fn nudge_all<F: Futex>(address: usize) {
    any_slot(bucket::<F>(address).0, 0, |slot| {
        change(slot, address, |word, said| match said {
            Listed::No => None,
            _ if word & STATE == NUDGED => None,
            _ => Some(with_nudge(word)),
        });
        false
    });
    nudge_the_rest::<F>(address);
}

/// Has the threads without a slot check their events, and the tasks that wait for the event at this address.
#[cfg_attr(not(feature = "async"), allow(unused_variables))]
fn nudge_the_rest<F: Futex>(address: usize) {
    Overflow::<F>::new().nudge();
    #[cfg(feature = "async")]
    crate::doorbell::ring::<F>(address);
}

/// Whether there may be listeners of the event at this address.
pub(crate) fn are_there<F: Futex>(address: usize) -> bool {
    let in_slot =
        |slot: &[F]| is_open(slot[0].load(Relaxed)) && listed(slot, address) != Listed::No;
    any_slot(bucket::<F>(address).0, 0, in_slot) || Overflow::<F>::new().is_used()
}
