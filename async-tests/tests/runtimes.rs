//! What the futures promise, in each runtime.

use async_tests::{on_every_runtime, until, within, Random, Runtime, Task, Turns};
use crossbeam_queue::SegQueue;
use futex_event::{wait_any_async, AutoResetEvent, Event, EventCount};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::Arc;
use std::thread;

on_every_runtime! {
    a_set_releases_every_task,
    a_pulse_releases_every_task_that_waits,
    each_set_that_finds_no_token_releases_a_task,
    no_token_is_lost_or_doubled_by_tasks_that_give_up,
    every_task_is_released_by_its_own_event,
    no_token_is_lost_between_threads_and_tasks,
    workers_take_what_there_is_until_they_are_stopped,
    no_item_is_missed_by_tasks_that_wait_on_an_event_count,
}

const MANY: usize = 10_000;

fn tasks<F: Future<Output = ()> + Send + 'static>(
    count: usize,
    task: impl Fn(usize) -> F,
) -> Vec<Task> {
    (0..count)
        .map(|number| Box::pin(task(number)) as Task)
        .collect()
}

/// How many tasks have done something.
#[derive(Default)]
struct Count(AtomicU64);

impl Count {
    fn add(&self) {
        self.0.fetch_add(1, Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

fn a_set_releases_every_task<R: Runtime>() {
    let event = Arc::new(Event::new());
    let begun = Arc::new(Count::default());
    let waiting = tasks(MANY, |_| {
        let (event, begun) = (Arc::clone(&event), Arc::clone(&begun));
        async move {
            begun.add();
            event.wait_async().await;
            assert!(event.is_set());
        }
    });
    thread::scope(|scope| {
        scope.spawn(|| {
            until(|| begun.get() == MANY as u64);
            event.set();
        });
        R::run(waiting);
    });
}

fn a_pulse_releases_every_task_that_waits<R: Runtime>() {
    let event = Arc::new(Event::new());
    let begun = Arc::new(Count::default());
    let waiting = tasks(100, |_| {
        let (event, begun) = (Arc::clone(&event), Arc::clone(&begun));
        async move {
            // The wait begins here, not with the first poll.
            let wait = event.wait_async();
            begun.add();
            Turns(begun.get() % 3).await;
            wait.await;
        }
    });
    thread::scope(|scope| {
        scope.spawn(|| {
            until(|| begun.get() == 100);
            assert!(event.set());
            assert!(event.clear());
        });
        R::run(waiting);
    });
}

fn each_set_that_finds_no_token_releases_a_task<R: Runtime>() {
    let event = Arc::new(AutoResetEvent::new());
    let (begun, taken) = (Arc::new(Count::default()), Arc::new(Count::default()));
    let waiting = tasks(MANY, |_| {
        let (event, begun, taken) = (Arc::clone(&event), Arc::clone(&begun), Arc::clone(&taken));
        async move {
            begun.add();
            event.wait_async().await;
            taken.add();
        }
    });
    thread::scope(|scope| {
        scope.spawn(|| {
            until(|| begun.get() == MANY as u64);
            for set in 0..MANY as u64 {
                assert!(event.set());
                while taken.get() == set {
                    thread::yield_now();
                }
            }
        });
        R::run(waiting);
    });
    assert!(!event.is_set());
}

fn no_token_is_lost_or_doubled_by_tasks_that_give_up<R: Runtime>() {
    const TASKS: usize = 8;
    const ROUNDS: u64 = 2_000;
    let event = Arc::new(AutoResetEvent::new());
    let (taken, done) = (Arc::new(Count::default()), Arc::new(Count::default()));
    let waiting = tasks(TASKS, |number| {
        let (event, taken, done) = (Arc::clone(&event), Arc::clone(&taken), Arc::clone(&done));
        async move {
            let mut random = Random(number as u64 + 1);
            for _ in 0..ROUNDS {
                // Some waits never give up.
                let released = match random.below(4) {
                    0 => {
                        event.wait_async().await;
                        true
                    }
                    turns => within(turns, event.wait_async()).await,
                };
                if released {
                    taken.add();
                }
            }
            done.add();
        }
    });
    let set = Count::default();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while done.get() < TASKS as u64 {
                    if event.set() {
                        set.add();
                    }
                    thread::yield_now();
                }
            });
        }
        R::run(waiting);
    });
    assert_eq!(set.get(), taken.get() + u64::from(event.is_set()));
}

fn every_task_is_released_by_its_own_event<R: Runtime>() {
    let events: Arc<Vec<Event>> = Arc::new((0..MANY).map(|_| Event::new()).collect());
    let (begun, polls) = (Arc::new(Count::default()), Arc::new(Count::default()));
    let waiting = tasks(MANY, |number| {
        let (events, begun, polls) = (Arc::clone(&events), Arc::clone(&begun), Arc::clone(&polls));
        async move {
            let mut wait = pin!(events[number].wait_async());
            begun.add();
            std::future::poll_fn(|context| {
                polls.add();
                wait.as_mut().poll(context)
            })
            .await;
        }
    });
    thread::scope(|scope| {
        scope.spawn(|| {
            until(|| begun.get() == MANY as u64);
            for event in &*events {
                event.set();
            }
        });
        R::run(waiting);
    });
    // A poll that finds the event unset, one that finds it set, and some for other events in the same bucket.
    assert!(polls.get() < 4 * MANY as u64, "{}", polls.get());
}

fn no_token_is_lost_between_threads_and_tasks<R: Runtime>() {
    const EACH: u64 = 500;
    let event = Arc::new(AutoResetEvent::new());
    let (taken, done) = (Arc::new(Count::default()), Arc::new(Count::default()));
    let waiting = tasks(4, |_| {
        let (event, taken, done) = (Arc::clone(&event), Arc::clone(&taken), Arc::clone(&done));
        async move {
            for _ in 0..EACH {
                event.wait_async().await;
                taken.add();
            }
            done.add();
        }
    });
    let set = Count::default();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..EACH {
                    event.wait();
                    taken.add();
                }
                done.add();
            });
        }
        scope.spawn(|| {
            while done.get() < 6 {
                if event.set() {
                    set.add();
                }
                thread::yield_now();
            }
        });
        R::run(waiting);
    });
    assert_eq!(set.get(), taken.get() + u64::from(event.is_set()));
}

fn workers_take_what_there_is_until_they_are_stopped<R: Runtime>() {
    const TOKENS: u64 = 2_000;
    let work = Arc::new([AutoResetEvent::new(), AutoResetEvent::new()]);
    let stop = Arc::new(Event::new());
    let (taken, stopped) = (Arc::new(Count::default()), Arc::new(AtomicBool::new(false)));
    let waiting = tasks(16, |_| {
        let (work, stop, taken) = (Arc::clone(&work), Arc::clone(&stop), Arc::clone(&taken));
        let stopped = Arc::clone(&stopped);
        async move {
            while wait_any_async((&*stop, &work[0], &work[1])).await != 0 {
                taken.add();
            }
            assert!(stopped.load(Relaxed));
        }
    });
    let mut set = 0;
    thread::scope(|scope| {
        let set = &mut set;
        scope.spawn(|| {
            let mut random = Random(1);
            while *set < TOKENS {
                *set += u64::from(work[random.below(2) as usize].set());
            }
            stopped.store(true, Relaxed);
            stop.set();
        });
        R::run(waiting);
    });
    let left = work.iter().filter(|work| work.is_set()).count();
    assert_eq!(set, taken.get() + left as u64);
}

/// The condition takes an item. Items come when the queue is empty, so each has to wake a task.
fn no_item_is_missed_by_tasks_that_wait_on_an_event_count<R: Runtime>() {
    const ITEMS: u64 = 3_000;
    let queue = Arc::new((SegQueue::new(), EventCount::new()));
    let (taken, over) = (Arc::new(Count::default()), Arc::new(AtomicBool::new(false)));
    let waiting = tasks(4, |number| {
        let (queue, taken, over) = (Arc::clone(&queue), Arc::clone(&taken), Arc::clone(&over));
        async move {
            let mut random = Random(number as u64 + 1);
            let check = || queue.0.pop().or_else(|| over.load(Relaxed).then_some(0));
            loop {
                let item = match random.below(3) {
                    0 => queue.1.wait_until_async(check).await,
                    turns => {
                        let wait = queue.1.wait_until_async(check);
                        match futures::future::select(wait, Turns(turns)).await {
                            futures::future::Either::Left((item, _)) => item,
                            futures::future::Either::Right(_) => continue,
                        }
                    }
                };
                if item == 0 {
                    return;
                }
                taken.add();
            }
        }
    });
    thread::scope(|scope| {
        scope.spawn(|| {
            for item in 1..=ITEMS {
                queue.0.push(item);
                queue.1.notify_one();
                if item % 2 == 0 {
                    while taken.get() < item {
                        thread::yield_now();
                    }
                }
            }
            over.store(true, Relaxed);
            queue.1.notify_all();
        });
        R::run(waiting);
    });
    assert_eq!(taken.get(), ITEMS);
}
