//! The conformance tests for words, run as the author of a word would run them.

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
