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
//! | `SharedFutex` | the word of this system, for all processes that map its memory; not on every system |
//! | [`FallbackFutex`] | a word on std's `Mutex` and `Condvar`, for systems without a futex |
//! | `conformance` | the tests that a word must pass, yours too |
//!
//! | system | file | call |
//! | --- | --- | --- |
//! | Linux, Android | `linux.rs` | `futex(2)`, `FUTEX_WAIT_BITSET` with an absolute `CLOCK_MONOTONIC` deadline; `futex_waitv(2)` |
//! | FreeBSD 10 | `freebsd.rs` | `_umtx_op(2)`, `UMTX_OP_WAIT_UINT` with an absolute `CLOCK_MONOTONIC` deadline |
//! | OpenBSD 6.2 | `openbsd.rs` | `futex(2)`, `FUTEX_WAIT` with a relative timeout |
//! | NetBSD 10 | `netbsd.rs` | `__futex(2)`, as on Linux; before version 10 as where there is no call |
//! | DragonFly 1.1 | `dragonfly.rs` | `umtx_sleep(2)` with a relative timeout in microseconds, a second at most |
//! | Fuchsia | `fuchsia.rs` | `zx_futex_wait` with an absolute deadline |
//! | any other with `std` | `fallback.rs` | none: a table of queues, each under a lock |
//!
//! All `unsafe` and all `cfg(target_os)` of the two library crates live in this one.
//!
//! # Features and flags
//!
//! `atomic-wait` brings a word, without timeouts, on the crate of that name.
//!
//! `conformance` brings the tests for words.
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
// Its complaint is that newer versions of `libc` take the C types from core. Older ones are for older compilers.
#![allow(clippy::incompatible_msrv)]

#[cfg(any(feature = "std", test))]
extern crate std;

#[macro_use]
mod word;
mod deadline;
mod futex;
mod spin;
mod units;

#[cfg(any(feature = "conformance", test))]
pub mod conformance;
#[cfg(feature = "std")]
mod fallback;
#[cfg(any(
    all(test, target_os = "linux", not(futex_event_fallback)),
    futex_event_rehearsal
))]
mod rehearsal;

pub use deadline::Deadline;
pub use futex::{Futex, TimedFutex};
#[cfg(feature = "atomic-wait")]
pub use word::AtomicWaitFutex;
#[cfg(feature = "std")]
pub use word::FallbackFutex;
pub use word::PrivateFutex;

cfg_if::cfg_if! {
    if #[cfg(futex_event_fallback)] {
        // As on a system without one.
        #[cfg(feature = "std")]
        sleeps_by!(PrivateFutex, fallback, timed);
    } else if #[cfg(futex_event_rehearsal = "freebsd")] {
        mod unix;
        use rehearsal::freebsd::backend as freebsd;
        private_and_shared!(freebsd);
    } else if #[cfg(futex_event_rehearsal = "openbsd")] {
        mod unix;
        use rehearsal::openbsd::backend as openbsd;
        private_and_shared!(openbsd);
    } else if #[cfg(futex_event_rehearsal = "netbsd")] {
        mod unix;
        use rehearsal::netbsd::backend as netbsd;
        private_and_shared!(netbsd);
    } else if #[cfg(futex_event_rehearsal = "dragonfly")] {
        mod unix;
        use rehearsal::dragonfly::backend as dragonfly;
        private_and_shared!(dragonfly);
    } else if #[cfg(any(target_os = "linux", target_os = "android"))] {
        mod unix;
        mod linux;
        private_and_shared!(linux, any);
    } else if #[cfg(target_os = "freebsd")] {
        mod unix;
        mod freebsd;
        private_and_shared!(freebsd);
    } else if #[cfg(target_os = "openbsd")] {
        mod unix;
        mod openbsd;
        private_and_shared!(openbsd);
    } else if #[cfg(target_os = "netbsd")] {
        mod unix;
        mod netbsd;
        private_and_shared!(netbsd);
    } else if #[cfg(target_os = "dragonfly")] {
        mod unix;
        mod dragonfly;
        private_and_shared!(dragonfly);
    } else if #[cfg(target_os = "fuchsia")] {
        mod fuchsia;
        sleeps_by!(PrivateFutex, fuchsia, timed);
    } else if #[cfg(feature = "std")] {
        sleeps_by!(PrivateFutex, fallback, timed);
    }
}
