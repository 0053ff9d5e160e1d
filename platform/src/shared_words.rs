//! Where words can be shared between processes.

/// Expands to the first items on a system with `SharedFutex`, and to the second on others.
#[doc(hidden)]
#[macro_export]
macro_rules! where_words_can_be_shared {
    ({ $($item:item)* } else { $($otherwise:item)* }) => { $($item)* };
}

#[cfg(test)]
mod tests {
    use crate::{conformance, SharedFutex};

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
