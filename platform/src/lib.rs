//! Sleeping on a 32-bit word, one file per operating system.
//!
//! This is the ground under [`futex-event`]: the traits that say what a word must do, and the words
//! that the operating systems offer. What the bits of a word *mean* is not known here.
//!
//! | item | what it is |
//! | --- | --- |
//! | [`Futex`], [`TimedFutex`] | what an event needs of a word; implement them to bring your own |
//! | [`Deadline`] | a point on a word's clock, or never |
//! | [`PrivateFutex`] | the word of this system, for the threads of one process |
//! | [`FallbackFutex`] | the same on std's `Mutex` and `Condvar`, for systems without a futex |
//!
//! | system | file | call |
//! | --- | --- | --- |
//! | Linux, Android | `linux.rs` | `futex(2)`, `FUTEX_WAIT_BITSET` with an absolute `CLOCK_MONOTONIC` deadline |
//! | any other with `std` | `fallback.rs` | none: a table of queues, each under a lock |
//!
//! All `unsafe` and all `cfg(target_os)` of the two library crates live in this one.
//!
//! # Features and flags
//!
//! `atomic-wait` brings a word, without timeouts, on the crate of that name.
//!
//! `std` (default) brings [`FallbackFutex`]. Without it the crate is `no_std`, and on a system without a futex
//! [`PrivateFutex`] is not a [`Futex`].
//!
//! `RUSTFLAGS="--cfg futex_event_fallback"` makes [`PrivateFutex`] the fallback word on every system. It is meant
//! for tests.
//!
//! [`futex-event`]: https://docs.rs/futex-event

#![no_std]
#![warn(missing_docs, unsafe_op_in_unsafe_fn)]

#[cfg(feature = "std")]
extern crate std;

mod deadline;
mod futex;
mod word;

#[cfg(feature = "std")]
mod fallback;
#[cfg(all(
    any(target_os = "linux", target_os = "android"),
    not(futex_event_fallback)
))]
mod linux;

pub use deadline::Deadline;
pub use futex::{Futex, TimedFutex};
#[cfg(feature = "atomic-wait")]
pub use word::AtomicWaitFutex;
#[cfg(feature = "std")]
pub use word::FallbackFutex;
pub use word::PrivateFutex;
