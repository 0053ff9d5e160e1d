//! What all waits share: how a waiter sleeps, when it gives up, and how its caller can end the wait.

mod deadline;
mod forms;
mod interruptible;
mod sleep;

pub use deadline::IntoDeadline;
pub(crate) use forms::Wait;
pub use interruptible::Interrupted;
pub(crate) use interruptible::Interruption;
pub(crate) use sleep::{Forever, Sleep, Until};
