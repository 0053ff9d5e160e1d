//! What all waits share: how a waiter sleeps, and how its caller can end the wait.

mod interruptible;
mod sleep;

pub use interruptible::Interrupted;
pub(crate) use interruptible::Interruption;
#[cfg(feature = "std")]
pub(crate) use sleep::left_until;
pub(crate) use sleep::{Forever, NoTime, Sleep, Until};
