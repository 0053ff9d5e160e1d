//! What `EventCount` promises, on every word.

mod common;

use common::{
    calls, until, until_listening, Calls, TimedWord, Watched, Word, EACH_WAKE_COUNTS, PATIENCE,
};
use futex_event::platform::Futex;
use futex_event::{EventCount, Spin, Ticket};
use std::mem::{align_of, size_of};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe, RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

on_every_word! {
    untimed: [
        four_bytes_of_zero,
        a_notification_since_prepare_ends_the_wait_before_it_begins,
        a_notification_before_prepare_is_not_kept,
        only_parking_and_waking_make_system_calls,
        one_notification_releases_one_parked_thread,
        a_notification_releases_no_thread_of_another_event_count,
        as_many_notifications_as_parked_threads_release_them_all_with_one_call_each,
        notify_all_releases_every_parked_thread,
        a_dropped_ticket_is_cancelled,
        a_ticket_can_be_kept_as_a_number,
        a_stray_wake_releases_no_thread,
        the_waiter_may_free_it_while_the_notification_is_running,
        more_threads_than_slots_are_all_released,
        wait_until_returns_what_the_condition_does,
        threads_with_different_conditions_share_an_event_count,
        a_condition_that_panics_leaves_it_in_order,
        a_condition_that_panics_passes_the_notification_on,
        debug_says_parked,
    ],
    timed: [
        false_is_never_early,
        a_deadline_is_kept_as_a_point_in_time,
        zero_and_the_past_check_once,
        what_cannot_be_represented_means_forever,
        a_timed_wait_that_is_released_returns_true,
        a_change_without_a_notification_is_found_when_time_is_up,
        a_thread_that_gives_up_takes_no_notification,
        notifications_do_not_keep_a_wait_from_its_deadline,
    ]
}

type Count<F> = EventCount<Watched<F>>;

fn count<F: Word>() -> Count<F> {
    EventCount::with_futex(Watched::default())
}

fn four_bytes_of_zero<F: Word>() {
    assert_eq!((size_of::<Count<F>>(), align_of::<Count<F>>()), (4, 4));
    assert!(!std::mem::needs_drop::<Count<F>>());
    // A ticket has nothing to do on drop either, so it may be forgotten.
    assert!(!std::mem::needs_drop::<Ticket<'_, Watched<F>>>());
    // SAFETY: it is four bytes of an atomic integer.
    let zero: Count<F> = unsafe { std::mem::zeroed() };
    let ticket = zero.prepare();
    zero.notify_one();
    ticket.wait();
}

#[test]
fn it_can_be_a_static_and_has_a_default() {
    fn is_safe_to_share<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
    is_safe_to_share::<EventCount>();
    static COUNT: EventCount = EventCount::new();
    let tickets = [COUNT.prepare(), EventCount::prepare(&COUNT)];
    COUNT.notify_all();
    tickets.into_iter().for_each(Ticket::wait);
    EventCount::default().notify_one();
}

fn a_notification_since_prepare_ends_the_wait_before_it_begins<F: Word>() {
    let changed = count::<F>();
    for notify in [EventCount::notify_one, EventCount::notify_all] {
        let (first, second) = (changed.prepare(), changed.prepare());
        let calls = calls(|| {
            notify(&changed);
            first.wait();
            second.wait();
        });
        assert_eq!(calls, Calls::NONE);
    }
}

fn a_notification_before_prepare_is_not_kept<F: Word>() {
    let _turn = common::take_turn();
    let changed = count::<F>();
    changed.notify_one();
    changed.notify_all();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| changed.prepare().wait());
        until_listening::<F>(1);
        assert!(!waiter.is_finished());
        changed.notify_one();
    });
}

fn only_parking_and_waking_make_system_calls<F: Word>() {
    let changed = count::<F>();
    let calls = calls(|| {
        for _ in 0..3 {
            changed.notify_one();
            changed.notify_all();
            drop(changed.prepare());
            changed.notify_one();
            drop(changed.prepare());
            changed.notify_all();
            assert_eq!(changed.wait_until(|| Some(7)), 7);
        }
    });
    assert_eq!(calls, Calls::NONE);
}

fn one_notification_releases_one_parked_thread<F: Word>() {
    const WAITERS: usize = 5;
    let _turn = common::take_turn();
    let changed = count::<F>();
    let released = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..WAITERS {
            scope.spawn(|| {
                changed.prepare().wait();
                released.fetch_add(1, Relaxed);
            });
        }
        for parked in (0..WAITERS).rev() {
            until_listening::<F>(parked + 1);
            changed.notify_one();
            until_listening::<F>(parked);
            until(|| released.load(Relaxed) == WAITERS - parked);
        }
    });
}

fn a_notification_releases_no_thread_of_another_event_count<F: Word>() {
    let _turn = common::take_turn();
    let counts = [count::<F>(), count::<F>()];
    for notify in [EventCount::notify_one, EventCount::notify_all] {
        thread::scope(|scope| {
            let [first, second] = [&counts[0], &counts[1]]
                .map(|changed| scope.spawn(move || changed.prepare().wait()));
            until_listening::<F>(2);
            assert_eq!(calls(|| notify(&counts[0])).wakes, 1);
            first.join().unwrap();
            until_listening::<F>(1);
            assert!(!second.is_finished());
            notify(&counts[1]);
        });
    }
}

fn as_many_notifications_as_parked_threads_release_them_all_with_one_call_each<F: Word>() {
    const WAITERS: u32 = 5;
    let _turn = common::take_turn();
    for _ in 0..50 {
        let changed = count::<F>();
        thread::scope(|scope| {
            for _ in 0..WAITERS {
                scope.spawn(|| changed.prepare().wait());
            }
            until_listening::<F>(WAITERS as usize);
            let calls = calls(|| (0..WAITERS).for_each(|_| changed.notify_one()));
            let wakes = WAITERS;
            assert_eq!(calls, Calls { waits: 0, wakes });
        });
        // The released threads leave no mark that costs later notifications a call.
        let calls = calls(|| (0..WAITERS).for_each(|_| changed.notify_one()));
        assert_eq!(calls, Calls::NONE);
    }
}

fn notify_all_releases_every_parked_thread<F: Word>() {
    const WAITERS: u32 = 5;
    let _turn = common::take_turn();
    for _ in 0..50 {
        let changed = count::<F>();
        thread::scope(|scope| {
            for _ in 0..WAITERS {
                scope.spawn(|| changed.prepare().wait());
            }
            until_listening::<F>(WAITERS as usize);
            let calls = calls(|| changed.notify_all());
            let wakes = WAITERS;
            assert_eq!(calls, Calls { waits: 0, wakes });
        });
    }
}

fn a_dropped_ticket_is_cancelled<F: Word>() {
    let _turn = common::take_turn();
    let changed = count::<F>();
    thread::scope(|scope| {
        scope.spawn(|| changed.prepare().wait());
        until_listening::<F>(1);
        drop(changed.prepare());
        assert_eq!(calls(|| changed.notify_one()).wakes, 1);
    });
    drop(changed.prepare());
    assert_eq!(calls(|| changed.notify_one()), Calls::NONE);
}

fn a_ticket_can_be_kept_as_a_number<F: Word>() {
    let changed = count::<F>();
    for _ in 0..3 {
        let raw = changed.prepare().into_raw();
        let ticket = changed.ticket_from_raw(raw);
        assert_eq!(format!("{ticket:?}"), "Ticket { released: false }");
        changed.notify_one();
        assert_eq!(calls(|| changed.ticket_from_raw(raw).wait()), Calls::NONE);
    }
}

/// Such a wake can come from a notification that was meant for the previous user of the slot.
fn a_stray_wake_releases_no_thread<F: Word>() {
    const WAKES: u32 = 50;
    let _turn = common::take_turn();
    let changed = count::<F>();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| calls(|| changed.prepare().wait()));
        for _ in 0..WAKES {
            until_listening::<F>(1);
            for slot in common::slots::<F>() {
                Watched::<F>::wake_all(slot as *const _);
            }
        }
        until_listening::<F>(1);
        changed.notify_one();
        let least = if EACH_WAKE_COUNTS { WAKES / 2 } else { 1 };
        let waits = waiter.join().unwrap().waits;
        assert!(waits > least, "parked {waits} times");
    });
}

fn the_waiter_may_free_it_while_the_notification_is_running<F: Word>() {
    let _turn = common::take_turn();
    for round in 0..2_000 {
        let changed: *const Count<F> = Box::into_raw(Box::new(count::<F>()));
        let address = changed as usize;
        let is_prepared = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let changed = address as *mut Count<F>;
                // SAFETY: it is freed here and nowhere else; the other thread notifies once, before the wait returns, and
                // a notification promises not to touch it after that.
                unsafe {
                    let ticket = (*changed).prepare();
                    is_prepared.store(true, Relaxed);
                    ticket.wait();
                    drop(Box::from_raw(changed));
                }
            });
            while !is_prepared.load(Relaxed) {
                thread::yield_now();
            }
            // SAFETY: it is there until the ticket is released.
            let changed = unsafe { &*changed };
            if round % 2 == 0 {
                changed.notify_one();
            } else {
                changed.notify_all();
            }
        });
    }
}

fn more_threads_than_slots_are_all_released<F: Word>() {
    let _turn = common::take_turn();
    let changed = count::<F>();
    let threads = Watched::<F>::listeners().slots() + 8;
    let (items, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..threads {
            let thread = thread::Builder::new().stack_size(64 * 1024);
            let wait = || {
                changed.wait_until(|| take(&items));
                taken.fetch_add(1, Relaxed);
            };
            thread.spawn_scoped(scope, wait).expect("a thread");
        }
        until_listening::<F>(threads);
        for _ in 0..threads {
            items.fetch_add(1, Relaxed);
            changed.notify_one();
        }
        until(|| taken.load(Relaxed) == threads);
    });
}

/// Takes one of the items.
fn take(items: &AtomicUsize) -> Option<usize> {
    items
        .fetch_update(Relaxed, Relaxed, |items| items.checked_sub(1))
        .ok()
}

fn wait_until_returns_what_the_condition_does<F: Word>() {
    let _turn = common::take_turn();
    let (items, changed) = (AtomicUsize::new(0), count::<F>());
    for spin in [
        Spin::ADAPTIVE,
        Spin::NEVER,
        Spin::at_most(Duration::from_micros(50)),
    ] {
        thread::scope(|scope| {
            let waiter = scope.spawn(|| changed.spinning(spin).wait_until(|| take(&items)));
            until_listening::<F>(1);
            items.fetch_add(1, Relaxed);
            changed.notify_one();
            assert_eq!(waiter.join().unwrap(), 1);
        });
    }
}

/// One event count for several waiters, each of which waits for a different number.
fn threads_with_different_conditions_share_an_event_count<F: Word>() {
    const WAITERS: usize = 6;
    let _turn = common::take_turn();
    let (reached, changed) = (AtomicUsize::new(0), count::<F>());
    thread::scope(|scope| {
        let waiters: Vec<_> = (1..=WAITERS)
            .map(|goal| {
                let (reached, changed) = (&reached, &changed);
                scope.spawn(move || {
                    changed.wait_until(|| Some(reached.load(Relaxed)).filter(|&now| now >= goal))
                })
            })
            .collect();
        for (number, waiter) in (1..).zip(waiters) {
            until_listening::<F>(WAITERS + 1 - number);
            reached.store(number, Relaxed);
            changed.notify_all();
            assert_eq!(waiter.join().unwrap(), number);
        }
    });
}

fn a_condition_that_panics_leaves_it_in_order<F: Word>() {
    let _turn = common::take_turn();
    let (items, changed) = (AtomicUsize::new(0), count::<F>());
    let mut checks = 0;
    let panics = || {
        changed.wait_until(|| {
            checks += 1;
            assert!(checks < 3, "this is expected");
            changed.notify_all();
            None::<()>
        })
    };
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    thread::scope(|scope| {
        scope.spawn(|| changed.wait_until(|| take(&items)));
        until_listening::<F>(1);
        items.fetch_add(1, Relaxed);
        assert_eq!(calls(|| changed.notify_one()).wakes, 1);
    });
}

fn a_condition_that_panics_passes_the_notification_on<F: Word>() {
    let _turn = common::take_turn();
    let (items, changed) = (AtomicUsize::new(0), count::<F>());
    let panics = AtomicBool::new(false);
    let condition = || {
        if panics.swap(false, Relaxed) {
            resume_unwind(Box::new("on purpose"));
        }
        take(&items)
    };
    thread::scope(|scope| {
        let wait = || changed.spinning(Spin::NEVER).wait_until(condition);
        let waiters = [(); 2].map(|()| scope.spawn(move || catch_unwind(AssertUnwindSafe(wait))));
        until_listening::<F>(2);
        panics.store(true, Relaxed);
        items.fetch_add(1, Relaxed);
        changed.notify_one();
        let mut taken = waiters.map(|waiter| waiter.join().unwrap().ok());
        taken.sort_unstable();
        assert_eq!(taken, [None, Some(1)]);
    });
}

fn debug_says_parked<F: Word>() {
    let _turn = common::take_turn();
    let changed = count::<F>();
    assert_eq!(format!("{changed:?}"), "EventCount { parked: false }");
    let ticket = changed.prepare();
    assert_eq!(format!("{ticket:?}"), "Ticket { released: false }");
    thread::scope(|scope| {
        scope.spawn(|| changed.prepare().wait());
        until_listening::<F>(1);
        assert_eq!(format!("{changed:?}"), "EventCount { parked: true }");
        changed.notify_all();
    });
    assert_eq!(format!("{changed:?}"), "EventCount { parked: false }");
    assert_eq!(format!("{ticket:?}"), "Ticket { released: true }");
}

fn false_is_never_early<F: TimedWord>() {
    let _turn = common::take_turn();
    let changed = count::<F>();
    for nanoseconds in [1, 1_000, 100_000, 1_000_001, 9_999_999] {
        let timeout = Duration::from_nanos(nanoseconds);
        let begun = Instant::now();
        assert!(!changed.prepare().wait_timeout(timeout));
        assert!(begun.elapsed() >= timeout);
        let begun = Instant::now();
        assert_eq!(changed.wait_until_timeout(|| None::<()>, timeout), None);
        assert!(begun.elapsed() >= timeout);
    }
}

fn a_deadline_is_kept_as_a_point_in_time<F: TimedWord>() {
    let _turn = common::take_turn();
    let changed = count::<F>();
    for milliseconds in [1, 20] {
        let deadline = Instant::now() + Duration::from_millis(milliseconds);
        assert!(!changed.prepare().wait_deadline(deadline));
        assert!(Instant::now() >= deadline);
        let deadline = Instant::now() + Duration::from_millis(milliseconds);
        assert_eq!(changed.wait_until_deadline(|| None::<()>, deadline), None);
        let now = Instant::now();
        assert!(now >= deadline && now < deadline + PATIENCE);
    }
}

fn zero_and_the_past_check_once<F: TimedWord>() {
    let changed = count::<F>();
    let past = Instant::now();
    let mut checks = 0;
    let calls = calls(|| {
        assert!(!changed.prepare().wait_timeout(Duration::ZERO));
        assert!(!changed.prepare().wait_deadline(past));
        let (first, second) = (changed.prepare(), changed.prepare());
        changed.notify_one();
        assert!(first.wait_timeout(Duration::ZERO));
        assert!(second.wait_deadline(past));
        let mut check = || {
            checks += 1;
            None::<()>
        };
        assert_eq!(changed.wait_until_timeout(&mut check, Duration::ZERO), None);
        assert_eq!(changed.wait_until_deadline(&mut check, past), None);
    });
    assert_eq!((calls, checks), (Calls::NONE, 2));
}

fn what_cannot_be_represented_means_forever<F: TimedWord>() {
    let _turn = common::take_turn();
    for seconds in [1 << 33, i64::MAX as u64, u64::MAX] {
        let changed = count::<F>();
        let timeout = Duration::new(seconds, 999_999_999);
        thread::scope(|scope| {
            let waiter = scope.spawn(|| changed.prepare().wait_timeout(timeout));
            until_listening::<F>(1);
            changed.notify_one();
            assert!(waiter.join().unwrap());
        });
    }
}

fn a_timed_wait_that_is_released_returns_true<F: TimedWord>() {
    let _turn = common::take_turn();
    let deadline = Instant::now() + PATIENCE;
    let changed = count::<F>();
    for notify in [EventCount::notify_one, EventCount::notify_all] {
        thread::scope(|scope| {
            let waiters = [
                scope.spawn(|| changed.prepare().wait_timeout(PATIENCE)),
                scope.spawn(|| changed.prepare().wait_deadline(deadline)),
            ];
            until_listening::<F>(2);
            notify(&changed);
            notify(&changed);
            for waiter in waiters {
                assert!(waiter.join().unwrap());
            }
        });
    }
    assert!(Instant::now() < deadline);
}

/// A condition that holds wins over the timeout, as a `set` does.
fn a_change_without_a_notification_is_found_when_time_is_up<F: TimedWord>() {
    let _turn = common::take_turn();
    let (items, changed) = (AtomicUsize::new(0), count::<F>());
    let mut checks = 0;
    let found = changed.spinning(Spin::NEVER).wait_until_timeout(
        || {
            checks += 1;
            if checks == 2 {
                items.fetch_add(1, Relaxed);
                return None;
            }
            take(&items)
        },
        Duration::from_millis(1),
    );
    assert_eq!(found, Some(1));
}

fn a_thread_that_gives_up_takes_no_notification<F: TimedWord>() {
    let _turn = common::take_turn();
    for round in 0..200 {
        let (items, changed) = (AtomicUsize::new(0), count::<F>());
        let timeout = Duration::from_micros(round);
        thread::scope(|scope| {
            let patient = scope.spawn(|| changed.wait_until(|| take(&items)));
            until_listening::<F>(1);
            let impatient = scope.spawn(|| changed.wait_until_timeout(|| take(&items), timeout));
            items.fetch_add(1, Relaxed);
            changed.notify_one();
            if impatient.join().unwrap().is_some() {
                items.fetch_add(1, Relaxed);
                changed.notify_one();
            }
            patient.join().unwrap();
        });
    }
}

fn notifications_do_not_keep_a_wait_from_its_deadline<F: TimedWord>() {
    let _turn = common::take_turn();
    let changed = count::<F>();
    let timeout = Duration::from_millis(1);
    // Each check is followed by a notification, so the thread never falls asleep.
    let mut checks = 0;
    let found = changed.spinning(Spin::NEVER).wait_until_timeout(
        || {
            checks += 1;
            changed.notify_all();
            None::<()>
        },
        timeout,
    );
    assert_eq!(found, None);
    assert!(checks > 1);
}
