//! The promises under load, on the real kernel, and on Linux under constant signals. `STRESS_SECONDS` sets the duration:
//! `STRESS_SECONDS=3600 cargo test --test stress`

mod common;

use common::patience::{say, stress_time};
use common::{until_parked, AnyEvent, Random, TimedWord, Watched, Word};
use futex_event::platform::{PrivateFutex, TimedFutex};
use futex_event::{wait_any_timeout, AutoResetEvent, Event, EventCount};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

on_every_word! {
    untimed: [
        every_pulse_releases_every_waiter,
        no_hand_off_is_lost,
        what_was_done_before_a_set_is_visible_after_a_wait_or_a_check,
        what_was_done_before_a_notification_is_visible_after_a_wait,
    ],
    timed: [
        what_was_done_before_a_set_is_visible_after_a_timed_wait,
        no_token_is_lost_or_doubled,
        no_token_is_lost_or_doubled_at_the_limit,
        no_token_is_lost_or_doubled_by_waits_for_any,
        no_token_is_lost_or_doubled_by_waits_for_any_at_the_limit,
        no_item_stays_while_a_thread_waits_for_it,
    ]
}

/// How long one test runs. On Linux this also starts the signals.
fn duration() -> Duration {
    #[cfg(target_os = "linux")]
    linux::storm();
    stress_time().unwrap_or(Duration::from_millis(500))
}

/// Sleeps for as long as the test runs.
fn rest() {
    let end = Instant::now() + duration();
    while Instant::now() < end {
        #[cfg(all(target_os = "linux", not(futex_event_fallback)))]
        linux::fork_and_use_events();
        thread::sleep(Duration::from_millis(10));
    }
}

/// Memory that only an event protects from two threads at the same time. ThreadSanitizer reports it if that fails.
#[derive(Default)]
struct Guarded(UnsafeCell<u64>);

// SAFETY: the tests check this.
unsafe impl Sync for Guarded {}

impl Guarded {
    fn count(&self) {
        // SAFETY: the `set` that the caller has observed, or is about to do, comes between this use and all others.
        unsafe { *self.0.get() += 1 }
    }

    fn get(&self) -> u64 {
        // SAFETY: as above, but others may read at the same time.
        unsafe { *self.0.get() }
    }
}

fn no_token_is_lost_or_doubled<F: TimedWord>() {
    conserve(&AutoResetEvent::with_futex(F::default()));
}

/// The word counts three waiters, so there are always threads that it cannot count, and that become listeners.
fn no_token_is_lost_or_doubled_at_the_limit<F: TimedWord>() {
    conserve(&AutoResetEvent::with_futex(Watched::<F, 3>::default()));
}

/// Conservation of tokens, with two setters, a thread that clears, and waiters with timeouts from nanoseconds up.
fn conserve<F: TimedFutex>(event: &AutoResetEvent<F>) {
    let (sets, takes, timeouts) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let (stop, operations) = (AtomicBool::new(false), AtomicU64::new(0));
    let seed = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    println!("seed {seed}");
    thread::scope(|scope| {
        let (stop, operations) = (&stop, &operations);
        let (sets, takes, timeouts) = (&sets, &takes, &timeouts);
        for number in 0..10 {
            let mut random = Random(seed + number);
            scope.spawn(move || {
                while !stop.load(Relaxed) {
                    operations.fetch_add(1, Relaxed);
                    match number {
                        0..=1 => {
                            sets.fetch_add(event.set().into(), Relaxed);
                            for _ in 0..random.below(200) {
                                std::hint::spin_loop();
                            }
                        }
                        2 => {
                            takes.fetch_add(event.clear().into(), Relaxed);
                            thread::yield_now();
                        }
                        // As a late wake from an event that was freed, and at whose address this one is now.
                        3 => {
                            F::wake_one((event as *const AutoResetEvent<F>).cast());
                            thread::yield_now();
                        }
                        _ => {
                            let timeout = Duration::from_nanos(1 << random.below(20));
                            let released = event.wait_timeout(timeout);
                            let counter = if released { takes } else { timeouts };
                            counter.fetch_add(1, Relaxed);
                        }
                    }
                }
            });
        }
        rest();
        stop.store(true, Relaxed);
    });
    let remembered = event.try_wait();
    let [sets, takes, timeouts] = [sets, takes, timeouts].map(AtomicU64::into_inner);
    let operations = operations.into_inner();
    println!("{operations} operations: {sets} tokens set, {takes} taken, {timeouts} timeouts");
    assert_eq!(sets, takes + u64::from(remembered));
    assert!(sets > 0 && timeouts > 0);
    // When all have returned, no thread is counted.
    let at_rest = "AutoResetEvent { set: false, parked: false }";
    assert_eq!(format!("{event:?}"), at_rest);
}

/// Conservation for two events, on which threads wait both plainly and for any, while a third event ends these waits from
/// time to time.
fn no_token_is_lost_or_doubled_by_waits_for_any<F: TimedWord>() {
    conserve_two::<F>();
}

fn no_token_is_lost_or_doubled_by_waits_for_any_at_the_limit<F: TimedWord>() {
    conserve_two::<Watched<F, 1>>();
}

fn conserve_two<F: TimedFutex + Default + Send>() {
    let tokens = [(); 2].map(|()| AutoResetEvent::with_futex(F::default()));
    let manual = Event::with_futex(F::default());
    let [sets, takes] = [(); 2].map(|()| [(); 2].map(|()| AtomicU64::new(0)));
    let (others, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let seed = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    println!("seed {seed}");
    thread::scope(|scope| {
        let (tokens, manual, sets, takes) = (&tokens, &manual, &sets, &takes);
        let (others, stop) = (&others, &stop);
        for number in 0..9 {
            let mut random = Random(seed + number);
            scope.spawn(move || {
                while !stop.load(Relaxed) {
                    let index = random.below(2) as usize;
                    let timeout = Duration::from_nanos(1 << random.below(20));
                    match number {
                        0..=1 => {
                            sets[index].fetch_add(tokens[index].set().into(), Relaxed);
                            for _ in 0..random.below(200) {
                                std::hint::spin_loop();
                            }
                        }
                        2 => {
                            manual.set();
                            manual.clear();
                            thread::yield_now();
                        }
                        3..=4 => {
                            let released = tokens[index].wait_timeout(timeout);
                            takes[index].fetch_add(released.into(), Relaxed);
                        }
                        _ => {
                            let (first, second) = (&tokens[index], &tokens[1 - index]);
                            let taken = match wait_any_timeout((first, manual, second), timeout) {
                                Some(0) => &takes[index],
                                Some(2) => &takes[1 - index],
                                _ => others,
                            };
                            taken.fetch_add(1, Relaxed);
                        }
                    }
                }
            });
        }
        rest();
        stop.store(true, Relaxed);
    });
    for ((token, sets), takes) in tokens.iter().zip(sets).zip(takes) {
        let (sets, takes) = (sets.into_inner(), takes.into_inner());
        println!("{sets} tokens set, {takes} taken");
        assert_eq!(sets, takes + u64::from(token.try_wait()));
        assert!(sets > 0);
    }
    println!(
        "{} waits ended by a timeout or by the third event",
        others.into_inner()
    );
}

/// Producers and consumers of a bounded stock, with two event counts. Some wait without a deadline, and would hang if a
/// notification were missed; others give up after nanoseconds, or drop their tickets.
fn no_item_stays_while_a_thread_waits_for_it<F: TimedWord>() {
    const CAPACITY: u64 = 2;
    let [filled, drained] = [(); 2].map(|()| EventCount::with_futex(F::default()));
    // Relaxed throughout: only the event counts order it.
    let (items, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let [added, taken] = [(); 2].map(|()| AtomicU64::new(0));
    let is_over = || stop.load(Relaxed).then_some(false);
    let add = || {
        let added = |items| (items < CAPACITY).then_some(items + 1);
        let done = items.fetch_update(Relaxed, Relaxed, added).ok()?;
        filled.notify_one();
        Some(done < CAPACITY)
    };
    let take = || {
        let taken = |items: u64| items.checked_sub(1);
        items.fetch_update(Relaxed, Relaxed, taken).ok()?;
        drained.notify_one();
        Some(true)
    };
    let seed = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    println!("seed {seed}");
    thread::scope(|scope| {
        for number in 0..8 {
            let (stop, filled, drained, added, taken) = (&stop, &filled, &drained, &added, &taken);
            let (add, take, is_over) = (&add, &take, &is_over);
            let mut random = Random(seed + number);
            scope.spawn(move || {
                let adds = number % 2 == 0;
                let (changed, count) = if adds {
                    (drained, added)
                } else {
                    (filled, taken)
                };
                let act = || if adds { add() } else { take() };
                while !stop.load(Relaxed) {
                    let done = match number {
                        // These hang if a notification is lost.
                        0..=3 => changed.wait_until(|| act().or_else(is_over)),
                        4..=5 => {
                            let timeout = Duration::from_nanos(1 << random.below(20));
                            changed.wait_until_timeout(act, timeout).unwrap_or(false)
                        }
                        _ => {
                            let ticket = changed.prepare();
                            match act() {
                                Some(done) => done,
                                None if random.below(2) == 0 => false,
                                None => {
                                    // If released, it passes the notification on, since it may not check again.
                                    if ticket.wait_timeout(Duration::from_micros(10)) {
                                        changed.notify_one();
                                    }
                                    false
                                }
                            }
                        }
                    };
                    count.fetch_add(done.into(), Relaxed);
                }
                // The end is a change too.
                filled.notify_all();
                drained.notify_all();
            });
        }
        rest();
        stop.store(true, Relaxed);
        filled.notify_all();
        drained.notify_all();
    });
    let [added, taken, items] = [added, taken, items].map(AtomicU64::into_inner);
    println!("{added} items added, {taken} taken");
    assert_eq!(added, taken + items);
    assert!(taken > 0);
    let at_rest = "EventCount { parked: false }";
    assert_eq!(
        format!("{filled:?} {drained:?}"),
        format!("{at_rest} {at_rest}")
    );
}

/// Two threads count in turns. Each takes a ticket before it passes the turn on, so every turn comes by a wait that is
/// released, without any other condition.
fn what_was_done_before_a_notification_is_visible_after_a_wait<F: Word>() {
    let counts = [(); 2].map(|()| EventCount::with_futex(F::default()));
    let (counter, stop, ready) = (Guarded::default(), AtomicBool::new(false), Barrier::new(3));
    let count = |mine: &EventCount<F>, other: &EventCount<F>| {
        let (mut turns, mut last) = (0_u64, false);
        let mut ticket = mine.prepare();
        ready.wait();
        while !last {
            ticket.wait();
            counter.count();
            turns += 1;
            // As in `toss`.
            last = stop.load(Relaxed);
            ticket = mine.prepare();
            if turns % 2 == 0 {
                other.notify_one();
            } else {
                other.notify_all();
            }
        }
        turns
    };
    let turns = thread::scope(|scope| {
        let first = scope.spawn(|| count(&counts[0], &counts[1]));
        let second = scope.spawn(|| count(&counts[1], &counts[0]));
        ready.wait();
        counts[0].notify_one();
        rest();
        stop.store(true, Relaxed);
        first.join().unwrap() + second.join().unwrap()
    });
    println!("{turns} turns");
    assert_eq!(counter.get(), turns);
}

fn every_pulse_releases_every_waiter<F: Word>() {
    const WAITERS: usize = 4;
    let event = Event::with_futex(Watched::<F>::default());
    let counter = Guarded::default();
    let end = Instant::now() + duration();
    let mut pulses = 0;
    while Instant::now() < end {
        thread::scope(|scope| {
            for _ in 0..WAITERS {
                scope.spawn(|| {
                    event.wait();
                    // They may have read the word only after the `clear`.
                    assert_eq!(counter.get(), pulses + 1);
                });
            }
            until_parked(&event, WAITERS);
            // From here on this thread takes no lock that would order it with the waiters.
            counter.count();
            assert!(event.set());
            assert!(event.clear());
        });
        pulses += 1;
    }
    println!("{pulses} pulses");
    assert!(pulses > 0);
}

/// Pairs of threads hand a turn back and forth. If one misses a set, its pair hangs.
fn no_hand_off_is_lost<F: Word>() {
    let stop = AtomicBool::new(false);
    let events = [(); 4].map(|()| Event::<Watched<F>>::unset());
    let autos = [(); 4].map(|()| AutoResetEvent::<Watched<F>>::unset());
    let tosses = AtomicU64::new(0);
    thread::scope(|scope| {
        let (stop, tosses) = (&stop, &tosses);
        for pair in events.chunks(2) {
            scope.spawn(|| toss(&pair[0], &pair[1], stop, tosses));
            scope.spawn(|| toss(&pair[1], &pair[0], stop, tosses));
            pair[0].set();
        }
        for pair in autos.chunks(2) {
            scope.spawn(|| toss(&pair[0], &pair[1], stop, tosses));
            scope.spawn(|| toss(&pair[1], &pair[0], stop, tosses));
            pair[0].set();
        }
        rest();
        stop.store(true, Relaxed);
    });
    println!("{} tosses", tosses.load(Relaxed));
}

/// Waits for the turn and passes it on, until the test stops. Each thread reads `stop` before it passes the turn on: the
/// first to read true passes it on once more, and the other, which gets that turn, reads true as well.
fn toss<E: AnyEvent>(mine: &E, other: &E, stop: &AtomicBool, tosses: &AtomicU64) {
    let mut last = false;
    while !last {
        mine.wait();
        mine.clear();
        last = stop.load(Relaxed);
        tosses.fetch_add(1, Relaxed);
        other.set();
    }
}

fn what_was_done_before_a_set_is_visible_after_a_wait_or_a_check<F: Word>() {
    type Auto<F> = AutoResetEvent<F>;
    thread::scope(|scope| {
        scope.spawn(|| {
            let observers = [
                |event: &Event<F>| {
                    event.wait();
                    true
                },
                Event::is_set,
                Event::try_wait,
                Event::clear,
            ];
            count_in_turns(Event::with_futex, Event::set, Event::clear, &observers);
        });
        scope.spawn(|| {
            let observers = [
                |event: &Auto<F>| {
                    event.wait();
                    true
                },
                Auto::is_set,
                Auto::try_wait,
                Auto::clear,
            ];
            count_in_turns(Auto::with_futex, Auto::set, Auto::clear, &observers);
        });
    });
}

fn what_was_done_before_a_set_is_visible_after_a_timed_wait<F: TimedWord>() {
    type Auto<F> = AutoResetEvent<F>;
    const TIMEOUT: Duration = Duration::from_micros(20);
    thread::scope(|scope| {
        scope.spawn(|| {
            let observers = [
                |event: &Event<F>| event.wait_timeout(TIMEOUT),
                |event: &Event<F>| event.wait_deadline(Instant::now() + TIMEOUT),
            ];
            count_in_turns(Event::with_futex, Event::set, Event::clear, &observers);
        });
        scope.spawn(|| {
            let observers = [
                |event: &Auto<F>| event.wait_timeout(TIMEOUT),
                |event: &Auto<F>| event.wait_deadline(Instant::now() + TIMEOUT),
            ];
            count_in_turns(Auto::with_futex, Auto::set, Auto::clear, &observers);
        });
    });
}

/// Two threads count in turns, and observe their turn by each of the ways, one after the other. The word is not a watched
/// one: its record has a lock, which would order the threads.
fn count_in_turns<E: Sync, F: Word>(
    event: fn(F) -> E,
    set: fn(&E) -> bool,
    clear: fn(&E) -> bool,
    observers: &[fn(&E) -> bool],
) {
    let events = [event(F::default()), event(F::default())];
    let (counter, stop) = (Guarded::default(), AtomicBool::new(false));
    let count = |mine: &E, other: &E| {
        let mut turns = 0;
        let mut last = false;
        while !last {
            while !observers[turns as usize % observers.len()](mine) {
                thread::yield_now();
            }
            counter.count();
            turns += 1;
            // Only now, since `clear` observes the `set` too.
            clear(mine);
            // As in `toss`.
            last = stop.load(Relaxed);
            set(other);
        }
        turns
    };
    let turns: u64 = thread::scope(|scope| {
        let first = scope.spawn(|| count(&events[0], &events[1]));
        let second = scope.spawn(|| count(&events[1], &events[0]));
        set(&events[0]);
        rest();
        stop.store(true, Relaxed);
        first.join().unwrap() + second.join().unwrap()
    });
    println!("{turns} turns");
    assert_eq!(counter.get(), turns);
}

#[test]
#[cfg_attr(windows, ignore = "Wine has too few files for so many threads")]
fn ten_thousand_waiters_are_released_at_once() {
    const WAITERS: usize = 10_000;
    let event = Event::with_futex(Watched::<PrivateFutex>::default());
    let mut spawned = 0;
    thread::scope(|scope| {
        for _ in 0..WAITERS {
            let thread = thread::Builder::new().stack_size(16 * 1024);
            match thread.spawn_scoped(scope, || event.wait()) {
                Ok(_) => spawned += 1,
                Err(error) => {
                    say(&format!("SKIPPED: more threads than {spawned}: {error}"));
                    break;
                }
            }
        }
        until_parked(&event, spawned);
        let begun = Instant::now();
        assert!(event.set());
        println!("set woke {spawned} threads in {:?}", begun.elapsed());
    });
    assert!(spawned >= 1_000);
}

#[cfg(target_os = "linux")]
mod linux {
    use crate::common::signals::{alarm_in, on_signal};
    use std::sync::Once;
    use std::time::Duration;

    /// From now on a signal interrupts some thread two thousand times a second.
    pub fn storm() {
        extern "C" fn ignore(_: i32) {}

        static BEGUN: Once = Once::new();
        BEGUN.call_once(|| {
            on_signal(libc::SIGALRM, ignore);
            alarm_in(Duration::from_micros(500));
        });
    }

    /// Uses events in a copy of this process, at any moment of its other threads.
    #[cfg(not(futex_event_fallback))]
    pub fn fork_and_use_events() {
        use crate::common::process::fork;
        use futex_event::{AutoResetEvent, Event};

        let child = fork(|| {
            let (event, auto_reset) = (Event::new(), AutoResetEvent::new());
            let timeout = Duration::from_micros(50);
            !event.wait_timeout(timeout)
                && event.set()
                && event.wait_timeout(timeout)
                && !auto_reset.wait_timeout(timeout)
                && auto_reset.set()
                && auto_reset.wait_timeout(timeout)
                && !auto_reset.is_set()
        });
        child.succeeds_or_all_ends();
    }
}
