//! The wait of a listener, from taking a slot to its result.
//!
//! A listener does not spin on its own slot. That was tried: a hand-off between two CPUs took 430 to 550 ns instead of 150
//! to 190, because becoming a listener takes ten read-modify-writes, and the next `set` reads the lines that they wrote. So
//! a thread spins on its events, as a plain waiter does, before it comes here.

use super::overflow::Overflow;
use super::process::Forked;
use super::slot::{Said, Slot};
use crate::platform::Futex;
use crate::wait::Sleep;
use core::mem;

/// One of the events that a listener waits for, as its wait began.
pub(crate) trait Awaited: Copy {
    /// What the table knows it by.
    fn address(self) -> usize;

    /// Marks the event, LISTENED. Returns whether it is found to have released the wait; takes nothing.
    fn mark(self) -> bool;

    /// Whether the event releases the wait. Takes the token, if the event has tokens. Only for a thread that no `set` can
    /// claim.
    fn takes(self) -> bool;

    /// Has another listener check the event, if it holds a token. A thread that was nudged for a token, and has left its
    /// slot, owes that.
    fn pass_on(self);

    /// Passes what has released this wait to another waiter, since the wait ends without a result.
    fn give_back(self);
}

/// Waits as a listener until one of the events releases the wait, and returns its index; `None` if the time is up, and a
/// last check finds none that does. Each event comes with its index, from 0 on.
pub(crate) fn listen<F: Futex, E: Awaited>(
    events: impl Iterator<Item = (usize, E)> + Clone,
    sleep: &impl Sleep<F>,
) -> Option<usize> {
    loop {
        let waited = match Slot::take(addresses(&events)) {
            Some(slot) => listen_in(slot, events.clone(), sleep),
            None => listen_in_overflow(&events, sleep),
        };
        if let Ok(released) = waited {
            return released;
        }
    }
}

fn listen_in<F: Futex, E: Awaited>(
    slot: Slot<F>,
    events: impl Iterator<Item = (usize, E)> + Clone,
    sleep: &impl Sleep<F>,
) -> Result<Option<usize>, Forked> {
    let mut listening = Listening { slot, events };
    let waited = listen_in_slot(&mut listening.slot, &listening.events, sleep);
    if waited.is_ok() {
        listening.leave();
    }
    mem::forget(listening);
    waited
}

fn addresses<E: Awaited>(
    events: &(impl Iterator<Item = (usize, E)> + Clone),
) -> impl Iterator<Item = usize> + Clone {
    events.clone().map(|(_, event)| event.address())
}

/// Marks the events one after the other. Returns the first that is found to have released the wait, and marks no further.
fn mark<E: Awaited>(events: &(impl Iterator<Item = (usize, E)> + Clone)) -> Option<(usize, E)> {
    events.clone().find(|(_, event)| event.mark())
}

/// Checks each event, and takes the token of the first that releases the wait. Only for a thread that no `set` can claim.
pub(crate) fn first_released<E: Awaited>(
    events: &(impl Iterator<Item = (usize, E)> + Clone),
) -> Option<usize> {
    let found = events.clone().find(|(_, event)| event.takes());
    found.map(|(index, _)| index)
}

/// The same as [`listen`], in a slot, which has been claimed or withdrawn when this returns `Ok`.
fn listen_in_slot<F: Futex, E: Awaited>(
    slot: &mut Slot<F>,
    events: &(impl Iterator<Item = (usize, E)> + Clone),
    sleep: &impl Sleep<F>,
) -> Result<Option<usize>, Forked> {
    slot.publish();
    loop {
        if let Some((index, event)) = mark(events) {
            match slot.withdraw() {
                Err(claimed) => break Ok(Some(claimed)),
                Ok(()) if event.takes() => break Ok(Some(index)),
                Ok(()) => slot.publish(),
            }
            continue;
        }
        match slot.sleep(|word, expected| sleep.on(word, expected)) {
            Said::Claimed(index) => break Ok(Some(index)),
            Said::Forked => break Err(Forked),
            Said::Check => {
                // A thread that is nudged again and again never sleeps, and only a sleep checks the deadline.
                let is_over = sleep.is_over();
                slot.is_owned()?;
                if !is_over {
                    continue;
                }
            }
            Said::TimeOut => {}
        }
        match slot.withdraw() {
            Err(claimed) => break Ok(Some(claimed)),
            Ok(()) => break Ok(first_released(events)),
        }
    }
}

/// The same if all slots are taken.
fn listen_in_overflow<F: Futex, E: Awaited>(
    events: &(impl Iterator<Item = (usize, E)> + Clone),
    sleep: &impl Sleep<F>,
) -> Result<Option<usize>, Forked> {
    let here = Overflow::enter();
    loop {
        let epoch = here.overflow.read();
        match mark(events) {
            Some((index, event)) if event.takes() => break Ok(Some(index)),
            Some(_) => {}
            None => {
                let in_time = sleep.on(here.overflow.epoch, epoch);
                here.is_there()?;
                if !in_time {
                    break Ok(first_released(events));
                }
            }
        }
    }
}

/// A thread that has a slot. If the wait unwinds, by a panic of the caller's closure, this leaves the slot as at a timeout,
/// and what has released the wait goes to another waiter.
struct Listening<F: Futex, E: Awaited, I: Iterator<Item = (usize, E)> + Clone> {
    slot: Slot<F>,
    events: I,
}

impl<F: Futex, E: Awaited, I: Iterator<Item = (usize, E)> + Clone> Listening<F, E, I> {
    /// Gives the slot back, once it has been claimed or withdrawn.
    fn leave(&self) {
        if self.slot.leave(addresses(&self.events)) {
            self.events.clone().for_each(|(_, event)| event.pass_on());
        }
    }
}

impl<F: Futex, E: Awaited, I: Iterator<Item = (usize, E)> + Clone> Drop for Listening<F, E, I> {
    fn drop(&mut self) {
        if self.slot.is_owned().is_err() {
            return;
        }
        let claimed = self.slot.withdraw().err();
        self.leave();
        if let Some((_, event)) = claimed.and_then(|index| self.events.clone().nth(index)) {
            event.give_back();
        }
    }
}
