//! The words: an `AtomicU32` each, with the calls of one backend.
//!
//! A backend is a module with the functions `wait`, `wait_until`, `wake_one`, `wake_all` and `now`. One that can
//! tell private words from shared ones takes a [`Scope`] as the last argument of those that sleep and wake.

/// Who may sleep on a word, and wake.
#[allow(dead_code)] // Not every system can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The threads of this process.
    Private,
    /// Those of every process that has the word's memory mapped, wherever.
    Shared,
}

macro_rules! word {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        ///
        /// Four bytes with the alignment of a `u32`.
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub struct $name(pub(crate) core::sync::atomic::AtomicU32);

        impl $name {
            /// A word that holds `value`.
            pub const fn new(value: u32) -> Self {
                Self(core::sync::atomic::AtomicU32::new(value))
            }
        }
    };
}

/// Makes a word sleep by a backend: `sleeps_by!(Word, backend)`, with `backend(scope)` for one that takes a scope.
#[allow(unused_macros)] // On a system without a word.
macro_rules! sleeps_by {
    ($name:ident, $backend:ident $(($scope:expr))?) => {
        // SAFETY: the word is one `AtomicU32`, and the backend keeps the promises about waits and wakes; see there.
        unsafe impl crate::Futex for $name {
            $(const SHARED: bool = matches!($scope, crate::word::Scope::Shared);)?

            // There, std has no clock.
            const CLOCK: Option<fn() -> core::time::Duration> =
                if cfg!(all(target_family = "wasm", target_os = "unknown")) {
                    None
                } else {
                    Some($backend::now)
                };

            fn listeners() -> &'static crate::Listeners<Self> {
                extern "C" fn clear() {
                    <$name as crate::Futex>::listeners().clear();
                }
                fn clear_in_children() {
                    use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
                    static IS_ARRANGED: AtomicBool = AtomicBool::new(false);
                    // Relaxed: a thread that does not know it yet arranges it once more, which changes nothing.
                    if !IS_ARRANGED.load(Relaxed) && crate::fork::in_each_child(clear) {
                        IS_ARRANGED.store(true, Relaxed);
                    }
                }
                crate::listeners!($name, $name::new(0), before_use: clear_in_children)
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
                $backend::wait(&self.0, expected $(, $scope)?)
            }

            fn wake_one(this: *const Self) {
                $backend::wake_one(this.cast() $(, $scope)?)
            }

            fn wake_all(this: *const Self) {
                $backend::wake_all(this.cast() $(, $scope)?)
            }
        }

        // SAFETY: as for `Futex`.
        unsafe impl crate::TimedFutex for $name {
            fn now() -> core::time::Duration {
                $backend::now()
            }

            fn wait_until(&self, expected: u32, deadline: crate::Deadline) -> bool {
                $backend::wait_until(&self.0, expected, deadline $(, $scope)?)
            }
        }
    };
}

/// Makes the private word of a system sleep by its backend, or by the fallback, if it is told to.
#[allow(unused_macros)] // As above.
macro_rules! private {
    ($($backend:tt)*) => {
        #[cfg(not(futex_event_fallback))]
        sleeps_by!(PrivateFutex, $($backend)*);
        #[cfg(all(futex_event_fallback, feature = "std"))]
        sleeps_by!(PrivateFutex, fallback);
    };
}

/// Makes the private and the shared word of a system.
#[allow(unused_macros)] // As above.
macro_rules! private_and_shared {
    ($backend:ident) => {
        private!($backend(crate::word::Scope::Private));

        word! {
            /// The word of this system, for the threads of all processes that map its memory.
            ///
            /// The kernel knows the word by its memory, and not by its address, which may be another in each process.
            /// In all else it is like [`PrivateFutex`], only that to find the memory takes the kernel a little longer.
            ///
            /// A word of this kind is not the place for an `AutoResetEvent`, nor for `wait_any`.
            SharedFutex
        }

        sleeps_by!(SharedFutex, $backend(crate::word::Scope::Shared));
    };
}

word! {
    /// The word of this system, for the threads of one process.
    ///
    /// See the [table of systems](crate) for the call behind it. On Unix systems with a futex, every call of this type
    /// leaves `errno` as it found it, and the wakes are async-signal-safe.
    ///
    /// On a system without a futex this is the [`FallbackFutex`]'s equal. Where neither is to be had, which means
    /// without the feature `std`, the type is still there but implements neither [`Futex`](crate::Futex) nor
    /// [`TimedFutex`](crate::TimedFutex).
    PrivateFutex
}

#[cfg(feature = "std")]
word! {
    /// The word for systems without a futex, on std's `Mutex` and `Condvar`.
    ///
    /// It is there on every system, to be measured and tested beside the others. It alone is not lock-free: a thread
    /// stopped inside a wait or a wake holds up those of other words. Hence two promises less: its wakes may not be
    /// called from a signal handler, nor any of its calls in the child of a `fork` that happened while another thread
    /// was inside one. Its waits compare, sleep and time out like any futex's, and it wakes exactly as many threads as
    /// it is told to. Nothing is allocated, but by std: where its `Condvar` is one of pthreads, it keeps that on the heap
    /// while a thread sleeps.
    FallbackFutex
}

#[cfg(feature = "std")]
use crate::fallback;
#[cfg(feature = "std")]
sleeps_by!(FallbackFutex, fallback);

#[cfg(test)]
mod tests {
    use crate::conformance;

    #[test]
    fn the_private_word_conforms() {
        conformance::timed_futex::<crate::PrivateFutex>();
    }

    #[cfg(feature = "std")]
    #[test]
    fn the_fallback_word_conforms() {
        conformance::timed_futex::<crate::FallbackFutex>();
    }
}
