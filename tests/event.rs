//! What the contract says of `Event`, on every word.

mod common;

use common::{calls, until_parked, Calls, Watched, PATIENCE};
use futex_event::platform::{FallbackFutex, PrivateFutex, TimedFutex};
use futex_event::Event;
use std::mem::{align_of, size_of};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::thread;
use std::time::{Duration, Instant};

macro_rules! on_every_word {
    ($($claim:ident,)*) => {
        mod private {
            $(#[test] fn $claim() { super::$claim::<super::PrivateFutex>() })*
        }
        mod fallback {
            $(#[test] fn $claim() { super::$claim::<super::FallbackFutex>() })*
        }
    };
}

on_every_word! {
    four_bytes_that_are_zero_when_unset,
    set_says_whether_it_changed_anything,
    clear_says_whether_it_changed_anything,
    try_wait_looks_and_takes_nothing,
    wait_on_a_set_event_returns_and_enters_no_kernel,
    set_releases_every_parked_waiter_with_one_call,
    nothing_but_parking_and_waking_enters_the_kernel,
    set_of_a_set_event_enters_no_kernel_even_after_waiters_were_parked,
    clear_right_after_set_takes_no_release_back,
    clear_right_after_set_takes_no_release_back_from_a_timed_wait,
    clear_of_an_unset_event_does_not_forget_the_parked,
    park_clear_set_wakes_in_each_generation,
    threads_that_come_after_clear_wait_for_the_next_set,
    a_stray_wake_releases_nobody,
    false_is_never_early,
    a_deadline_is_kept_as_a_point_in_time,
    zero_and_the_past_look_once,
    what_cannot_be_represented_means_for_ever,
    a_timed_wait_that_is_released_returns_true,
    a_timed_out_waiter_leaves_the_event_in_order,
    the_waiter_may_free_the_event_while_set_is_running,
    a_thousand_waiters_are_released_at_once,
    set_events_may_be_moved_dropped_and_leaked,
    debug_says_set_and_parked,
}

trait Word: TimedFutex + Default + Send + UnwindSafe + RefUnwindSafe + 'static {}
impl<F: TimedFutex + Default + Send + UnwindSafe + RefUnwindSafe + 'static> Word for F {}

fn unset<F: Word>() -> Event<Watched<F>> {
    Event::with_futex(Watched::default())
}

fn four_bytes_that_are_zero_when_unset<F: Word>() {
    fn is_shareable<T: Send + Sync + UnwindSafe + RefUnwindSafe>() {}
    is_shareable::<Event<F>>();
    assert_eq!((size_of::<Event<F>>(), align_of::<Event<F>>()), (4, 4));
    assert!(!std::mem::needs_drop::<Event<F>>());
    // SAFETY: the event is four bytes of an atomic integer.
    let zero: Event<F> = unsafe { std::mem::zeroed() };
    assert!(!zero.is_set());
    assert!(zero.set());
    zero.wait();
}

fn set_says_whether_it_changed_anything<F: Word>() {
    let event = unset::<F>();
    assert!(event.set());
    assert!(!event.set());
    event.clear();
    assert!(event.set());
}

fn clear_says_whether_it_changed_anything<F: Word>() {
    let event = unset::<F>();
    assert!(!event.clear());
    event.set();
    assert!(event.clear());
    assert!(!event.clear());
    assert!(!event.is_set());
}

fn try_wait_looks_and_takes_nothing<F: Word>() {
    let event = unset::<F>();
    assert!(!event.try_wait());
    event.set();
    assert!(event.try_wait());
    assert!(event.try_wait());
    assert!(event.is_set());
}

fn wait_on_a_set_event_returns_and_enters_no_kernel<F: Word>() {
    let event = unset::<F>();
    event.set();
    let calls = calls(|| {
        event.wait();
        assert!(event.wait_timeout(Duration::MAX));
        assert!(event.wait_deadline(Instant::now() + PATIENCE));
    });
    assert_eq!(calls, Calls::default());
}

fn set_releases_every_parked_waiter_with_one_call<F: Word>() {
    let event = unset::<F>();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| event.wait());
        }
        until_parked(&event, 8);
        let calls = calls(|| assert!(event.set()));
        assert_eq!(calls, Calls { waits: 0, wakes: 1 });
    });
}

fn nothing_but_parking_and_waking_enters_the_kernel<F: Word>() {
    let event = unset::<F>();
    let calls = calls(|| {
        for _ in 0..2 {
            assert!(event.set());
            assert!(!event.set());
            assert!(event.is_set());
            assert!(event.try_wait());
            assert!(event.clear());
            assert!(!event.clear());
            assert!(!event.is_set());
            assert!(!event.try_wait());
        }
    });
    assert_eq!(calls, Calls::default());
}

fn set_of_a_set_event_enters_no_kernel_even_after_waiters_were_parked<F: Word>() {
    let event = unset::<F>();
    thread::scope(|scope| {
        scope.spawn(|| event.wait());
        until_parked(&event, 1);
        event.set();
    });
    assert_eq!(calls(|| assert!(!event.set())), Calls::default());
}

/// CPython's gh-57711: a word that holds only a flag strands whoever has not run before the clear.
fn clear_right_after_set_takes_no_release_back<F: Word>() {
    const WAITERS: usize = 5;
    for _ in 0..200 {
        let event = unset::<F>();
        thread::scope(|scope| {
            for _ in 0..WAITERS {
                scope.spawn(|| event.wait());
            }
            until_parked(&event, WAITERS);
            assert!(event.set());
            assert!(event.clear());
        });
        assert!(!event.is_set());
    }
}

fn clear_right_after_set_takes_no_release_back_from_a_timed_wait<F: Word>() {
    for _ in 0..200 {
        let event = unset::<F>();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| event.wait_timeout(PATIENCE));
            until_parked(&event, 1);
            assert!(event.set());
            assert!(event.clear());
            assert!(waiter.join().unwrap());
        });
    }
}

fn clear_of_an_unset_event_does_not_forget_the_parked<F: Word>() {
    let event = unset::<F>();
    thread::scope(|scope| {
        scope.spawn(|| event.wait());
        until_parked(&event, 1);
        assert!(!event.clear());
        assert!(event.set());
    });
}

fn park_clear_set_wakes_in_each_generation<F: Word>() {
    let event = unset::<F>();
    for _ in 0..100 {
        thread::scope(|scope| {
            scope.spawn(|| event.wait());
            until_parked(&event, 1);
            event.clear();
            assert!(event.set());
        });
        assert!(event.clear());
    }
}

fn threads_that_come_after_clear_wait_for_the_next_set<F: Word>() {
    let event = unset::<F>();
    event.set();
    event.clear();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| event.wait());
        until_parked(&event, 1);
        assert!(!waiter.is_finished());
        event.set();
    });
}

/// As it comes when the event lies where another one was freed.
fn a_stray_wake_releases_nobody<F: Word>() {
    let event = unset::<F>();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| calls(|| event.wait()));
        let mut wakes = 0;
        for _ in 0..50 {
            until_parked(&event, 1);
            event.wake_stray();
            wakes += 1;
        }
        until_parked(&event, 1);
        event.set();
        let waits = waiter.join().unwrap().waits;
        assert!(waits > 1 && waits <= wakes + 1, "parked {waits} times");
    });
}

/// Reaches the word under an event from outside, as another event's late wake would: by its address.
trait WakeStray {
    fn wake_stray(&self);
}

impl<F: Word> WakeStray for Event<Watched<F>> {
    fn wake_stray(&self) {
        let address: *const Self = self;
        F::wake_all(address.cast());
    }
}

fn false_is_never_early<F: Word>() {
    let event = unset::<F>();
    for microseconds in [1, 10, 100, 1_000, 1_001, 9_999, 30_000] {
        let timeout = Duration::from_micros(microseconds);
        let begun = Instant::now();
        assert!(!event.wait_timeout(timeout));
        let taken = begun.elapsed();
        assert!(taken >= timeout, "{taken:?} instead of {timeout:?}");
        assert!(taken < timeout + PATIENCE);
    }
    let begun = Instant::now();
    assert!(!event.wait_timeout(Duration::from_nanos(1)));
    assert!(begun.elapsed() >= Duration::from_nanos(1));
}

fn a_deadline_is_kept_as_a_point_in_time<F: Word>() {
    let event = unset::<F>();
    for milliseconds in [1, 20] {
        let deadline = Instant::now() + Duration::from_millis(milliseconds);
        assert!(!event.wait_deadline(deadline));
        assert!(Instant::now() >= deadline);
        assert!(Instant::now() < deadline + PATIENCE);
    }
}

fn zero_and_the_past_look_once<F: Word>() {
    let event = unset::<F>();
    let past = Instant::now();
    let look = || {
        let zero = event.wait_timeout(Duration::ZERO);
        assert_eq!(event.wait_deadline(past), zero);
        zero
    };
    assert_eq!(calls(|| assert!(!look())), Calls::default());
    event.set();
    assert_eq!(calls(|| assert!(look())), Calls::default());
    // Nobody is on record as parked, so a set has nobody to wake.
    event.clear();
    look();
    assert_eq!(calls(|| assert!(event.set())), Calls::default());
}

fn what_cannot_be_represented_means_for_ever<F: Word>() {
    let beyond_32_bits_of_seconds = Duration::from_secs(1 << 33);
    for timeout in [
        Duration::MAX,
        Duration::from_secs(u64::MAX),
        Duration::from_secs(i64::MAX as u64),
        beyond_32_bits_of_seconds,
    ] {
        let event = unset::<F>();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| event.wait_timeout(timeout));
            until_parked(&event, 1);
            event.set();
            assert!(waiter.join().unwrap());
        });
    }
}

fn a_timed_wait_that_is_released_returns_true<F: Word>() {
    let event = unset::<F>();
    let deadline = Instant::now() + PATIENCE;
    thread::scope(|scope| {
        let timed = scope.spawn(|| event.wait_timeout(PATIENCE));
        let until = scope.spawn(|| event.wait_deadline(deadline));
        until_parked(&event, 2);
        event.set();
        assert!(timed.join().unwrap());
        assert!(until.join().unwrap());
        assert!(Instant::now() < deadline);
    });
}

fn a_timed_out_waiter_leaves_the_event_in_order<F: Word>() {
    let event = unset::<F>();
    thread::scope(|scope| {
        scope.spawn(|| event.wait());
        until_parked(&event, 1);
        assert!(!event.wait_timeout(Duration::from_millis(1)));
        // The other one is still asleep, and is not forgotten.
        assert_eq!(calls(|| assert!(event.set())).wakes, 1);
    });
}

fn the_waiter_may_free_the_event_while_set_is_running<F: Word>() {
    for _ in 0..2_000 {
        let event: *const Event<F> = Box::into_raw(Box::new(Event::with_futex(F::default())));
        let address = event as usize;
        thread::scope(|scope| {
            scope.spawn(move || {
                let event = address as *mut Event<F>;
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

fn a_thousand_waiters_are_released_at_once<F: Word>() {
    const WAITERS: usize = 1_000;
    let event = unset::<F>();
    thread::scope(|scope| {
        for _ in 0..WAITERS {
            thread::Builder::new()
                .stack_size(64 * 1024)
                .spawn_scoped(scope, || event.wait())
                .unwrap();
        }
        until_parked(&event, WAITERS);
        assert_eq!(calls(|| assert!(event.set())).wakes, 1);
    });
}

fn set_events_may_be_moved_dropped_and_leaked<F: Word>() {
    let event = unset::<F>();
    event.set();
    let mut moved = vec![event, unset()];
    assert!(moved[0].is_set());
    moved.swap(0, 1);
    assert!(moved[1].clear());
    moved[0].set();
    Box::leak(Box::new(moved.swap_remove(0))).wait();
}

fn debug_says_set_and_parked<F: Word>() {
    let event = unset::<F>();
    assert_eq!(format!("{event:?}"), "Event { set: false, parked: false }");
    thread::scope(|scope| {
        scope.spawn(|| event.wait());
        until_parked(&event, 1);
        assert_eq!(format!("{event:?}"), "Event { set: false, parked: true }");
        event.set();
    });
    assert_eq!(format!("{event:?}"), "Event { set: true, parked: false }");
}

#[test]
fn an_event_can_be_a_static_and_has_a_default() {
    static EVENT: Event = Event::new();
    assert!(EVENT.set());
    assert!(!Event::default().is_set());
}
