//! What the futures promise, on each word. The package `async-tests` has them in real runtimes.

#![cfg(feature = "async")]

mod common;

use common::{calls, until, until_parked, Calls, Watched, Word};
use futex_event::{wait_any_async, AutoResetEvent, Event, EventCount};
use pollster::block_on;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

on_every_word! {
    untimed: [
        a_task_is_released_by_a_set,
        a_pulse_releases_a_task,
        a_token_is_taken_by_the_poll_and_by_nothing_else,
        a_task_waits_for_any_of_several_events,
        threads_and_tasks_wait_for_one_event,
        a_set_makes_few_tasks_check_that_wait_for_other_events,
        a_set_makes_no_system_call_while_the_thread_that_runs_wakers_is_awake,
        tasks_that_wait_on_an_event_count_are_woken_by_each_notification,
    ],
    timed: []
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

fn poll<F: Future + Unpin>(future: &mut F, flag: &Arc<Flag>) -> Poll<F::Output> {
    let waker = Waker::from(Arc::clone(flag));
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

fn a_task_is_released_by_a_set<F: Word>() {
    for _ in 0..50 {
        let (event, token) = (
            Event::with_futex(F::default()),
            AutoResetEvent::with_futex(F::default()),
        );
        thread::scope(|scope| {
            scope.spawn(|| {
                event.set();
                token.set();
            });
            block_on(event.wait_async());
            block_on(token.wait_async());
        });
        assert!(event.is_set() && !token.is_set());
    }
}

fn a_pulse_releases_a_task<F: Word>() {
    let event = Event::with_futex(F::default());
    let flag = Arc::new(Flag::default());
    let mut unpolled = event.wait_async();
    let mut polled = event.wait_async();
    assert!(poll(&mut polled, &flag).is_pending());
    assert!(event.set() && event.clear());
    until(|| flag.0.load(Relaxed));
    assert!(poll(&mut polled, &flag).is_ready());
    assert!(poll(&mut unpolled, &flag).is_ready());
    assert!(poll(&mut event.wait_async(), &flag).is_pending());
}

fn a_token_is_taken_by_the_poll_and_by_nothing_else<F: Word>() {
    let event = AutoResetEvent::with_futex(F::default());
    let flag = Arc::new(Flag::default());
    let mut wait = event.wait_async();
    assert!(poll(&mut wait, &flag).is_pending());
    assert!(event.set());
    until(|| flag.0.load(Relaxed));
    assert!(event.is_set());
    drop(wait);
    assert!(event.is_set());
    assert!(poll(&mut event.wait_async(), &flag).is_ready());
    assert!(!event.is_set());
}

fn a_task_waits_for_any_of_several_events<F: Word>() {
    let event = Event::with_futex(F::default());
    let tokens: Vec<_> = (0..40)
        .map(|_| AutoResetEvent::with_futex(F::default()))
        .collect();
    let mut all: Vec<&dyn futex_event::Waitable<F>> = vec![&event];
    all.extend(
        tokens
            .iter()
            .map(|token| token as &dyn futex_event::Waitable<F>),
    );
    thread::scope(|scope| {
        scope.spawn(|| tokens[30].set());
        assert_eq!(block_on(wait_any_async(&all)), 31);
    });
    tokens[3].set();
    event.set();
    assert_eq!(block_on(wait_any_async(&all)), 0);
    assert!(tokens[3].is_set());
    event.clear();
    assert_eq!(block_on(wait_any_async(&all)), 4);
    assert!(tokens.iter().all(|token| !token.is_set()));
}

fn threads_and_tasks_wait_for_one_event<F: Word>() {
    let event = Event::with_futex(Watched::<F>::default());
    let flag = Arc::new(Flag::default());
    let mut task = event.wait_async();
    assert!(poll(&mut task, &flag).is_pending());
    thread::scope(|scope| {
        scope.spawn(|| event.wait());
        until_parked(&event, 1);
        assert!(event.set());
    });
    until(|| flag.0.load(Relaxed));
    assert!(poll(&mut task, &flag).is_ready());
}

/// Only those whose events have the same bucket.
fn a_set_makes_few_tasks_check_that_wait_for_other_events<F: Word>() {
    const TASKS: usize = 64;
    let events: Vec<_> = (0..TASKS)
        .map(|_| Event::with_futex(F::default()))
        .collect();
    let flags: Vec<_> = (0..TASKS).map(|_| Arc::new(Flag::default())).collect();
    let tasks = events.iter().zip(&flags).map(|(event, flag)| {
        let mut task = event.wait_async();
        assert!(poll(&mut task, flag).is_pending());
        task
    });
    let tasks: Vec<_> = tasks.collect();
    // The second one is woken after all that the first set wakes.
    for (event, flag) in events.iter().zip(&flags).take(2) {
        assert!(event.set());
        until(|| flag.0.load(Relaxed));
    }
    let woken = flags.iter().filter(|flag| flag.0.load(Relaxed)).count();
    assert!(woken < TASKS / 2, "{woken} of {TASKS}");
    // A set reaches its tasks whatever its bucket.
    for (event, flag) in events.iter().zip(&flags).skip(2) {
        assert!(event.set());
        until(|| flag.0.load(Relaxed));
    }
    drop(tasks);
}

fn a_set_makes_no_system_call_while_the_thread_that_runs_wakers_is_awake<F: Word>() {
    #[derive(Default)]
    struct Busy {
        has_begun: AtomicBool,
        may_end: AtomicBool,
    }

    impl Wake for Busy {
        fn wake(self: Arc<Self>) {
            self.has_begun.store(true, Relaxed);
            until(|| self.may_end.load(Relaxed));
        }
    }

    let events = [(); 2].map(|()| Event::with_futex(Watched::<F>::default()));
    let (busy, flag) = (Arc::new(Busy::default()), Arc::new(Flag::default()));
    let mut tasks = [events[0].wait_async(), events[1].wait_async()];
    let waker = Waker::from(Arc::clone(&busy));
    let first = Pin::new(&mut tasks[0]).poll(&mut Context::from_waker(&waker));
    assert!(first.is_pending());
    assert!(poll(&mut tasks[1], &flag).is_pending());
    assert!(events[0].set());
    until(|| busy.has_begun.load(Relaxed));
    let set = calls(|| assert!(events[1].set()));
    busy.may_end.store(true, Relaxed);
    assert_eq!(set, Calls { waits: 0, wakes: 0 });
    until(|| flag.0.load(Relaxed));
}

fn tasks_that_wait_on_an_event_count_are_woken_by_each_notification<F: Word>() {
    let changed = EventCount::with_futex(F::default());
    let is_there = AtomicBool::new(false);
    for notify in [EventCount::notify_one, EventCount::notify_all] {
        let flags = [(); 2].map(|()| Arc::new(Flag::default()));
        let condition = || is_there.swap(false, Relaxed).then_some(7);
        let mut waits = flags.clone().map(|flag| {
            let mut wait = changed.wait_until_async(condition);
            assert!(poll(&mut wait, &flag).is_pending());
            wait
        });
        is_there.store(true, Relaxed);
        notify(&changed);
        until(|| flags.iter().all(|flag| flag.0.load(Relaxed)));
        assert_eq!(poll(&mut waits[0], &flags[0]), Poll::Ready(7));
        assert!(poll(&mut waits[1], &flags[1]).is_pending());
    }
}
