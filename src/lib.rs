//! Events for threads: one waits, another says go.
//!
//! An [`Event`] is a flag that threads can sleep on. It takes four bytes, has no lock inside, and costs nothing to
//! create. Waiters sleep in the kernel on the flag itself (`futex` on Linux), and the one who sets the flag enters the
//! kernel only if somebody sleeps.
//!
//! ```
//! use futex_event::Event;
//! use std::{thread, time::Duration};
//!
//! static READY: Event = Event::new();
//!
//! let waiter = thread::spawn(|| {
//!     READY.wait(); // sleeps until somebody sets it
//!     // whatever was done before `set` is visible here
//! });
//!
//! assert!(!READY.is_set());
//! READY.set(); // wakes every waiter, and it stays set
//! waiter.join().unwrap();
//!
//! assert!(READY.wait_timeout(Duration::from_millis(10))); // at once: it is set
//! READY.clear();
//! assert!(!READY.wait_timeout(Duration::from_millis(10))); // false: time ran out
//! ```
//!
//! # Coming from Python
//!
//! | `threading.Event` | here | |
//! | --- | --- | --- |
//! | `e = Event()` | `let e = Event::new();` | also in a `static` |
//! | `e.set()` | `e.set()` | says whether it changed anything |
//! | `e.clear()` | `e.clear()` | says whether it changed anything |
//! | `e.is_set()` | `e.is_set()` | |
//! | `e.wait()` | `e.wait()` | |
//! | `e.wait(timeout=1.5)` | `e.wait_timeout(Duration::from_millis(1500))` | true if set, false if time ran out |
//!
//! As in Python, a `clear` right after a `set` takes nothing back: every thread that was waiting is released.
//!
//! # Which thread sees what
//!
//! What a thread did before it called [`set`](Event::set) is visible to every thread that waits for it, looks at it
//! with success, or clears it. So the data that an event announces needs no lock of its own:
//!
//! ```
//! use futex_event::Event;
//! use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
//! use std::thread;
//!
//! let (answer, done) = (AtomicU32::new(0), Event::new());
//! thread::scope(|scope| {
//!     scope.spawn(|| {
//!         answer.store(42, Relaxed);
//!         done.set();
//!     });
//!     done.wait();
//!     assert_eq!(answer.load(Relaxed), 42);
//! });
//! ```
//!
//! # What is in the crate
//!
//! | item | what it is |
//! | --- | --- |
//! | [`Event`] | manual-reset event: once set it stays set until cleared, and releases every waiter |
//! | [`AutoResetEvent`] | auto-reset event: each `set` releases one waiter, or is remembered for the next |
//! | [`SharedEvent`] | an `Event` for several processes, in memory that they share; not on every system |
//! | [`wait_any`](wait_any()) | waits for the first of several events, of both kinds; also with a timeout or a deadline |
//! | [`wait_all`](wait_all()) | waits until manual-reset events have all been set; also with a timeout or a deadline |
//! | [`Spin`] | what a wait does before it parks; the default adapts |
//! | [`platform`] | the words that events live in, and the traits to bring your own |
//!
//! The type's own page lists what it promises: no spurious returns, no set lost to a `clear`, timeouts that are never
//! early, memory that can be freed as soon as a wait has returned.
//!
//! # Without std
//!
//! The crate is `no_std`. The feature `std`, on by default, adds the waits with a deadline that is a
//! `std::time::Instant`, and the [fallback word](platform::FallbackFutex), which systems without a futex need. All others
//! need neither for the rest, timeouts included.
//!
//! # Systems
//!
//! Threads sleep on the event itself on Linux, Android, Windows, Apple's systems, FreeBSD, OpenBSD, NetBSD, DragonFly and
//! Fuchsia; [`platform`] has the table of calls. Anywhere else std's `Mutex` and `Condvar` do it, in a table on the side.

#![no_std]
#![deny(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "std")]
extern crate std;

mod auto_reset_event;
mod epoch;
mod event;
mod several;
mod sleep;
mod spin;
mod wait_all;
mod wait_any;

pub use auto_reset_event::AutoResetEvent;
pub use event::Event;
pub use futex_event_platform as platform;
pub use spin::{Spin, Spinning};

platform::where_words_can_be_shared! {{
    mod shared_event;
    pub use shared_event::SharedEvent;
} else {
    pub use platform::NoSharedFutexOnThisSystem as SharedEvent;
}}
pub use several::{Waitable, MOST_EVENTS};
#[cfg(feature = "std")]
pub use wait_all::wait_all_deadline;
pub use wait_all::{wait_all, wait_all_timeout};
#[cfg(feature = "std")]
pub use wait_any::wait_any_deadline;
pub use wait_any::{wait_any, wait_any_timeout};

/// The programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
