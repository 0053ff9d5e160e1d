//! A thread sets, a task of tokio's awaits: how long the thread is in its call, and how long it takes until the task
//! runs.
//!
//! ```text
//! cargo run --release --package async-tests --bin latency              # 31 rounds, some minutes
//! cargo run --release --package async-tests --bin latency -- 7         # a quick run
//! ```
//!
//! Nothing is pinned. tokio has one worker thread. Between two sets the thread sleeps, or, in the second group, spins
//! for a while, as one would that does some work. Then it is the wake-ups of threads that count, and they differ much
//! between machines: compare the rows of one run.

use benches::contenders::Kind;
use benches::group::{nanoseconds, time, Batch, Entry, Group};
use benches::{race, table};
use futex_event::{wait_any_async, AutoResetEvent, Event};
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::*};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::{oneshot, Notify};

/// What a thread sets and a task awaits.
trait Contender: Send + Sync + 'static {
    const NAME: &'static str;
    const KIND: Kind = Kind::Peer;

    /// In a runtime.
    fn new() -> Self;
    /// What is not the set itself.
    fn prepare(&self) -> impl FnOnce();
    fn wait(&self) -> impl Future<Output = ()> + Send;
}

/// An auto-reset event.
struct Ours(AutoResetEvent);

impl Contender for Ours {
    const NAME: &'static str = "futex-event";
    const KIND: Kind = Kind::Ours;

    fn new() -> Self {
        Self(AutoResetEvent::new())
    }

    fn prepare(&self) -> impl FnOnce() {
        || {
            self.0.set();
        }
    }

    async fn wait(&self) {
        self.0.wait_async().await;
    }
}

/// Work or a stop.
struct OursAny(AutoResetEvent, Event);

impl Contender for OursAny {
    const NAME: &'static str = "futex-event, wait_any_async of two";

    fn new() -> Self {
        Self(AutoResetEvent::new(), Event::new())
    }

    fn prepare(&self) -> impl FnOnce() {
        || {
            self.0.set();
        }
    }

    async fn wait(&self) {
        assert_eq!(wait_any_async((&self.1, &self.0)).await, 1);
    }
}

impl Contender for Notify {
    const NAME: &'static str = "tokio Notify";

    fn new() -> Self {
        Notify::new()
    }

    fn prepare(&self) -> impl FnOnce() {
        || self.notify_one()
    }

    async fn wait(&self) {
        self.notified().await;
    }
}

/// A channel each time.
struct Oneshot {
    sender: Mutex<Option<oneshot::Sender<()>>>,
    is_there: AtomicBool,
}

impl Contender for Oneshot {
    const NAME: &'static str = "tokio oneshot";

    fn new() -> Self {
        Self {
            sender: Mutex::default(),
            is_there: AtomicBool::new(false),
        }
    }

    fn prepare(&self) -> impl FnOnce() {
        while !self.is_there.load(Acquire) {
            thread::yield_now();
        }
        self.is_there.store(false, Relaxed);
        let sender = self.sender.lock().unwrap().take().unwrap();
        || sender.send(()).unwrap()
    }

    async fn wait(&self) {
        let (sender, receiver) = oneshot::channel();
        *self.sender.lock().unwrap() = Some(sender);
        self.is_there.store(true, Release);
        receiver.await.unwrap();
    }
}

/// With a flag, because its notifications are not kept if no task waits.
struct Listener(event_listener::Event, AtomicBool);

impl Contender for Listener {
    const NAME: &'static str = "event-listener and a flag";

    fn new() -> Self {
        Self(event_listener::Event::new(), AtomicBool::new(false))
    }

    fn prepare(&self) -> impl FnOnce() {
        || {
            self.1.store(true, Release);
            self.0.notify(1);
        }
    }

    async fn wait(&self) {
        loop {
            if self.1.swap(false, Acquire) {
                return;
            }
            let listener = self.0.listen();
            if self.1.swap(false, Acquire) {
                return;
            }
            listener.await;
        }
    }
}

/// The same.
struct AsyncEvent(async_event::Event, AtomicBool);

impl Contender for AsyncEvent {
    const NAME: &'static str = "async-event and a flag";

    fn new() -> Self {
        Self(async_event::Event::new(), AtomicBool::new(false))
    }

    fn prepare(&self) -> impl FnOnce() {
        || {
            self.1.store(true, Release);
            self.0.notify_one();
        }
    }

    async fn wait(&self) {
        self.0
            .wait_until(|| self.1.swap(false, Acquire).then_some(()))
            .await;
    }
}

#[cfg(target_os = "linux")]
mod reactor {
    use super::Contender;
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    use tokio::io::unix::AsyncFd;

    pub struct EventFd(AsyncFd<OwnedFd>);

    impl Contender for EventFd {
        const NAME: &'static str = "eventfd in tokio's reactor";

        fn new() -> Self {
            // SAFETY: a new file descriptor, that nothing else owns.
            let file = unsafe {
                let file = libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC);
                assert!(file >= 0);
                OwnedFd::from_raw_fd(file)
            };
            // SAFETY: it owns the descriptor, and neither replaces nor closes it.
            Self(unsafe { AsyncFd::register(file) }.unwrap())
        }

        fn prepare(&self) -> impl FnOnce() {
            || {
                // SAFETY: eight bytes, as an eventfd has it.
                let written =
                    unsafe { libc::write(self.0.as_raw_fd(), (&1_u64 as *const u64).cast(), 8) };
                assert_eq!(written, 8);
            }
        }

        async fn wait(&self) {
            loop {
                let mut ready = self.0.readable().await.unwrap();
                let mut count = 0_u64;
                // SAFETY: as above.
                let read =
                    unsafe { libc::read(self.0.as_raw_fd(), (&mut count as *mut u64).cast(), 8) };
                if read == 8 {
                    return;
                }
                ready.clear_ready();
            }
        }
    }
}

/// What the thread does between two sets.
#[derive(Clone, Copy)]
enum Pause {
    /// And it comes before all ordinary threads: those that it wakes do not take its CPU. [man 7 sched]
    SleepsInRealTime(Duration),
    Sleeps(Duration),
    Spins(Duration),
}

impl Pause {
    fn take(self) {
        match self {
            Pause::Sleeps(time) | Pause::SleepsInRealTime(time) => thread::sleep(time),
            Pause::Spins(time) => {
                let begun = Instant::now();
                while begun.elapsed() < time {
                    std::hint::spin_loop();
                }
            }
        }
    }
}

fn entry<C: Contender>(pause: Pause) -> Entry {
    Entry::named(C::NAME, C::KIND, move |iterations| {
        run::<C>(iterations, pause)
    })
}

/// The sums of the times from the set to the task, and of those in the set.
fn run<C: Contender>(iterations: u64, pause: Pause) -> Vec<f64> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
    let origin = Instant::now();
    let contender = Arc::new(runtime.block_on(async { C::new() }));
    // When the task ran last, after the origin.
    let ran = Arc::new(AtomicU64::new(0));
    let task = runtime.spawn({
        let (contender, ran) = (Arc::clone(&contender), Arc::clone(&ran));
        async move {
            for _ in 0..iterations {
                contender.wait().await;
                ran.store(origin.elapsed().as_nanos() as u64, Release);
            }
        }
    });
    let is_real_time = matches!(pause, Pause::SleepsInRealTime(_));
    if is_real_time {
        assert!(set_real_time(true), "it was allowed before");
    }
    let (mut latency, mut in_set) = (0.0, 0.0);
    let mut last = 0;
    for _ in 0..iterations {
        pause.take();
        let set = contender.prepare();
        let before = origin.elapsed();
        set();
        in_set += nanoseconds(origin.elapsed() - before);
        loop {
            let now = ran.load(Acquire);
            if now != last {
                last = now;
                break;
            }
            match pause {
                Pause::Spins(_) => std::hint::spin_loop(),
                _ => thread::sleep(Duration::from_micros(100)),
            }
        }
        latency += last as f64 - nanoseconds(before);
    }
    if is_real_time {
        set_real_time(false);
    }
    runtime.block_on(task).unwrap();
    vec![latency, in_set]
}

/// Whether the system allows it. Threads that this thread starts do not inherit it.
#[cfg(target_os = "linux")]
fn set_real_time(is_on: bool) -> bool {
    let (policy, priority) = match is_on {
        true => (libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK, 10),
        false => (libc::SCHED_OTHER, 0),
    };
    let parameters = libc::sched_param {
        sched_priority: priority,
    };
    // SAFETY: the parameters are valid, and 0 is the calling thread.
    unsafe { libc::sched_setscheduler(0, policy, &parameters) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn set_real_time(_: bool) -> bool {
    false
}

fn group(name: &str, pause: Pause) -> Group {
    let mut entries = vec![
        entry::<Ours>(pause),
        entry::<OursAny>(pause),
        entry::<Notify>(pause),
        entry::<Oneshot>(pause),
        entry::<Listener>(pause),
        entry::<AsyncEvent>(pause),
    ];
    #[cfg(target_os = "linux")]
    entries.push(entry::<reactor::EventFd>(pause));
    Group {
        name: name.into(),
        figures: vec![time("until the task runs"), time("time of the set")],
        entries,
        batch: Batch::Of(100),
    }
}

fn main() {
    let rounds = std::env::args().nth(1);
    let settings = race::Settings {
        rounds: rounds.map_or(31, |rounds| rounds.parse().expect("a number of rounds")),
        batch: 1.0,
    };
    let pause = Duration::from_micros(500);
    let mut groups = vec![
        group("a set each 0.5 ms, all asleep", Pause::Sleeps(pause)),
        group(
            "a set 20 µs after the task has run",
            Pause::Spins(Duration::from_micros(20)),
        ),
    ];
    if set_real_time(true) && set_real_time(false) {
        let pause = Pause::SleepsInRealTime(pause);
        groups.push(group("a set each 0.5 ms by a real-time thread", pause));
    } else {
        println!("SKIPPED: the real-time thread, which this system does not allow\n");
    }
    for group in groups {
        let outcome = race::run(&group, &settings);
        for figure in &outcome.results {
            println!("{}", table::results(figure));
        }
        assert!(outcome.doubts.is_empty(), "{}", outcome.doubts.join("\n"));
    }
}
