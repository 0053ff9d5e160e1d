//! What both kinds of events promise, on every word.

mod common;

use common::{
    calls, until_parked, AnyEvent, AnyTimedEvent, Calls, TimedWord, Watched, Word,
    EACH_WAKE_COUNTS, PATIENCE,
};
use futex_event::platform::{Deadline, Futex};
use futex_event::{AutoResetEvent, Event};
use std::mem::{align_of, size_of, ManuallyDrop};
use std::thread;
use std::time::{Duration, Instant};

macro_rules! on_every_event {
    (untimed: [$($claim:ident,)*], timed: [$($timed:ident,)*]) => {
        mod event {
            use super::*;
            type Kind<F> = Event<Watched<F>>;
            on_every_word! { untimed: [$($claim,)*], timed: [$($timed,)*] }
            $(fn $claim<F: Word>() { super::$claim::<Kind<F>>() })*
            $(fn $timed<F: TimedWord>() { super::$timed::<Kind<F>>() })*
        }
        mod auto_reset_event {
            use super::*;
            type Kind<F> = AutoResetEvent<Watched<F>>;
            on_every_word! { untimed: [$($claim,)*], timed: [$($timed,)*] }
            $(fn $claim<F: Word>() { super::$claim::<Kind<F>>() })*
            $(fn $timed<F: TimedWord>() { super::$timed::<Kind<F>>() })*
        }
    };
}

on_every_event! {
    untimed: [
        four_bytes_that_are_zero_when_unset,
        set_says_whether_it_changed_anything,
        clear_says_whether_it_changed_anything,
        wait_on_a_set_event_returns_without_a_system_call,
        only_parking_and_waking_make_system_calls,
        threads_that_come_after_clear_wait_for_the_next_set,
        a_stray_wake_releases_no_thread,
        the_waiter_may_free_the_event_while_set_is_running,
        set_events_may_be_moved_dropped_and_leaked,
        debug_says_set_and_parked,
    ],
    timed: [
        a_timed_wait_on_a_set_event_makes_no_system_call,
        false_is_never_early,
        a_deadline_is_kept_as_a_point_in_time,
        a_deadline_on_the_clock_of_the_word_is_kept,
        an_interruptible_wait_keeps_a_deadline_on_the_clock_of_the_word,
        zero_and_the_past_check_once,
        no_deadline_means_forever,
        what_cannot_be_represented_means_forever,
        a_timed_wait_that_is_released_returns_true,
    ]
}

fn four_bytes_that_are_zero_when_unset<E: AnyEvent>() {
    assert_eq!((size_of::<E>(), align_of::<E>()), (4, 4));
    assert!(!std::mem::needs_drop::<E>());
    // SAFETY: the event is four bytes of an atomic integer.
    let zero: E = unsafe { std::mem::zeroed() };
    assert!(!zero.is_set());
    assert!(zero.set());
    zero.wait();
}

#[test]
fn an_event_may_be_set_to_begin_with() {
    static GATE: Event = Event::new_set();
    static TOKEN: AutoResetEvent = AutoResetEvent::new_set();
    assert!(GATE.try_wait() && GATE.clear() && !GATE.is_set());
    assert!(TOKEN.try_wait() && !TOKEN.try_wait());
}

fn set_says_whether_it_changed_anything<E: AnyEvent>() {
    let event = E::unset();
    assert!(event.set());
    assert!(!event.set());
    event.clear();
    assert!(event.set());
}

fn clear_says_whether_it_changed_anything<E: AnyEvent>() {
    let event = E::unset();
    assert!(!event.clear());
    event.set();
    assert!(event.clear());
    assert!(!event.clear());
    assert!(!event.is_set());
}

fn wait_on_a_set_event_returns_without_a_system_call<E: AnyEvent>() {
    let event = E::unset();
    let calls = calls(|| {
        event.set();
        event.wait();
        event.set();
        assert!(event.try_wait());
    });
    assert_eq!(calls, Calls::NONE);
}

fn a_timed_wait_on_a_set_event_makes_no_system_call<E: AnyTimedEvent>() {
    let event = E::unset();
    let calls = calls(|| {
        event.set();
        assert!(event.wait_timeout(Duration::MAX));
        event.set();
        assert!(event.wait_deadline(Instant::now() + PATIENCE));
    });
    assert_eq!(calls, Calls::NONE);
}

fn only_parking_and_waking_make_system_calls<E: AnyEvent>() {
    let event = E::unset();
    let calls = calls(|| {
        for _ in 0..2 {
            assert!(event.set());
            assert!(!event.set());
            assert!(event.is_set());
            assert!(event.clear());
            assert!(!event.clear());
            assert!(!event.is_set());
            assert!(!event.try_wait());
        }
    });
    assert_eq!(calls, Calls::NONE);
}

fn threads_that_come_after_clear_wait_for_the_next_set<E: AnyEvent>() {
    let event = E::unset();
    event.set();
    event.clear();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| event.wait());
        until_parked(&event, 1);
        assert!(!waiter.is_finished());
        event.set();
    });
}

/// Such a wake can come from a `set` of an event that was freed, and whose memory this event reuses.
fn a_stray_wake_releases_no_thread<E: AnyEvent>() {
    const WAKES: u32 = 50;
    let event = E::unset();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| calls(|| event.wait()));
        for wake in 0..WAKES {
            until_parked(&event, 1);
            let address = (&event as *const E).cast();
            if wake % 2 == 0 {
                E::Word::wake_all(address);
            } else {
                E::Word::wake_one(address);
            }
        }
        until_parked(&event, 1);
        event.set();
        let waits = waiter.join().unwrap().waits;
        // Elsewhere a wake may miss the thread. An adversarial word can cause some spurious returns more.
        let least = if EACH_WAKE_COUNTS { WAKES / 2 } else { 1 };
        assert!(waits > least && waits < 10 * WAKES, "parked {waits} times");
    });
}

fn false_is_never_early<E: AnyTimedEvent>() {
    let event = E::unset();
    for nanoseconds in [
        1, 1_000, 10_000, 100_000, 1_000_000, 1_000_001, 9_999_999, 30_000_000,
    ] {
        let timeout = Duration::from_nanos(nanoseconds);
        let begun = Instant::now();
        assert!(!event.wait_timeout(timeout));
        let taken = begun.elapsed();
        assert!(taken >= timeout, "{taken:?} instead of {timeout:?}");
        assert!(taken < timeout + PATIENCE);
    }
}

fn a_deadline_is_kept_as_a_point_in_time<E: AnyTimedEvent>() {
    let event = E::unset();
    for milliseconds in [1, 20] {
        let deadline = Instant::now() + Duration::from_millis(milliseconds);
        assert!(!event.wait_deadline(deadline));
        let now = Instant::now();
        assert!(now >= deadline);
        assert!(now < deadline + PATIENCE);

        let deadline = now.checked_add(Duration::from_millis(milliseconds));
        assert!(!event.wait_deadline(deadline));
        assert!(Some(Instant::now()) >= deadline);
    }
}

fn a_deadline_on_the_clock_of_the_word_is_kept<E: AnyTimedEvent>() {
    let event = E::unset();
    for milliseconds in [1, 20] {
        let timeout = Duration::from_millis(milliseconds);
        let begun = Instant::now();
        let deadline = Deadline::after(E::now(), timeout);
        assert!(!event.wait_deadline(deadline));
        assert!(deadline.has_passed(E::now()));
        let taken = begun.elapsed();
        assert!(taken >= timeout, "{taken:?} instead of {timeout:?}");
        assert!(taken < timeout + PATIENCE);
        // It has passed, so another wait does not sleep.
        let calls = calls(|| assert!(!event.wait_deadline(deadline)));
        assert_eq!(calls, Calls::NONE);
    }
}

fn an_interruptible_wait_keeps_a_deadline_on_the_clock_of_the_word<E: AnyTimedEvent>() {
    let event = E::unset();
    for milliseconds in [1, 20] {
        let timeout = Duration::from_millis(milliseconds);
        let begun = Instant::now();
        let deadline = Deadline::after(E::now(), timeout);
        assert_eq!(
            event.wait_deadline_interruptible(deadline, || false),
            Ok(false)
        );
        assert!(deadline.has_passed(E::now()));
        let taken = begun.elapsed();
        assert!(taken >= timeout, "{taken:?} instead of {timeout:?}");
        assert!(taken < timeout + PATIENCE);
        // Removes the mark of the wait, for which a set makes a call.
        event.set();
        event.clear();
        // It has passed, so another wait neither sleeps nor calls the closure. A set wins over it.
        let not_called = || -> bool { panic!("called without having slept") };
        let calls = calls(|| {
            let wait = || event.wait_deadline_interruptible(deadline, not_called);
            assert_eq!(wait(), Ok(false));
            event.set();
            assert_eq!(wait(), Ok(true));
            event.clear();
        });
        assert_eq!(calls, Calls::NONE);
    }
    thread::scope(|scope| {
        let waiter = scope.spawn(|| event.wait_deadline_interruptible(Deadline::NEVER, || false));
        until_parked(&event, 1);
        event.set();
        assert_eq!(waiter.join().unwrap(), Ok(true));
    });
}

fn zero_and_the_past_check_once<E: AnyTimedEvent>() {
    let event = E::unset();
    let past = Instant::now();
    let on_its_clock = Deadline::after(E::now(), Duration::ZERO);
    let waits = [
        |event: &E, _, _| event.wait_timeout(Duration::ZERO),
        |event: &E, past: Instant, _| event.wait_deadline(past),
        |event: &E, past: Instant, _| event.wait_deadline(Some(past)),
        |event: &E, _, on_its_clock: Deadline| event.wait_deadline(on_its_clock),
    ];
    let calls = calls(|| {
        for wait in waits {
            assert!(!wait(&event, past, on_its_clock));
            event.set();
            assert!(wait(&event, past, on_its_clock));
            event.clear();
            // A check leaves no mark, so a set has no thread to wake.
            assert!(!wait(&event, past, on_its_clock));
            assert!(event.set());
            event.clear();
        }
    });
    assert_eq!(calls, Calls::NONE);
}

fn no_deadline_means_forever<E: AnyTimedEvent>() {
    for wait in [
        |event: &E| event.wait_deadline(None),
        |event: &E| event.wait_deadline(Instant::now().checked_add(Duration::MAX)),
        |event: &E| event.wait_deadline(Deadline::NEVER),
    ] {
        let event = E::unset();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| wait(&event));
            until_parked(&event, 1);
            event.set();
            assert!(waiter.join().unwrap());
        });
    }
}

fn what_cannot_be_represented_means_forever<E: AnyTimedEvent>() {
    for seconds in [1 << 33, i64::MAX as u64, u64::MAX] {
        let event = E::unset();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| event.wait_timeout(Duration::new(seconds, 999_999_999)));
            until_parked(&event, 1);
            event.set();
            assert!(waiter.join().unwrap());
        });
    }
}

fn a_timed_wait_that_is_released_returns_true<E: AnyTimedEvent>() {
    let deadline = Instant::now() + PATIENCE;
    for wait in [
        |event: &E, _| event.wait_timeout(PATIENCE),
        |event: &E, deadline: Instant| event.wait_deadline(deadline),
    ] {
        let event = E::unset();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| wait(&event, deadline));
            until_parked(&event, 1);
            event.set();
            assert!(waiter.join().unwrap());
        });
    }
    assert!(Instant::now() < deadline);
}

fn the_waiter_may_free_the_event_while_set_is_running<E: AnyEvent>() {
    for _ in 0..2_000 {
        let event: *const E = Box::into_raw(Box::new(E::unset()));
        let address = event as usize;
        thread::scope(|scope| {
            scope.spawn(move || {
                let event = address as *mut E;
                // SAFETY: the event is freed here and nowhere else; the other thread calls `set` once, before the
                // wait returns, and `set` promises not to touch the event after that.
                unsafe {
                    (*event).wait();
                    drop(Box::from_raw(event));
                }
            });
            // SAFETY: the event is there until it is set.
            unsafe { (*event).set() };
        });
    }
}

fn set_events_may_be_moved_dropped_and_leaked<E: AnyEvent>() {
    let event = E::unset();
    event.set();
    let mut moved = vec![event, E::unset()];
    assert!(moved[0].is_set());
    moved.swap(0, 1);
    assert!(moved[1].clear());
    moved[0].set();
    // Leaked without its destructor. Its memory is freed, or a leak checker would report it.
    ManuallyDrop::new(moved.swap_remove(0)).wait();
}

fn debug_says_set_and_parked<E: AnyEvent>() {
    let event = E::unset();
    let says = |state: &str| format!("{event:?}").ends_with(state);
    assert!(says("Event { set: false, parked: false }"));
    thread::scope(|scope| {
        scope.spawn(|| event.wait());
        until_parked(&event, 1);
        assert!(says("Event { set: false, parked: true }"));
        event.set();
    });
    event.set();
    assert!(says("Event { set: true, parked: false }"));
}

#[test]
fn events_can_be_statics_and_have_a_default() {
    static EVENT: Event = Event::new();
    static AUTO_RESET: AutoResetEvent = AutoResetEvent::new();
    assert!(EVENT.set());
    assert!(AUTO_RESET.set());
    assert!(!Event::default().is_set());
    assert!(!AutoResetEvent::default().is_set());
}
