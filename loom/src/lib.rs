//! Runs code that uses [futex-event](futex_event) in every interleaving, with [loom].
//!
//! [`LoomFutex`] is a futex word whose atomics are loom's and whose kernel is a queue in this crate. An event on it,
//! such as `Event<LoomFutex>`, is the code that ships on a modelled word. [`model`] takes the place of [`loom::model()`]:
//! it runs a closure in every interleaving that loom finds, also with sleeps that end spuriously or by a timeout.
//!
//! ```
//! use futex_event::Event;
//! use futex_event_loom::{model, LoomFutex};
//! use loom::sync::atomic::{AtomicU32, Ordering::Relaxed};
//! use loom::thread;
//! use std::sync::Arc;
//!
//! model(|| {
//!     let shared = Arc::new((AtomicU32::new(0), Event::with_futex(LoomFutex::new())));
//!     let waiter = thread::spawn({
//!         let shared = Arc::clone(&shared);
//!         move || {
//!             shared.1.wait();
//!             // `set` orders the store, although that is Relaxed.
//!             assert_eq!(shared.0.load(Relaxed), 7);
//!         }
//!     });
//!     shared.0.store(7, Relaxed);
//!     shared.1.set();
//!     waiter.join().unwrap();
//! });
//! ```
//!
//! A model fails if an assertion fails, if all threads are blocked (a lost wake-up ends like this), or if loom finds a
//! data race in one of its own cells.
//!
//! # How to model a structure of yours
//!
//! 1. Give the structure a parameter for the word, `struct Mailbox<F: Futex = PrivateFutex>`, or a type alias that a
//!    `cfg` switches. Make its events with `with_futex`.
//! 2. Have it use loom's atomics and cells in the model, as [loom's documentation][loom] says.
//! 3. Write a small model for each claim: two or three threads, one or two operations each.
//! 4. Break the structure on purpose, and check that the model fails.
//!
//! `tests/mailbox.rs` in this package does that for a mailbox, and has the mistakes that its models find.
//!
//! Share by std's `Arc` what a model may leave behind in a deadlock. Loom has no current thread when it reports one, and
//! its own `Arc` aborts the process if it is dropped then: a test with `should_panic` does not survive that.
//!
//! # What is modelled
//!
//! - **Compare and sleep** is one step, and the comparison reads the newest value, as the kernel's does.
//! - **A wake** takes threads out of the queue of an *address*, in the order in which they came. It does not access the
//!   word, whose memory may have been freed by then: [`freed`] makes every other access an error.
//! - **Spurious wake-ups and timeouts** are choices: [`Model::faults`] says how many of them an execution has at most,
//!   and every place where they can occur is tried. Apart from that a timed sleep ends when other threads have
//!   had their turn and have not woken it. No time passes in a model: [`now`](futex_event::platform::TimedFutex::now)
//!   is always zero, and a sleep with a deadline in the future can end by its timeout at once. A timeout of
//!   [`Duration::MAX`](std::time::Duration::MAX), which lasts forever, never comes.
//! - **The table of listeners**, which `wait_any` and `EventCount` use, has three slots for two addresses each and one
//!   bucket. It is empty at the start of each execution. A fourth thread goes to the overflow slot. A slot does not
//!   hold three events: a thread that waits for them is also woken by sets of others, as `wait_any` says of more than 15.
//! - **Two threads** can be counted as waiters of an `AutoResetEvent`; a third goes to the table.
//!
//! # What is not
//!
//! - Spinning: a wait on this word parks at once, since it would only repeat a load.
//! - Async tasks. The library's waker thread is not started in a model.
//! - SeqCst operations, which loom treats as AcqRel; events use none. Loom models SeqCst *fences*, which `EventCount`
//!   rests on.
//! - A weak compare-exchange that fails spuriously, the wrap of a generation, and more threads than loom allows.
//! - The order in which the kernel wakes threads of different priority.
//!
//! Loom's `unpark` gives the woken thread everything that the waker has seen. A kernel promises no such order, so it
//! can hide a missing Acquire in the executions in which the thread was asleep. Those in which it does not sleep, or
//! wakes spuriously, show the mistake: leave at least one [fault](Model::faults).
//!
//! # Bounds
//!
//! Without a bound loom tries all interleavings, which for three threads can take hours. [`Model::preemptions`] limits
//! how often a thread that could continue is interrupted by another. Most mistakes need no more than two. Loom's
//! environment variables apply: `LOOM_MAX_PREEMPTIONS` sets the bound of the models that set none, and `LOOM_LOG` and
//! `LOOM_LOCATION` show the execution that failed. `LOOM_CHECKPOINT_FILE` is for a model without faults.
//!
//! [loom]: https://docs.rs/loom

#![deny(unsafe_op_in_unsafe_fn)]
#![warn(missing_docs)]

mod freed;
mod futex;
mod kernel;
mod model;
mod table;
mod threads;

pub use freed::{freed, OnLoomFutex};
pub use futex::LoomFutex;
pub use kernel::{asleep, sleeps_of_this_thread, SleepEnd};
pub use model::{model, Explored, Model};
pub use table::leave_free;
pub use threads::{spawn, spawn_killed, until_quiet, Running};

/// The program of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
