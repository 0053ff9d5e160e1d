//! Tasks: how a `set` reaches the futures that wait for an event.
//!
//! A `set` must not run a [`Waker`](core::task::Waker): it may allocate, lock, or make system calls, and `set` is for
//! signal handlers and real-time threads. So the futures leave their wakers in a [`registry`], under locks that no
//! `set` takes, and one thread of the library, the *waker thread*, runs them. A `set` tells it which event was set, by
//! two bits in the table of [listeners](crate::listeners), and wakes it if it sleeps.
//!
//! The waker thread knows events by their addresses only, and never reads or writes one. So a future may be leaked, and
//! its event freed. Nor does it take a token: a waker makes a task check, and the token is taken in `poll`.
//!
//! # The words
//!
//! ```text
//! bucket, by hash of the address:   a count of registrations;  a bit: set
//! doorbell:   | ASLEEP |  a bit for each group of buckets: set  |
//! ```
//!
//! | actor | steps, in this order |
//! | --- | --- |
//! | a future that is polled | checks its event; counts itself in the bucket; registers its waker; marks the event, LISTENED, by a read-modify-write that checks again |
//! | a `set` that finds LISTENED | after the listeners: reads the count, and returns if it is zero; turns on the bucket's bit; turns on the group's bit in the doorbell; wakes the thread if ASLEEP was on there |
//! | the waker thread | takes all bits off the doorbell, ASLEEP too; takes the bits of those groups; takes registrations out of those buckets, counts them out, and runs their wakers. If the doorbell is zero: turns ASLEEP on, and sleeps while the word is that |
//! | a future that is dropped, or ready | takes its registration out, and counts itself out. If it is not there any more, the future owes: see below |
//!
//! # Why it holds
//!
//! *No task sleeps while its event is set.* The mark and the `set` are read-modify-writes of the event's word. If
//! the `set` comes first, the mark finds the event set. If the mark comes first, the `set` finds LISTENED, and what was
//! done before the mark: the count is not zero, so it rings. The waker thread takes a bit off before it reads what the bit
//! stands for: it takes those of the doorbell first, and a `set` turns them on last. So each `set` is followed by a pass
//! through its bucket, and this pass finds the registration, since that was there before the mark.
//!
//! *A token's wake is not lost with the task that got it.* Of the registrations for an auto-reset event the thread
//! takes one, the oldest, and for a manual-reset event all. A task whose registration has been taken, and that ends its
//! wait, *owes*: it checks the event, and if that is set, rings again. This holds if its future is dropped, if
//! another event has released it, and also if it has just taken a token: the wake may have been for the next one. A
//! task that finds the token gone registers again, and owes nothing: a later `set` rings again.
//!
//! *No `set` relies on the wake of another.* Only the thread turns ASLEEP off. Until it has run, each `set` wakes it:
//! one may have been stopped before its wake, by a scheduler or a signal.
//!
//! *A spurious wake-up has no effect.* Addresses with the same bucket share its bits: tasks are then woken that
//! find nothing, and register again. So do tasks that wait for an event at an address where another one was before.
//!
//! # Orderings
//!
//! The bits are turned on by Release and taken by Acquire, so a task that is woken sees the event as the `set`
//! left it, as does any task that it may pass the wake on to; the group's bit hands over the bucket's. The count is ordered
//! by the mark, a Release, and the `set` that finds it, an Acquire, and so are the registry's locks.

mod event_count;
mod futures;
mod registration;
mod registry;
mod waker_thread;

pub use event_count::WaitUntilAsync;
pub use futures::{wait_any_async, WaitAnyAsync, WaitAsync};
#[doc(hidden)]
pub use waker_thread::WakerThread;
