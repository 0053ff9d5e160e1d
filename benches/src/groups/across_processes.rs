//! An event for several processes, on Linux: what it takes with no process waiting, and a round trip between a process and
//! its child. Beside it stands the private event, whose round trip is one between two threads.

use super::hand_off::{self, round_trips, Turns, TwoEvents, FIRST_TURNS};
use super::uncontended::{self, measure, set_and_clear};
use crate::contenders::*;
use crate::group::{timed, Entry, Group};
use crate::place::{on_cpu, pairs, pin};

pub fn groups() -> Vec<Group> {
    let mut entries = every!([SharedEvent, Event, PthreadEvent] set_and_clear());
    entries.extend(every!([Pipe, Eventfd] write_and_read()));
    let mut groups = vec![uncontended::group("shared: set + clear", entries)];
    groups.extend(pairs().map(|(place, cpus)| {
        let mut entries = every!([SharedEvent] with_child(cpus));
        entries.push(Entry::named(
            "private, between threads",
            Kind::Ours,
            move |iterations| round_trips::<TwoEvents<Event>>(iterations, cpus),
        ));
        entries.extend(every!([PthreadEvent, Pipe, Eventfd] with_child(cpus)));
        hand_off::group(format!("shared: hand-off, {place}"), entries)
    }));
    groups
}

fn write_and_read<H: HandOff>() -> Entry {
    measure(
        |_: &H| {},
        |event| {
            event.set();
            event.taker()();
        },
    )
}

fn with_child<H: HandOff>(cpus: [usize; 2]) -> Entry {
    Entry::new::<H>(move |iterations| {
        // As between threads, each pinned before its turns begin.
        on_cpu(cpus[0], || {
            let turns = TwoEvents::<H>::new();
            let first_turns = iterations.min(FIRST_TURNS);
            let child = Child::fork(|| {
                pin(cpus[1]);
                timed(first_turns + iterations, turns.second());
            });
            let mut round_trip = turns.first();
            timed(first_turns, &mut round_trip);
            let time = timed(iterations, round_trip);
            child.join();
            vec![time]
        })
    })
}
