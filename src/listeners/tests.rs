//! Tests of the table for what no wait shows.

use super::overflow::Overflow;
use super::set::any_slot;
use super::slot::{Said, Slot, AWAKE, NUDGED, OWED, STATE};
use super::*;
use crate::platform::PrivateFutex;
use crate::EventCount;
use core::sync::atomic::Ordering::Relaxed;
use core::time::Duration;
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

/// Otherwise the sets of all events that were once waited for would write to memory that they share.
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

/// Published slots for waits for these addresses, in the order of the table, so the first is visited first.
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
fn a_token_is_for_one_sure_listener_and_for_all_possible_ones() {
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

/// A listener that has not marked the event count yet finds the end of its generation by the mark.
#[test]
fn an_event_count_without_the_mark_releases_no_listener() {
    let changed = EventCount::new();
    let waits = [std::vec![address(&changed)]];
    let slots = published(&waits);
    for notify in [EventCount::notify_one, EventCount::notify_all] {
        let ticket = changed.prepare();
        notify(&changed);
        assert!(ticket.wait_timeout(Duration::ZERO));
        assert_eq!(state(&slots[0]), AWAKE);
    }
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
    let epoch = overflow.overflow.read();
    overflow.overflow.nudge();
    assert_ne!(overflow.overflow.read(), epoch);
    drop(overflow);
    assert!(!are_there(0));
}

/// Publishes a slot for two events with one bucket, does this with it, and leaves it. Returns whether the owner owes a check.
fn owes_after(happens: impl FnOnce(&mut Taken, usize)) -> bool {
    let event = 0_u32;
    let waits = [std::vec![address(&event); 2]];
    let mut slots = published(&waits);
    let slot = &mut slots[0];
    let number_of_its_use = |slot: &Taken| slot.words[0].load(Relaxed) & !(STATE | OWED);
    let begun = number_of_its_use(slot);
    happens(slot, waits[0][0]);
    let owes = slot.leave(waits[0].iter().copied());
    assert_eq!(number_of_its_use(slot), begun);
    assert_eq!(state(slot), 0);
    let (bits, _) = bucket::<PrivateFutex>(waits[0][0]);
    let bit = bits[slot.number / 32].load(Relaxed) >> (slot.number % 32) & 1;
    assert_eq!(bit, 0);
    owes
}

fn sleeps_without_effect(slot: &mut Taken) {
    let begun = slot.words[0].load(Relaxed) & !STATE;
    let said = slot.sleep(|word, expected| {
        assert_eq!(word.load(Relaxed), expected);
        assert_eq!(expected & !STATE, begun);
        false
    });
    assert!(matches!(said, Said::TimeOut));
}

fn is_told_to_check(slot: &mut Taken) {
    let said = slot.sleep(|_, _| panic!("a thread that is nudged goes to sleep"));
    assert!(matches!(said, Said::Check));
    assert_eq!(state(slot), AWAKE);
}

fn is_told_of_its_claim(slot: &mut Taken) {
    let said = slot.sleep(|_, _| panic!("a thread that is claimed goes to sleep"));
    assert!(matches!(said, Said::Claimed(0)));
}

#[test]
fn a_thread_owes_a_check_if_it_was_nudged_for_a_token_and_only_then() {
    assert!(!owes_after(|slot, _| assert_eq!(slot.withdraw(), Ok(()))));
    assert!(!owes_after(|slot, _| {
        sleeps_without_effect(slot);
        assert_eq!(slot.withdraw(), Ok(()));
    }));
    assert!(!owes_after(|slot, event| {
        nudge_all::<PrivateFutex>(event);
        is_told_to_check(slot);
        assert_eq!(slot.withdraw(), Ok(()));
    }));
    assert!(!owes_after(|slot, event| {
        assert!(claim::<PrivateFutex>(event, false));
        is_told_of_its_claim(slot);
    }));

    assert!(owes_after(|slot, event| {
        nudge_one::<PrivateFutex>(event);
        assert_eq!(slot.withdraw(), Ok(()));
    }));
    assert!(owes_after(|slot, event| {
        nudge_one::<PrivateFutex>(event);
        is_told_to_check(slot);
        sleeps_without_effect(slot);
        assert_eq!(slot.withdraw(), Ok(()));
    }));
    assert!(owes_after(|slot, event| {
        sleeps_without_effect(slot);
        nudge_one::<PrivateFutex>(event);
        is_told_to_check(slot);
        assert_eq!(slot.withdraw(), Ok(()));
    }));
    assert!(owes_after(|slot, event| {
        nudge_one::<PrivateFutex>(event);
        assert!(claim::<PrivateFutex>(event, false));
        is_told_of_its_claim(slot);
    }));
    assert!(owes_after(|slot, event| {
        nudge_one::<PrivateFutex>(event);
        assert!(claim::<PrivateFutex>(event, false));
        assert_eq!(slot.withdraw(), Err(0));
    }));
}

/// How many of these tokens a listener gets.
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
