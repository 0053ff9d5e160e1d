//! Sleeping on a 32-bit word, with one file per operating system.
//!
//! This crate is the base of [`futex-event`]: the traits that a word has to implement, and the words of the operating
//! systems. It does not know what the bits of a word mean.
//!
//! | item | what it is |
//! | --- | --- |
//! | [`Futex`], [`TimedFutex`] | what an event needs from a word; implement them to use your own |
//! | [`Listeners`], [`listeners!`] | the memory of the table of threads that wait for several events, and of tasks |
//! | [`Deadline`] | a point in time on the clock of a word, or never |
//! | [`PrivateFutex`] | the word of this system, for the threads of one process |
//! | `SharedFutex` | the word of this system, for all processes that map its memory; on some systems only |
//! | [`FallbackFutex`] | a word on std's `Mutex` and `Condvar`, for systems without a futex |
//! | `conformance` | the tests that a word must pass, for your own words too |
//!
//! All `cfg(target_os)` of the two library crates is in this one, and nearly all `unsafe`.
//!
//! # Systems
//!
//! | system | file in `sys/` | call |
//! | --- | --- | --- |
//! | Linux, Android, OpenHarmony | `linux.rs` | `futex(2)`: `FUTEX_WAIT_BITSET` |
//! | Apple's | `apple.rs` | `os_sync_wait_on_address`, or `__ulock_wait2` under it |
//! | Windows | `windows.rs` | `WaitOnAddress` |
//! | FreeBSD | `freebsd.rs` | `_umtx_op(2)`: `UMTX_OP_WAIT_UINT` |
//! | OpenBSD | `openbsd.rs` | `futex(2)`: `FUTEX_WAIT` |
//! | NetBSD | `netbsd.rs` | `__futex(2)`: `FUTEX_WAIT_BITSET` |
//! | DragonFly | `dragonfly.rs` | `umtx_sleep(2)` |
//! | Fuchsia | `fuchsia.rs` | `zx_futex_wait` |
//! | any other with `std` | `fallback.rs` | none |
//!
//! Each file says since which version, and what the system answers. The README of `futex-event` has the versions, the
//! resolution of timeouts, and where words can be shared.
//!
//! # Apple's systems
//!
//! The public calls are there since macOS 14.4, iOS and tvOS 17.4, watchOS 10.4 and visionOS 1.1. Older systems have private
//! calls that do the same, but the App Store rejects programs that contain their names. So they are used on macOS only (since
//! 10.12; for shared words since 10.15), and `RUSTFLAGS="--cfg futex_event_apple_public"` leaves them out there too.
//!
//! A `SharedFutex` has to be in shared memory. If it is in other memory and the process forks while a thread sleeps on it, a
//! wake may miss that thread.
//!
//! If neither kind of call is available, [`PrivateFutex`] sleeps as [`FallbackFutex`] does, and `SharedFutex` polls the word
//! every millisecond, as it does on macOS before 10.15. Without the feature `std`, so does [`PrivateFutex`].
//!
//! The first wait of a process looks the calls up, or its first wake of a `SharedFutex`. Looking them up is not
//! async-signal-safe. So a process that wakes a `SharedFutex` in a signal handler has to wait on a word, or wake a
//! `SharedFutex`, before, outside of signal handlers. A wake of a [`PrivateFutex`] looks nothing up.
//!
//! # Features and flags
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `std` (default) | [`FallbackFutex`]. Without it the crate is `no_std`, and on a system without a futex [`PrivateFutex`] does not implement [`Futex`] |
//! | `async` | room for tasks in the table of listeners |
//! | `conformance` | the tests for words |
//!
//! `RUSTFLAGS="--cfg futex_event_fallback"` makes [`PrivateFutex`] sleep as [`FallbackFutex`] does, on every system. It is
//! meant for tests.
//!
//! [`futex-event`]: https://docs.rs/futex-event

#![no_std]
// The documentation says which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs, unsafe_op_in_unsafe_fn)]
// It warns because newer versions of `libc` take the C types from core. Older compilers use older versions.
#![allow(clippy::incompatible_msrv)]

#[cfg(any(feature = "std", test))]
extern crate std;

#[macro_use]
mod word;
mod deadline;
mod futex;
mod listeners;
mod sys;
#[cfg_attr(not(feature = "async"), allow(dead_code))]
mod tasks;

#[cfg(any(feature = "conformance", test))]
pub mod conformance;

pub use deadline::Deadline;
pub use futex::{Futex, TimedFutex};
pub use listeners::{Aligned, Listeners, LISTENERS};
pub use sys::*;
#[cfg(feature = "async")]
pub use tasks::Tasks;
#[cfg(feature = "std")]
pub use word::FallbackFutex;
pub use word::PrivateFutex;
