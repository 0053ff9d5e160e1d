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
//! # What is in the crate
//!
//! | item | what it is |
//! | --- | --- |
//! | [`Event`] | manual-reset event: once set it stays set until cleared, and releases every waiter |
//! | [`AutoResetEvent`] | auto-reset event: each `set` releases one waiter, or is remembered for the next |
//! | [`SharedEvent`] | an `Event` for several processes, in memory that they share; not on every system |
//! | [`EventCount`], [`Ticket`] | makes a lock-free structure blocking: threads wait until it is as they want it |
//! | [`wait_any`](wait_any()) | waits for the first of several events, of both kinds; also with a timeout or a deadline |
//! | [`wait_all`](wait_all()) | waits until manual-reset events have all been set; also with a timeout or a deadline |
//! | [`Spin`] | what a wait does before it parks; the default adapts |
//! | [`Spinning`], [`AnyOf`], [`AllOf`] | an event, or several, for waits that are told how to spin |
//! | [`Interrupted`] | the error of the waits that their caller can end, whose names end in `_interruptible` |
//! | [`Waitable`] | what `wait_any` can wait for |
//! | `wait_any_async`, `wait_async` of both events, `EventCount::wait_until_async` | the same for async tasks, with the feature `async` |
//! | [`platform`] | the words that events live in, and the traits to bring your own |
//!
//! The type's own page lists what it promises: no spurious returns, no set lost to a `clear`, timeouts that are never
//! early, memory that can be freed as soon as a wait has returned.
//!
//! # The guide
//!
//! | question | page |
//! | --- | --- |
//! | Which event do I want, and when none of them? | [`guide::which_event`] |
//! | How do I make a lock-free structure blocking? | [`guide::event_counts`] |
//! | When does a timed wait end, and by which clock? | [`guide::timeouts`] |
//! | What does a thread see after a wait? | [`guide::ordering`] |
//! | May I use it in a signal handler, after a `fork`, in shared memory? | [`guide::signals_and_processes`] |
//! | Which system calls does it make, and what does a sandbox have to allow? | [`guide::system_calls`] |
//! | How do I wait inside a language runtime, with signals and a global lock? | [`guide::language_runtimes`] |
//! | What does a wait do before it sleeps? | [`guide::spinning`] |
//! | How does a thread wake an async task? | `guide::threads_and_tasks`, with the feature `async` |
//! | How do I use it without `std`, or from C? | [`guide::embedding`] |
//! | How do I run it on a system of my own? | [`guide::your_own_futex`] |
//! | What does it not promise? Wraps, killed threads, fairness, priorities, systems | [`guide::limitations`] |
//! | What is it called here? Python, .NET and Win32, C++, `Mutex` and `Condvar` | [`guide::coming_from`] |
//!
//! # Systems
//!
//! Threads sleep on the event itself on Linux, Android, Windows, Apple's systems, FreeBSD, OpenBSD, NetBSD, DragonFly and
//! Fuchsia; [`platform`] has the table of calls. Anywhere else std's `Mutex` and `Condvar` do it, in a table on the side.
//!
//! # Features
//!
//! | feature | what it brings |
//! | --- | --- |
//! | `std` (default) | the waits with a deadline, whose names end in `_deadline`; and the word for systems without a futex |
//! | `async` | futures that wait for events: `wait_async`, `wait_any_async`, `wait_until_async`; needs `std` |
//! | `conformance` | [`platform`]'s tests for words of your own; needs `std` |
//! | `atomic-wait` | `AtomicWaitFutex`, an example of a word that somebody else has brought, on the crate of that name |
//!
//! Without `std` there is neither std nor an allocator. Rust 1.63 or later.

#![no_std]
#![deny(unsafe_code)]
#![warn(missing_docs, unsafe_op_in_unsafe_fn)]

#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "atomic-wait")]
mod atomic_wait;
mod auto_reset_event;
mod event;
mod event_count;
#[cfg(any(doc, doctest))]
pub mod guide;
mod hash;
mod listeners;
mod several;
mod spin;
mod spinning;
#[cfg(feature = "async")]
mod tasks;
mod wait;
mod wait_all;
mod wait_any;

#[cfg(feature = "atomic-wait")]
pub use crate::atomic_wait::AtomicWaitFutex;
pub use auto_reset_event::AutoResetEvent;
pub use event::Event;
pub use event_count::{EventCount, Ticket};
pub use futex_event_platform as platform;
pub use spin::Spin;
pub use spinning::Spinning;
#[cfg(feature = "async")]
pub use tasks::{wait_any_async, WaitAnyAsync, WaitAsync, WaitUntilAsync};
pub use wait::{Interrupted, IntoDeadline};

/// For models.
#[cfg(feature = "async")]
#[doc(hidden)]
pub use tasks::WakerThread;

platform::where_words_can_be_shared! {{
    mod shared_event;
    pub use shared_event::SharedEvent;
} else {
    pub use platform::NoSharedFutexOnThisSystem as SharedEvent;
}}
pub use several::Waitable;
pub use wait_all::{wait_all, wait_all_timeout, AllOf};
#[cfg(feature = "std")]
pub use wait_all::{wait_all_deadline, wait_all_deadline_interruptible};
pub use wait_all::{wait_all_interruptible, wait_all_timeout_interruptible};
pub use wait_any::{wait_any, wait_any_timeout, AnyOf};
#[cfg(feature = "std")]
pub use wait_any::{wait_any_deadline, wait_any_deadline_interruptible};
pub use wait_any::{wait_any_interruptible, wait_any_timeout_interruptible};

/// The programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
