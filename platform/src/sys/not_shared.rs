//! Where processes cannot share words.

/// On a system without `SharedFutex`, the type of what would need one: Windows, Fuchsia, and systems without a futex.
#[derive(Debug)]
pub enum NoSharedFutexOnThisSystem {}

/// Expands to the first items on a system with `SharedFutex`, and to the second on others.
#[doc(hidden)]
#[macro_export]
macro_rules! where_words_can_be_shared {
    ({ $($item:item)* } else { $($otherwise:item)* }) => { $($otherwise)* };
}
