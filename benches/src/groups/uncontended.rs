//! One pinned thread and no other. Each operation is compiled into a loop of its own, the same loop for all.

use crate::contenders::*;
use crate::group::{time, timed, Batch, Entry, Group};
use crate::place::on_cpu;
use crossbeam_utils::CachePadded;
use std::hint::black_box;
use std::time::Duration;

pub fn groups() -> Vec<Group> {
    let set_and_clear = {
        let mut entries = every!([BareAtomic] set_and_clear());
        entries.push(measure(
            |_: &BareCompareExchange| {},
            |word| {
                word.set();
                word.clear();
            },
        ));
        entries.extend(every!(manual_reset: set_and_clear()));
        entries.push(measure(
            |_: &AutoResetEvent| {},
            |event| {
                event.set();
                black_box(event.try_wait());
            },
        ));
        entries
    };
    let set_again = {
        let mut entries = every!([BareAtomic] set_again());
        entries.extend(every!(manual_reset: set_again()));
        entries.extend(every!([AutoResetEvent] set_again()));
        entries
    };
    let is_set = {
        let mut entries = every!([BareAtomic] is_set());
        entries.extend(every!(manual_reset: is_set()));
        entries.push(measure(Contender::set, |event: &AutoResetEvent| {
            black_box(event.is_set());
        }));
        entries
    };
    let wait = {
        let mut entries = every!([BareAtomic] wait());
        entries.extend(every!(manual_reset: wait()));
        entries
    };
    let wait_zero = {
        let mut entries = every!([BareAtomic] wait_zero());
        entries.extend(every!(timed: wait_zero()));
        entries
    };
    [
        ("set + clear", set_and_clear),
        ("set of a set event", set_again),
        ("is_set", is_set),
        ("wait on a set event", wait),
        ("wait_timeout(ZERO)", wait_zero),
    ]
    .map(|(name, entries)| group(name, entries))
    .into()
}

pub fn group(name: &str, entries: Vec<Entry>) -> Group {
    Group {
        name: name.into(),
        figures: vec![time("time")],
        entries,
        batch: Batch::Lasting(Duration::from_millis(2)),
    }
}

pub fn set_and_clear<E: ManualReset>() -> Entry {
    measure(
        |_: &E| {},
        |event| {
            event.set();
            event.clear();
        },
    )
}

fn set_again<E: Contender>() -> Entry {
    measure(E::set, E::set)
}

fn is_set<E: ManualReset>() -> Entry {
    measure(E::set, |event| {
        black_box(event.is_set());
    })
}

fn wait<E: ManualReset>() -> Entry {
    measure(E::set, E::wait)
}

/// On an event that is not set.
fn wait_zero<E: Timed>() -> Entry {
    measure(
        |_: &E| {},
        |event| {
            black_box(event.wait_timeout(black_box(Duration::ZERO)));
        },
    )
}

pub fn measure<E: Contender>(
    prepare: impl Fn(&E) + Sync + 'static,
    operation: impl Fn(&E) + Sync + 'static,
) -> Entry {
    Entry::new::<E>(move |iterations| {
        on_cpu(0, || {
            let event = CachePadded::new(E::unset());
            prepare(&event);
            let event: &E = black_box(&event);
            // Eight in a turn, so that little of what is measured is the loop.
            let turns = iterations.div_ceil(8);
            let time = timed(turns, || {
                operation(event);
                operation(event);
                operation(event);
                operation(event);
                operation(event);
                operation(event);
                operation(event);
                operation(event);
            });
            vec![time * iterations as f64 / (turns * 8) as f64]
        })
    })
}
