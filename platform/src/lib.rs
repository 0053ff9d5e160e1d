//! Sleeping on a 32-bit word, one file per operating system.
//!
//! This is the ground under [`futex-event`]: the traits that say what a word must do, and the words
//! that the operating systems offer. What the bits of a word *mean* is not known here.
//!
//! | item | what it is |
//! | --- | --- |
//! | [`Futex`], [`TimedFutex`] | what an event needs of a word; implement them to bring your own |
//! | [`Listeners`], [`listeners!`] | the memory for the table of threads that wait for several events, and of tasks |
//! | [`Deadline`] | a point on a word's clock, or never |
//! | [`PrivateFutex`] | the word of this system, for the threads of one process |
//! | `SharedFutex` | the word of this system, for all processes that map its memory; not on every system |
//! | [`FallbackFutex`] | a word on std's `Mutex` and `Condvar`, for systems without a futex |
//! | `conformance` | the tests that a word must pass, yours too |
//!
//! | system | file | call |
//! | --- | --- | --- |
//! | Linux, Android | `linux.rs` | `futex(2)`, `FUTEX_WAIT_BITSET` with an absolute `CLOCK_MONOTONIC` deadline |
//! | Apple's | `apple.rs` | `os_sync_wait_on_address`, or `__ulock_wait2` under it; see below |
//! | Windows 8 and later | `windows.rs` | `WaitOnAddress`, whole milliseconds, a relative timeout |
//! | FreeBSD 10 | `freebsd.rs` | `_umtx_op(2)`, `UMTX_OP_WAIT_UINT` with an absolute `CLOCK_MONOTONIC` deadline |
//! | OpenBSD 6.2 | `openbsd.rs` | `futex(2)`, `FUTEX_WAIT` with a relative timeout; before 6.4 shared words are polled |
//! | NetBSD 10 | `netbsd.rs` | `__futex(2)`, as on Linux; before version 10 as where there is no call |
//! | DragonFly 1.1 | `dragonfly.rs` | `umtx_sleep(2)` with a relative timeout in microseconds, a second at most |
//! | Fuchsia | `fuchsia.rs` | `zx_futex_wait` with an absolute deadline |
//! | any other with `std` | `fallback.rs` | none: a table of queues, each under a lock |
//!
//! All `unsafe` and all `cfg(target_os)` of the two library crates live in this one.
//!
//! # Apple's systems
//!
//! The public calls are there since macOS 14.4, iOS and tvOS 17.4, watchOS 10.4 and visionOS 1.1. Older systems have
//! private calls that do the same, but the App Store refuses programs with their names. So they are used on macOS only
//! (since 10.12; for shared words since 10.15), and `RUSTFLAGS="--cfg futex_event_apple_public"` leaves them out there too.
//!
//! A `SharedFutex` has to be in shared memory: in other memory, if the process forks while a thread sleeps on it, wakes
//! may miss that thread.
//!
//! Where neither kind of calls is to be had, [`PrivateFutex`] is the [`FallbackFutex`]'s equal, and `SharedFutex` looks
//! at the word every millisecond, as it does on macOS before 10.15; so does [`PrivateFutex`] without the feature `std`.
//!
//! The calls are looked up by the first wait of a process, or its first wake of a `SharedFutex`. To look up is not
//! async-signal-safe, so a process that wakes a `SharedFutex` in a signal handler has to wake one once before, outside.
//! A wake of a [`PrivateFutex`] looks nothing up.
//!
//! # Features and flags
//!
//! `conformance` brings the tests for words.
//!
//! `async` makes the table of listeners larger, for the tasks that wait for events.
//!
//! `std` (default) brings [`FallbackFutex`]. Without it the crate is `no_std`, and on a system without a futex
//! [`PrivateFutex`] is not a [`Futex`].
//!
//! `RUSTFLAGS="--cfg futex_event_fallback"` makes [`PrivateFutex`] sleep as [`FallbackFutex`] does, on every system. It
//! is meant for tests.
//!
//! [`futex-event`]: https://docs.rs/futex-event

#![no_std]
// The documentation says which feature an item needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs, unsafe_op_in_unsafe_fn)]
// Its complaint is that newer versions of `libc` take the C types from core. Older ones are for older compilers.
#![allow(clippy::incompatible_msrv)]

#[cfg(any(feature = "std", test))]
extern crate std;

#[macro_use]
mod word;
mod deadline;
mod fork;
mod futex;
mod listeners;
#[cfg_attr(not(feature = "async"), allow(dead_code))]
mod tasks;
mod units;

#[cfg(any(feature = "conformance", test))]
pub mod conformance;
#[cfg(feature = "std")]
mod fallback;
#[cfg(any(
    all(test, target_os = "linux", not(futex_event_fallback)),
    futex_event_simulated
))]
mod simulated;

pub use deadline::Deadline;
pub use futex::{Futex, TimedFutex};
pub use listeners::{Aligned, Listeners, LISTENERS};
#[cfg(feature = "async")]
pub use tasks::Tasks;
#[cfg(feature = "std")]
pub use word::FallbackFutex;
pub use word::PrivateFutex;

cfg_if::cfg_if! {
    if #[cfg(futex_event_simulated = "apple")] {
        mod shared_words;
        mod unix;
        use simulated::apple::backend as apple;
        private_and_shared!(apple);
    } else if #[cfg(futex_event_simulated = "dragonfly")] {
        mod shared_words;
        mod unix;
        use simulated::dragonfly::backend as dragonfly;
        private_and_shared!(dragonfly);
    } else if #[cfg(futex_event_simulated = "freebsd")] {
        mod shared_words;
        mod unix;
        use simulated::freebsd::backend as freebsd;
        private_and_shared!(freebsd);
    } else if #[cfg(futex_event_simulated = "netbsd")] {
        mod shared_words;
        mod unix;
        use simulated::netbsd::backend as netbsd;
        private_and_shared!(netbsd);
    } else if #[cfg(futex_event_simulated = "openbsd")] {
        mod shared_words;
        mod unix;
        use simulated::openbsd::backend as openbsd;
        private_and_shared!(openbsd);
    } else if #[cfg(any(target_os = "linux", target_os = "android"))] {
        mod linux;
        mod shared_words;
        mod unix;
        private_and_shared!(linux);
    } else if #[cfg(target_vendor = "apple")] {
        mod apple;
        mod shared_words;
        mod unix;
        private_and_shared!(apple);
    } else if #[cfg(target_os = "dragonfly")] {
        mod dragonfly;
        mod shared_words;
        mod unix;
        private_and_shared!(dragonfly);
    } else if #[cfg(target_os = "freebsd")] {
        mod freebsd;
        mod shared_words;
        mod unix;
        private_and_shared!(freebsd);
    } else if #[cfg(target_os = "netbsd")] {
        mod netbsd;
        mod shared_words;
        mod unix;
        private_and_shared!(netbsd);
    } else if #[cfg(target_os = "openbsd")] {
        mod openbsd;
        mod shared_words;
        mod unix;
        private_and_shared!(openbsd);
    } else if #[cfg(target_os = "fuchsia")] {
        mod fuchsia;
        mod no_shared_words;
        pub use no_shared_words::NoSharedFutexOnThisSystem;
        private!(fuchsia);
    } else if #[cfg(all(windows, not(target_vendor = "win7")))] {
        mod windows;
        mod no_shared_words;
        pub use no_shared_words::NoSharedFutexOnThisSystem;
        private!(windows);
    } else {
        mod no_shared_words;
        pub use no_shared_words::NoSharedFutexOnThisSystem;
        #[cfg(feature = "std")]
        sleeps_by!(PrivateFutex, fallback);
    }
}
