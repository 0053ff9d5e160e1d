//! Interleavings that a real kernel produces only by luck, on a word whose sleeps follow a script.

mod common;

use common::until;
use futex_event::platform::{listeners, Deadline, Futex, Listeners, TimedFutex};
use futex_event::{
    wait_all_interruptible, wait_all_timeout, wait_all_timeout_interruptible,
    wait_any_interruptible, wait_any_timeout, AllOf, AnyOf, AutoResetEvent, Event, EventCount,
    Interrupted, Spin, Stopped, Waitable,
};
use std::cell::Cell;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{
    AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering, Ordering::Relaxed,
};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Less than an interruptible wait sleeps at once on NetBSD.
const SHORT: Duration = Duration::from_millis(50);

/// A word that acts as the other threads and the kernel when its caller sleeps on it.
struct Scripted {
    word: AtomicU32,
    exchanges: AtomicU32,
    sleeps: AtomicU32,
    /// What happens in a sleep. Its arguments are the number of the sleep, from one, and the deadline; its result is that of
    /// `wait_until`.
    sleep: fn(u32, Deadline) -> bool,
}

thread_local! {
    /// What the clock of spins does and returns at its first reading, its second, and so on.
    static CLOCK: Cell<fn(u32) -> Duration> = const { Cell::new(|_| Duration::ZERO) };
    static READINGS: Cell<u32> = const { Cell::new(0) };
    static LOADS: Cell<u32> = const { Cell::new(0) };

    /// What happens in a wake, and how many wakes there have been.
    static IN_A_WAKE: Cell<fn()> = const { Cell::new(|| {}) };
    static WAKES: Cell<u32> = const { Cell::new(0) };

    /// The words of the last wake and of the last sleep.
    static WOKEN: Cell<usize> = const { Cell::new(0) };
    static SLEEPS_ON: Cell<usize> = const { Cell::new(0) };

    /// What happens before the next exchange of this word, which then does not fail spuriously.
    static BEFORE_AN_EXCHANGE: Cell<(usize, fn())> = const { Cell::new((0, || {})) };

    /// What happens in a sleep for several events.
    static IN_A_SLOT: Cell<fn(Deadline) -> bool> =
        const { Cell::new(|_| panic!("a wait that a check has ended goes to sleep")) };
}

fn clock() -> Duration {
    let reading = READINGS.with(|readings| {
        readings.set(readings.get() + 1);
        readings.get()
    });
    CLOCK.with(|clock| clock.get()(reading))
}

fn with_clock(script: fn(u32) -> Duration) {
    CLOCK.with(|clock| clock.set(script));
    READINGS.with(|readings| readings.set(0));
}

/// The address of a word, or of an event, which is one.
fn address<T>(word: *const T) -> usize {
    word as usize
}

fn before_an_exchange_of<E>(event: &E, happens: fn()) {
    BEFORE_AN_EXCHANGE.with(|script| script.set((address(event), happens)));
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

// SAFETY: an atomic integer whose waits all return early and whose wakes wake no thread, because none is ever asleep.
unsafe impl Futex for Scripted {
    const CLOCK: Option<fn() -> Duration> = Some(clock);

    fn listeners() -> &'static Listeners<Self> {
        listeners!(
            Scripted,
            Scripted::new(|_, deadline| IN_A_SLOT.with(|sleep| sleep.get()(deadline)))
        )
    }

    fn load(&self, order: Ordering) -> u32 {
        LOADS.with(|loads| loads.set(loads.get() + 1));
        self.word.load(order)
    }

    fn fetch_or(&self, bits: u32, order: Ordering) -> u32 {
        self.word.fetch_or(bits, order)
    }

    fn fetch_add(&self, amount: u32, order: Ordering) -> u32 {
        self.word.fetch_add(amount, order)
    }

    /// Every other exchange fails spuriously, as a load-linked and store-conditional pair may.
    fn compare_exchange_weak(
        &self,
        current: u32,
        new: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32> {
        let (word, script) = BEFORE_AN_EXCHANGE.with(Cell::get);
        if word == address(self) {
            BEFORE_AN_EXCHANGE.with(|script| script.set((0, || {})));
            script();
        } else if self.exchanges.fetch_add(1, Relaxed) % 2 == 0 {
            return Err(self.word.load(failure));
        }
        self.word.compare_exchange(current, new, success, failure)
    }

    fn wait(&self, expected: u32) {
        self.wait_until(expected, Deadline::NEVER);
    }

    fn wake_one(this: *const Self) {
        WOKEN.with(|woken| woken.set(address(this)));
        WAKES.with(|wakes| wakes.set(wakes.get() + 1));
        IN_A_WAKE.with(|script| script.replace(|| {}))();
    }

    fn wake_all(_: *const Self) {}
}

// SAFETY: as above.
unsafe impl TimedFutex for Scripted {
    /// A clock that advances by a nanosecond per reading.
    fn now() -> Duration {
        static READINGS: AtomicU64 = AtomicU64::new(0);
        Duration::from_nanos(READINGS.fetch_add(1, Relaxed))
    }

    fn wait_until(&self, expected: u32, deadline: Deadline) -> bool {
        assert_eq!(
            expected,
            self.word.load(Relaxed),
            "no thread sleeps on a word that has changed"
        );
        SLEEPS_ON.with(|word| word.set(address(self)));
        (self.sleep)(self.sleeps.fetch_add(1, Relaxed) + 1, deadline)
    }
}

#[test]
fn a_set_at_the_last_moment_wins_over_the_deadline() {
    static EVENT: Event<Scripted> = Event::with_futex(Scripted::new(|_, _| {
        EVENT.set();
        false
    }));
    assert!(EVENT.wait_timeout(SECOND));
}

#[test]
fn a_pulse_at_the_last_moment_wins_over_the_deadline() {
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
fn a_set_at_the_last_moment_wins_over_the_deadline_of_a_wait_for_several() {
    static EVENT: Event<Scripted> = Event::with_futex(Scripted::new(|_, _| {
        assert!(EVENT.set() && EVENT.clear());
        false
    }));
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
    assert!(wait_all_timeout([&EVENT], SECOND));

    in_a_slot(|_| {
        assert!(EVENT.set() && EVENT.clear());
        false
    });
    assert_eq!(wait_any_timeout((&TOKEN, &EVENT), SECOND), Some(1));
    in_a_slot(|_| {
        assert!(TOKEN.set());
        false
    });
    assert_eq!(wait_any_timeout((&EVENT, &TOKEN), SECOND), Some(1));
    assert!(!TOKEN.is_set());
    in_a_slot(|_| {
        assert!(TOKEN.set() && EVENT.set());
        false
    });
    // It was given the token, and did not check the other event.
    assert_eq!(wait_any_timeout((&EVENT, &TOKEN), SECOND), Some(1));
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

/// A wait for several events begins with its first check: a set and a clear after that check count.
#[test]
fn a_wait_for_several_begins_with_its_first_check() {
    static FIRST: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    static SECOND: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    SECOND.set();
    // The first check found the second event set, and it is cleared before the next check.
    at_the_first_reading(|| assert!(SECOND.clear() && FIRST.set()));
    AllOf([&FIRST, &SECOND]).spinning(LONG).wait();
}

/// The wakes that this thread makes in `work`.
fn wakes(work: impl FnOnce()) -> u32 {
    let count = || WAKES.with(Cell::get);
    let before = count();
    work();
    count() - before
}

/// A setter is stopped before it wakes a thread, and meanwhile another setter releases the same thread.
#[test]
fn a_set_does_not_rely_on_the_wake_of_another() {
    static STOP: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    static OTHER: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
    let sets: [fn(); 2] = [|| assert!(TOKEN.set()), || assert!(OTHER.set())];
    for set in sets {
        thread_local! {
            static SET: Cell<fn()> = const { Cell::new(|| {}) };
        }
        SET.with(|cell| cell.set(set));
        in_a_slot(|_| {
            IN_A_WAKE.with(|script| script.set(|| assert_eq!(wakes(SET.with(Cell::get)), 1)));
            STOP.set()
        });
        let released = AnyOf((&STOP, &OTHER, &TOKEN)).spinning(Spin::NEVER).wait();
        assert!(released < 3);
        STOP.clear();
        OTHER.clear();
        TOKEN.clear();
    }
}

/// A set finds no listener. Before it stores the token, two listeners come, and it wakes one of them. That one is released
/// by another event, so the other listener has to get the token.
#[test]
fn a_thread_that_leaves_with_another_event_passes_its_wake_up_on() {
    const ALL: usize = usize::MAX;
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
    static STOPS: [Event<Scripted>; 2] = [
        Event::with_futex(not_to_be_slept_on()),
        Event::with_futex(not_to_be_slept_on()),
    ];
    static MAY_BEGIN: AtomicBool = AtomicBool::new(false);
    static ASLEEP: AtomicU32 = AtomicU32::new(0);
    static MAY_GO_ON: AtomicUsize = AtomicUsize::new(0);
    leave_a_mark_on(&TOKEN);
    let waiters = [&STOPS[0], &STOPS[1]].map(|stop| {
        thread::spawn(move || {
            in_a_slot(|_| {
                ASLEEP.fetch_add(1, Relaxed);
                let word = SLEEPS_ON.with(Cell::get);
                until(|| [word, ALL].contains(&MAY_GO_ON.load(Relaxed)));
                true
            });
            until(|| MAY_BEGIN.load(Relaxed));
            let wakes = wakes(|| assert_eq!(AnyOf((stop, &TOKEN)).spinning(Spin::NEVER).wait(), 0));
            (SLEEPS_ON.with(Cell::get), wakes)
        })
    });
    before_an_exchange_of(&TOKEN, || {
        MAY_BEGIN.store(true, Relaxed);
        until(|| ASLEEP.load(Relaxed) == 2);
    });
    assert_eq!(wakes(|| assert!(TOKEN.set())), 1);
    let woken = WOKEN.with(Cell::get);
    STOPS.iter().for_each(|stop| assert!(stop.set()));
    MAY_GO_ON.store(woken, Relaxed);
    until(|| waiters.iter().any(|waiter| waiter.is_finished()));
    MAY_GO_ON.store(ALL, Relaxed);
    for waiter in waiters {
        let (slept_on, wakes) = waiter.join().unwrap();
        assert_eq!(wakes, u32::from(slept_on == woken));
    }
    assert!(TOKEN.try_wait());
}

/// Leaves LISTENED on in the event, so that the mark of the next listener does not change the word.
fn leave_a_mark_on(event: &AutoResetEvent<Scripted>) {
    in_a_slot(|_| false);
    assert_eq!(wait_any_timeout([event], SECOND), None);
}

/// Only a sleeping thread has to be woken.
#[test]
fn a_thread_that_is_given_a_token_on_its_way_to_sleep_is_not_woken() {
    static EVENT: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
    leave_a_mark_on(&TOKEN);
    in_a_slot(|_| panic!("a wait that has been released goes to sleep"));
    before_an_exchange_of(&EVENT, || assert_eq!(wakes(|| assert!(TOKEN.set())), 0));
    assert_eq!(AnyOf((&EVENT, &TOKEN)).spinning(Spin::NEVER).wait(), 1);
    assert!(!TOKEN.is_set());
}

#[test]
fn a_wait_for_several_checks_them_once_before_it_sleeps() {
    static EVENT: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
    static MARKS: AtomicU32 = AtomicU32::new(0);
    fn count() {
        MARKS.fetch_add(1, Relaxed);
        before_an_exchange_of(&EVENT, count);
    }
    before_an_exchange_of(&EVENT, count);
    in_a_slot(|_| {
        assert_eq!(MARKS.load(Relaxed), 1);
        assert!(TOKEN.set());
        true
    });
    assert_eq!(AnyOf((&EVENT, &TOKEN)).spinning(Spin::NEVER).wait(), 1);
}

/// After a set has read a slot, the slot's owner leaves it, and takes it again to wait for another event.
#[test]
fn a_set_does_not_claim_a_slot_that_is_used_again() {
    static TOKENS: [AutoResetEvent<Scripted>; 2] = [
        AutoResetEvent::with_futex(not_to_be_slept_on()),
        AutoResetEvent::with_futex(not_to_be_slept_on()),
    ];
    static SLOT: AtomicUsize = AtomicUsize::new(0);
    static SLEEPS: AtomicUsize = AtomicUsize::new(0);
    static ENDS: AtomicUsize = AtomicUsize::new(0);
    let waiter = thread::spawn(|| {
        in_a_slot(|_| {
            SLOT.store(SLEEPS_ON.with(Cell::get), Relaxed);
            let sleep = SLEEPS.fetch_add(1, Relaxed) + 1;
            until(|| ENDS.load(Relaxed) >= sleep);
            sleep > 1
        });
        let tokens = [0, 1].map(|index| -> [&dyn Waitable<Scripted>; 1] { [&TOKENS[index]] });
        let waits = tokens.iter().map(|token| wait_any_timeout(token, SECOND));
        waits.collect::<Vec<_>>()
    });
    until(|| SLEEPS.load(Relaxed) == 1);
    let table = Scripted::listeners();
    let mut slots = (0..table.slots()).map(|slot| &table.slot(slot)[0]);
    let slot = slots.find(|word| address(*word) == SLOT.load(Relaxed));
    before_an_exchange_of(slot.unwrap(), || {
        ENDS.store(1, Relaxed);
        until(|| SLEEPS.load(Relaxed) == 2);
    });
    assert!(TOKENS[0].set());
    assert!(
        TOKENS[0].is_set(),
        "the thread no longer waits for this event"
    );
    assert!(TOKENS[1].set());
    ENDS.store(2, Relaxed);
    assert_eq!(waiter.join().unwrap(), [None, Some(0)]);
    assert!(!TOKENS[1].is_set());
}

/// A slot that listed many events lists few in its next use.
#[test]
fn what_is_left_over_in_a_slot_does_not_count() {
    const MANY: usize = 15;
    // Some of these share a bucket with one of the many.
    const ONES: usize = 64;
    static EVENTS: [AutoResetEvent<Scripted>; MANY + ONES] = {
        #[allow(clippy::declare_interior_mutable_const)] // The initial value, copied into each place.
        const UNSET: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
        [UNSET; MANY + ONES]
    };
    let (many, ones) = EVENTS.split_at(MANY);
    let many: Vec<&dyn Waitable<Scripted>> = many.iter().map(|event| event as _).collect();
    for one in ones {
        in_a_slot(|_| false);
        assert_eq!(wait_any_timeout(&many, SECOND), None);
        in_a_slot(|_| {
            for event in &EVENTS[..MANY] {
                assert!(event.set());
                assert!(event.clear(), "no thread waits for it any more");
            }
            false
        });
        assert_eq!(wait_any_timeout([one], SECOND), None);
    }
}

/// It is woken again and again without effect, and checks all its events each time.
#[test]
fn a_wait_for_many_events_is_not_kept_from_its_deadline() {
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
    static SLEEPS: AtomicU32 = AtomicU32::new(0);
    let many: Vec<&dyn Waitable<Scripted>> = (0..20).map(|_| &TOKEN as _).collect();
    in_a_slot(|_| {
        assert!(
            SLEEPS.fetch_add(1, Relaxed) < 10_000,
            "the deadline has long passed"
        );
        assert!(TOKEN.set() && TOKEN.try_wait());
        true
    });
    let timeout = Duration::from_micros(1);
    assert_eq!(
        AnyOf(&many).spinning(Spin::NEVER).wait_timeout(timeout),
        None
    );
}

/// The same without a deadline.
#[test]
fn a_wait_for_many_events_that_is_woken_without_effect_sleeps_again() {
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
    static SLEEPS: AtomicU32 = AtomicU32::new(0);
    let many: Vec<&dyn Waitable<Scripted>> = (0..20).map(|_| &TOKEN as _).collect();
    in_a_slot(|_| {
        assert!(TOKEN.set());
        SLEEPS.fetch_add(1, Relaxed) == 10 || TOKEN.try_wait()
    });
    assert!(AnyOf(&many).spinning(Spin::NEVER).wait() < many.len());
    assert_eq!(SLEEPS.load(Relaxed), 11);
    assert!(!TOKEN.is_set());
}

#[test]
fn a_deadline_without_a_set_returns_false() {
    let event = Event::with_futex(Scripted::new(|sleep, _| {
        assert_eq!(sleep, 1, "a wait whose time is up sleeps again");
        false
    }));
    assert!(!event.wait_timeout(SECOND));
}

#[test]
fn a_wait_that_wakes_spuriously_sleeps_again() {
    static EVENT: Event<Scripted> = Event::with_futex(Scripted::new(|sleep, _| {
        if sleep == 10 {
            EVENT.set();
        }
        assert!(sleep <= 10);
        true
    }));
    EVENT.wait();
}

/// folly's SaturatingSemaphore: a futex call that finds another value than expected does not check the timeout, and the
/// loop around it did not either.
#[test]
fn a_word_on_which_no_thread_can_sleep_does_not_keep_a_waiter_from_its_deadline() {
    const THOUSAND_READINGS: Duration = Duration::from_micros(1);
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
    assert!(!event.wait_timeout(THOUSAND_READINGS));
    assert!(!token.wait_timeout(THOUSAND_READINGS));
    in_a_slot(|_| true);
    let released = wait_any_timeout((&event, &token), THOUSAND_READINGS);
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
fn an_exchange_that_fails_spuriously_is_repeated() {
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

/// For events whose waits are released while they spin.
const fn not_to_be_slept_on() -> Scripted {
    Scripted::new(|_, _| panic!("a wait that was released while it spun goes to sleep"))
}

const LONG: Spin = Spin::at_most(SECOND);

/// Runs `script` when a wait has just begun to spin, which is when it first reads the clock.
fn at_the_first_reading(script: fn()) {
    thread_local! {
        static SCRIPT: Cell<fn()> = const { Cell::new(|| {}) };
    }
    SCRIPT.with(|cell| cell.set(script));
    with_clock(|reading| {
        if reading == 1 {
            SCRIPT.with(Cell::get)();
        }
        Duration::ZERO
    });
}

#[test]
fn a_wait_for_any_spins_before_it_parks() {
    static EVENT: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
    at_the_first_reading(|| assert!(TOKEN.set()));
    assert_eq!(AnyOf((&EVENT, &TOKEN)).spinning(LONG).wait(), 1);
    at_the_first_reading(|| assert!(EVENT.set() && EVENT.clear()));
    assert_eq!(AnyOf((&TOKEN, &EVENT)).spinning(LONG).wait(), 1);
}

#[test]
fn a_wait_for_all_spins_before_it_parks() {
    static ONE: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    static OTHER: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    at_the_first_reading(|| {
        for event in [&ONE, &OTHER] {
            assert!(event.set() && event.clear());
        }
    });
    AllOf([&ONE, &OTHER]).spinning(LONG).wait();
}

/// How often a wait reads the clock. A microsecond passes between two readings, but in a sleep that follows a spin of seven
/// microseconds, a second does. After a short sleep, other waits that share the history of this one would not spin.
fn readings_before_the_sleep(wait: impl FnOnce()) -> u32 {
    with_clock(|reading| {
        let slept = if reading > 9 { SECOND } else { Duration::ZERO };
        Duration::from_micros(reading.into()) + slept
    });
    wait();
    READINGS.with(Cell::get)
}

#[test]
fn a_wait_spins_until_its_spin_limit_or_its_deadline() {
    const LIMIT: Duration = Duration::from_micros(7);
    let unset = || Event::with_futex(Scripted::new(|_, _| false));
    in_a_slot(|_| false);
    // Once at the beginning, once at the end of each microsecond, before the sleep, and after.
    let expected = 1 + 7 + 2;
    for (spin, timeout) in [(Spin::at_most(LIMIT), SECOND), (LONG, LIMIT)] {
        let readings = readings_before_the_sleep(|| {
            assert!(!unset().spinning(spin).wait_timeout(timeout));
        });
        assert_eq!(readings, expected);
        let readings = readings_before_the_sleep(|| {
            let (first, second) = (unset(), unset());
            let wait = AnyOf((&first, &second))
                .spinning(spin)
                .wait_timeout(timeout);
            assert_eq!(wait, None);
        });
        assert_eq!(readings, expected);
        let readings = readings_before_the_sleep(|| {
            assert!(!AllOf([&unset()]).spinning(spin).wait_timeout(timeout));
        });
        assert_eq!(readings, expected);
        let readings = readings_before_the_sleep(|| {
            let (first, second) = (unset(), unset());
            let wait = AllOf([&first]).or(&second).spinning(spin);
            assert_eq!(wait.wait_timeout(timeout), Ok(false));
        });
        assert_eq!(readings, expected);
    }
    static EVENT: Event<Scripted> = Event::with_futex(Scripted::new(|_, _| EVENT.set()));
    let readings = readings_before_the_sleep(|| EVENT.spinning(Spin::at_most(LIMIT)).wait());
    assert_eq!(readings, expected);
    let not_asked = || panic!("the closure is called before the wait has slept");
    let readings = readings_before_the_sleep(|| {
        let event = unset();
        let wait = event.spinning(Spin::at_most(LIMIT));
        assert_eq!(wait.wait_timeout_interruptible(SHORT, not_asked), Ok(false));
    });
    assert_eq!(readings, expected);
    let readings = readings_before_the_sleep(|| {
        assert!(!unset().spinning(Spin::NEVER).wait_timeout(SECOND));
    });
    assert_eq!(readings, 0);
}

/// The loads of words that a wait makes, for which a microsecond passes between two readings of the clock.
fn loads(wait: impl FnOnce()) -> u32 {
    with_clock(|reading| Duration::from_micros(reading.into()));
    LOADS.with(|loads| loads.set(0));
    wait();
    LOADS.with(Cell::get)
}

/// Many threads that try at the same time would take the CPU from the thread that they wait for.
#[test]
fn a_wait_on_an_event_count_tries_to_spin_only_if_no_thread_is_parked() {
    // A history is found by a hash of the address, so an event count may find one that is not new.
    let counts: Vec<_> = (0..32)
        .map(|_| EventCount::with_futex(not_to_be_slept_on()))
        .collect();
    let (by_tickets, by_conditions) = counts.split_at(16);
    in_a_slot(|_| false);
    let waits = |changed: &EventCount<Scripted>, spin| {
        assert!(!changed.spinning(spin).prepare().wait_timeout(SECOND));
    };
    let conditions = |changed: &EventCount<Scripted>, spin| {
        let found = changed
            .spinning(spin)
            .wait_until_timeout(|| None::<()>, SECOND);
        assert_eq!(found, None);
    };
    type Wait = fn(&EventCount<Scripted>, Spin);
    let waits: [(_, Wait); 2] = [(by_tickets, waits), (by_conditions, conditions)];
    for (counts, wait) in waits {
        let spins = |changed: &&EventCount<Scripted>| {
            readings_before_the_sleep(|| wait(changed, Spin::ADAPTIVE)) > 0
        };
        // The mark of a thread that has given up stays until the next notification.
        counts.iter().for_each(|changed| wait(changed, Spin::NEVER));
        let while_others_park = counts.iter().filter(spins).count();
        counts.iter().for_each(EventCount::notify_all);
        let alone = counts.iter().filter(spins).count();
        assert!(while_others_park < alone, "{while_others_park}, {alone}");
    }
}

/// So the generation, which wraps, only counts notifications that have released a ticket.
#[test]
fn a_notification_after_which_no_ticket_is_left_ends_no_generation() {
    static CHANGED: EventCount<Scripted> = EventCount::with_futex(not_to_be_slept_on());
    for notify in [EventCount::notify_one, EventCount::notify_all] {
        let generation = || CHANGED.prepare().into_raw();
        let begun = generation();
        CHANGED.notify_all();
        let one = generation().wrapping_sub(begun);
        let begun = generation();
        before_an_exchange_of(&CHANGED, || CHANGED.notify_all());
        notify(&CHANGED);
        assert_eq!(generation().wrapping_sub(begun), one);
    }
}

#[test]
fn the_spin_limit_does_not_grow_with_the_number_of_events() {
    const EVENTS: u32 = 100;
    let events: Vec<_> = (0..EVENTS)
        .map(|_| Event::with_futex(not_to_be_slept_on()))
        .collect();
    let spin = Spin::at_most(Duration::from_micros(7));
    let loads = loads(|| assert_eq!(AnyOf(&events).spinning(spin).try_wait(), None));
    // At the beginning, without a clock, and then once for each reading of it, and not 32 times as for one event.
    assert_eq!(loads, (1 + 1 + 7) * EVENTS);
}

#[test]
fn a_wait_for_two_events_polls_each_half_as_often() {
    let unset = || Event::with_futex(Scripted::new(|_, _| false));
    let (one, other) = (unset(), unset());
    let token = AutoResetEvent::with_futex(not_to_be_slept_on());
    in_a_slot(|_| false);
    let spin = Spin::at_most(Duration::from_micros(7));
    let plain = loads(|| assert!(!one.spinning(spin).wait_timeout(SECOND)));
    let any = AnyOf((&one, &token));
    let all = AllOf([&one, &other]);
    let all_or = || AllOf([&one]).or(&token).spinning(spin);
    let waits: [&dyn Fn() -> bool; 3] = [
        &|| any.spinning(spin).wait_timeout(SECOND).is_some(),
        &|| all.spinning(spin).wait_timeout(SECOND),
        &|| all_or().wait_timeout(SECOND).unwrap(),
    ];
    for wait in waits {
        let loads = loads(|| assert!(!wait()));
        assert!(loads < 3 * plain / 2, "{loads}, for one event {plain}");
    }
}

/// As with libfaketime, or with a `clock_gettime` that fails.
#[test]
fn a_clock_that_stands_still_does_not_keep_a_wait_from_sleeping() {
    static EVENT: Event<Scripted> = Event::with_futex(Scripted::new(|_, _| {
        EVENT.set();
        true
    }));
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(Scripted::new(|_, _| {
        TOKEN.set();
        true
    }));
    with_clock(|_| Duration::ZERO);
    let spin = Spin::at_most(Duration::MAX);
    EVENT.spinning(spin).wait();
    TOKEN.spinning(spin).wait();
    assert!(EVENT.clear());
    assert!(EVENT.spinning(spin).wait_timeout(SECOND));
    assert!(TOKEN.spinning(spin).wait_timeout(SECOND));
    assert!(EVENT.clear());
    in_a_slot(|_| EVENT.set());
    assert_eq!(AnyOf((&EVENT, &TOKEN)).spinning(spin).wait(), 0);
}

/// The same for a clock that is set back repeatedly.
#[test]
fn a_clock_that_goes_back_does_not_keep_a_wait_from_sleeping() {
    static EVENT: Event<Scripted> = Event::with_futex(Scripted::new(|_, _| {
        EVENT.set();
        true
    }));
    with_clock(|reading| Duration::from_secs((1_000_000 - reading).into()));
    EVENT.spinning(Spin::at_most(Duration::MAX)).wait();
}

#[test]
fn a_thread_that_spins_without_parking_sees_what_is_set_meanwhile() {
    static EVENT: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    static OTHER: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
    at_the_first_reading(|| assert!(EVENT.set() && EVENT.clear()));
    assert!(EVENT.spinning(LONG).try_wait());
    at_the_first_reading(|| assert!(TOKEN.set()));
    assert!(TOKEN.spinning(LONG).try_wait());
    assert!(!TOKEN.is_set());
    at_the_first_reading(|| assert!(TOKEN.set()));
    assert_eq!(AnyOf((&EVENT, &TOKEN)).spinning(LONG).try_wait(), Some(1));
    at_the_first_reading(|| assert!(EVENT.set() && EVENT.clear()));
    assert_eq!(AnyOf((&TOKEN, &EVENT)).spinning(LONG).try_wait(), Some(1));
    OTHER.set();
    at_the_first_reading(|| assert!(OTHER.clear() && EVENT.set() && EVENT.clear()));
    assert!(AllOf([&OTHER, &EVENT]).spinning(LONG).try_wait());
}

type Try = fn(&Event<Scripted>, &AutoResetEvent<Scripted>, Spin) -> bool;

/// The ways to spin without parking on an event, or on two.
const TRIES: [Try; 4] = [
    |event, _, spin| event.spinning(spin).try_wait(),
    |_, token, spin| token.spinning(spin).try_wait(),
    |event, token, spin| AnyOf((event, token)).spinning(spin).try_wait().is_some(),
    |event, _, spin| AllOf([event]).spinning(spin).try_wait(),
];

#[test]
fn a_thread_that_spins_without_parking_gives_up() {
    let event = Event::with_futex(not_to_be_slept_on());
    let token = AutoResetEvent::with_futex(not_to_be_slept_on());
    let spin = Spin::at_most(Duration::from_micros(7));
    for tries in TRIES {
        let readings = |spin| readings_before_the_sleep(|| assert!(!tries(&event, &token, spin)));
        // Once at the beginning, and at the end of each microsecond.
        assert_eq!(readings(spin), 1 + 7);
        assert_eq!(readings(Spin::NEVER), 0);
    }
    // No thread has parked, so no mark is left.
    assert_eq!(wakes(|| assert!(event.set() && token.set())), 0);
}

/// What is learnt of some events does not keep others from being polled.
#[test]
fn a_spin_without_parking_that_was_without_effect_is_not_repeated() {
    let new = |_| {
        (
            Event::with_futex(not_to_be_slept_on()),
            AutoResetEvent::with_futex(not_to_be_slept_on()),
        )
    };
    // The 13 waits after a spin without effect do not spin, if they have its history.
    let events: Vec<_> = (0..13).map(new).collect();
    for tries in TRIES {
        let spins = |(event, token): &_| {
            readings_before_the_sleep(|| assert!(!tries(event, token, Spin::ADAPTIVE))) > 0
        };
        // A history is found by a hash of the address, so events may find one that is not new.
        assert!((0..=u8::MAX).any(|_| spins(&events[0])));
        assert!(!spins(&events[0]));
        assert!(events[1..].iter().any(spins));
    }
}

/// A closure that returns true at its call of this number: one call follows each sleep.
fn interrupted_after(sleeps: u32) -> impl FnMut() -> bool {
    let mut asked = 0;
    move || {
        asked += 1;
        asked == sleeps
    }
}

#[test]
fn the_closure_is_called_before_each_sleep_except_the_first() {
    for last in 1..5 {
        let event = Event::with_futex(Scripted::new(|_, _| true));
        let ended = event.wait_interruptible(interrupted_after(last));
        assert_eq!(ended, Err(Interrupted));
        let sleeps = || Event::with_futex(Scripted::new(|sleep, _| sleep < 5));
        let ended = sleeps().wait_timeout_interruptible(SECOND, interrupted_after(last));
        assert_eq!(ended, Err(Interrupted));
    }
    static SLEEPS: AtomicU32 = AtomicU32::new(0);
    let event = Event::with_futex(Scripted::new(|_, _| {
        SLEEPS.fetch_add(1, Relaxed);
        true
    }));
    assert_eq!(
        event.wait_interruptible(interrupted_after(3)),
        Err(Interrupted)
    );
    assert_eq!(SLEEPS.load(Relaxed), 3);
}

/// So a kernel that restarts a call without a deadline after a signal does not restart this one. NetBSD restarts any.
#[test]
fn an_interruptible_wait_sleeps_with_a_deadline_that_does_not_come() {
    fn far(_: u32, deadline: Deadline) -> bool {
        let time = deadline.time().expect("a deadline");
        if cfg!(any(target_os = "netbsd", futex_event_simulated = "netbsd")) {
            assert!(time > SHORT && time < SECOND);
        } else {
            assert!(time > Duration::from_secs(50 * 365 * 24 * 60 * 60));
        }
        // In nanoseconds it fits the kernels' types.
        assert!(time.as_nanos() < i64::MAX as u128);
        // Claims that the deadline has passed. The wait must not believe it.
        false
    }
    in_a_slot(|deadline| far(0, deadline));
    let event = Event::with_futex(Scripted::new(far));
    let token = AutoResetEvent::with_futex(Scripted::new(far));
    let yes = || interrupted_after(3);
    assert_eq!(event.wait_interruptible(yes()), Err(Interrupted));
    assert_eq!(token.wait_interruptible(yes()), Err(Interrupted));
    let never = Duration::MAX;
    let ended = event.wait_timeout_interruptible(never, yes());
    assert_eq!(ended, Err(Interrupted));
    let any = wait_any_interruptible((&event, &token), yes());
    assert_eq!(any, Err(Interrupted));
    let all = wait_all_interruptible([&event], yes());
    assert_eq!(all, Err(Interrupted));
}

#[test]
fn a_closure_that_panics_passes_a_notification_on() {
    static CHANGED: EventCount<Scripted> = EventCount::with_futex(not_to_be_slept_on());
    let other = CHANGED.prepare();
    let is_released = |is: bool| format!("{other:?}") == format!("Ticket {{ released: {is} }}");
    in_a_slot(|_| true);
    let wait = || {
        let ticket = CHANGED.spinning(Spin::NEVER).prepare();
        ticket.wait_interruptible(|| {
            // It is for the thread that waits, and leaves the other ticket alone.
            CHANGED.notify_one();
            assert!(is_released(false));
            panic!("this is expected")
        })
    };
    let panic = catch_unwind(AssertUnwindSafe(wait)).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"this is expected"));
    assert!(is_released(true));
}

#[test]
fn a_timeout_is_not_an_interruption() {
    let event = || Event::with_futex(Scripted::new(|sleep, _| sleep < 3));
    let asked = Cell::new(0);
    let count = || {
        asked.set(asked.get() + 1);
        false
    };
    let ended = event().wait_timeout_interruptible(SHORT, count);
    assert_eq!(ended, Ok(false));
    assert_eq!(asked.get(), 2);
    let ended = wait_all_timeout_interruptible([&event(), &event()], SHORT, count);
    assert_eq!(ended, Ok(false));
}

/// The closure returns true in the wait for the first event. By then the second has been set and cleared.
#[test]
fn an_interrupted_wait_for_all_checks_all_of_them() {
    static FIRST: Event<Scripted> = Event::with_futex(Scripted::new(|_, _| true));
    static SECOND: Event<Scripted> = Event::with_futex(not_to_be_slept_on());
    let set_both = || {
        for event in [&FIRST, &SECOND] {
            assert!(event.set() && event.clear());
        }
        true
    };
    assert_eq!(wait_all_interruptible([&FIRST, &SECOND], set_both), Ok(()));
    let set_one = || FIRST.set() && FIRST.clear();
    let ended = wait_all_interruptible([&FIRST, &SECOND], set_one);
    assert_eq!(ended, Err(Interrupted));
}

/// A set that comes while the closure runs counts.
#[test]
fn an_interrupted_wait_for_all_or_another_event_checks_all_of_them() {
    static ALL: [Event<Scripted>; 2] = [
        Event::with_futex(not_to_be_slept_on()),
        Event::with_futex(not_to_be_slept_on()),
    ];
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
    in_a_slot(|_| true);
    let wait = AllOf(&ALL).or(&TOKEN).spinning(Spin::NEVER);
    let pulse = |events: &[Event<Scripted>]| events.iter().all(|it| it.set() && it.clear());
    let pulse_all = || pulse(&ALL);
    assert_eq!(wait.wait_interruptible(pulse_all), Ok(Ok(())));
    let pulse_one = || pulse(&ALL[..1]);
    assert_eq!(wait.wait_interruptible(pulse_one), Err(Interrupted));
    let set_token = || TOKEN.set();
    assert_eq!(wait.wait_interruptible(set_token), Ok(Err(Stopped)));
    assert!(!TOKEN.is_set());
    let set_all_of_them = || TOKEN.set() && pulse(&ALL);
    let ended = wait.wait_timeout_interruptible(SECOND, set_all_of_them);
    assert_eq!(ended, Ok(Err(Stopped)));
    assert!(!TOKEN.is_set());

    // The token that released the wait is left to another waiter.
    let panics = || -> bool {
        assert!(TOKEN.set());
        std::panic::resume_unwind(Box::new("on purpose"));
    };
    let wait = std::panic::AssertUnwindSafe(|| wait.wait_interruptible(panics));
    assert!(std::panic::catch_unwind(wait).is_err());
    assert!(TOKEN.try_wait());
}

/// It is nudged again each time before it falls asleep.
#[test]
fn the_closure_is_called_for_a_listener_that_never_sleeps_too() {
    static TOKEN: AutoResetEvent<Scripted> = AutoResetEvent::with_futex(not_to_be_slept_on());
    let many: Vec<&dyn Waitable<Scripted>> = (0..20).map(|_| &TOKEN as _).collect();
    in_a_slot(|_| {
        assert!(TOKEN.set() && TOKEN.try_wait());
        true
    });
    let ended = AnyOf(&many)
        .spinning(Spin::NEVER)
        .wait_interruptible(interrupted_after(10));
    assert_eq!(ended, Err(Interrupted));
}

/// A word that another process keeps changing. In every value read it is set and has threads parked.
struct Restless(AtomicU32);

impl Restless {
    fn next(&self) -> u32 {
        let changes = self.0.fetch_add(1, Relaxed);
        assert!(changes < 1_000, "an operation loops");
        changes << 3 | 0b11
    }
}

// SAFETY: no thread sleeps on it.
unsafe impl Futex for Restless {
    const SHARED: bool = true;

    fn listeners() -> &'static Listeners<Self> {
        listeners!(Restless, Restless(AtomicU32::new(0)))
    }

    fn load(&self, _: Ordering) -> u32 {
        self.next()
    }

    fn fetch_or(&self, _: u32, _: Ordering) -> u32 {
        self.next()
    }

    fn fetch_add(&self, _: u32, _: Ordering) -> u32 {
        self.next()
    }

    fn compare_exchange_weak(&self, _: u32, _: u32, _: Ordering, _: Ordering) -> Result<u32, u32> {
        Err(self.next())
    }

    fn wait(&self, _: u32) {}

    fn wake_one(_: *const Self) {}

    fn wake_all(_: *const Self) {
        WAKES.with(|wakes| wakes.set(wakes.get() + 1));
    }
}

#[test]
fn a_process_that_writes_arbitrary_values_can_keep_only_waits_from_returning() {
    let event = Event::with_futex(Restless(AtomicU32::new(0)));
    for _ in 0..10 {
        assert_eq!(wakes(|| assert!(!event.clear())), 1);
        assert_eq!(wakes(|| assert!(!event.set())), 1);
        assert_eq!(wakes(|| assert!(event.is_set() && event.try_wait())), 0);
    }
}
