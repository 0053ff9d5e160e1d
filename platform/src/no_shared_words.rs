//! Where words cannot be shared between processes.

/// Stands in for what needs words that processes can share where there are none: on Windows, and where there is no futex.
#[derive(Debug)]
pub enum NoSharedFutexOnThisSystem {}

/// Expands to the first items on a system with `SharedFutex`, and to the second on others.
#[doc(hidden)]
#[macro_export]
macro_rules! where_words_can_be_shared {
    ({ $($item:item)* } else { $($otherwise:item)* }) => { $($otherwise)* };
}
