//! The words: an `AtomicU32` each, which sleeps by one of the modules in `sys/`.

/// Defines a word.
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

/// Implements `Futex` and `TimedFutex` for a word: `sleeps_by!(Word, system, scope)`, where `system` is a module with the
/// functions that `sys.rs` names.
#[allow(unused_macros)] // On a system without a word.
macro_rules! sleeps_by {
    ($name:ty, $system:ident, $scope:expr) => {
        // SAFETY: the word is one `AtomicU32`, and the system keeps the promises about waits and wakes; see there.
        unsafe impl crate::Futex for $name {
            const SHARED: bool = matches!($scope, crate::sys::Scope::Shared);

            // On that target std has no clock.
            const CLOCK: Option<fn() -> core::time::Duration> =
                if cfg!(all(target_family = "wasm", target_os = "unknown")) {
                    None
                } else {
                    Some($system::now)
                };

            fn listeners() -> &'static crate::Listeners<Self> {
                extern "C" fn clear() {
                    <$name as crate::Futex>::listeners().clear();
                }
                fn clear_in_children() {
                    use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
                    static IS_ARRANGED: AtomicBool = AtomicBool::new(false);
                    // Relaxed: a thread that reads it late arranges it once more, without effect.
                    if !IS_ARRANGED.load(Relaxed) && crate::sys::in_each_child(clear) {
                        IS_ARRANGED.store(true, Relaxed);
                    }
                }
                crate::listeners!($name, <$name>::new(0), before_use: clear_in_children)
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
                $system::wait_until(&self.0, expected, crate::Deadline::NEVER, $scope);
            }

            fn wake_one(this: *const Self) {
                $system::wake(this.cast(), crate::sys::Count::One, $scope)
            }

            fn wake_all(this: *const Self) {
                $system::wake(this.cast(), crate::sys::Count::All, $scope)
            }
        }

        // SAFETY: as for `Futex`.
        unsafe impl crate::TimedFutex for $name {
            fn now() -> core::time::Duration {
                $system::now()
            }

            fn wait_until(&self, expected: u32, deadline: crate::Deadline) -> bool {
                $system::wait_until(&self.0, expected, deadline, $scope)
            }
        }
    };
}

word! {
    /// The word of this system, for the threads of one process.
    ///
    /// See the [table of systems](crate#systems) for the call behind it. On Unix systems with a futex, every call of this
    /// type leaves `errno` as it found it, and the wakes are async-signal-safe.
    ///
    /// On a system without a futex it sleeps as [`FallbackFutex`] does. Without a futex and without the feature `std`, the
    /// type is there but implements neither [`Futex`](crate::Futex) nor [`TimedFutex`](crate::TimedFutex).
    PrivateFutex
}

#[cfg(feature = "std")]
word! {
    /// The word for systems without a futex, on std's `Mutex` and `Condvar`.
    ///
    /// It is there on every system, so that it can be measured and tested next to the others. It is the only word that is
    /// not lock-free: a thread that is preempted inside a wait or a wake delays the threads of other words. So it makes two
    /// promises less: its wakes must not be called from a signal handler, and none of its calls may be made in the child of
    /// a `fork` that happened while another thread was inside one. Its waits compare, sleep and time out like those of any
    /// futex, and a wake wakes exactly as many threads as asked. It allocates nothing itself; where std's `Condvar` is one
    /// of pthreads, std keeps that on the heap while a thread sleeps.
    FallbackFutex
}

#[cfg(feature = "std")]
use crate::sys::fallback;
#[cfg(feature = "std")]
sleeps_by!(FallbackFutex, fallback, crate::sys::Scope::Private);

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
