//! Models of waiting for several events.

use futex_event::{
    wait_all, wait_any, wait_any_interruptible, wait_any_timeout, AllOf, AutoResetEvent, Event,
    Stopped,
};
use futex_event_loom::{
    asleep, leave_free, sleeps_of_this_thread, until_quiet, LoomFutex, SleepEnd,
};
use loom::sync::Arc;
use loom::thread;
use loom_tests::{explore, is_deep, preemptions, spawn, Bound, Guarded, TIMED, UNTIMED};

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc as StdArc, Mutex};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(1);

struct Pair {
    manual: Guarded<Event<LoomFutex>>,
    auto: Guarded<AutoResetEvent<LoomFutex>>,
}

impl Pair {
    fn unset() -> Arc<Self> {
        Arc::new(Self {
            manual: Guarded::new(Event::with_futex(LoomFutex::default())),
            auto: Guarded::new(AutoResetEvent::with_futex(LoomFutex::default())),
        })
    }

    fn set_manual(&self) -> bool {
        self.manual.write(1);
        self.manual.event.set()
    }

    fn set_auto(&self) -> bool {
        self.auto.write(1);
        self.auto.event.set()
    }

    /// Waits for either event, and reads what that event guards.
    fn wait(&self) -> usize {
        let released = wait_any((&self.manual.event, &self.auto.event));
        self.read(released);
        released
    }

    fn wait_timeout(&self) -> Option<usize> {
        let events = (&self.manual.event, &self.auto.event);
        let released = wait_any_timeout(events, TIMEOUT);
        released.into_iter().for_each(|event| self.read(event));
        released
    }

    fn read(&self, released: usize) {
        let payload = match released {
            0 => self.manual.read(),
            _ => self.auto.read(),
        };
        assert_eq!(payload, 1);
    }
}

#[test]
fn the_first_of_two_sets_ends_the_wait_and_the_other_remains() {
    explore("two setters", preemptions(2), [UNTIMED], |[script]| {
        let pair = Pair::unset();
        let waiter = spawn(script, &pair, Pair::wait);
        let other = spawn(&[], &pair, Pair::set_manual);
        assert!(pair.set_auto());
        assert!(other.join());
        let released = waiter.join();
        assert!(pair.manual.event.is_set());
        assert_eq!(pair.auto.event.is_set(), released == 0);
    });
}

#[test]
fn a_pulse_ends_the_wait() {
    explore("pulse", Bound::None, [UNTIMED], |[script]| {
        let pair = Pair::unset();
        let waiter = spawn(script, &pair, Pair::wait);
        until_quiet();
        assert!(pair.set_manual());
        assert!(pair.manual.event.clear());
        assert_eq!(waiter.join(), 0);
    });
}

#[test]
fn marks_survive_a_clear() {
    explore(
        "set, clear, wait again",
        preemptions(2),
        [UNTIMED],
        |[script]| {
            let pair = Pair::unset();
            let waiter = spawn(script, &pair, |pair| {
                let first = pair.wait();
                if first == 0 {
                    pair.manual.event.clear();
                }
                [first, pair.wait()]
            });
            assert!(pair.set_manual());
            assert!(pair.set_auto());
            let [first, second] = waiter.join();
            assert!(first == 1 || second == 1);
        },
    );
}

#[test]
fn a_plain_waiter_is_served_first_and_no_token_is_lost() {
    explore(
        "with a plain waiter",
        preemptions(2),
        [UNTIMED, &[&[]]],
        |[any, plain]| {
            let pair = Pair::unset();
            pair.auto.write(1);
            let any = spawn(any, &pair, Pair::wait);
            let plain = spawn(plain, &pair, |pair| pair.auto.event.wait());
            until_quiet();
            assert!(pair.auto.event.set());
            assert!(pair.auto.event.set());
            assert_eq!(any.join(), 1);
            plain.join();
            assert!(!pair.auto.event.is_set());
        },
    );
}

#[test]
fn one_of_two_waits_for_any_event_takes_the_token() {
    explore(
        "two waiters, two sets",
        preemptions(1),
        [&[&[]], &[&[]]],
        |[first, second]| {
            let pair = Pair::unset();
            pair.auto.write(1);
            let waiters = [first, second].map(|script| spawn(script, &pair, Pair::wait));
            pair.auto.event.set();
            until_quiet();
            assert!(waiters.iter().any(|waiter| waiter.is_finished()));
            assert!(!waiters.iter().all(|waiter| waiter.is_finished()));
            pair.auto.event.set();
            waiters
                .into_iter()
                .for_each(|waiter| assert_eq!(waiter.join(), 1));
            assert!(!pair.auto.event.is_set());
        },
    );
}

#[test]
fn a_timeout_takes_no_token_with_it() {
    explore(
        "timeout against sets",
        preemptions(2),
        [TIMED],
        |[script]| {
            let pair = Pair::unset();
            let waiter = spawn(script, &pair, Pair::wait_timeout);
            assert!(pair.set_auto());
            let released = waiter.join();
            assert_ne!(released, Some(0));
            assert_eq!(pair.auto.event.is_set(), released.is_none());
            assert!(!pair.manual.event.is_set());
        },
    );
}

#[test]
fn the_waiter_may_free_the_events() {
    explore("free after wake", Bound::None, [UNTIMED], |[script]| {
        let pair = Pair::unset();
        let waiter = spawn(script, &pair, |pair| {
            assert_eq!(pair.wait(), 0);
            pair.manual.free();
            pair.auto.free();
        });
        pair.set_manual();
        waiter.join();
    });
}

/// All slots are taken.
#[test]
fn a_thread_in_the_overflow_slot_misses_no_set() {
    explore(
        "overflow",
        preemptions(1).deep(2),
        [TIMED, &[&[]]],
        |[script, other]| {
            leave_free(0);
            let pair = Pair::unset();
            let waiter = spawn(script, &pair, Pair::wait_timeout);
            let untimed = spawn(other, &pair, Pair::wait);
            assert!(pair.set_auto());
            until_quiet();
            assert!(pair.set_manual());
            let mut taken = usize::from(waiter.join() == Some(1));
            taken += usize::from(untimed.join() == 1);
            assert_eq!(taken + usize::from(pair.auto.event.is_set()), 1);
        },
    );
}

/// A setter finds a slot that is by now used for another event.
#[test]
fn a_slot_is_claimed_for_the_event_that_it_is_used_for_now() {
    type Events = [Guarded<AutoResetEvent<LoomFutex>>; 2];
    const TIMES_OUT: &[SleepEnd] = &[SleepEnd::Timeout];
    explore(
        "slot used again",
        preemptions(1).deep(3),
        [&[TIMES_OUT]],
        |[script]| {
            leave_free(1);
            let events: [_; 2] = [(); 2].map(|()| AutoResetEvent::with_futex(LoomFutex::default()));
            let events = Arc::new(events.map(Guarded::new));
            let waiter = spawn(script, &events, |events: &Events| {
                let first = wait_any_timeout([&events[0].event], TIMEOUT).is_some();
                wait_any([&events[1].event]);
                assert_eq!(events[1].read(), 1);
                first
            });
            let other = spawn(&[], &events, |events: &Events| events[0].event.set());
            events[1].write(1);
            assert!(events[1].event.set());
            assert!(other.join());
            let first = waiter.join();
            assert_eq!(events[0].event.is_set(), !first);
            assert!(!events[1].event.is_set());
        },
    );
}

/// Two sets nudge a thread that gives up. It reads what the first wrote to its slot, and takes off what the second wrote, which
/// is the same. Then it passes a nudge on, to the thread that only the second set has found.
///
/// The threads run one after the other, and what they read may be old: neither the turns nor the unpark order their steps.
/// Only in deep runs, since it takes ten seconds in a plain one.
#[test]
fn a_nudge_that_was_not_read_is_passed_on_to_a_thread_that_its_set_has_found() {
    if !is_deep() {
        println!("two nudges: only in a deep run");
        return;
    }
    const SPURIOUS: &[SleepEnd] = &[SleepEnd::Spurious];
    explore("two nudges", preemptions(0), [&[SPURIOUS]], |[script]| {
        let event = Arc::new(AutoResetEvent::with_futex(LoomFutex::<false>::default()));
        let parked = StdArc::new(Mutex::new(None));
        let is_over = StdArc::new(AtomicBool::new(false));
        // From now on the event is marked, and further marks do not change its word.
        sleeps_of_this_thread(&[SleepEnd::Timeout]);
        assert_eq!(wait_any_timeout([&*event], TIMEOUT), None);

        let gives_up = spawn(script, &event, {
            let parked = StdArc::clone(&parked);
            move |event| {
                let interrupted = || {
                    *parked.lock().unwrap() = Some(thread::current());
                    thread::park();
                    true
                };
                wait_any_interruptible([event], interrupted)
            }
        });
        until(|| parked.lock().unwrap().is_some());
        let waits = spawn(&[], &event, |event| {
            event.set();
            event.try_wait();
            wait_any([event]);
        });
        until(|| asleep() == 1);
        let sets = spawn(&[], &event, {
            let is_over = StdArc::clone(&is_over);
            move |event| {
                event.set();
                is_over.store(true, Relaxed);
            }
        });
        until(|| is_over.load(Relaxed));
        parked.lock().unwrap().take().unwrap().unpark();

        let _ = gives_up.join();
        sets.join();
        until_quiet();
        if !waits.is_finished() {
            assert!(!event.is_set(), "a thread sleeps next to a token");
            event.set();
        }
        waits.join();
    });
}

/// Lets other threads run, without ordering anything.
fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        thread::yield_now();
    }
}

/// A set that comes when the thread is asleep hands it the token, so no other thread can find one.
#[test]
fn a_set_claims_a_thread_that_is_asleep() {
    static ASLEEP: AtomicUsize = AtomicUsize::new(0);
    explore("claim", preemptions(3), [&[&[]]], |[script]| {
        let pair = Pair::unset();
        let waiter = spawn(script, &pair, Pair::wait);
        // Unlike `until_quiet`, it does not order the set after what the waiter did.
        loom::thread::yield_now();
        let is_asleep = asleep() == 1;
        ASLEEP.fetch_add(is_asleep.into(), Relaxed);
        assert!(pair.set_auto());
        assert!(!(is_asleep && pair.auto.event.is_set()));
        waiter.join();
    });
    assert!(ASLEEP.load(Relaxed) > 0);
}

#[test]
fn wait_all_needs_each_event_once_at_any_time() {
    explore("all of two", preemptions(2), [UNTIMED], |[script]| {
        let events =
            Arc::new([(); 2].map(|()| Guarded::new(Event::with_futex(LoomFutex::default()))));
        let waiter = spawn(
            script,
            &events,
            |events: &[Guarded<Event<LoomFutex>>; 2]| {
                wait_all([&events[0].event, &events[1].event]);
                assert_eq!(events.each_ref().map(Guarded::read), [1, 1]);
            },
        );
        let pulse = |event: &Guarded<Event<LoomFutex>>| {
            event.write(1);
            event.event.set();
            event.event.clear();
        };
        until_quiet();
        let other = spawn(&[], &events, move |events| pulse(&events[1]));
        pulse(&events[0]);
        other.join();
        waiter.join();
    });
}

/// Two events that are pulsed, and a token that ends the wait too.
struct AllOr {
    all: [Guarded<Event<LoomFutex>>; 2],
    token: Guarded<AutoResetEvent<LoomFutex>>,
}

impl AllOr {
    fn unset() -> Arc<Self> {
        Arc::new(Self {
            all: [(); 2].map(|()| Guarded::new(Event::with_futex(LoomFutex::default()))),
            token: Guarded::new(AutoResetEvent::with_futex(LoomFutex::default())),
        })
    }

    fn pulse_all(&self) {
        for event in &self.all {
            event.write(1);
            event.event.set();
            event.event.clear();
        }
    }

    fn set_token(&self) {
        self.token.write(1);
        assert!(self.token.event.set());
    }

    /// Reads what the event that ended the wait guards.
    fn read(&self, ended: Result<bool, Stopped>) -> Result<bool, Stopped> {
        match ended {
            Ok(true) => assert_eq!(self.all.each_ref().map(Guarded::read), [1, 1]),
            Ok(false) => {}
            Err(Stopped) => assert_eq!(self.token.read(), 1),
        }
        ended
    }

    fn wait(&self) -> Result<bool, Stopped> {
        let [first, second] = &self.all;
        let all = AllOf([&first.event, &second.event]).or(&self.token.event);
        self.read(all.wait().map(|()| true))
    }

    fn wait_timeout(&self) -> Result<bool, Stopped> {
        let [first, second] = &self.all;
        let all = AllOf([&first.event, &second.event]).or(&self.token.event);
        self.read(all.wait_timeout(TIMEOUT))
    }
}

#[test]
fn all_or_a_token_ends_the_wait_and_the_token_is_taken_only_then() {
    explore(
        "all, or a token",
        preemptions(1).deep(2),
        [UNTIMED],
        |[script]| {
            let events = AllOr::unset();
            let waiter = spawn(script, &events, AllOr::wait);
            let other = spawn(&[], &events, AllOr::set_token);
            until_quiet();
            events.pulse_all();
            other.join();
            let ended = waiter.join();
            assert_eq!(events.token.event.is_set(), ended == Ok(true));
        },
    );
    explore(
        "all, or a token, or time",
        preemptions(1).deep(3),
        [TIMED],
        |[script]| {
            let events = AllOr::unset();
            let waiter = spawn(script, &events, AllOr::wait_timeout);
            events.set_token();
            let ended = waiter.join();
            assert_eq!(events.token.event.is_set(), ended == Ok(false));
        },
    );
}

#[test]
fn pulses_end_a_wait_for_all_that_a_token_may_end() {
    explore("all, and no token", preemptions(2), [UNTIMED], |[script]| {
        let events = AllOr::unset();
        let waiter = spawn(script, &events, AllOr::wait);
        until_quiet();
        events.pulse_all();
        assert_eq!(waiter.join(), Ok(true));
    });
}
