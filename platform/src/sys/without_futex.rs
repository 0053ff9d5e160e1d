//! Old versions of NetBSD and of Apple's systems, which have no futex.
//!
//! Private words sleep as the fallback does, with its [restrictions](crate::FallbackFutex), if there is the feature `std`. The
//! other words cannot, because its table is in one process: they are polled every millisecond.
//!
//! Every call leaves `errno` as it found it.

#![allow(dead_code)] // The other systems have a futex in each supported version.

use super::unix::{nap, now};
#[cfg(feature = "std")]
use super::{fallback, unix::keep_errno};
use super::{Count, Scope};
use crate::Deadline;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;

/// Sleeps for at most this time, where `None` is forever. Returns false if the time is over.
#[cold]
pub(crate) fn wait(word: &AtomicU32, expected: u32, left: Option<Duration>, scope: Scope) -> bool {
    let deadline = |now| left.map_or(Deadline::NEVER, |left| Deadline::after(now, left));
    match scope {
        #[cfg(feature = "std")]
        Scope::Private => {
            let wait = || {
                // The fallback has its own clock.
                fallback::wait_until(word, expected, deadline(fallback::now()), scope)
            };
            keep_errno(wait).0
        }
        // Relaxed: a wait orders nothing.
        _ => word.load(Relaxed) != expected || nap(deadline(now())),
    }
}

#[cold]
#[cfg_attr(not(feature = "std"), allow(unused_variables))]
pub(crate) fn wake(word: *const AtomicU32, count: Count, scope: Scope) {
    // A thread that polls sees the change without a wake.
    #[cfg(feature = "std")]
    if scope == Scope::Private {
        keep_errno(|| fallback::wake(word, count, scope));
    }
}
