//! The tests for words, as whoever has brought one runs them.

#![cfg(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_vendor = "apple",
    windows
))]

use futex_event::{platform::conformance, AtomicWaitFutex};

#[test]
fn the_word_of_atomic_wait_conforms() {
    conformance::futex::<AtomicWaitFutex>();
}
