//! Models of tasks that wait, with the waker thread.
//!
//! The registry's locks are std's, which loom does not know. Nothing that loom models happens under one of them. So a critical
//! section is one step here, together with the access to a word before it, which is one to the count or to the thread's
//! number.

use futex_event::{wait_any_async, AutoResetEvent, Event, EventCount, WakerThread};
use futex_event_loom::{until_quiet, LoomFutex, Running};
use loom::sync::atomic::AtomicU32;
use loom::sync::Arc;
use loom::thread::yield_now;
use loom_tests::{explore, preemptions, spawn, Guarded, Script, UNTIMED};

use std::cell::Cell;
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::pin::{pin, Pin};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc as StdArc;
use std::task::{Context, Poll, Wake, Waker};

/// What a thread that runs one task sleeps on. It is made before the thread, because loom does not see that the registry's
/// lock hands it over.
struct Unpark(Event<LoomFutex>);

impl Wake for Unpark {
    fn wake(self: StdArc<Self>) {
        let set = catch_unwind(AssertUnwindSafe(|| self.0.set()));
        if set.is_err() {
            // The waker thread catches the panics of wakers.
            HAS_FAILED.with(|has_failed| has_failed.set(true));
        }
    }
}

thread_local! {
    static HAS_FAILED: Cell<bool> = const { Cell::new(false) };
}

impl Unpark {
    fn new() -> StdArc<Self> {
        StdArc::new(Self(Event::with_futex(LoomFutex::default())))
    }

    fn wait(&self) {
        self.0.wait();
        self.0.clear();
    }
}

fn poll<F: Future>(future: Pin<&mut F>, unpark: &StdArc<Unpark>) -> Poll<F::Output> {
    let waker = Waker::from(StdArc::clone(unpark));
    future.poll(&mut Context::from_waker(&waker))
}

/// Runs a future to its end.
fn run<F: Future>(unpark: &StdArc<Unpark>, future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        match poll(future.as_mut(), unpark) {
            Poll::Ready(output) => return output,
            Poll::Pending => unpark.wait(),
        }
    }
}

/// A thread that runs a task.
fn task<S: 'static, T: 'static>(
    script: Script,
    shared: &Arc<S>,
    work: impl FnOnce(&S, &StdArc<Unpark>) -> T + 'static,
) -> Running<T> {
    let unpark = Unpark::new();
    spawn(script, shared, move |shared| work(shared, &unpark))
}

/// The waker thread.
struct Server {
    is_over: StdArc<AtomicBool>,
    running: Running<()>,
}

impl Server {
    fn start() -> Self {
        let thread = WakerThread::<LoomFutex>::of_model();
        let is_over = StdArc::new(AtomicBool::new(false));
        let asked = StdArc::clone(&is_over);
        let running = spawn(&[], &Arc::new(()), move |()| {
            thread.serve(|| asked.load(Relaxed));
        });
        Self { is_over, running }
    }

    fn end(self) {
        self.is_over.store(true, Relaxed);
        WakerThread::<LoomFutex>::ring();
        self.running.join();
        assert!(!HAS_FAILED.with(Cell::get), "a waker has panicked");
    }
}

fn manual() -> Arc<Guarded<Event<LoomFutex>>> {
    Arc::new(Guarded::new(Event::with_futex(LoomFutex::default())))
}

fn auto() -> Arc<Guarded<AutoResetEvent<LoomFutex>>> {
    Arc::new(Guarded::new(AutoResetEvent::with_futex(
        LoomFutex::default(),
    )))
}

#[test]
fn a_set_reaches_a_task() {
    explore("set", preemptions(2), [], |[]| {
        let event = manual();
        let server = Server::start();
        let task = task(&[], &event, |event, unpark| {
            run(unpark, event.event.wait_async());
            assert_eq!(event.read(), 1);
        });
        event.write(1);
        assert!(event.event.set());
        task.join();
        server.end();
    });
}

#[test]
fn a_token_reaches_a_task() {
    explore("token", preemptions(2), [UNTIMED], |[script]| {
        let event = auto();
        let server = Server::start();
        let task = task(script, &event, |event, unpark| {
            run(unpark, event.event.wait_async());
            assert_eq!(event.read(), 1);
        });
        event.write(1);
        assert!(event.event.set());
        task.join();
        assert!(!event.event.is_set());
        server.end();
    });
}

#[test]
fn a_pulse_reaches_a_task() {
    explore("pulse", preemptions(2), [], |[]| {
        let event = manual();
        let server = Server::start();
        let task = task(&[], &event, |event, unpark| {
            run(unpark, event.event.wait_async());
        });
        until_quiet();
        assert!(event.event.set());
        assert!(event.event.clear());
        task.join();
        server.end();
    });
}

/// The task gives up after a poll. Whether it was woken for the token by then or not, the other task gets it.
#[test]
fn a_task_that_gives_up_passes_its_wake_on() {
    explore("drop against wake", preemptions(1).deep(2), [], |[]| {
        let event = auto();
        let server = Server::start();
        let gives_up = task(&[], &event, |event, unpark| {
            poll(pin!(event.event.wait_async()), unpark).is_ready()
        });
        let other = task(&[], &event, |event, unpark| {
            run(unpark, event.event.wait_async())
        });
        assert!(event.event.set());
        if gives_up.join() {
            event.event.set();
        }
        other.join();
        assert!(!event.event.is_set());
        server.end();
    });
}

/// The task that was woken for the one is released by the other.
#[test]
fn a_task_that_another_event_releases_passes_its_wake_on() {
    explore("two events", preemptions(1), [], |[]| {
        let events = Arc::new((auto(), manual()));
        let server = Server::start();
        let either = task(&[], &events, |(auto, manual), unpark| {
            run(unpark, wait_any_async((&manual.event, &auto.event)))
        });
        let other = task(&[], &events, |(auto, _), unpark| {
            run(unpark, auto.event.wait_async())
        });
        until_quiet();
        let (auto, manual) = &*events;
        assert!(auto.event.set());
        manual.event.set();
        if either.join() == 1 {
            auto.event.set();
        }
        other.join();
        assert!(!auto.event.is_set());
        server.end();
    });
}

#[test]
fn a_set_that_finds_the_event_set_wakes_too() {
    explore("two setters", preemptions(1).deep(2), [], |[]| {
        let event = auto();
        let server = Server::start();
        let task = task(&[], &event, |event, unpark| {
            run(unpark, event.event.wait_async());
            assert_eq!(event.read(), 1);
        });
        event.write(1);
        let other = spawn(&[], &event, |event| event.event.set());
        let first = event.event.set();
        let second = other.join();
        assert!(first || second);
        task.join();
        assert_eq!(event.event.is_set(), first && second);
        server.end();
    });
}

/// The waker of the task that has just taken the first token may be run for the second.
#[test]
fn a_task_that_has_taken_a_token_passes_the_next_wake_on() {
    explore("two tokens", preemptions(1).deep(2), [], |[]| {
        let event = auto();
        let server = Server::start();
        let tasks = [(); 2].map(|()| {
            task(&[], &event, |event, unpark| {
                run(unpark, event.event.wait_async())
            })
        });
        let tokens = [(); 2].map(|()| event.event.set());
        let tokens = tokens.iter().filter(|set| **set).count();
        until_quiet();
        let released = tasks.iter().filter(|task| task.is_finished()).count();
        assert_eq!(released, tokens);
        (released..2).for_each(|_| assert!(event.event.set()));
        tasks.into_iter().for_each(Running::join);
        assert!(!event.event.is_set());
        server.end();
    });
}

/// The waker of the last poll is the one that counts.
#[test]
fn a_future_that_moves_to_another_task_is_woken_there() {
    explore("two polls", preemptions(2), [], |[]| {
        let event = manual();
        let server = Server::start();
        let first = Unpark::new();
        let task = task(&[], &event, move |event, unpark| {
            let mut future = event.event.wait_async();
            if poll(Pin::new(&mut future), &first).is_pending() {
                run(unpark, future);
            }
        });
        assert!(event.event.set());
        task.join();
        server.end();
    });
}

/// A future that is leaked may outlive its event.
#[test]
fn the_waker_thread_touches_no_event() {
    explore("leaked", preemptions(3), [], |[]| {
        let event = manual();
        let server = Server::start();
        let task = task(&[], &event, |event, unpark| {
            let mut future = event.event.wait_async();
            let _ = poll(Pin::new(&mut future), unpark);
            std::mem::forget(future);
            event.event.wait();
            event.free();
        });
        event.event.set();
        task.join();
        server.end();
    });
}

#[test]
fn a_thread_and_a_task_get_a_token_each() {
    explore("thread and task", preemptions(1), [UNTIMED], |[script]| {
        let event = auto();
        let server = Server::start();
        let task = task(&[], &event, |event, unpark| {
            run(unpark, event.event.wait_async())
        });
        let thread = spawn(script, &event, |event| event.event.wait());
        assert!(event.event.set());
        until_quiet();
        assert!(task.is_finished() || thread.is_finished());
        event.event.set();
        task.join();
        thread.join();
        assert!(!event.event.is_set());
        server.end();
    });
}

/// A task waits for this many changes; `announce` makes them, and notifies.
fn wait_for_changes(number: u32, announce: impl FnOnce(&AtomicU32, &EventCount<LoomFutex>)) {
    let changed = EventCount::<LoomFutex>::with_futex(LoomFutex::default());
    let shared = Arc::new((AtomicU32::new(0), changed));
    let server = Server::start();
    let task = task(&[], &shared, move |(changes, changed), unpark| {
        let are_there = || (changes.load(Relaxed) == number).then_some(());
        run(unpark, changed.wait_until_async(are_there));
    });
    let (changes, changed) = &*shared;
    announce(changes, changed);
    task.join();
    server.end();
}

/// The change comes before the notification, and has no ordering of its own.
#[test]
fn a_task_misses_no_change_that_is_announced() {
    explore("event count", preemptions(2), [], |[]| {
        wait_for_changes(1, |changes, changed| {
            changes.store(1, Relaxed);
            changed.notify_one();
        });
    });
}

/// The first change is not what the task waits for. Its notification takes the task's mark off, so it must also reach the
/// task: the second finds no mark.
#[test]
fn a_notification_that_takes_the_mark_reaches_the_task() {
    explore("two changes", preemptions(1).deep(2), [], |[]| {
        wait_for_changes(2, |changes, changed| {
            for _ in 0..2 {
                changes.fetch_add(1, Relaxed);
                changed.notify_one();
                yield_now();
            }
        });
    });
}

/// The waker thread serves an earlier ring, and finds the bit of this `set` before the `set` rings.
#[test]
fn a_set_whose_bit_is_taken_early_reaches_its_task() {
    explore("early bit", preemptions(2), [], |[]| {
        let event = manual();
        let server = Server::start();
        let task = task(&[], &event, |event, unpark| {
            run(unpark, event.event.wait_async());
        });
        WakerThread::<LoomFutex>::ring();
        yield_now();
        event.event.set();
        task.join();
        server.end();
    });
}
