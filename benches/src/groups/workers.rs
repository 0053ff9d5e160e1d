//! Many workers, each of which waits for work or a stop. A driver hands work to one, and waits for its answer.

use crate::contenders::Kind;
use crate::group::{time, timed, Batch, Entry, Figure, Group, Unit};
use futex_event::{wait_any, AutoResetEvent, Event};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

pub const TIME: &str = "hand-off and answer";
/// Linux only.
pub const SWITCHES: &str = "voluntary context switches";

pub const ANY_OF_EACH: &str = "wait_any, work for each";
pub const ANY_OF_ALL: &str = "wait_any, work for all";
pub const EACH: &str = "wait, work for each";
pub const ALL: &str = "wait, work for all";

pub fn groups() -> Vec<Group> {
    let mut figures = vec![time(TIME)];
    if cfg!(target_os = "linux") {
        figures.push(Figure {
            name: SWITCHES,
            unit: Unit::Times,
        });
    }
    let of = |workers| Group {
        name: format!("work or stop, {workers} workers"),
        figures: figures.clone(),
        entries: entries(workers),
        batch: Batch::Of(2_000),
    };
    [1, 16, 64, 256, 1_000].map(of).into()
}

/// Each figure of so many hand-offs.
fn measured(iterations: u64, hand_off: impl FnMut()) -> Vec<f64> {
    let before = voluntary_switches();
    let time = timed(iterations, hand_off);
    let switches = before.zip(voluntary_switches());
    let switches = switches.map(|(before, after)| after - before);
    [time].into_iter().chain(switches).collect()
}

/// How often the threads of this process have given up a CPU, to sleep.
#[cfg(target_os = "linux")]
fn voluntary_switches() -> Option<f64> {
    // SAFETY: a `rusage` is numbers, for which zero is a value; and the call fills it in.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_SELF, &mut usage), 0);
        usage
    };
    Some(usage.ru_nvcsw as f64)
}

#[cfg(not(target_os = "linux"))]
fn voluntary_switches() -> Option<f64> {
    None
}

fn entries(workers: usize) -> Vec<Entry> {
    let mut entries = vec![
        entry(ANY_OF_EACH, Kind::Ours, workers, true, |pool, work| {
            assert_eq!(wait_any((&pool.stop, work)), 1);
        }),
        entry(ANY_OF_ALL, Kind::Ours, workers, false, |pool, work| {
            assert_eq!(wait_any((&pool.stop, work)), 1);
        }),
        entry(EACH, Kind::Ours, workers, true, |_, work| work.wait()),
        entry(ALL, Kind::Ours, workers, false, |_, work| work.wait()),
    ];
    #[cfg(target_os = "linux")]
    entries.push(eventfd::entry(workers));
    entries
}

struct Pool {
    stop: Event,
    work: Vec<AutoResetEvent>,
    answer: AutoResetEvent,
    is_over: AtomicBool,
}

/// The first round of each worker is not counted: it may not be there yet.
fn entry(
    name: &'static str,
    kind: Kind,
    workers: usize,
    for_each: bool,
    wait: fn(&Pool, &AutoResetEvent),
) -> Entry {
    Entry::named(name, kind, move |iterations| {
        let pool = Pool {
            stop: Event::new(),
            work: (0..workers).map(|_| AutoResetEvent::new()).collect(),
            answer: AutoResetEvent::new(),
            is_over: AtomicBool::new(false),
        };
        let of = |worker: usize| &pool.work[if for_each { worker } else { 0 }];
        thread::scope(|scope| {
            for worker in 0..workers {
                let (pool, work) = (&pool, of(worker));
                scope.spawn(move || loop {
                    wait(pool, work);
                    let is_last = pool.is_over.load(Relaxed);
                    pool.answer.set();
                    if is_last {
                        break;
                    }
                });
            }
            let hand_over = |worker| {
                of(worker).set();
                pool.answer.wait();
            };
            (0..workers).for_each(hand_over);
            let figures = measured(iterations, || hand_over(fastrand::usize(..workers)));
            pool.is_over.store(true, Relaxed);
            (0..workers).for_each(hand_over);
            figures
        })
    })
}

#[cfg(target_os = "linux")]
mod eventfd {
    use super::*;
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::{AsRawFd, FromRawFd};

    struct EventFd(File);

    impl EventFd {
        fn new() -> Self {
            // SAFETY: the call has no conditions, and the descriptor that it returns is owned by nothing else.
            let file = unsafe {
                let descriptor = libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK);
                assert!(descriptor >= 0);
                File::from_raw_fd(descriptor)
            };
            Self(file)
        }

        fn set(&self) {
            (&self.0).write_all(&1_u64.to_ne_bytes()).unwrap();
        }
    }

    /// Sleeps until one of them is set, and takes that.
    fn wait_any(events: &[&EventFd]) -> usize {
        let poll = |event: &&EventFd| libc::pollfd {
            fd: event.0.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        let mut polls: Vec<_> = events.iter().map(poll).collect();
        loop {
            // SAFETY: there are so many.
            unsafe { libc::poll(polls.as_mut_ptr(), polls.len() as _, -1) };
            let mut count = [0; 8];
            let mut take = |event: &&EventFd| (&event.0).read_exact(&mut count).is_ok();
            if let Some(index) = events.iter().position(&mut take) {
                return index;
            }
        }
    }

    pub fn entry(workers: usize) -> Entry {
        Entry::named(
            "eventfd + poll, work for each",
            Kind::Peer,
            move |iterations| {
                let (stop, answer) = (EventFd::new(), EventFd::new());
                let work: Vec<_> = (0..workers).map(|_| EventFd::new()).collect();
                let is_over = AtomicBool::new(false);
                thread::scope(|scope| {
                    for work in &work {
                        let (stop, answer, is_over) = (&stop, &answer, &is_over);
                        scope.spawn(move || loop {
                            assert_eq!(wait_any(&[stop, work]), 1);
                            let is_last = is_over.load(Relaxed);
                            answer.set();
                            if is_last {
                                break;
                            }
                        });
                    }
                    let hand_over = |worker: usize| {
                        work[worker].set();
                        wait_any(&[&answer]);
                    };
                    (0..workers).for_each(hand_over);
                    let figures = measured(iterations, || hand_over(fastrand::usize(..workers)));
                    is_over.store(true, Relaxed);
                    (0..workers).for_each(hand_over);
                    figures
                })
            },
        )
    }
}
