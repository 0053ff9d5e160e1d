//! Moments that a real kernel gives only by luck, on a word whose sleeps follow a script.

use futex_event::platform::{listeners, Deadline, Futex, Listeners, TimedFutex};
use futex_event::{
    wait_all, wait_all_timeout, wait_any, wait_any_timeout, AutoResetEvent, Event, Spin, Waitable,
};
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, Ordering::Relaxed};
use std::sync::Mutex;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A word that plays the other threads, and the kernel, while its caller believes itself asleep.
struct Scripted {
    word: AtomicU32,
    exchanges: AtomicU32,
    sleeps: AtomicU32,
    /// What happens in a sleep, by its number from one and its deadline; the result is that of `wait_until`.
    sleep: fn(u32, Deadline) -> bool,
}

thread_local! {
    /// What happens before the look that a wait takes before it parks, by the longest time for which it would look. The
    /// answer says whether to take it for one of use, which all are unless a test says otherwise: a wait whose looks are in
    /// vain soon goes without.
    static BEFORE_A_LOOK: Cell<fn(Duration) -> bool> = const { Cell::new(|_| true) };

    /// What happens in a sleep for several events.
    static IN_A_SLOT: Cell<fn(Deadline) -> bool> =
        const { Cell::new(|_| panic!("a wait that a look has ended goes to sleep")) };
}

impl Scripted {
    const fn new(sleep: fn(u32, Deadline) -> bool) -> Self {
        Self {
            word: AtomicU32::new(0),
            exchanges: AtomicU32::new(0),
            sleeps: AtomicU32::new(0),
            sleep,
        }
    }
}

// SAFETY: an atomic integer whose waits all return early and whose wakes wake nobody: nobody is ever asleep.
unsafe impl Futex for Scripted {
    fn listeners() -> &'static Listeners<Self> {
        listeners!(
            Scripted,
            Scripted::new(|_, deadline| IN_A_SLOT.with(|sleep| sleep.get()(deadline)))
        )
    }

    fn load(&self, order: Ordering) -> u32 {
        self.word.load(order)
    }

    fn fetch_or(&self, bits: u32, order: Ordering) -> u32 {
        self.word.fetch_or(bits, order)
    }

    fn fetch_add(&self, amount: u32, order: Ordering) -> u32 {
        self.word.fetch_add(amount, order)
    }

    /// Fails for nothing every other time, as a load-linked and store-conditional pair may.
    fn compare_exchange_weak(
        &self,
        current: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32> {
        if self.exchanges.fetch_add(1, Relaxed) % 2 == 0 {
            return Err(self.word.load(failure));
        }
        self.word.compare_exchange(current, new, success, failure)
    }

    fn wait(&self, expected: u32) {
        self.wait_until(expected, Deadline::NEVER);
    }

    /// Looks once, after what the script says.
    fn spin(limit: Duration, mut seen: impl FnMut() -> bool) -> bool {
        let is_of_use = BEFORE_A_LOOK.with(|before| before.get()(limit));
        seen();
        is_of_use
    }

    fn wake_one(_: *const Self) {}

    fn wake_all(_: *const Self) {}
}

// SAFETY: as above.
unsafe impl TimedFutex for Scripted {
    /// A clock that has gone on a little at every look.
    fn now() -> Duration {
        static LOOKS: AtomicU64 = AtomicU64::new(0);
        Duration::from_nanos(LOOKS.fetch_add(1, Relaxed))
    }

    fn wait_until(&self, expected: u32, deadline: Deadline) -> bool {
        assert_eq!(
            expected,
            self.word.load(Relaxed),
            "nobody sleeps on a word that has changed"
        );
        (self.sleep)(self.sleeps.fetch_add(1, Relaxed) + 1, deadline)
    }
}

#[test]
fn a_set_in_the_last_moment_wins_over_time() {
    static EVENT: Event<Scripted> = Event::with_futex(Scripted::new(|_, _| {
        EVENT.set();
        false
    }));
    assert!(EVENT.wait_timeout(SECOND));
}

#[test]
fn a_pulse_in_the_last_moment_wins_over_time() {
    static EVENT: Event<Scripted> = Event::with_futex(Scripted::new(|_, _| {
        assert!(EVENT.set());
        assert!(EVENT.clear());
        false
    }));
    assert!(EVENT.wait_timeout(SECOND));
    assert!(!EVENT.is_set());
}

fn in_a_slot(script: fn(Deadline) -> bool) {
    IN_A_SLOT.with(|sleep| sleep.set(script));
}

#[test]
fn an_event_in_the_last_moment_wins_over_time_where_several_are_waited_for() {
    static EVENT: Event<Scripted> = Event::with_futex(Scripted::new(|_, _| {
        assert!(EVENT.set() && EVENT.clear());
        false
    }));
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
    assert!(wait_all_timeout(&[&EVENT], SECOND));

    in_a_slot(|_| {
        assert!(EVENT.set() && EVENT.clear());
        false
    });
    assert_eq!(wait_any_timeout(&[&TOKEN, &EVENT], SECOND), Some(1));
    in_a_slot(|_| {
        assert!(TOKEN.set());
        false
    });
    assert_eq!(wait_any_timeout(&[&EVENT, &TOKEN], SECOND), Some(1));
    assert!(!TOKEN.is_set());
    in_a_slot(|_| {
        assert!(TOKEN.set() && EVENT.set());
        false
    });
    // It was given the token, and did not find the other.
    assert_eq!(wait_any_timeout(&[&EVENT, &TOKEN], SECOND), Some(1));
    assert!(!TOKEN.is_set());
    EVENT.clear();

    // More events than fit into a slot.
    let many: Vec<&dyn Waitable<Scripted>> = (0..20).map(|_| &TOKEN as _).collect();
    in_a_slot(|_| {
        assert!(TOKEN.set());
        false
    });
    assert!(wait_any_timeout(&many, SECOND).is_some());
    assert!(!TOKEN.is_set());
}

/// What a wait for several events counts begins with its first look: a set and clear after it count.
#[test]
fn a_wait_for_several_begins_with_its_first_look() {
    static FIRST: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    static SECOND: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    SECOND.set();
    // It saw the second set, which is cleared before the next look.
    before_a_look(|_| {
        SECOND.clear();
        FIRST.set()
    });
    wait_all(&[&FIRST, &SECOND]);
}

#[test]
fn time_that_is_up_without_a_set_is_false() {
    let event = Event::with_futex(Scripted::new(|sleep, _| {
        assert_eq!(sleep, 1, "there is nothing to come back for");
        false
    }));
    assert!(!event.wait_timeout(SECOND));
}

#[test]
fn a_wait_that_wakes_for_nothing_sleeps_again() {
    static EVENT: Event<Scripted> = Event::with_futex(Scripted::new(|sleep, _| {
        if sleep == 10 {
            EVENT.set();
        }
        assert!(sleep <= 10);
        true
    }));
    EVENT.wait();
}

/// folly's SaturatingSemaphore: a futex that finds another word than it was told of does not look at the clock, and a
/// loop around it never did either.
#[test]
fn a_word_on_which_nobody_can_sleep_does_not_keep_a_waiter_from_its_deadline() {
    const THOUSAND_LOOKS_AT_THE_CLOCK: Duration = Duration::from_micros(1);
    let sleepless = || {
        Scripted::new(|sleep, _| {
            assert!(sleep < 2_000, "the deadline has long passed");
            true
        })
    };
    let (event, token) = (
        Event::with_futex(sleepless()),
        AutoResetEvent::with_futex(sleepless()),
    );
    assert!(!event.wait_timeout(THOUSAND_LOOKS_AT_THE_CLOCK));
    assert!(!token.wait_timeout(THOUSAND_LOOKS_AT_THE_CLOCK));
    in_a_slot(|_| true);
    let released = wait_any_timeout(&[&event, &token], THOUSAND_LOOKS_AT_THE_CLOCK);
    assert_eq!(released, None);
}

#[test]
fn a_wait_that_is_interrupted_keeps_its_first_deadline() {
    static FIRST: Mutex<Option<Deadline>> = Mutex::new(None);
    let event = Event::with_futex(Scripted::new(|sleep, deadline| {
        assert_eq!(*FIRST.lock().unwrap().get_or_insert(deadline), deadline);
        sleep < 10
    }));
    assert!(!event.wait_timeout(SECOND));
}

#[test]
fn a_timeout_beyond_the_clock_is_no_deadline() {
    static EVENT: Event<Scripted> = Event::with_futex(Scripted::new(|_, deadline| {
        assert_eq!(deadline, Deadline::NEVER);
        EVENT.set();
        true
    }));
    assert!(EVENT.wait_timeout(Duration::MAX));
}

#[test]
fn an_exchange_that_fails_for_nothing_is_not_taken_for_an_answer() {
    let event = Event::with_futex(Scripted::new(|_, _| unreachable!()));
    for _ in 0..3 {
        assert!(event.set());
        assert!(event.clear());
        assert!(!event.is_set());
    }
}

#[test]
fn many_pulses_in_one_sleep_release_one_wait() {
    static EVENT: Event<Scripted> = Event::with_futex(Scripted::new(|sleep, _| {
        for _ in 0..sleep {
            assert!(EVENT.set());
            assert!(EVENT.clear());
        }
        true
    }));
    for _ in 0..100 {
        EVENT.wait();
    }
}

/// For events whose waits are released by a look.
const fn not_to_be_slept_on() -> Scripted {
    Scripted::new(|_, _| panic!("a wait that a look has ended goes to sleep"))
}

fn before_a_look(script: fn(Duration) -> bool) {
    BEFORE_A_LOOK.with(|before| before.set(script));
}

const NANOSECOND: Duration = Duration::from_nanos(1);

#[test]
fn a_wait_for_any_looks_before_it_parks() {
    static EVENT: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
    before_a_look(|limit| {
        assert!(limit > Duration::ZERO && limit < SECOND);
        TOKEN.set()
    });
    assert_eq!(wait_any(&[&EVENT, &TOKEN]), 1);
    before_a_look(|_| EVENT.set() && EVENT.clear());
    assert_eq!(wait_any(&[&TOKEN, &EVENT]), 1);
    before_a_look(|limit| {
        assert_eq!(limit, NANOSECOND);
        TOKEN.set()
    });
    assert_eq!(wait_any_timeout(&[&EVENT, &TOKEN], NANOSECOND), Some(1));
}

#[test]
fn a_wait_for_all_looks_before_it_parks() {
    static ONE: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    static OTHER: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    before_a_look(|_| {
        [&ONE, &OTHER]
            .iter()
            .all(|event| event.set() && event.clear())
    });
    wait_all(&[&ONE, &OTHER]);
    before_a_look(|limit| {
        assert_eq!(limit, NANOSECOND);
        ONE.set() && OTHER.set()
    });
    assert!(wait_all_timeout(&[&ONE, &OTHER], NANOSECOND));
}

#[test]
fn a_wait_looks_for_as_long_as_it_was_told_and_has() {
    const LIMIT: Duration = Duration::from_micros(7);
    static EVENT: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
    before_a_look(|limit| {
        assert_eq!(limit, LIMIT);
        EVENT.set() && EVENT.clear() && TOKEN.set()
    });
    for timeout in [SECOND, LIMIT] {
        assert!(EVENT.spinning(Spin::at_most(LIMIT)).wait_timeout(timeout));
        assert!(TOKEN.clear());
        assert!(TOKEN.spinning(Spin::at_most(LIMIT)).wait_timeout(timeout));
        assert!(EVENT.spinning(Spin::at_most(SECOND)).wait_timeout(LIMIT));
        assert!(TOKEN.clear());
    }
}
