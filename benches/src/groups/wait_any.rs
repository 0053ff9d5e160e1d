//! The first of several events. A thread is handed work, again and again, while it waits for a stop too; and the time
//! that it takes to find the one that is set already, which is the last.

use super::hand_off::{self, two_events};
use super::uncontended::{self, measure};
use crate::contenders::*;
use crate::group::{Entry, Group};
use crate::place::pairs;
use futex_event::{wait_any, Waitable};
use std::array;
use std::hint::black_box;

pub fn groups() -> Vec<Group> {
    let mut groups: Vec<Group> = pairs()
        .map(|(place, cpus)| {
            // Those that wait for one event only, spinning and not, are what a second one is compared with.
            let entries = every!([
                WaitAny, WaitAnyManual, Event, NeverSpinning, InTurn, LookAtStop, EitherListener
            ] two_events(cpus));
            hand_off::group(format!("work or stop, {place}"), entries)
        })
        .collect();
    groups.push(uncontended::group(
        "wait_any, last of 2 set",
        last_set::<2>(),
    ));
    groups.push(uncontended::group(
        "wait_any, last of 8 set",
        last_set::<8>(),
    ));
    groups
}

/// Several events, of which the last is set.
struct Several<E, const N: usize>([E; N]);

impl<E: Contender, const N: usize> Contender for Several<E, N> {
    const NAME: &'static str = E::NAME;
    const KIND: Kind = E::KIND;

    fn unset() -> Self {
        Self(array::from_fn(|_| E::unset()))
    }

    fn set(&self) {
        self.0[N - 1].set();
    }
}

/// The floor is one load of each.
fn last_set<const N: usize>() -> Vec<Entry> {
    vec![
        measure(Contender::set, |flags: &Several<BareAtomic, N>| {
            black_box(flags.0.iter().position(BareAtomic::is_set));
        }),
        measure(Contender::set, |events: &Several<Event, N>| {
            let events = events.0.each_ref().map(|event| event as &dyn Waitable);
            black_box(wait_any(&events[..]));
        }),
    ]
}
