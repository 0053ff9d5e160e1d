//! What only tokio has: timeouts, `select!`, a runtime that ends while its tasks wait.

use async_tests::{in_time, tokio_threads, until, Random};
use futex_event::{wait_any_async, AutoResetEvent, Event};
use futures_lite::future::block_on;
use std::future::{poll_fn, Future};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

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
        static POLLS: AtomicU64 = AtomicU64::new(0);
        let runtime = tokio_threads();
        let mut wait = EVENT.wait_async();
        let first = async { futures_lite::future::poll_once(&mut wait).await };
        assert!(runtime.block_on(first).is_none());
        let task = runtime.spawn(poll_fn(move |context| {
            let polled = Pin::new(&mut wait).poll(context);
            POLLS.fetch_add(1, Relaxed);
            polled
        }));
        until(|| POLLS.load(Relaxed) == 1);
        EVENT.set();
        runtime.block_on(task).unwrap();
    });
}

#[allow(dead_code)]
fn a_future_can_be_spawned(event: &'static Event) -> impl Future + Send + 'static {
    wait_any_async([event])
}
