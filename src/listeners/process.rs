//! The process in which a thread has begun to wait.
//!
//! The closure of an interruptible wait may fork. In the child the wait goes on, but what the thread had written to wait is
//! gone: its place in the table of listeners, which is cleared there; and its count in an auto-reset event, which the
//! [call](crate::AutoResetEvent::reset_after_fork) that repairs the event takes off. Another thread of the child may have the
//! same slot by then, or be counted. So after each call of the closure the thread asks this. If it is in a child, it leaves
//! everything as it is, and begins again to wait.

use crate::platform::Futex;
use core::marker::PhantomData;

/// A process, by how often it and the processes that it descends from have cleared the table. A word that does not arrange that
/// the table is cleared has one process only: there, a slot stays what it was.
pub(crate) struct Process<F> {
    clears: u32,
    word: PhantomData<F>,
}

/// The thread has forked during its wait, and is that of the child.
#[derive(Debug)]
pub(crate) struct Forked;

impl<F: Futex> Process<F> {
    /// This one.
    pub(crate) fn this() -> Self {
        let table = F::listeners();
        table.prepare();
        Self {
            clears: table.clears(),
            word: PhantomData,
        }
    }

    /// `Err` if the calling thread is in another one now.
    pub(crate) fn is_this(&self) -> Result<(), Forked> {
        if F::listeners().clears() == self.clears {
            Ok(())
        } else {
            Err(Forked)
        }
    }
}
