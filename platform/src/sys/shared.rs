//! Where processes can share words.

use super::{system, Scope};

word! {
    /// The word of this system, for the threads of all processes that map its memory.
    ///
    /// The kernel finds it by its memory, not by its address, so each process may map it at another address. Otherwise it
    /// is like [`PrivateFutex`](crate::PrivateFutex). A call takes a little longer, because the kernel has to look the
    /// memory up.
    ///
    /// It is for `Event`: an `AutoResetEvent`, an `EventCount`, `wait_any`, `AllOf::or` and futures do not compile on it.
    SharedFutex
}

sleeps_by!(SharedFutex, system, Scope::Shared);

/// Expands to the first items on a system with `SharedFutex`, and to the second on others.
#[doc(hidden)]
#[macro_export]
macro_rules! where_words_can_be_shared {
    ({ $($item:item)* } else { $($otherwise:item)* }) => { $($item)* };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance;

    #[test]
    fn the_shared_word_conforms() {
        conformance::timed_futex::<SharedFutex>();
    }

    #[test]
    fn calls_keep_errno() {
        #[cfg(not(futex_event_fallback))]
        conformance::keeps_errno::<crate::PrivateFutex>();
        conformance::keeps_errno::<SharedFutex>();
    }
}
