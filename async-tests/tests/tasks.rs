//! What the futures promise with any runtime, and what only tokio has.

use async_tests::{in_time, poll, tokio_threads, until, Random};
use futex_event::{wait_any_async, AutoResetEvent, Event};
use futures_lite::future::block_on;
use std::future::Future;
use std::mem::forget;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Wake, Waker};
use std::thread;
use std::time::Duration;

/// A waker that counts.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

fn counting() -> (Arc<Wakes>, Waker) {
    let wakes = Arc::new(Wakes::default());
    (Arc::clone(&wakes), Waker::from(wakes))
}

fn is_send<T: Send + Unpin>(_: &T) {}

#[test]
fn a_future_that_is_ready_stays_ready_and_takes_no_more() {
    let (_, waker) = counting();
    let event = AutoResetEvent::new();
    let manual = Event::new();
    let mut one = event.wait_async();
    let mut any = wait_any_async((&manual, &event));
    is_send(&one);
    is_send(&any);
    assert!(poll(&mut one, &waker).is_pending());
    assert!(event.set());
    assert!(poll(&mut one, &waker).is_ready());
    assert!(event.set());
    assert!(poll(&mut one, &waker).is_ready());
    assert!(event.is_set());
    assert_eq!(poll(&mut any, &waker), std::task::Poll::Ready(1));
    assert!(event.set());
    assert_eq!(poll(&mut any, &waker), std::task::Poll::Ready(1));
    assert!(event.is_set());
}

#[test]
#[should_panic = "a wait for one of no events never ends"]
fn a_wait_for_no_events_is_refused() {
    let none: [&Event; 0] = [];
    drop(wait_any_async(none));
}

#[test]
fn one_event_may_be_waited_for_twice_at_a_time() {
    in_time(|| {
        let event = AutoResetEvent::new();
        let (wakes, waker) = counting();
        let mut wait = wait_any_async([&event, &event]);
        assert!(poll(&mut wait, &waker).is_pending());
        event.set();
        until(|| wakes.0.load(Relaxed) > 0);
        assert_eq!(poll(&mut wait, &waker), std::task::Poll::Ready(0));
        assert!(!event.is_set());
    });
}

#[test]
fn one_token_wakes_one_task_and_a_broadcast_wakes_all() {
    in_time(|| {
        let (auto, manual) = (AutoResetEvent::new(), Event::new());
        let (wakes, waker) = counting();
        let mut takers: Vec<_> = (0..10).map(|_| auto.wait_async()).collect();
        let mut others: Vec<_> = (0..10).map(|_| manual.wait_async()).collect();
        takers
            .iter_mut()
            .for_each(|wait| assert!(poll(wait, &waker).is_pending()));
        others
            .iter_mut()
            .for_each(|wait| assert!(poll(wait, &waker).is_pending()));
        auto.set();
        until(|| wakes.0.load(Relaxed) == 1);
        manual.set();
        until(|| wakes.0.load(Relaxed) == 11);
        thread::sleep(Duration::from_millis(20));
        assert_eq!(wakes.0.load(Relaxed), 11);
        // Only the oldest has been woken. The token has not been taken: the wake-up only asks for a poll.
        assert!(auto.is_set());
        assert!(poll(&mut takers[0], &waker).is_ready());
    });
}

#[test]
fn a_wake_is_passed_on_by_the_future_that_is_dropped() {
    in_time(|| {
        let event = AutoResetEvent::new();
        let (wakes, waker) = counting();
        let mut first = event.wait_async();
        assert!(poll(&mut first, &waker).is_pending());
        event.set();
        until(|| wakes.0.load(Relaxed) == 1);
        // The first is no longer registered: its waker has been run.
        let (others, other) = counting();
        event.clear();
        let mut second = event.wait_async();
        assert!(poll(&mut second, &other).is_pending());
        // This wakes the second, which registers again behind a third. The third is woken next, and gives up.
        event.set();
        until(|| others.0.load(Relaxed) == 1);
        let (last, last_waker) = counting();
        event.clear();
        let mut third = event.wait_async();
        assert!(poll(&mut third, &last_waker).is_pending());
        assert!(poll(&mut second, &other).is_pending());
        event.set();
        until(|| last.0.load(Relaxed) == 1);
        drop(third);
        until(|| others.0.load(Relaxed) == 2);
        assert!(poll(&mut second, &other).is_ready());
        drop(first);
    });
}

/// At each moment of the wake-up.
#[test]
fn a_future_that_is_dropped_while_it_is_woken_loses_no_token() {
    in_time(|| {
        for round in 0..5_000_u64 {
            let event = AutoResetEvent::new();
            let (_, waker) = counting();
            let mut first = event.wait_async();
            assert!(poll(&mut first, &waker).is_pending());
            let mut second = event.wait_async();
            assert!(poll(&mut second, &waker).is_pending());
            thread::scope(|scope| {
                scope.spawn(|| event.set());
                (0..round % 200 * 50).for_each(|_| std::hint::spin_loop());
                drop(first);
                block_on(second);
            });
            assert!(!event.is_set());
        }
    });
}

/// While the first ends its wait, its waker may be run for a token that it does not take.
#[test]
fn a_task_that_takes_a_token_while_the_next_is_set_leaves_it_to_others() {
    in_time(|| {
        for round in 0..2_000_u64 {
            let event = AutoResetEvent::new();
            let (_, waker) = counting();
            let mut first = event.wait_async();
            assert!(poll(&mut first, &waker).is_pending());
            let mut second = event.wait_async();
            assert!(poll(&mut second, &waker).is_pending());
            thread::scope(|scope| {
                scope.spawn(|| {
                    event.set();
                    while !event.set() {
                        thread::yield_now();
                    }
                });
                while poll(&mut first, &waker).is_pending() {
                    (0..round % 50).for_each(|_| std::hint::spin_loop());
                    thread::yield_now();
                }
                block_on(second);
            });
            assert!(!event.is_set());
        }
    });
}

#[test]
fn a_thread_that_waits_comes_before_a_task() {
    in_time(|| {
        static EVENT: AutoResetEvent = AutoResetEvent::new();
        let (wakes, waker) = counting();
        let mut task = EVENT.wait_async();
        assert!(poll(&mut task, &waker).is_pending());
        let thread = thread::spawn(|| EVENT.wait());
        until(|| format!("{EVENT:?}").contains("parked: true"));
        thread::sleep(Duration::from_millis(10));
        assert!(EVENT.set());
        thread.join().unwrap();
        assert!(!EVENT.is_set());
        assert!(poll(&mut task, &waker).is_pending());
        assert_eq!(wakes.0.load(Relaxed), 0);
    });
}

#[test]
fn sets_in_a_row_are_one_token_until_a_task_has_run() {
    let event = AutoResetEvent::new();
    let (_, waker) = counting();
    let mut waits = [event.wait_async(), event.wait_async()];
    waits
        .iter_mut()
        .for_each(|wait| assert!(poll(wait, &waker).is_pending()));
    assert!(event.set());
    assert!(!event.set());
    assert!(poll(&mut waits[1], &waker).is_ready());
    assert!(event.set());
    assert!(poll(&mut waits[0], &waker).is_ready());
    assert!(!event.is_set());
}

#[test]
fn a_leaked_future_outlives_its_event() {
    in_time(|| {
        let (wakes, waker) = counting();
        for _ in 0..1_000 {
            let event = Box::new((Event::new(), AutoResetEvent::new()));
            let mut manual = event.0.wait_async();
            let mut auto = event.1.wait_async();
            assert!(poll(&mut manual, &waker).is_pending());
            assert!(poll(&mut auto, &waker).is_pending());
            forget((manual, auto));
            // Most likely the next event gets the same memory.
            drop(event);
            let event = Box::new(Event::new());
            thread::scope(|scope| {
                scope.spawn(|| event.set());
                block_on(event.wait_async());
            });
        }
        drop(wakes);
    });
}

#[test]
fn the_set_after_the_one_that_woke_a_leaked_future_wakes_another_task() {
    in_time(|| {
        let event = AutoResetEvent::new();
        let (leaked, waker) = counting();
        let mut first = event.wait_async();
        assert!(poll(&mut first, &waker).is_pending());
        forget(first);
        let (wakes, waker) = counting();
        let mut second = event.wait_async();
        assert!(poll(&mut second, &waker).is_pending());
        assert!(event.set());
        until(|| leaked.0.load(Relaxed) == 1);
        assert!(!event.set());
        until(|| wakes.0.load(Relaxed) == 1);
        assert!(poll(&mut second, &waker).is_ready());
    });
}

#[test]
fn a_waker_that_panics_does_not_end_the_thread_that_runs_it() {
    struct Panics(AtomicUsize);
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
            panic!("this is expected");
        }
    }

    in_time(|| {
        let panics = Arc::new(Panics(AtomicUsize::new(0)));
        let event = Event::new();
        let mut wait = event.wait_async();
        assert!(poll(&mut wait, &Waker::from(Arc::clone(&panics))).is_pending());
        event.set();
        until(|| panics.0.load(Relaxed) == 1);
        let event = Event::new();
        thread::scope(|scope| {
            scope.spawn(|| event.set());
            block_on(event.wait_async());
        });
    });
}

/// A waker may do anything, also with the futures of other tasks.
#[test]
fn a_waker_may_drop_a_future_and_set_an_event() {
    static EVENTS: [AutoResetEvent; 2] = [AutoResetEvent::new(), AutoResetEvent::new()];
    type Wait = futex_event::WaitAsync<'static>;
    struct Drops(Mutex<Vec<Wait>>);
    impl Wake for Drops {
        fn wake(self: Arc<Self>) {
            self.0.lock().unwrap().clear();
            EVENTS[1].set();
        }
    }

    in_time(|| {
        let (_, waker) = counting();
        let mut others: Vec<_> = (0..3).map(|_| EVENTS[0].wait_async()).collect();
        let mut wait = EVENTS[0].wait_async();
        let drops = Arc::new(Drops(Mutex::default()));
        assert!(poll(&mut wait, &Waker::from(Arc::clone(&drops))).is_pending());
        others
            .iter_mut()
            .for_each(|other| assert!(poll(other, &waker).is_pending()));
        drops.0.lock().unwrap().append(&mut others);
        EVENTS[0].set();
        block_on(EVENTS[1].wait_async());
        assert!(poll(&mut wait, &waker).is_ready());
    });
}

#[cfg(target_os = "linux")]
#[test]
fn the_waker_thread_is_one_and_has_a_name() {
    in_time(|| {
        let event = Event::new();
        thread::scope(|scope| {
            scope.spawn(|| event.set());
            block_on(event.wait_async());
        });
        let mut wait = event.wait_async();
        let _ = poll(&mut wait, Waker::noop());
        let threads = std::fs::read_dir("/proc/self/task").unwrap();
        let name = |thread: std::io::Result<std::fs::DirEntry>| {
            // A thread of another test may be gone by now.
            std::fs::read_to_string(thread.unwrap().path().join("comm")).unwrap_or_default()
        };
        let names = threads.map(name).filter(|name| name == "futex-event\n");
        assert_eq!(names.count(), 1);
    });
}

mod tokio_alone {
    use super::*;

    /// Each task waits for work or its timeout, thousands of times.
    #[test]
    fn no_token_is_lost_or_doubled_by_timeouts_and_select() {
        in_time(|| {
            const TASKS: u64 = 8;
            static WORK: AutoResetEvent = AutoResetEvent::new();
            static PAUSE: Event = Event::new();
            static TAKEN: AtomicU64 = AtomicU64::new(0);
            static DONE: AtomicU64 = AtomicU64::new(0);

            async fn worker(seed: u64) {
                let mut random = Random(seed + 1);
                for _ in 0..1_000 {
                    let micros = Duration::from_micros(random.below(2_000));
                    let taken = match random.below(3) {
                        0 => tokio::time::timeout(micros, WORK.wait_async())
                            .await
                            .is_ok(),
                        1 => tokio::select! {
                            () = WORK.wait_async() => true,
                            () = tokio::time::sleep(micros) => false,
                        },
                        _ => tokio::select! {
                            event = wait_any_async((&PAUSE, &WORK)) => event == 1,
                            () = tokio::task::yield_now() => false,
                        },
                    };
                    TAKEN.fetch_add(u64::from(taken), Relaxed);
                }
                DONE.fetch_add(1, Relaxed);
            }

            let runtime = tokio_threads();
            (0..TASKS).for_each(|seed| drop(runtime.spawn(worker(seed))));
            let mut set = 0;
            let mut random = Random(77);
            while DONE.load(Relaxed) < TASKS {
                set += u64::from(WORK.set());
                thread::sleep(Duration::from_micros(random.below(200)));
            }
            assert_eq!(set, TAKEN.load(Relaxed) + u64::from(WORK.is_set()));
        });
    }

    #[test]
    fn a_runtime_may_end_while_its_tasks_wait() {
        in_time(|| {
            static WORK: AutoResetEvent = AutoResetEvent::new();
            static TAKEN: AtomicU64 = AtomicU64::new(0);
            static OVER: Event = Event::new();

            let setter = thread::spawn(|| {
                let mut set = 0;
                while !OVER.is_set() {
                    set += u64::from(WORK.set());
                    thread::yield_now();
                }
                set
            });
            for _ in 0..50 {
                let runtime = tokio_threads();
                for _ in 0..100 {
                    runtime.spawn(async {
                        loop {
                            wait_any_async((&OVER, &WORK)).await;
                            TAKEN.fetch_add(1, Relaxed);
                            tokio::task::yield_now().await;
                        }
                    });
                }
                thread::sleep(Duration::from_millis(2));
                drop(runtime);
            }
            OVER.set();
            let set = setter.join().unwrap();
            assert_eq!(set, TAKEN.load(Relaxed) + u64::from(WORK.is_set()));
            // No registration is left that would keep a token from other tasks.
            WORK.clear();
            thread::scope(|scope| {
                scope.spawn(|| WORK.set());
                block_on(WORK.wait_async());
            });
        });
    }

    /// The future is polled by one task, and then by another.
    #[test]
    fn a_future_moves_from_task_to_task() {
        in_time(|| {
            static EVENT: Event = Event::new();
            let runtime = tokio_threads();
            let mut wait = EVENT.wait_async();
            let first = async { futures_lite::future::poll_once(&mut wait).await };
            assert!(runtime.block_on(first).is_none());
            let task = runtime.spawn(wait);
            thread::sleep(Duration::from_millis(5));
            EVENT.set();
            runtime.block_on(task).unwrap();
        });
    }

    #[allow(dead_code)]
    fn a_future_can_be_spawned(event: &'static Event) -> impl Future + Send + 'static {
        wait_any_async([event])
    }
}
