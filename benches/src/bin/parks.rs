//! Threads that park on one auto-reset event in plain waits, for a count of their system calls by `perf`.
//!
//! ```text
//! perf stat -e syscalls:sys_enter_futex --filter op==137 -e syscalls:sys_enter_futex --filter op==129 \
//!     -e syscalls:sys_exit_futex --filter ret==-11 target/release/parks together
//! ```
//!
//! counts, on Linux, the sleeps, the wakes, and the sleeps that the kernel did not begin (EAGAIN).
//!
//! | argument | what happens |
//! | --- | --- |
//! | `together` | 64 threads come at once from a barrier, and wait; when all sleep, each is released by a set; again |
//! | `busy` | 16 threads wait for work and do it, for 10 µs; a 17th sets the event every 10 µs |

use benches::group::work_for;
use futex_event::AutoResetEvent;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

static EVENT: AutoResetEvent = AutoResetEvent::new();

fn main() {
    let waits = match std::env::args().nth(1).as_deref() {
        Some("together") => together(64, 500),
        Some("busy") => busy(16, 200_000),
        _ => {
            eprintln!("Usage: parks together|busy");
            std::process::exit(2)
        }
    };
    println!("{waits} waits");
}

/// How many waits there were. Nothing here but the event makes a futex call, except to begin and end the threads.
fn together(threads: usize, rounds: usize) -> usize {
    let arrived = AtomicUsize::new(0);
    let released = AtomicUsize::new(0);
    let open = AtomicUsize::new(0);
    let until = |counter: &AtomicUsize, count| {
        while counter.load(SeqCst) < count {
            thread::yield_now();
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for round in 1..=rounds {
                    arrived.fetch_add(1, SeqCst);
                    until(&open, round);
                    EVENT.wait();
                    released.fetch_add(1, SeqCst);
                }
            });
        }
        for round in 1..=rounds {
            until(&arrived, round * threads);
            open.store(round, SeqCst);
            // Far longer than they take to fall asleep. If one does not, it finds a token or is released as well.
            thread::sleep(Duration::from_millis(5));
            for _ in 0..threads {
                while !EVENT.set() {
                    thread::yield_now();
                }
            }
            until(&released, round * threads);
        }
    });
    threads * rounds
}

/// How many waits there were.
fn busy(threads: usize, waits: usize) -> usize {
    let done = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    let work = || work_for(Duration::from_micros(10));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| loop {
                EVENT.wait();
                if is_over.load(SeqCst) {
                    // For the next.
                    EVENT.set();
                    break;
                }
                work();
                done.fetch_add(1, SeqCst);
            });
        }
        while done.load(SeqCst) < waits {
            work();
            EVENT.set();
        }
        is_over.store(true, SeqCst);
        EVENT.set();
    });
    done.into_inner()
}
