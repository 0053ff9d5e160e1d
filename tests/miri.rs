//! What Miri can check, and for which its interpreter is fast enough: the calls with the types that Linux takes, data
//! races, weak memory, and memory that a waiter frees while a `set` is still running.
//!
//! `.ci/miri` runs it under Miri with many seeds, each of which is another schedule. `cargo test` runs it too.

use futex_event::platform::{FallbackFutex, TimedFutex};
use futex_event::{wait_all, wait_any, wait_any_timeout, AutoResetEvent, Event, Spin, Waitable};
use std::cell::UnsafeCell;
use std::thread;
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_millis(2);

/// Data without any synchronisation of its own: Miri reports an access that races.
struct Unsynchronised(UnsafeCell<u32>);

// SAFETY: that its accesses are ordered is what the tests check.
unsafe impl Sync for Unsynchronised {}

impl Unsynchronised {
    const fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    fn write(&self, value: u32) {
        // SAFETY: as above.
        unsafe { *self.0.get() = value }
    }

    fn read(&self) -> u32 {
        // SAFETY: as above.
        unsafe { *self.0.get() }
    }
}

fn publishes<F: TimedFutex + Default + Send>() {
    let (data, ready, taken) = (
        Unsynchronised::new(),
        Event::with_futex(F::default()),
        AutoResetEvent::with_futex(F::default()),
    );
    thread::scope(|scope| {
        scope.spawn(|| {
            // Without a spin, it parks.
            ready.spinning(Spin::NEVER).wait();
            data.write(data.read() + 1);
            taken.set();
        });
        data.write(1);
        assert!(ready.set());
        taken.wait();
        assert_eq!(data.read(), 2);
    });
}

#[test]
fn what_is_done_before_a_set_is_seen_after_the_wait() {
    publishes::<futex_event::platform::PrivateFutex>();
    publishes::<FallbackFutex>();
}

#[test]
fn a_timeout_ends_a_wait() {
    let (event, token) = (Event::new(), AutoResetEvent::new());
    let begun = Instant::now();
    assert!(!event.spinning(Spin::NEVER).wait_timeout(TIMEOUT));
    assert!(!token.spinning(Spin::NEVER).wait_timeout(TIMEOUT));
    assert!(begun.elapsed() >= 2 * TIMEOUT);
    // No thread waits for it any more; only the mark is still in the word.
    assert!(event.set() && token.set());
    assert!(event.try_wait() && token.try_wait());
}

#[test]
fn a_timeout_that_races_a_set_loses_no_token() {
    let token = AutoResetEvent::new();
    thread::scope(|scope| {
        let waits = scope.spawn(|| token.spinning(Spin::NEVER).wait_timeout(TIMEOUT));
        assert!(token.set());
        let taken = waits.join().unwrap();
        assert_ne!(taken, token.try_wait());
    });
}

#[test]
fn several_events_are_waited_for() {
    let data = Unsynchronised::new();
    let (stop, work) = (Event::new(), AutoResetEvent::new());
    let both: [&dyn Waitable; 2] = [&stop, &work];
    assert_eq!(wait_any_timeout(both, TIMEOUT), None);
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(wait_any(both), 1);
            assert_eq!(data.read(), 7);
            stop.set();
        });
        data.write(7);
        assert!(work.set());
        wait_all([&stop]);
    });
}

/// The setter is still inside `set` then: it may use the address, and not the memory there.
#[test]
fn the_waiter_may_free_the_event() {
    struct Shared(*mut Event);
    // SAFETY: the pointer is used as the test says.
    unsafe impl Send for Shared {}

    for _ in 0..3 {
        let event = Box::into_raw(Box::new(Event::new()));
        let shared = Shared(event);
        let waiter = thread::spawn(move || {
            let shared = shared;
            // SAFETY: this thread alone frees the event, and after its wait.
            unsafe {
                (*shared.0).spinning(Spin::NEVER).wait();
                drop(Box::from_raw(shared.0));
            }
        });
        // SAFETY: the waiter is not released before this call has published.
        unsafe { (*event).set() };
        waiter.join().unwrap();
    }
}

futex_event::platform::where_words_can_be_shared! {{
    #[test]
    fn shared_memory_is_any_memory_to_miri() {
        use futex_event::SharedEvent;

        let mut page = vec![0_u32; 16];
        // SAFETY: the memory is there to the end of the test, and used as an event only.
        let event = unsafe { SharedEvent::from_ptr(page.as_mut_ptr()) };
        assert!(!event.wait_timeout(TIMEOUT));
        thread::scope(|scope| {
            scope.spawn(|| event.wait());
            event.set();
        });
        assert!(event.clear());
    }
} else {
    #[allow(dead_code)]
    fn there_is_none() {}
}}
