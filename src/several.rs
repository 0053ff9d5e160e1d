//! Waits for several events: for the first of them, and for all of them.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`events`] | the events and lists of events that such a wait takes |
//! | [`begun`] | an event as the wait began, and any number of them without heap memory |
//! | [`any`] | `wait_any` |
//! | [`all`] | `wait_all`, also with another event that ends the wait |
//!
//! How a thread sleeps that waits for several events, and how a `set` finds it, is in [`listeners`](crate::listeners).

mod all;
mod any;
mod begun;
mod events;

pub use all::{
    wait_all, wait_all_deadline, wait_all_deadline_interruptible, wait_all_interruptible,
    wait_all_timeout, wait_all_timeout_interruptible, AllOf, AllOr, Stopped,
};
pub use any::{
    wait_any, wait_any_deadline, wait_any_deadline_interruptible, wait_any_interruptible,
    wait_any_timeout, wait_any_timeout_interruptible, AnyOf,
};
#[cfg(feature = "async")]
pub(crate) use begun::{word, Begun};
#[cfg(feature = "async")]
pub(crate) use events::Kind;
pub use events::{ManualReset, ManualResetList, Waitable, WaitableList};
