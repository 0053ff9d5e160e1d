//! Waits that a signal can end, with real signals: for every kind of wait, with SA_RESTART and without.

#![cfg(all(
    any(
        target_os = "linux",
        target_os = "android",
        target_os = "freebsd",
        target_os = "netbsd",
        target_os = "openbsd",
        target_os = "dragonfly",
        target_vendor = "apple"
    ),
    not(futex_event_fallback)
))]

mod common;

use common::signals::on_signal_with;
use common::{is_asleep, is_emulated, take_turn, thread_id, until, PATIENCE};
use futex_event::platform::{Futex, PrivateFutex};
use futex_event::{
    wait_all_deadline_interruptible, wait_all_interruptible, wait_all_timeout_interruptible,
    wait_any_deadline_interruptible, wait_any_interruptible, wait_any_timeout_interruptible, AllOf,
    AnyOf, AutoResetEvent, Event, EventCount, Interrupted, SharedEvent, Spin, Stopped, Waitable,
};
use std::os::raw::c_int;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// What the waits wait for. All of it is unset.
struct Events {
    manual: [Event; 2],
    token: AutoResetEvent,
    shared: SharedEvent,
    raised: AtomicBool,
    changed: EventCount,
    /// The timeout of the waits that have a timeout or a deadline.
    timeout: Duration,
}

impl Default for Events {
    fn default() -> Self {
        Self::with_timeout(100 * PATIENCE)
    }
}

impl Events {
    fn with_timeout(timeout: Duration) -> Self {
        Self {
            manual: Default::default(),
            token: AutoResetEvent::new(),
            shared: SharedEvent::new(),
            raised: AtomicBool::new(false),
            changed: EventCount::new(),
            timeout,
        }
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.timeout
    }

    /// Releases a thread from each kind of wait.
    fn set(&self) {
        self.manual[0].set();
        self.manual[1].set();
        self.token.set();
        self.shared.set();
        self.raised.store(true, Relaxed);
        self.changed.notify_one();
    }

    /// The same, but releases every thread that waits on the event count.
    fn set_and_notify_all(&self) {
        self.changed.notify_all();
        self.set();
    }

    fn is_raised(&self) -> Option<()> {
        self.raised.load(Relaxed).then_some(())
    }

    fn with_any<T>(&self, count: usize, wait: impl FnOnce(&[&dyn Waitable]) -> T) -> T {
        let mut any = vec![&self.manual[0] as &dyn Waitable; count - 1];
        any.push(&self.token);
        wait(&any)
    }
}

type Closure<'a> = &'a mut dyn FnMut() -> bool;

/// A wait that only a set, an interruption or a timeout ends: true if a set has ended it.
type Wait = fn(&Events, Closure<'_>) -> Result<bool, Interrupted>;

/// A listener whose events do not fit into a slot of the table.
const MANY: usize = 20;

const WAITS: &[(&str, Wait)] = &[
    ("event", |events, f| {
        events.manual[0].wait_interruptible(f).map(|()| true)
    }),
    ("event, timeout", |events, f| {
        events.manual[0].wait_timeout_interruptible(events.timeout, f)
    }),
    ("event, timeout that is never", |events, f| {
        events.manual[0].wait_timeout_interruptible(Duration::MAX, f)
    }),
    ("event, deadline", |events, f| {
        events.manual[0].wait_deadline_interruptible(events.deadline(), f)
    }),
    ("event, spinning", |events, f| {
        let event = events.manual[0].spinning(Spin::at_most(Duration::from_micros(5)));
        event.wait_interruptible(f).map(|()| true)
    }),
    ("token", |events, f| {
        events.token.wait_interruptible(f).map(|()| true)
    }),
    ("token, timeout", |events, f| {
        events.token.wait_timeout_interruptible(events.timeout, f)
    }),
    ("token, deadline", |events, f| {
        events
            .token
            .wait_deadline_interruptible(events.deadline(), f)
    }),
    ("token, not spinning", |events, f| {
        let token = events.token.spinning(Spin::NEVER);
        token.wait_interruptible(f).map(|()| true)
    }),
    ("shared event", |events, f| {
        events.shared.wait_interruptible(f).map(|()| true)
    }),
    ("shared event, timeout", |events, f| {
        events.shared.wait_timeout_interruptible(events.timeout, f)
    }),
    ("shared event, deadline", |events, f| {
        events
            .shared
            .wait_deadline_interruptible(events.deadline(), f)
    }),
    ("shared event, not spinning", |events, f| {
        let shared = events.shared.spinning(Spin::NEVER);
        shared.wait_interruptible(f).map(|()| true)
    }),
    ("any", |events, f| {
        events
            .with_any(2, |any| wait_any_interruptible(any, f))
            .map(|_| true)
    }),
    ("any, timeout", |events, f| {
        events
            .with_any(2, |any| {
                wait_any_timeout_interruptible(any, events.timeout, f)
            })
            .map(|index| index.is_some())
    }),
    ("any, deadline", |events, f| {
        events
            .with_any(2, |any| {
                wait_any_deadline_interruptible(any, events.deadline(), f)
            })
            .map(|index| index.is_some())
    }),
    ("any, not spinning", |events, f| {
        events
            .with_any(2, |any| {
                AnyOf(any).spinning(Spin::NEVER).wait_interruptible(f)
            })
            .map(|_| true)
    }),
    ("any of many", |events, f| {
        events
            .with_any(MANY, |any| wait_any_interruptible(any, f))
            .map(|_| true)
    }),
    ("any, the table full", |events, f| {
        let _full = FullTable::new();
        events
            .with_any(2, |any| wait_any_interruptible(any, f))
            .map(|_| true)
    }),
    ("all", |events, f| {
        let [first, second] = &events.manual;
        wait_all_interruptible([first, second], f).map(|()| true)
    }),
    ("all, timeout", |events, f| {
        let [first, second] = &events.manual;
        wait_all_timeout_interruptible([first, second], events.timeout, f)
    }),
    ("all, deadline", |events, f| {
        let [first, second] = &events.manual;
        wait_all_deadline_interruptible([first, second], events.deadline(), f)
    }),
    ("all, not spinning", |events, f| {
        let [first, second] = &events.manual;
        AllOf([first, second])
            .spinning(Spin::NEVER)
            .wait_interruptible(f)
            .map(|()| true)
    }),
    ("all or another", |events, f| {
        let wait = AllOf(&events.manual).or(&events.token);
        wait.wait_interruptible(f).map(|_| true)
    }),
    ("all or another, timeout", |events, f| {
        let wait = AllOf(&events.manual).or(&events.token);
        let ended = wait.wait_timeout_interruptible(events.timeout, f)?;
        Ok(ended.unwrap_or(true))
    }),
    ("all or another, deadline", |events, f| {
        let wait = AllOf(&events.manual).or(&events.token);
        let ended = wait.wait_deadline_interruptible(events.deadline(), f)?;
        Ok(ended.unwrap_or(true))
    }),
    ("event count", |events, f| {
        let changed = &events.changed;
        changed
            .wait_until_interruptible(|| events.is_raised(), f)
            .map(|()| true)
    }),
    ("event count, timeout", |events, f| {
        let changed = &events.changed;
        changed
            .wait_until_timeout_interruptible(|| events.is_raised(), events.timeout, f)
            .map(|found| found.is_some())
    }),
    ("event count, deadline", |events, f| {
        let changed = &events.changed;
        changed
            .wait_until_deadline_interruptible(|| events.is_raised(), events.deadline(), f)
            .map(|found| found.is_some())
    }),
    ("event count, not spinning, the table full", |events, f| {
        let _full = FullTable::new();
        let changed = events.changed.spinning(Spin::NEVER);
        changed
            .wait_until_interruptible(|| events.is_raised(), f)
            .map(|()| true)
    }),
    ("ticket", |events, f| {
        let ticket = events.changed.prepare();
        match events.is_raised() {
            Some(()) => Ok(true),
            None => ticket.wait_interruptible(f).map(|()| true),
        }
    }),
    ("ticket, the table full", |events, f| {
        let _full = FullTable::new();
        let ticket = events.changed.prepare();
        match events.is_raised() {
            Some(()) => Ok(true),
            None => ticket.wait_interruptible(f).map(|()| true),
        }
    }),
    ("ticket, timeout", |events, f| {
        let ticket = events.changed.prepare();
        match events.is_raised() {
            Some(()) => Ok(true),
            None => ticket.wait_timeout_interruptible(events.timeout, f),
        }
    }),
    ("ticket, deadline", |events, f| {
        let ticket = events.changed.prepare();
        match events.is_raised() {
            Some(()) => Ok(true),
            None => ticket.wait_deadline_interruptible(events.deadline(), f),
        }
    }),
];

/// The table of listeners with all its free slots taken, as if by threads that have not published them yet.
struct FullTable(Vec<&'static PrivateFutex>);

impl FullTable {
    fn new() -> Self {
        let table = PrivateFutex::listeners();
        let slots = (0..table.slots()).map(|slot| &table.slot(slot)[0]);
        Self(
            slots
                .filter(|word| word.fetch_or(1, Relaxed) & 31 == 0)
                .collect(),
        )
    }
}

impl Drop for FullTable {
    fn drop(&mut self) {
        for word in &self.0 {
            word.fetch_add(1_u32.wrapping_neg(), Relaxed);
        }
    }
}

static SIGNALS: AtomicU32 = AtomicU32::new(0);

/// Installs a handler that counts the signals from now on.
fn count_signals(flags: c_int) {
    extern "C" fn count(_: c_int) {
        SIGNALS.fetch_add(1, Relaxed);
    }
    SIGNALS.store(0, Relaxed);
    on_signal_with(flags, libc::SIGUSR1, count);
}

#[derive(Clone, Copy)]
struct Handle(libc::pthread_t);

// SAFETY: any thread may use it. It is a pointer in some C libraries, such as musl.
unsafe impl Send for Handle {}

/// A thread of a scope that gets signals during its wait.
struct Waiter {
    ids: Mutex<Option<(common::ThreadId, Handle)>>,
    is_done: AtomicBool,
}

impl Waiter {
    const fn new() -> Self {
        Self {
            ids: Mutex::new(None),
            is_done: AtomicBool::new(false),
        }
    }

    /// Runs a wait, which is the only place where this thread sleeps.
    fn run<T>(&self, wait: impl FnOnce() -> T) -> T {
        // SAFETY: the call has no conditions.
        let handle = Handle(unsafe { libc::pthread_self() });
        *self.ids.lock().unwrap() = Some((thread_id(), handle));
        let result = wait();
        self.is_done.store(true, Relaxed);
        result
    }

    fn is_asleep(&self) -> bool {
        let ids = *self.ids.lock().unwrap();
        ids.map_or(false, |(thread, _)| is_asleep(thread))
    }

    /// Sends a signal to the thread once it is asleep, and returns true when the handler has run; or returns false if the
    /// wait ends before that.
    fn signal(&self) -> bool {
        let before = SIGNALS.load(Relaxed);
        until(|| self.is_done.load(Relaxed) || self.is_asleep());
        if self.is_done.load(Relaxed) {
            return false;
        }
        let (_, Handle(thread)) = self.ids.lock().unwrap().expect("it has begun to wait");
        // SAFETY: the scope has not joined the thread yet, so the handle is its own.
        unsafe { libc::pthread_kill(thread, libc::SIGUSR1) };
        until(|| self.is_done.load(Relaxed) || SIGNALS.load(Relaxed) > before);
        true
    }

    /// Sends signals until the wait has ended, and returns how many it took. If [`is_exact`] is false, the first signals may
    /// come too early.
    fn signal_until_done(&self) -> u32 {
        (0..).find(|_| !self.signal()).unwrap()
    }
}

/// Whether a signal to a thread that is asleep always ends a sleep on its word, and no sleep ends spuriously.
fn is_exact() -> bool {
    cfg!(all(target_os = "linux", not(futex_event_simulated))) && !is_emulated()
}

/// With SA_RESTART, a sleep without a deadline would continue after the signal.
#[test]
fn a_signal_ends_every_kind_of_wait() {
    let _turn = take_turn();
    for flags in [0, libc::SA_RESTART] {
        for (name, wait) in WAITS {
            count_signals(flags);
            let (events, waiter) = (&Events::default(), &Waiter::new());
            thread::scope(|scope| {
                let wait = move || wait(events, &mut || SIGNALS.load(Relaxed) > 0);
                let ended = scope.spawn(move || waiter.run(wait));
                let signals = waiter.signal_until_done();
                assert_eq!(ended.join().unwrap(), Err(Interrupted), "{name}, {flags}");
                assert!(signals == 1 || !is_exact(), "{name}, {flags}: {signals}");
            });
            nothing_is_left(events, name);
        }
    }
}

/// No thread is still counted as a waiter or a listener, or has taken a token.
fn nothing_is_left(events: &Events, name: &str) {
    let is_parked = format!("{:?}", events.token).contains("parked: true");
    assert!(!is_parked, "{name}");
    let is_parked = format!("{:?}", events.changed).contains("parked: true");
    assert!(!is_parked, "{name}");
    assert!(events.token.set(), "{name}");
    assert!(
        !events.token.set(),
        "{name}: given to a thread that has left"
    );
    assert!(events.token.try_wait(), "{name}");
}

#[test]
fn a_signal_does_not_end_a_wait_if_the_closure_returns_false() {
    let _turn = take_turn();
    for (name, wait) in WAITS {
        count_signals(libc::SA_RESTART);
        let (events, waiter, asked) = (&Events::default(), &Waiter::new(), &AtomicU32::new(0));
        thread::scope(|scope| {
            let no = move || {
                asked.fetch_add(1, Relaxed);
                false
            };
            let ended = scope.spawn(move || waiter.run(|| wait(events, &mut { no })));
            let mut signals = 0;
            while asked.load(Relaxed) < 5 {
                assert!(waiter.signal(), "{name}: ended by a signal");
                signals += 1;
                until(|| asked.load(Relaxed) >= signals || !is_exact());
            }
            until(|| waiter.is_asleep());
            events.set();
            assert_eq!(ended.join().unwrap(), Ok(true), "{name}");
            // If the set comes just before the thread sleeps, the sleep ends at once, which is one more call. A listener is also
            // woken by the set of the first of two events.
            let calls = 6 + u32::from(name.starts_with("all or another"));
            assert!(
                asked.load(Relaxed) <= calls || !is_exact(),
                "{name}: {asked:?}"
            );
        });
    }
}

#[test]
fn a_wait_that_nothing_wakes_does_not_call_the_closure() {
    let _turn = take_turn();
    for (name, wait) in WAITS {
        let (events, waiter, asked) = (&Events::default(), &Waiter::new(), &AtomicU32::new(0));
        thread::scope(|scope| {
            let no = move || {
                asked.fetch_add(1, Relaxed);
                false
            };
            let ended = scope.spawn(move || waiter.run(|| wait(events, &mut { no })));
            until(|| waiter.is_asleep());
            thread::sleep(Duration::from_millis(10));
            assert!(asked.load(Relaxed) == 0 || !is_exact(), "{name}");
            events.set();
            assert_eq!(ended.join().unwrap(), Ok(true), "{name}");
        });
    }
}

/// The closure sets what the wait is for, as a signal handler that a host runs there may, and then returns true.
#[test]
fn a_set_wins_over_an_interruption() {
    let _turn = take_turn();
    for set in [Events::set, Events::set_and_notify_all] {
        for (name, wait) in WAITS {
            count_signals(0);
            assert_eq!(ended_by_yes_after(set, *wait), Ok(true), "{name}");
        }
    }
}

/// On an event count a condition that holds wins, whether or not the thread has been notified.
#[test]
fn a_condition_that_holds_wins_over_an_interruption() {
    let _turn = take_turn();
    let raise = |events: &Events| events.raised.store(true, Relaxed);
    for (name, wait) in WAITS
        .iter()
        .filter(|(name, _)| name.starts_with("event count"))
    {
        count_signals(0);
        assert_eq!(ended_by_yes_after(raise, *wait), Ok(true), "{name}");
    }
}

/// What a wait returns whose closure, after a signal, calls `happens` and returns true.
fn ended_by_yes_after(happens: fn(&Events), wait: Wait) -> Result<bool, Interrupted> {
    let (events, waiter) = (&Events::default(), &Waiter::new());
    thread::scope(|scope| {
        let happens_and_yes = move || {
            let is_signalled = SIGNALS.load(Relaxed) > 0;
            if is_signalled {
                happens(events);
            }
            is_signalled
        };
        let ended = scope.spawn(move || waiter.run(|| wait(events, &mut { happens_and_yes })));
        waiter.signal_until_done();
        ended.join().unwrap()
    })
}

#[test]
fn the_errors_say_what_ended_the_wait() {
    assert_eq!(Interrupted.to_string(), "the wait was interrupted");
    let stopped = Stopped.to_string();
    assert_eq!(stopped, "the wait was ended by another event");
}

/// Each check releases the ticket that was prepared before it, so the thread never sleeps.
#[test]
fn a_thread_that_is_released_again_and_again_calls_the_closure_too() {
    let _turn = take_turn();
    let (changed, waiter) = (&EventCount::new(), &Waiter::new());
    let never_but_notify = || -> Option<()> {
        changed.notify_all();
        None
    };
    thread::scope(|scope| {
        let wait = || changed.wait_until_interruptible(never_but_notify, || true);
        let ended = scope.spawn(move || waiter.run(wait));
        until(|| waiter.is_done.load(Relaxed));
        assert_eq!(ended.join().unwrap(), Err(Interrupted));
    });
}

fn waits_with_a_timeout() -> impl Iterator<Item = &'static (&'static str, Wait)> {
    let has_timeout = |name: &str| name.ends_with("timeout") || name.ends_with("deadline");
    WAITS.iter().filter(move |(name, _)| has_timeout(name))
}

#[test]
fn a_wait_that_nothing_ends_returns_false_at_its_deadline() {
    let _turn = take_turn();
    assert_eq!(waits_with_a_timeout().count(), 16);
    for (name, wait) in waits_with_a_timeout() {
        let events = &Events::with_timeout(Duration::from_millis(20));
        let waiter = &Waiter::new();
        thread::scope(|scope| {
            let begun = Instant::now();
            let ended = scope.spawn(move || waiter.run(|| wait(events, &mut || false)));
            until(|| waiter.is_done.load(Relaxed));
            assert!(begun.elapsed() >= events.timeout, "{name}");
            assert_eq!(ended.join().unwrap(), Ok(false), "{name}");
        });
        nothing_is_left(events, name);
    }
}

#[test]
fn signals_do_not_move_the_deadline_of_an_interruptible_wait() {
    let _turn = take_turn();
    for (name, wait) in waits_with_a_timeout() {
        count_signals(0);
        let events = &Events::with_timeout(Duration::from_millis(100));
        let waiter = &Waiter::new();
        thread::scope(|scope| {
            let begun = Instant::now();
            let ended = scope.spawn(move || waiter.run(|| wait(events, &mut || false)));
            // At most one signal per millisecond, so all of them take twice the timeout. A wait whose deadline each signal moves
            // would last as long as they come.
            let signals = (0..200).take_while(|_| {
                thread::sleep(Duration::from_millis(1));
                waiter.signal()
            });
            assert!(signals.count() < 200, "{name}");
            assert!(begun.elapsed() >= events.timeout, "{name}");
            assert_eq!(ended.join().unwrap(), Ok(false), "{name}");
        });
    }
}

#[test]
fn a_wait_that_does_not_sleep_does_not_call_the_closure() {
    let _turn = take_turn();
    let asked = || -> bool { panic!("called without having slept") };
    let events = Events::default();
    for (_, wait) in WAITS {
        events.set();
        assert_eq!(wait(&events, &mut { asked }), Ok(true));
    }
    let events = Events::default();
    let zero = Duration::ZERO;
    let [first, second] = &events.manual;
    let any: [&dyn Waitable; 2] = [first, &events.token];
    assert_eq!(first.wait_timeout_interruptible(zero, asked), Ok(false));
    let token = &events.token;
    assert_eq!(token.wait_timeout_interruptible(zero, asked), Ok(false));
    assert_eq!(wait_any_timeout_interruptible(any, zero, asked), Ok(None));
    let all = wait_all_timeout_interruptible([first, second], zero, asked);
    assert_eq!(all, Ok(false));
}

/// The wait leaves the event and the table as if it had timed out, and another waiter gets the token that it was given.
#[test]
fn a_closure_that_panics_leaves_nothing_behind() {
    let _turn = take_turn();
    for (name, wait) in WAITS {
        for sets_before in [false, true] {
            count_signals(0);
            let (events, waiter) = (&Events::default(), &Waiter::new());
            thread::scope(|scope| {
                let panic = move || {
                    if SIGNALS.load(Relaxed) > 0 {
                        if sets_before {
                            events.token.set();
                        }
                        std::panic::resume_unwind(Box::new("on purpose"));
                    }
                    false
                };
                let ended = scope.spawn(move || {
                    waiter.run(|| {
                        let wait = || wait(events, &mut { panic });
                        catch_unwind(AssertUnwindSafe(wait))
                    })
                });
                waiter.signal_until_done();
                assert!(ended.join().unwrap().is_err(), "{name}");
            });
            assert_eq!(events.token.try_wait(), sets_before, "{name}");
            nothing_is_left(events, name);
        }
    }
    // Every slot is free again.
    let table = PrivateFutex::listeners();
    let free = (0..table.slots()).filter(|&slot| table.slot(slot)[0].load(Relaxed) & 31 == 0);
    assert_eq!(free.count(), table.slots());
    assert_eq!(table.overflow(0).load(Relaxed), 0);
}
