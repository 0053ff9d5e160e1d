//! The words: an `AtomicU32` each, with the calls of one backend.
//!
//! A backend is a module with the functions `wait`, `wake_one` and `wake_all`, and if it can time out, `now` and
//! `wait_until`. Which one is that of this system is decided here.

#[cfg(feature = "std")]
use crate::fallback;
#[cfg(all(
    any(target_os = "linux", target_os = "android"),
    not(futex_event_fallback)
))]
use crate::linux;
use core::sync::atomic::AtomicU32;

macro_rules! word {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub struct $name(AtomicU32);

        impl $name {
            /// A word that holds `value`.
            pub const fn new(value: u32) -> Self {
                Self(AtomicU32::new(value))
            }
        }

    };
}

#[allow(unused_macros)] // On a system without a word.
macro_rules! sleeps_by {
    ($name:ident, $backend:ident, timed) => {
        sleeps_by!($name, $backend);
        times_out_by!($name, $backend);
    };
    ($name:ident, $backend:ident) => {
        // SAFETY: the word is one `AtomicU32`, and the backend keeps the promises about waits and wakes; see there.
        unsafe impl crate::Futex for $name {
            fn epoch() -> &'static Self {
                static EPOCH: $name = $name::new(0);
                &EPOCH
            }

            #[inline]
            fn load(&self, order: core::sync::atomic::Ordering) -> u32 {
                self.0.load(order)
            }

            #[inline]
            fn fetch_or(&self, bits: u32, order: core::sync::atomic::Ordering) -> u32 {
                self.0.fetch_or(bits, order)
            }

            #[inline]
            fn fetch_add(&self, amount: u32, order: core::sync::atomic::Ordering) -> u32 {
                self.0.fetch_add(amount, order)
            }

            #[inline]
            fn compare_exchange_weak(
                &self,
                current: u32,
                new: u32,
                success: core::sync::atomic::Ordering,
                failure: core::sync::atomic::Ordering,
            ) -> Result<u32, u32> {
                self.0.compare_exchange_weak(current, new, success, failure)
            }

            fn wait(&self, expected: u32) {
                $backend::wait(&self.0, expected)
            }

            fn wake_one(this: *const Self) {
                $backend::wake_one(this.cast())
            }

            fn wake_all(this: *const Self) {
                $backend::wake_all(this.cast())
            }
        }
    };
}

#[allow(unused_macros)] // As above.
macro_rules! times_out_by {
    ($name:ident, $backend:ident) => {
        // SAFETY: as for `Futex`.
        unsafe impl crate::TimedFutex for $name {
            fn now() -> core::time::Duration {
                $backend::now()
            }

            fn wait_until(&self, expected: u32, deadline: crate::Deadline) -> bool {
                $backend::wait_until(&self.0, expected, deadline)
            }
        }
    };
}

word! {
    /// The word of this system, for the threads of one process.
    ///
    /// See the [table of systems](crate) for the call behind it. On Linux every call of this type leaves `errno` as it
    /// found it, and the wakes are async-signal-safe.
    ///
    /// On a system without a futex this is the [`FallbackFutex`]'s equal. Where neither is to be had, which means
    /// without the feature `std`, the type is still there but implements neither [`Futex`](crate::Futex) nor
    /// [`TimedFutex`](crate::TimedFutex).
    ///
    /// Four bytes with the alignment of a `u32`.
    PrivateFutex
}

#[cfg(all(
    any(target_os = "linux", target_os = "android"),
    not(futex_event_fallback)
))]
sleeps_by!(PrivateFutex, linux, timed);

#[cfg(all(
    feature = "std",
    any(
        not(any(target_os = "linux", target_os = "android")),
        futex_event_fallback
    )
))]
sleeps_by!(PrivateFutex, fallback, timed);

#[cfg(feature = "std")]
word! {
    /// The word for systems without a futex, on std's `Mutex` and `Condvar`.
    ///
    /// It is there on every system, to be measured and tested beside the others. It alone is not lock-free: a thread
    /// stopped inside a wait or a wake holds up those of other words. Hence two promises less: its wakes may not be
    /// called from a signal handler, nor any of its calls in the child of a `fork` that happened while another thread
    /// was inside one. Its waits compare, sleep and time out like any futex's, and it wakes exactly as many threads as
    /// it is told to. Nothing is allocated, except that where std's `Condvar` is one of pthreads, std keeps it on the
    /// heap while a thread sleeps.
    ///
    /// Four bytes with the alignment of a `u32`.
    FallbackFutex
}

#[cfg(feature = "std")]
sleeps_by!(FallbackFutex, fallback, timed);

#[cfg(feature = "atomic-wait")]
word! {
    /// A word that sleeps by the crate [`atomic-wait`], without timeouts.
    ///
    /// There for comparison, and to show what it takes to bring a word of one's own.
    ///
    /// On Apple's systems that crate's waits go through a table of the C++ library and not by the word, so that only
    /// its own wakes end them.
    ///
    /// Four bytes with the alignment of a `u32`.
    ///
    /// [`atomic-wait`]: https://docs.rs/atomic-wait
    AtomicWaitFutex
}

// The crate has the three functions under the names that a backend has.
#[cfg(feature = "atomic-wait")]
sleeps_by!(AtomicWaitFutex, atomic_wait);
