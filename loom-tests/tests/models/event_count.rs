//! Models of `EventCount`.
//!
//! The condition is an atomic next to it. All accesses to that are Relaxed: only the event count orders them.

use futex_event::EventCount;
use futex_event_loom::{
    asleep, leave_free, sleeps_of_this_thread, until_quiet, LoomFutex, SleepEnd,
};
use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use loom::sync::Arc;
use loom_tests::{explore, preemptions, spawn, Guarded, Script, TIMED, UNTIMED};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(1);

/// A number of items, to be taken one by one.
struct Stock {
    items: AtomicU32,
    changed: EventCount<LoomFutex>,
}

impl Stock {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            items: AtomicU32::new(0),
            changed: EventCount::with_futex(LoomFutex::default()),
        })
    }

    fn take(&self) -> Option<()> {
        // The first read may find an old value, as that of a queue may.
        let mut items = self.items.load(Relaxed);
        while items > 0 {
            match self
                .items
                .compare_exchange(items, items - 1, Relaxed, Relaxed)
            {
                Ok(_) => return Some(()),
                Err(found) => items = found,
            }
        }
        None
    }

    fn wait_and_take(&self) {
        self.changed.wait_until(|| self.take())
    }

    fn add_one(&self) {
        self.items.fetch_add(1, Relaxed);
        self.changed.notify_one();
    }
}

/// A flag that is only ever raised.
struct Flag {
    raised: AtomicBool,
    changed: EventCount<LoomFutex>,
}

impl Flag {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            raised: AtomicBool::new(false),
            changed: EventCount::with_futex(LoomFutex::default()),
        })
    }

    fn is_raised(&self) -> Option<()> {
        self.raised.load(Relaxed).then_some(())
    }
}

type Notify = fn(&EventCount<LoomFutex>);

const NOTIFICATIONS: [(&str, Notify); 2] = [
    ("of one", EventCount::notify_one),
    ("of all", EventCount::notify_all),
];

/// The store-buffer pattern: the writer changes and then checks for a ticket, the reader takes a ticket and then checks for
/// the change.
#[test]
fn a_change_is_seen_or_its_notification_finds_the_ticket() {
    for (of, notify) in NOTIFICATIONS {
        explore(
            &format!("change against check, {of}"),
            preemptions(3),
            [UNTIMED],
            move |[script]| {
                let flag = Flag::new();
                let reader = spawn(script, &flag, |flag| {
                    flag.changed.wait_until(|| flag.is_raised());
                });
                flag.raised.store(true, Relaxed);
                notify(&flag.changed);
                reader.join();
            },
        );
    }
}

/// Two tickets that share one mark.
#[test]
fn two_readers_that_prepare_at_once_see_the_change_or_are_found() {
    explore(
        "two prepare",
        preemptions(1),
        [&[&[]], &[&[]]],
        |[first, second]| {
            let flag = Flag::new();
            let readers = [first, second].map(|script| {
                spawn(script, &flag, |flag| {
                    flag.changed.wait_until(|| flag.is_raised());
                })
            });
            flag.raised.store(true, Relaxed);
            flag.changed.notify_all();
            readers.into_iter().for_each(|reader| reader.join());
        },
    );
}

/// Waits with a ticket, and calls `then`. Another thread calls `notify` once there is a ticket; nothing but the event count
/// orders it with the wait.
fn wait_with_ticket(
    script: Script,
    notify: impl FnOnce(&Guarded<EventCount<LoomFutex>>) + 'static,
    then: impl FnOnce(&Guarded<EventCount<LoomFutex>>),
) {
    sleeps_of_this_thread(script);
    let guarded = Arc::new(Guarded::new(EventCount::with_futex(LoomFutex::default())));
    let ticket = guarded.event.prepare();
    let notifier = spawn(&[], &guarded, notify);
    ticket.wait();
    then(&guarded);
    notifier.join();
}

/// Accesses before the notification need no ordering of their own.
#[test]
fn a_wait_that_is_released_sees_what_was_before_the_notification() {
    for (of, notify) in NOTIFICATIONS {
        explore(
            &format!("hand over, {of}"),
            preemptions(1).deep(3),
            [UNTIMED],
            move |[script]| {
                let write_and_notify = move |guarded: &Guarded<EventCount<LoomFutex>>| {
                    guarded.write(1);
                    notify(&guarded.event);
                };
                wait_with_ticket(script, write_and_notify, |guarded| {
                    assert_eq!(guarded.read(), 1);
                });
            },
        );
    }
}

#[test]
fn the_event_count_may_be_freed_when_a_wait_has_returned() {
    for (of, notify) in NOTIFICATIONS {
        explore(
            &format!("free after wake, {of}"),
            preemptions(1).deep(3),
            [UNTIMED],
            move |[script]| {
                let notify = move |guarded: &Guarded<_>| notify(&guarded.event);
                wait_with_ticket(script, notify, Guarded::free);
            },
        );
    }
}

/// One thread adds two items, for two takers.
fn two_items(scripts: [Script; 2]) {
    let stock = Stock::new();
    let takers = scripts.map(|script| spawn(script, &stock, Stock::wait_and_take));
    stock.add_one();
    stock.add_one();
    takers.into_iter().for_each(|taker| taker.join());
}

#[test]
fn two_items_release_two_threads() {
    explore("two items", preemptions(1), [&[&[]], &[&[]]], two_items);
}

#[test]
fn two_notifiers_release_two_threads() {
    explore(
        "two notifiers",
        preemptions(0).deep(1),
        [&[&[]], &[&[]]],
        |[first, second]| {
            let stock = Stock::new();
            let takers = [first, second].map(|script| spawn(script, &stock, Stock::wait_and_take));
            let notifier = spawn(&[], &stock, Stock::add_one);
            stock.add_one();
            notifier.join();
            takers.into_iter().for_each(|taker| taker.join());
        },
    );
}

#[test]
fn one_notification_releases_one_sleeping_thread() {
    explore(
        "one of two",
        preemptions(0).deep(1),
        [&[&[]], &[&[]]],
        |[first, second]| {
            let stock = Stock::new();
            let waiters = [first, second].map(|script| {
                spawn(script, &stock, |stock| {
                    stock.changed.prepare().wait();
                })
            });
            until_quiet();
            let parked = asleep();
            assert_eq!(parked, 2);
            for left in [1, 0] {
                stock.changed.notify_one();
                until_quiet();
                assert_eq!(asleep(), left);
            }
            waiters.into_iter().for_each(|waiter| waiter.join());
        },
    );
}

/// A dropped ticket takes nothing from a thread that waits.
#[test]
fn a_cancelled_ticket_takes_no_notification() {
    explore("cancel", preemptions(1).deep(2), [UNTIMED], |[script]| {
        let stock = Stock::new();
        let taker = spawn(script, &stock, Stock::wait_and_take);
        let canceller = spawn(&[], &stock, |stock| {
            drop(stock.changed.prepare());
        });
        stock.add_one();
        canceller.join();
        taker.join();
    });
}

#[test]
fn timeout_against_notification() {
    explore("timeout", preemptions(1).deep(3), [TIMED], |[script]| {
        let flag = Flag::new();
        let waiter = spawn(script, &flag, move |flag| {
            let found = flag
                .changed
                .wait_until_timeout(|| flag.is_raised(), TIMEOUT);
            assert!(found.is_some() || script.contains(&SleepEnd::Timeout));
        });
        flag.raised.store(true, Relaxed);
        flag.changed.notify_one();
        waiter.join();
    });
}

/// A thread that times out does not lose the notification: either it takes the item, or the other thread does.
#[test]
fn a_timeout_takes_no_notification() {
    explore(
        "timeout next to a waiter",
        preemptions(0).deep(1),
        [TIMED, &[&[]]],
        |[timed, untimed]| {
            let stock = Stock::new();
            let impatient = spawn(timed, &stock, |stock| {
                stock.changed.wait_until_timeout(|| stock.take(), TIMEOUT)
            });
            let patient = spawn(untimed, &stock, Stock::wait_and_take);
            stock.add_one();
            until_quiet();
            assert_eq!(stock.items.fetch_add(0, Relaxed), 0);
            // Each thread that still sleeps gets an item of its own.
            let left = [impatient.is_finished(), patient.is_finished()];
            for _ in left.iter().filter(|is_finished| !**is_finished) {
                stock.add_one();
            }
            impatient.join();
            patient.join();
        },
    );
}

/// A thread that comes after a notification of all does not take it from an earlier one.
#[test]
fn notify_all_against_a_newcomer() {
    explore(
        "newcomer",
        preemptions(1).deep(2),
        [UNTIMED, &[&[]]],
        |[first, second]| {
            let flag = Flag::new();
            let parked = spawn(first, &flag, |flag| {
                flag.changed.prepare().wait();
            });
            until_quiet();
            let newcomer = spawn(second, &flag, |flag| flag.changed.prepare().wait());
            flag.changed.notify_all();
            parked.join();
            until_quiet();
            flag.changed.notify_all();
            newcomer.join();
        },
    );
}

/// No slot is free: all wait in the overflow slot.
#[test]
fn threads_without_a_slot_are_released_too() {
    explore("overflow", preemptions(1), [UNTIMED, &[&[]]], |scripts| {
        leave_free(0);
        two_items(scripts);
    });
    explore(
        "overflow next to a slot",
        preemptions(1),
        [UNTIMED, &[&[]]],
        |scripts| {
            leave_free(1);
            two_items(scripts);
        },
    );
}

#[test]
fn a_timeout_in_the_overflow_slot() {
    explore(
        "overflow, timeout",
        preemptions(1).deep(2),
        [TIMED],
        |[script]| {
            leave_free(0);
            let flag = Flag::new();
            let waiter = spawn(script, &flag, move |flag| {
                let found = flag
                    .changed
                    .wait_until_timeout(|| flag.is_raised(), TIMEOUT);
                assert!(found.is_some() || script.contains(&SleepEnd::Timeout));
            });
            flag.raised.store(true, Relaxed);
            flag.changed.notify_one();
            waiter.join();
        },
    );
}
