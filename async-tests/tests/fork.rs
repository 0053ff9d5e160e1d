//! A `fork` while tasks wait. This is a program of its own, so no other test is inside a poll at that moment.

#![cfg(unix)]

use async_tests::{in_time, poll, until};
use futex_event::{AutoResetEvent, Event};
use futures_lite::future::block_on;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread;

static WAKES: AtomicUsize = AtomicUsize::new(0);

struct Count;

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        WAKES.fetch_add(1, Relaxed);
    }
}

#[test]
fn events_and_futures_work_in_the_child_and_the_parents_tasks_are_not_woken_there() {
    in_time(|| {
        let (manual, auto) = (Event::new(), AutoResetEvent::new());
        let waker = Waker::from(Arc::new(Count));
        let mut waits = (manual.wait_async(), auto.wait_async());
        assert!(poll(&mut waits.0, &waker).is_pending());
        assert!(poll(&mut waits.1, &waker).is_pending());

        // SAFETY: no other thread holds a lock that the child needs: the harness waits, and so does the waker thread.
        match unsafe { libc::fork() } {
            0 => {
                // SAFETY: the call has no conditions.
                unsafe { libc::alarm(60) };
                let mut held = manual.set() && auto.set();
                let (own, owns) = (Event::new(), AutoResetEvent::new());
                thread::scope(|scope| {
                    scope.spawn(|| (own.set(), owns.set()));
                    block_on(own.wait_async());
                    block_on(owns.wait_async());
                });
                held &= WAKES.load(Relaxed) == 0;
                // What the parent registered can be polled here too,
                auto.clear();
                held &= poll(&mut waits.1, &waker).is_pending() && auto.set();
                until(|| WAKES.load(Relaxed) == 1);
                held &= poll(&mut waits.1, &waker).is_ready();
                // and dropped.
                drop(waits);
                thread::scope(|scope| {
                    auto.clear();
                    scope.spawn(|| auto.set());
                    block_on(auto.wait_async());
                });
                held &= WAKES.load(Relaxed) == 1;
                // SAFETY: the call has no conditions.
                unsafe { libc::_exit(if held { 42 } else { 1 }) }
            }
            child => {
                assert!(child > 0);
                let mut status = 0;
                // SAFETY: writes to `status` only.
                assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
                assert!(libc::WIFEXITED(status), "{status}");
                assert_eq!(libc::WEXITSTATUS(status), 42);
            }
        }
        assert_eq!(WAKES.load(Relaxed), 0);
        assert!(manual.set() && auto.set());
        until(|| WAKES.load(Relaxed) == 2);
        assert!(poll(&mut waits.0, &waker).is_ready());
        assert!(poll(&mut waits.1, &waker).is_ready());
    });
}
