//! What the futures promise, on each word. The package `async-tests` has them in real runtimes.

#![cfg(feature = "async")]

mod common;

use common::{calls, until, until_parked, Calls, Watched, Word};
use futex_event::{wait_any_async, AutoResetEvent, Event, EventCount, WaitAsync};
use std::future::Future;
use std::mem::forget;
use std::panic::panic_any;
use std::pin::Pin;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};
use std::thread;
use std::time::Duration;

on_every_word! {
    untimed: [
        a_task_is_released_by_a_set,
        a_pulse_releases_a_task,
        a_token_is_taken_by_the_poll_and_by_nothing_else,
        a_task_waits_for_any_of_several_events,
        one_event_may_be_waited_for_twice_at_a_time,
        a_future_that_is_ready_stays_ready_and_takes_no_more,
        threads_and_tasks_wait_for_one_event,
        a_thread_that_waits_comes_before_a_task,
        one_token_wakes_one_task_and_a_broadcast_wakes_all,
        sets_in_a_row_are_one_token_until_a_task_has_run,
        the_last_waker_is_the_one_that_is_run,
        a_set_while_a_task_registers_is_found,
        a_wake_is_passed_on_by_the_future_that_is_dropped,
        a_wake_that_comes_while_a_task_registers_is_passed_on,
        a_task_that_was_not_woken_passes_nothing_on,
        a_task_that_finds_the_token_gone_passes_nothing_on,
        a_future_that_is_dropped_while_it_is_woken_loses_no_token,
        a_future_that_is_over_leaves_no_waker,
        a_leaked_future_outlives_its_event,
        the_set_after_the_one_that_woke_a_leaked_future_wakes_another_task,
        a_waker_that_panics_does_not_end_the_thread_that_runs_it,
        a_task_that_registers_again_at_once_is_woken_once,
        a_set_makes_few_tasks_check_that_wait_for_other_events,
        a_set_makes_no_system_call_while_the_thread_that_runs_wakers_is_awake,
        tasks_that_wait_on_an_event_count_are_woken_by_each_notification,
        debug_says_whether_the_wait_is_over,
    ],
    timed: []
}

fn unset<F: Word>() -> (Event<F>, AutoResetEvent<F>) {
    (
        Event::with_futex(F::default()),
        AutoResetEvent::with_futex(F::default()),
    )
}

/// A waker that counts how often it is run.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wakes {
    fn count(&self) -> usize {
        self.0.load(Relaxed)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

fn wakers<const COUNT: usize>() -> [Arc<Wakes>; COUNT] {
    [(); COUNT].map(|()| Arc::default())
}

fn poll<T: Future + Unpin>(
    future: &mut T,
    waker: &Arc<impl Wake + Send + Sync + 'static>,
) -> Poll<T::Output> {
    let waker = Waker::from(Arc::clone(waker));
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

/// Polls a future, and runs this whenever the waker is cloned: after the future's check of its events, and before it
/// registers the waker.
fn poll_and_on_clone<T: Future + Unpin>(future: &mut T, run: &dyn Fn()) -> Poll<T::Output> {
    static RUNS: RawWakerVTable = RawWakerVTable::new(run_and_clone, ignore, ignore, ignore);
    static IDLE: RawWakerVTable = RawWakerVTable::new(clone, ignore, ignore, ignore);
    unsafe fn run_and_clone(run: *const ()) -> RawWaker {
        // SAFETY: the caller of this says so.
        unsafe { (*run.cast::<&dyn Fn()>())() };
        RawWaker::new(ptr::null(), &IDLE)
    }
    unsafe fn clone(_: *const ()) -> RawWaker {
        RawWaker::new(ptr::null(), &IDLE)
    }
    unsafe fn ignore(_: *const ()) {}

    let run: *const &dyn Fn() = &run;
    // SAFETY: the closure is there as long as this waker, and the clones do not use it.
    let waker = unsafe { Waker::from_raw(RawWaker::new(run.cast(), &RUNS)) };
    Pin::new(future).poll(&mut Context::from_waker(&waker))
}

/// Runs a future to its end.
fn run<T: Future + Unpin>(mut future: T) -> T::Output {
    let wakes = Arc::new(Wakes::default());
    loop {
        let before = wakes.count();
        if let Poll::Ready(output) = poll(&mut future, &wakes) {
            return output;
        }
        until(|| wakes.count() > before);
    }
}

/// Returns when the waker thread has done what the sets before this call are for. It goes in passes through the buckets that
/// have their bits on. It may come to the bucket of this event in a pass that began before those sets, and a second time in the
/// pass that is for them, but earlier in it. The third time is in a later pass.
fn until_wakers_have_run<F: Word>() {
    let event = Event::with_futex(F::default());
    for _ in 0..3 {
        let [wakes] = wakers();
        let mut wait = event.wait_async();
        assert!(poll(&mut wait, &wakes).is_pending());
        event.set();
        until(|| wakes.count() > 0);
        event.clear();
    }
}

fn a_task_is_released_by_a_set<F: Word>() {
    for _ in 0..50 {
        let (event, token) = unset::<F>();
        thread::scope(|scope| {
            scope.spawn(|| {
                event.set();
                token.set();
            });
            run(event.wait_async());
            run(token.wait_async());
        });
        assert!(event.is_set() && !token.is_set());
    }
}

fn a_pulse_releases_a_task<F: Word>() {
    let event = Event::with_futex(F::default());
    let [wakes] = wakers();
    let mut unpolled = event.wait_async();
    let mut polled = event.wait_async();
    assert!(poll(&mut polled, &wakes).is_pending());
    assert!(event.set() && event.clear());
    until(|| wakes.count() > 0);
    assert!(poll(&mut polled, &wakes).is_ready());
    assert!(poll(&mut unpolled, &wakes).is_ready());
    assert!(poll(&mut event.wait_async(), &wakes).is_pending());
}

fn a_token_is_taken_by_the_poll_and_by_nothing_else<F: Word>() {
    let event = AutoResetEvent::with_futex(F::default());
    let [wakes] = wakers();
    let mut wait = event.wait_async();
    assert!(poll(&mut wait, &wakes).is_pending());
    assert!(event.set());
    until(|| wakes.count() > 0);
    assert!(event.is_set());
    drop(wait);
    assert!(event.is_set());
    assert!(poll(&mut event.wait_async(), &wakes).is_ready());
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
        assert_eq!(run(wait_any_async(&all)), 31);
    });
    tokens[3].set();
    event.set();
    assert_eq!(run(wait_any_async(&all)), 0);
    assert!(tokens[3].is_set());
    event.clear();
    assert_eq!(run(wait_any_async(&all)), 4);
    assert!(tokens.iter().all(|token| !token.is_set()));
}

fn one_event_may_be_waited_for_twice_at_a_time<F: Word>() {
    let event = AutoResetEvent::with_futex(F::default());
    let [wakes] = wakers();
    let mut wait = wait_any_async([&event, &event]);
    assert!(poll(&mut wait, &wakes).is_pending());
    event.set();
    until(|| wakes.count() > 0);
    assert_eq!(poll(&mut wait, &wakes), Poll::Ready(0));
    assert!(!event.is_set());
}

#[test]
#[should_panic = "a wait for one of no events never ends"]
fn a_wait_for_no_events_is_refused() {
    let none: [&Event; 0] = [];
    drop(wait_any_async(none));
}

fn a_future_that_is_ready_stays_ready_and_takes_no_more<F: Word>() {
    fn is_send<T: Send + Unpin>(_: &T) {}
    let event = AutoResetEvent::with_futex(F::default());
    let manual = Event::with_futex(F::default());
    let [wakes] = wakers();
    let mut one = event.wait_async();
    let mut any = wait_any_async((&manual, &event));
    is_send(&one);
    is_send(&any);
    assert!(poll(&mut one, &wakes).is_pending());
    assert!(event.set());
    assert!(poll(&mut one, &wakes).is_ready());
    assert!(event.set());
    assert!(poll(&mut one, &wakes).is_ready());
    assert!(event.is_set());
    assert_eq!(poll(&mut any, &wakes), Poll::Ready(1));
    assert!(event.set());
    assert_eq!(poll(&mut any, &wakes), Poll::Ready(1));
    assert!(event.is_set());
}

#[test]
#[should_panic = "polled after it was ready"]
fn a_future_of_an_event_count_is_not_polled_after_it_was_ready() {
    let changed = EventCount::new();
    let mut wait = changed.wait_until_async(|| Some(7));
    let [wakes] = wakers();
    assert_eq!(poll(&mut wait, &wakes), Poll::Ready(7));
    let _ = poll(&mut wait, &wakes);
}

fn threads_and_tasks_wait_for_one_event<F: Word>() {
    let event = Event::with_futex(Watched::<F>::default());
    let [wakes] = wakers();
    let mut task = event.wait_async();
    assert!(poll(&mut task, &wakes).is_pending());
    thread::scope(|scope| {
        scope.spawn(|| event.wait());
        until_parked(&event, 1);
        assert!(event.set());
    });
    until(|| wakes.count() > 0);
    assert!(poll(&mut task, &wakes).is_ready());
}

fn a_thread_that_waits_comes_before_a_task<F: Word>() {
    let _turn = common::take_turn();
    let event = AutoResetEvent::with_futex(Watched::<F>::default());
    let [wakes] = wakers();
    let mut task = event.wait_async();
    assert!(poll(&mut task, &wakes).is_pending());
    thread::scope(|scope| {
        scope.spawn(|| event.wait());
        until_parked(&event, 1);
        assert!(event.set());
    });
    assert!(!event.is_set());
    until_wakers_have_run::<F>();
    assert_eq!(wakes.count(), 0);
    assert!(poll(&mut task, &wakes).is_pending());
}

fn one_token_wakes_one_task_and_a_broadcast_wakes_all<F: Word>() {
    let _turn = common::take_turn();
    let (manual, auto) = unset::<F>();
    let [first, takers, others] = wakers();
    // More than the waker thread takes at a time.
    let mut waits: Vec<_> = (0..150)
        .map(|_| (auto.wait_async(), manual.wait_async()))
        .collect();
    for (index, (taker, other)) in waits.iter_mut().enumerate() {
        let wakes = if index == 0 { &first } else { &takers };
        assert!(poll(taker, wakes).is_pending());
        assert!(poll(other, &others).is_pending());
    }
    auto.set();
    manual.set();
    until_wakers_have_run::<F>();
    // Of those that want a token only the oldest.
    assert_eq!((first.count(), takers.count()), (1, 0));
    assert_eq!(others.count(), 150);
    // The token has not been taken: the wake only asks for a poll.
    assert!(auto.is_set());
    assert!(poll(&mut waits[0].0, &first).is_ready());
}

fn sets_in_a_row_are_one_token_until_a_task_has_run<F: Word>() {
    let event = AutoResetEvent::with_futex(F::default());
    let [wakes] = wakers();
    let mut waits = [event.wait_async(), event.wait_async()];
    waits
        .iter_mut()
        .for_each(|wait| assert!(poll(wait, &wakes).is_pending()));
    assert!(event.set());
    assert!(!event.set());
    assert!(poll(&mut waits[1], &wakes).is_ready());
    assert!(event.set());
    assert!(poll(&mut waits[0], &wakes).is_ready());
    assert!(!event.is_set());
}

fn the_last_waker_is_the_one_that_is_run<F: Word>() {
    let event = Event::with_futex(F::default());
    let [first, last] = wakers();
    let mut wait = event.wait_async();
    for _ in 0..2 {
        assert!(poll(&mut wait, &first).is_pending());
        // A poll by the same task keeps the one that is there.
        assert_eq!(Arc::strong_count(&first), 2);
    }
    assert!(poll(&mut wait, &last).is_pending());
    assert_eq!([&first, &last].map(Arc::strong_count), [1, 2]);
    event.set();
    until(|| last.count() == 1);
    assert_eq!(first.count(), 0);
}

fn a_set_while_a_task_registers_is_found<F: Word>() {
    let event = Event::with_futex(F::default());
    let pulse = || assert!(event.set() && event.clear());
    assert!(poll_and_on_clone(&mut event.wait_async(), &pulse).is_ready());

    let token = AutoResetEvent::with_futex(F::default());
    let set = || assert!(token.set());
    assert!(poll_and_on_clone(&mut token.wait_async(), &set).is_ready());
    assert!(!token.is_set());

    let (is_there, changed) = (AtomicBool::new(false), EventCount::with_futex(F::default()));
    let mut wait = changed.wait_until_async(|| is_there.load(Relaxed).then_some(7));
    let change = || {
        is_there.store(true, Relaxed);
        changed.notify_all();
    };
    assert_eq!(poll_and_on_clone(&mut wait, &change), Poll::Ready(7));
}

fn a_wake_is_passed_on_by_the_future_that_is_dropped<F: Word>() {
    let _turn = common::take_turn();
    let (stop, work) = unset::<F>();
    let [first, second, third] = wakers();
    let mut any = wait_any_async((&stop, &work));
    assert!(poll(&mut any, &first).is_pending());
    let mut one = work.wait_async();
    assert!(poll(&mut one, &second).is_pending());
    let mut last = work.wait_async();
    assert!(poll(&mut last, &third).is_pending());
    assert!(work.set());
    until(|| first.count() == 1);
    drop(any);
    until(|| second.count() == 1);
    // It finds the token gone, and registers again: now it is the youngest.
    assert!(work.clear());
    assert!(poll(&mut one, &second).is_pending());
    assert!(work.set());
    until(|| third.count() == 1);
    drop(last);
    until(|| second.count() == 2);
    assert!(poll(&mut one, &second).is_ready());
}

/// A token, then the wake that it makes, and then the other event.
fn set_both_once<F: Word>(stop: &Event<F>, work: &AutoResetEvent<F>, woken: &Wakes) {
    if !work.is_set() {
        work.set();
        until(|| woken.count() == 1);
        stop.set();
    }
}

/// It is woken for a token after it has checked for one, and then another event releases it.
fn a_wake_that_comes_while_a_task_registers_is_passed_on<F: Word>() {
    let _turn = common::take_turn();
    let (stop, work) = unset::<F>();
    let [first, second] = wakers();
    let mut any = wait_any_async((&stop, &work));
    assert!(poll(&mut any, &first).is_pending());
    let mut one = work.wait_async();
    assert!(poll(&mut one, &second).is_pending());
    let set_both = || set_both_once(&stop, &work, &first);
    assert_eq!(poll_and_on_clone(&mut any, &set_both), Poll::Ready(0));
    until(|| second.count() == 1);
    assert!(poll(&mut one, &second).is_ready());
}

/// Otherwise tasks are woken that find nothing to do.
fn a_task_that_was_not_woken_passes_nothing_on<F: Word>() {
    let _turn = common::take_turn();
    let (stop, work) = unset::<F>();
    let [first, second] = wakers();
    let mut waits = [work.wait_async(), work.wait_async()];
    assert!(poll(&mut waits[0], &first).is_pending());
    assert!(poll(&mut waits[1], &second).is_pending());
    let set_both = || set_both_once(&stop, &work, &first);
    let mut any = wait_any_async((&stop, &work));
    assert_eq!(poll_and_on_clone(&mut any, &set_both), Poll::Ready(0));
    until_wakers_have_run::<F>();
    assert_eq!(second.count(), 0);
}

fn a_task_that_finds_the_token_gone_passes_nothing_on<F: Word>() {
    let _turn = common::take_turn();
    let (stop, work) = unset::<F>();
    let [first, second, third] = wakers();
    let mut any = wait_any_async((&stop, &work));
    assert!(poll(&mut any, &first).is_pending());
    assert!(work.set());
    until(|| first.count() == 1);
    assert!(work.try_wait());
    let mut waits = [work.wait_async(), work.wait_async()];
    assert!(poll(&mut waits[0], &second).is_pending());
    assert!(poll(&mut any, &first).is_pending());
    assert!(poll(&mut waits[1], &third).is_pending());
    assert!(work.set() && stop.set());
    until(|| second.count() == 1);
    assert_eq!(poll(&mut any, &first), Poll::Ready(0));
    until_wakers_have_run::<F>();
    assert_eq!(third.count(), 0);
}

/// At each moment of the wake.
fn a_future_that_is_dropped_while_it_is_woken_loses_no_token<F: Word>() {
    for round in 0..1_000 {
        let event = AutoResetEvent::with_futex(F::default());
        let [wakes] = wakers();
        let mut first = event.wait_async();
        assert!(poll(&mut first, &wakes).is_pending());
        let mut second = event.wait_async();
        assert!(poll(&mut second, &wakes).is_pending());
        thread::scope(|scope| {
            scope.spawn(|| event.set());
            (0..round % 200 * 50).for_each(|_| std::hint::spin_loop());
            drop(first);
            run(second);
        });
        assert!(!event.is_set());
    }
}

fn a_future_that_is_over_leaves_no_waker<F: Word>() {
    let (event, token) = unset::<F>();
    let changed = EventCount::with_futex(F::default());
    let is_there = AtomicBool::new(false);
    let condition = || is_there.load(Relaxed).then_some(());
    let [wakes] = wakers();
    for is_dropped in [true, false] {
        let mut waits = (event.wait_async(), token.wait_async());
        let mut any = wait_any_async((&token, &event));
        let mut until_there = changed.wait_until_async(condition);
        assert!(poll(&mut waits.0, &wakes).is_pending());
        assert!(poll(&mut waits.1, &wakes).is_pending());
        assert!(poll(&mut any, &wakes).is_pending());
        assert!(poll(&mut until_there, &wakes).is_pending());
        assert_eq!(Arc::strong_count(&wakes), 6);
        if !is_dropped {
            is_there.store(true, Relaxed);
            assert!(poll(&mut until_there, &wakes).is_ready());
            assert_eq!(Arc::strong_count(&wakes), 5);
            event.set();
            assert!(poll(&mut waits.0, &wakes).is_ready());
            assert!(poll(&mut any, &wakes).is_ready());
            // The waker thread may have some in its hands.
            until(|| Arc::strong_count(&wakes) == 2);
        }
        drop((waits, any, until_there));
        assert_eq!(Arc::strong_count(&wakes), 1);
    }
}

fn a_leaked_future_outlives_its_event<F: Word>() {
    let [wakes] = wakers();
    for _ in 0..100 {
        let event = Box::new(unset::<F>());
        let mut manual = event.0.wait_async();
        let mut auto = event.1.wait_async();
        assert!(poll(&mut manual, &wakes).is_pending());
        assert!(poll(&mut auto, &wakes).is_pending());
        forget((manual, auto));
        // Most likely the next event gets the same memory.
        drop(event);
        let event = Box::new(Event::with_futex(F::default()));
        thread::scope(|scope| {
            scope.spawn(|| event.set());
            run(event.wait_async());
        });
    }
}

fn the_set_after_the_one_that_woke_a_leaked_future_wakes_another_task<F: Word>() {
    let event = AutoResetEvent::with_futex(F::default());
    let [leaked, wakes] = wakers();
    let mut first = event.wait_async();
    assert!(poll(&mut first, &leaked).is_pending());
    forget(first);
    let mut second = event.wait_async();
    assert!(poll(&mut second, &wakes).is_pending());
    assert!(event.set());
    until(|| leaked.count() == 1);
    assert!(!event.set());
    until(|| wakes.count() == 1);
    assert!(poll(&mut second, &wakes).is_ready());
}

fn a_waker_that_panics_does_not_end_the_thread_that_runs_it<F: Word>() {
    struct Panics(AtomicUsize);
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
            panic_any(Payload);
        }
    }
    /// To drop it panics too.
    struct Payload;
    impl Drop for Payload {
        fn drop(&mut self) {
            panic!("a payload is dropped");
        }
    }

    let panics = Arc::new(Panics(AtomicUsize::new(0)));
    let event = Event::with_futex(F::default());
    let mut wait = event.wait_async();
    assert!(poll(&mut wait, &panics).is_pending());
    event.set();
    until(|| panics.0.load(Relaxed) == 1);
    until_wakers_have_run::<F>();
}

/// A waker may do anything, also with the futures of other tasks.
#[test]
fn a_waker_may_drop_a_future_and_set_an_event() {
    static EVENTS: [AutoResetEvent; 2] = [AutoResetEvent::new(), AutoResetEvent::new()];
    struct Drops(Mutex<Vec<WaitAsync<'static>>>);
    impl Wake for Drops {
        fn wake(self: Arc<Self>) {
            self.0.lock().unwrap().clear();
            EVENTS[1].set();
        }
    }

    let [wakes] = wakers();
    let mut others: Vec<_> = (0..3).map(|_| EVENTS[0].wait_async()).collect();
    let mut wait = EVENTS[0].wait_async();
    let drops = Arc::new(Drops(Mutex::default()));
    assert!(poll(&mut wait, &drops).is_pending());
    others
        .iter_mut()
        .for_each(|other| assert!(poll(other, &wakes).is_pending()));
    drops.0.lock().unwrap().append(&mut others);
    EVENTS[0].set();
    run(EVENTS[1].wait_async());
    assert!(poll(&mut wait, &wakes).is_ready());
}

/// Its registration is left for the next notification, or one would keep the waker thread busy forever.
fn a_task_that_registers_again_at_once_is_woken_once<F: Word>() {
    type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;
    /// A task that is polled by its own waker.
    struct Polls(Mutex<Option<Wait>>, AtomicUsize);
    impl Wake for Polls {
        fn wake(self: Arc<Self>) {
            self.1.fetch_add(1, Relaxed);
            let mut wait = self.0.lock().unwrap();
            assert!(poll(wait.as_mut().unwrap(), &self).is_pending());
        }
    }

    let _turn = common::take_turn();
    let changed = Arc::new(EventCount::with_futex(F::default()));
    let of_the_task = Arc::clone(&changed);
    let wait = async move { of_the_task.wait_until_async(|| None).await };
    let polls = Arc::new(Polls(Mutex::new(Some(Box::pin(wait))), AtomicUsize::new(0)));
    assert!(poll(polls.0.lock().unwrap().as_mut().unwrap(), &polls).is_pending());
    for notifications in 1..=3 {
        changed.notify_all();
        until_wakers_have_run::<F>();
        assert_eq!(polls.1.load(Relaxed), notifications);
    }
    drop(polls.0.lock().unwrap().take());
}

/// One for the private word and the adversarial one on it, one for the fallback, and one for the word of `atomic-wait`.
#[cfg(target_os = "linux")]
#[test]
fn there_is_one_waker_thread_for_each_table_and_it_sleeps_when_there_is_nothing_to_do() {
    use common::adversary::AdversarialFutex;
    use futex_event::platform::{FallbackFutex, PrivateFutex};
    use futex_event::AtomicWaitFutex;

    let _turn = common::take_turn();
    until_wakers_have_run::<PrivateFutex>();
    until_wakers_have_run::<AdversarialFutex<PrivateFutex>>();
    until_wakers_have_run::<FallbackFutex>();
    until_wakers_have_run::<AtomicWaitFutex>();
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let waker_threads: Vec<common::ThreadId> = threads
        .map(|thread| thread.unwrap().path())
        // A thread of another test may be gone by now.
        .filter(|path| matches!(std::fs::read_to_string(path.join("comm")), Ok(name) if name == "futex-event\n"))
        .map(|path| path.file_name().unwrap().to_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(waker_threads.len(), 3);
    // Tests that run at the same time wake them. Between two sets of those they sleep, and do not wake up by themselves.
    for thread in waker_threads {
        until(|| {
            let before = common::sleeps(thread);
            let is_asleep = common::is_asleep(thread);
            thread::sleep(Duration::from_millis(100));
            is_asleep && common::sleeps(thread) == before
        });
    }
}

/// Only those whose events have the same bucket.
fn a_set_makes_few_tasks_check_that_wait_for_other_events<F: Word>() {
    const TASKS: usize = 64;
    let events: Vec<_> = (0..TASKS)
        .map(|_| Event::with_futex(F::default()))
        .collect();
    let wakers = wakers::<TASKS>();
    let tasks = events.iter().zip(&wakers).map(|(event, wakes)| {
        let mut task = event.wait_async();
        assert!(poll(&mut task, wakes).is_pending());
        task
    });
    let tasks: Vec<_> = tasks.collect();
    // The second one is woken after all that the first set wakes.
    for (event, wakes) in events.iter().zip(&wakers).take(2) {
        assert!(event.set());
        until(|| wakes.count() > 0);
    }
    let woken = wakers.iter().filter(|wakes| wakes.count() > 0).count();
    assert!(woken < TASKS / 2, "{woken} of {TASKS}");
    // A set reaches its tasks whatever its bucket.
    for (event, wakes) in events.iter().zip(&wakers).skip(2) {
        assert!(event.set());
        until(|| wakes.count() > 0);
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
    let (busy, [wakes]) = (Arc::new(Busy::default()), wakers());
    let mut tasks = [events[0].wait_async(), events[1].wait_async()];
    assert!(poll(&mut tasks[0], &busy).is_pending());
    assert!(poll(&mut tasks[1], &wakes).is_pending());
    assert!(events[0].set());
    until(|| busy.has_begun.load(Relaxed));
    let set = calls(|| assert!(events[1].set()));
    busy.may_end.store(true, Relaxed);
    assert_eq!(set, Calls::NONE);
    until(|| wakes.count() > 0);
}

fn tasks_that_wait_on_an_event_count_are_woken_by_each_notification<F: Word>() {
    let changed = EventCount::with_futex(F::default());
    let is_there = AtomicBool::new(false);
    for notify in [EventCount::notify_one, EventCount::notify_all] {
        let wakes: [_; 2] = wakers();
        let condition = || is_there.swap(false, Relaxed).then_some(7);
        let mut waits = wakes.clone().map(|wakes| {
            let mut wait = changed.wait_until_async(condition);
            assert!(poll(&mut wait, &wakes).is_pending());
            wait
        });
        is_there.store(true, Relaxed);
        notify(&changed);
        until(|| wakes.iter().all(|wakes| wakes.count() == 1));
        assert_eq!(poll(&mut waits[0], &wakes[0]), Poll::Ready(7));
        assert!(poll(&mut waits[1], &wakes[1]).is_pending());
    }
}

fn debug_says_whether_the_wait_is_over<F: Word>() {
    let event = Event::with_futex(F::default());
    let changed = EventCount::with_futex(F::default());
    let [wakes] = wakers();
    let mut one = event.wait_async();
    let mut any = wait_any_async([&event]);
    let mut until_set = changed.wait_until_async(|| event.is_set().then_some(()));
    assert_eq!(format!("{one:?}"), "WaitAsync { over: false }");
    assert_eq!(format!("{any:?}"), "WaitAnyAsync { released: None }");
    assert_eq!(format!("{until_set:?}"), "WaitUntilAsync { over: false }");
    event.set();
    assert!(poll(&mut one, &wakes).is_ready());
    assert!(poll(&mut any, &wakes).is_ready());
    assert!(poll(&mut until_set, &wakes).is_ready());
    assert_eq!(format!("{one:?}"), "WaitAsync { over: true }");
    assert_eq!(format!("{any:?}"), "WaitAnyAsync { released: Some(0) }");
    assert_eq!(format!("{until_set:?}"), "WaitUntilAsync { over: true }");
}
