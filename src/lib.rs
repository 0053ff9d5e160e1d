//! Events for threads: a thread sleeps on one until another thread sets it.
//!
//! An [`Event`] is a flag that threads can sleep on: four bytes, no lock, no heap, `const` to create. Waiters sleep in the
//! kernel on the flag itself (with `futex` on Linux), and setting it makes a system call only if threads have parked on
//! it. An [`AutoResetEvent`] hands out tokens to waiters one at a time, an [`EventCount`] makes a lock-free structure
//! blocking, and a [`SharedEvent`] works across processes. Threads can wait for several at once, with a timeout or a
//! deadline, and async tasks can wait for the same events.
//!
//! ```
//! use futex_event::Event;
//! use std::{thread, time::Duration};
//!
//! static READY: Event = Event::new();
//!
//! let waiter = thread::spawn(|| {
//!     READY.wait(); // sleeps until another thread sets it
//!     // what was done before `set` is visible here
//! });
//!
//! assert!(!READY.is_set());
//! READY.set(); // wakes every waiter, and stays set
//! waiter.join().unwrap();
//!
//! assert!(READY.wait_timeout(Duration::from_millis(10))); // returns at once: it is set
//! READY.clear();
//! assert!(!READY.wait_timeout(Duration::from_millis(10))); // false: the time is up
//! ```
//!
//! # What is in the crate
//!
//! | item | what it is |
//! | --- | --- |
//! | [`Event`] | a manual-reset event: once set it stays set until it is cleared, and it releases every waiter |
//! | [`AutoResetEvent`] | an auto-reset event: each `set` releases one waiter, or leaves one token for the next |
//! | [`EventCount`], [`Ticket`] | makes a lock-free structure blocking: threads wait until a condition on it holds |
//! | [`SharedEvent`] | an `Event` for several processes, in memory that they share; not on every system |
//! | [`wait_any`](wait_any()) | waits for the first of several events of both kinds |
//! | [`wait_all`](wait_all()) | waits until several manual-reset events have all been set |
//! | [`AllOf::or`], [`AllOr`], [`Stopped`] | waits for all of them, or for another event that ends the wait |
//! | [`IntoDeadline`] | what the waits with `_deadline` in their names take as a deadline |
//! | [`Interrupted`] | the error of the waits with `_interruptible` in their names, which a closure of the caller can end |
//! | [`Spin`] | what a wait does before it parks; the default adapts |
//! | [`Spinning`], [`AnyOf`], [`AllOf`] | an event, or several, for waits with a chosen `Spin` |
//! | [`Waitable`], [`WaitableList`] | what `wait_any` can wait for: an event, and a list of events |
//! | [`ManualReset`], [`ManualResetList`] | the same for `wait_all` |
//! | [`Event::wait_async`], [`AutoResetEvent::wait_async`], [`wait_any_async`], [`EventCount::wait_until_async`] | the waits for async tasks; with the feature `async` |
//! | [`WaitAsync`], [`WaitAnyAsync`], [`WaitUntilAsync`] | the futures that those return |
//! | [`platform`] | the words that events live in, deadlines, and the traits for words of your own |
//!
//! The page of each type lists what it guarantees: no spurious returns, no `set` lost to a `clear`, no early
//! timeouts, and memory that can be freed as soon as a wait has returned.
//!
//! # The guide
//!
//! [`guide`] has a page for each question: which event to choose, what it is called elsewhere, timeouts, memory order, signal
//! handlers and `fork`, language runtimes, system calls, use without `std` and from C, limits, and a glossary.
//!
//! # Systems
//!
//! Threads sleep on the event itself on Linux, Android, Windows, Apple's systems, FreeBSD, OpenBSD, NetBSD, DragonFly and
//! Fuchsia; [`platform`] has the table of calls. On other systems a global table of `Mutex` and `Condvar` buckets, keyed by
//! address, stands in.
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `std` (default) | deadlines as `Instant`; events and lists of them in an `Arc`, a `Box` or a `Vec`; `std::error::Error` for the errors; the word for systems without a futex |
//! | `async` | futures that wait for events: `wait_async`, `wait_any_async`, `wait_until_async`; implies `std` |
//!
//! Without `std` the crate uses neither std nor an allocator. It needs Rust 1.63 or later.
//!
//! # For implementers of words
//!
//! An event lives in a word: `Event` is `Event<PrivateFutex>`, on the system's own. To run events on another kernel or in
//! a model checker, implement [`platform::Futex`]: see [`guide::your_own_futex`]. Two features are for that only:
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `conformance` | [`platform::conformance`], the tests that a word must pass; implies `std` |
//! | `atomic-wait` | [`AtomicWaitFutex`], a complete word on the package [`atomic-wait`](https://docs.rs/atomic-wait), as an example |
//!
// Where a feature is off, the links to its items lead to docs.rs, which has all of them.
#![cfg_attr(
    not(feature = "async"),
    doc = "[`Event::wait_async`]: https://docs.rs/futex-event/latest/futex_event/struct.Event.html#method.wait_async
[`AutoResetEvent::wait_async`]: https://docs.rs/futex-event/latest/futex_event/struct.AutoResetEvent.html#method.wait_async
[`wait_any_async`]: https://docs.rs/futex-event/latest/futex_event/fn.wait_any_async.html
[`EventCount::wait_until_async`]: https://docs.rs/futex-event/latest/futex_event/struct.EventCount.html#method.wait_until_async
[`WaitAsync`]: https://docs.rs/futex-event/latest/futex_event/struct.WaitAsync.html
[`WaitAnyAsync`]: https://docs.rs/futex-event/latest/futex_event/struct.WaitAnyAsync.html
[`WaitUntilAsync`]: https://docs.rs/futex-event/latest/futex_event/struct.WaitUntilAsync.html
[`guide::threads_and_tasks`]: https://docs.rs/futex-event/latest/futex_event/guide/threads_and_tasks/index.html"
)]
#![cfg_attr(
    not(feature = "conformance"),
    doc = "[`platform::conformance`]: https://docs.rs/futex-event/latest/futex_event/platform/conformance/index.html"
)]
#![cfg_attr(
    not(feature = "atomic-wait"),
    doc = "[`AtomicWaitFutex`]: https://docs.rs/futex-event/latest/futex_event/struct.AtomicWaitFutex.html"
)]
#![no_std]
// The documentation says which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]
#![warn(missing_docs, unsafe_op_in_unsafe_fn)]

#[cfg(feature = "std")]
extern crate std;

// Which module is for what. Each uses only those above it, and `platform`.
//
// | module | one idea |
// | --- | --- |
// | `hash` | spreads addresses over tables |
// | `wait` | what all waits share: how a thread sleeps, until when, and how its caller can end the wait |
// | `spin` | the policy of what a wait does before it parks, and its memory of earlier waits |
// | `doorbell` | how a `set` reaches async tasks |
// | `listeners` | the table of threads that wait for several events |
// | `event`, `auto_reset_event` | each the API of one event; its protocol is in the folder of the same name |
// | `spinning` | the waits of events with a chosen `Spin` |
// | `shared_event` | `Event` across processes |
// | `event_count` | the event count, its ticket, and its protocol |
// | `several` | `wait_any` and `wait_all` |
// | `tasks` | waits of async tasks |
// | `atomic_wait` | an example of a word; uses only what is public |
// | `guide` | pages of the documentation |

#[cfg(feature = "atomic-wait")]
mod atomic_wait;
mod auto_reset_event;
#[cfg(feature = "async")]
mod doorbell;
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

#[cfg(feature = "atomic-wait")]
pub use crate::atomic_wait::AtomicWaitFutex;
pub use auto_reset_event::AutoResetEvent;
pub use event::Event;
pub use event_count::{EventCount, Ticket};
// Inlined, so that links to it work whether or not its own documentation is built, or built first.
#[doc(inline)]
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
pub use several::{
    wait_all, wait_all_deadline, wait_all_deadline_interruptible, wait_all_interruptible,
    wait_all_timeout, wait_all_timeout_interruptible, AllOf, AllOr, Stopped,
};
pub use several::{
    wait_any, wait_any_deadline, wait_any_deadline_interruptible, wait_any_interruptible,
    wait_any_timeout, wait_any_timeout_interruptible, AnyOf,
};
pub use several::{ManualReset, ManualResetList, Waitable, WaitableList};

/// The programs of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
