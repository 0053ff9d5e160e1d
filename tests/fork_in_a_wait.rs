//! The closure of an interruptible wait forks: what the wait does in the child.
//!
//! There, the table of listeners has been cleared, by a handler of `pthread_atfork`. Here the closure clears it. `linux.rs` has
//! a test with a real `fork`.

use futex_event::platform::{listeners, Deadline, Futex, Listeners, TimedFutex};
use futex_event::{wait_any_timeout_interruptible, AutoResetEvent, Event, EventCount, Waitable};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// A word on which each sleep ends at once, as by a signal, so a wait calls its closure each other time.
struct Restless(AtomicU32);

// SAFETY: an atomic integer whose waits all return early and whose wakes wake no thread, because none is ever asleep.
unsafe impl Futex for Restless {
    fn listeners() -> &'static Listeners<Self> {
        listeners!(Restless, Restless(AtomicU32::new(0)))
    }

    fn load(&self, order: Ordering) -> u32 {
        self.0.load(order)
    }

    fn fetch_or(&self, bits: u32, order: Ordering) -> u32 {
        self.0.fetch_or(bits, order)
    }

    fn fetch_add(&self, amount: u32, order: Ordering) -> u32 {
        self.0.fetch_add(amount, order)
    }

    fn compare_exchange_weak(
        &self,
        current: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32> {
        self.0.compare_exchange_weak(current, new, success, failure)
    }

    fn wait(&self, expected: u32) {
        self.wait_until(expected, Deadline::NEVER);
    }

    fn wake_one(_: *const Self) {}

    fn wake_all(_: *const Self) {}
}

// SAFETY: as above.
unsafe impl TimedFutex for Restless {
    /// A clock that advances by a nanosecond per reading.
    fn now() -> Duration {
        static READINGS: AtomicU64 = AtomicU64::new(0);
        Duration::from_nanos(READINGS.fetch_add(1, Relaxed))
    }

    fn wait_until(&self, _: u32, deadline: Deadline) -> bool {
        thread::yield_now();
        !deadline.has_passed(Self::now())
    }
}

/// Enough for some calls of the closure.
const TIMEOUT: Duration = Duration::from_nanos(100);
/// Only a wait that fails its test lasts as long.
const LONG: Duration = Duration::from_nanos(1_000_000);

fn event() -> Event<Restless> {
    Event::with_futex(Restless(AtomicU32::new(0)))
}

fn token() -> AutoResetEvent<Restless> {
    AutoResetEvent::with_futex(Restless(AtomicU32::new(0)))
}

fn table() -> &'static Listeners<Restless> {
    Restless::listeners()
}

/// The first word of each slot.
fn slots() -> impl Iterator<Item = &'static Restless> {
    (0..table().slots()).map(|slot| &table().slot(slot)[0])
}

/// The tests share the table, so they run one at a time.
fn take_turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    table().clear();
    turn
}

/// A closure that does this at its first call, and that at its second. It does not end the wait.
fn closure<'a>(first: impl Fn() + 'a, second: impl Fn() + 'a) -> impl FnMut() -> bool + 'a {
    let mut calls = 0;
    move || {
        calls += 1;
        match calls {
            1 => first(),
            2 => second(),
            _ => {}
        }
        false
    }
}

/// What a `fork` does in the child.
fn clear() {
    table().clear();
}

/// No slot is taken, no bucket has a bit, and no thread is in the overflow slot.
fn nothing_is_left() {
    assert!(slots().all(|slot| slot.load(Relaxed) % 64 == 0));
    for bucket in (0..table().buckets()).map(|bucket| table().bucket(bucket)) {
        let (_, bits) = bucket.split_last().unwrap();
        assert!(bits.iter().all(|word| word.load(Relaxed) == 0));
    }
    assert_eq!(table().overflow(0).load(Relaxed), 0);
}

#[test]
fn a_wait_for_several_reports_no_event_that_was_not_set() {
    let _turn = take_turn();
    let (stop, work) = (event(), token());
    let waited = wait_any_timeout_interruptible((&stop, &work), TIMEOUT, closure(clear, || ()));
    assert_eq!(waited, Ok(None));
    nothing_is_left();

    let many: Vec<&dyn Waitable<Restless>> = (0..20).map(|_| &work as _).collect();
    let waited = wait_any_timeout_interruptible(&many, TIMEOUT, closure(clear, || ()));
    assert_eq!(waited, Ok(None));
    nothing_is_left();
}

#[test]
fn it_is_released_by_an_event_that_is_set_later() {
    let _turn = take_turn();
    let (stop, work) = (event(), token());
    let sets: [(&dyn Fn(), usize); 2] =
        [(&|| assert!(work.set()), 1), (&|| assert!(stop.set()), 0)];
    for (set, index) in sets {
        let waited = wait_any_timeout_interruptible((&stop, &work), LONG, closure(clear, set));
        assert_eq!(waited, Ok(Some(index)));
        assert!(!work.is_set());
        nothing_is_left();

        stop.clear();
        let clear_and_set = || {
            clear();
            set();
        };
        let waited =
            wait_any_timeout_interruptible((&stop, &work), LONG, closure(clear_and_set, || ()));
        assert_eq!(waited, Ok(Some(index)));
        nothing_is_left();
    }
}

#[test]
fn a_pulse_before_the_fork_counts() {
    let _turn = take_turn();
    let (stop, work) = (event(), token());
    let pulse = || {
        assert!(stop.set() && stop.clear());
        clear();
    };
    let waited = wait_any_timeout_interruptible((&work, &stop), LONG, closure(pulse, || ()));
    assert_eq!(waited, Ok(Some(1)));
    nothing_is_left();
}

/// Then the wait calls the closure without a sleep in between.
#[test]
fn a_listener_that_was_nudged_may_fork_too() {
    let _turn = take_turn();
    let work = token();
    let many: Vec<&dyn Waitable<Restless>> = (0..20).map(|_| &work as _).collect();
    let nudge = || assert!(work.set() && work.try_wait());
    let waited = wait_any_timeout_interruptible(&many, LONG, closure(nudge, clear));
    assert_eq!(waited, Ok(None));
    nothing_is_left();
}

/// A thread of the child may take the slot that the wait had, and use it as often as that was used in the parent.
#[test]
fn it_leaves_its_former_slot_to_a_thread_that_has_taken_it() {
    let _turn = take_turn();
    let (stop, work) = (event(), token());
    let (slot, its_word) = (AtomicU32::new(u32::MAX), AtomicU32::new(0));
    let taken_again = || {
        let (number, word) = (0..)
            .zip(slots())
            .find(|(_, it)| it.load(Relaxed) != 0)
            .unwrap();
        let value = word.load(Relaxed);
        clear();
        word.fetch_or(value, Relaxed);
        slot.store(number, Relaxed);
        its_word.store(value, Relaxed);
    };
    let set = || assert!(work.set());
    let waited = wait_any_timeout_interruptible((&stop, &work), LONG, closure(taken_again, set));
    assert_eq!(waited, Ok(Some(1)));
    let word = &table().slot(slot.load(Relaxed) as usize)[0];
    assert_eq!(word.load(Relaxed), its_word.load(Relaxed));
    table().clear();
}

#[test]
fn a_thread_in_the_overflow_slot_leaves_it_once() {
    let _turn = take_turn();
    let (stop, work) = (event(), token());
    let are_taken = || slots().for_each(|slot| assert_eq!(slot.fetch_or(1, Relaxed) % 64, 0));
    are_taken();
    let waited = wait_any_timeout_interruptible((&stop, &work), TIMEOUT, closure(clear, || ()));
    assert_eq!(waited, Ok(None));
    nothing_is_left();

    are_taken();
    let set = || assert!(work.set());
    let waited = wait_any_timeout_interruptible((&stop, &work), LONG, closure(clear, set));
    assert_eq!(waited, Ok(Some(1)));
    nothing_is_left();
}

#[test]
fn a_closure_that_forks_and_panics_leaves_nothing_behind() {
    let _turn = take_turn();
    let (stop, work) = (event(), token());
    let panics = || -> bool {
        work.reset_after_fork();
        clear();
        panic!("in the child");
    };
    let waits: [&dyn Fn(); 2] = [
        &|| assert!(wait_any_timeout_interruptible((&stop, &work), LONG, panics).is_ok()),
        &|| assert!(work.wait_timeout_interruptible(LONG, panics).is_ok()),
    ];
    for wait in waits {
        assert!(catch_unwind(AssertUnwindSafe(wait)).is_err());
        nothing_is_left();
        assert!(format!("{work:?}").contains("parked: false"), "{work:?}");
        assert!(work.set() && work.try_wait());
    }
}

#[test]
fn an_event_count_releases_no_ticket_without_a_notification() {
    let _turn = take_turn();
    let changed = EventCount::with_futex(Restless(AtomicU32::new(0)));
    let wait = |timeout, later: &dyn Fn()| {
        let ticket = changed.prepare();
        ticket.wait_timeout_interruptible(timeout, closure(clear, later))
    };
    assert_eq!(wait(TIMEOUT, &|| ()), Ok(false));
    assert_eq!(wait(LONG, &|| changed.notify_one()), Ok(true));
    nothing_is_left();
}

/// A counted waiter has lost its count by the call that repairs the event.
#[test]
fn a_plain_wait_goes_on_after_the_closure_has_repaired_the_event() {
    let _turn = take_turn();
    let work = token();
    let repair = || {
        clear();
        work.reset_after_fork();
    };
    let repair_and_set = || {
        repair();
        assert!(work.set());
    };
    let set = || assert!(work.set());
    let wait = |timeout, closure: &mut dyn FnMut() -> bool| {
        let waited = work.wait_timeout_interruptible(timeout, closure);
        assert!(format!("{work:?}").contains("parked: false"), "{work:?}");
        assert!(!work.is_set());
        waited
    };
    assert_eq!(wait(TIMEOUT, &mut closure(repair, || ())), Ok(false));
    assert_eq!(wait(LONG, &mut closure(repair_and_set, || ())), Ok(true));
    assert_eq!(wait(LONG, &mut closure(repair, set)), Ok(true));
    assert!(wait(LONG, &mut || {
        repair();
        true
    })
    .is_err());
}

#[test]
fn it_does_not_take_the_count_of_a_thread_that_has_come_since() {
    let _turn = take_turn();
    let work = token();
    thread::scope(|scope| {
        let starts_a_thread = || {
            clear();
            work.reset_after_fork();
            scope.spawn(|| work.wait());
            while format!("{work:?}").contains("parked: false") {
                thread::yield_now();
            }
        };
        let mut interrupt = closure(starts_a_thread, || ());
        let waited = work.wait_interruptible(|| {
            interrupt();
            true
        });
        assert!(waited.is_err());
        assert!(format!("{work:?}").contains("parked: true"), "{work:?}");
        assert!(work.set());
    });
    assert!(!work.is_set());
}
