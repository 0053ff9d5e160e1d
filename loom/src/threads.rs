//! Threads that a model can watch, and kill.

use crate::kernel::{self, Killed};
use loom::thread;
use std::cell::Cell;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::rc::Rc;

/// A thread of a model that [`until_quiet`] knows. A model may use [`loom::thread`] instead.
#[derive(Debug)]
pub struct Running<T> {
    handle: thread::JoinHandle<T>,
    finished: Rc<Cell<bool>>,
}

impl<T> Running<T> {
    /// Whether the thread has finished. Orders nothing.
    pub fn is_finished(&self) -> bool {
        self.finished.get()
    }

    /// Waits for the thread to finish. Returns what it returned.
    pub fn join(self) -> T {
        self.handle.join().unwrap()
    }
}

/// Runs `work` in a thread of its own.
pub fn spawn<T: 'static>(work: impl FnOnce() -> T + 'static) -> Running<T> {
    let finished = Rc::new(Cell::new(false));
    let finish = Rc::clone(&finished);
    kernel::one_more();
    let handle = thread::spawn(move || {
        kernel::begin();
        let result = work();
        finish.set(true);
        kernel::end();
        result
    });
    Running { handle, finished }
}

/// Runs `work` in a thread that is killed before it takes its next step after this many: accesses to a word, and wakes.
/// With more steps than it needs it survives.
///
/// The thread stands for a process, and a process that is killed runs no destructors. This thread does run those of what is on
/// its stack, because it unwinds. So `work` must own nothing whose destructor uses a word, such as a
/// [`Ticket`](futex_event::Ticket): that destructor would be a step, at which the thread dies again, and a panic in a
/// destructor while a thread unwinds aborts the program. An `Arc` of an event may be owned.
pub fn spawn_killed(steps: usize, work: impl FnOnce() + 'static) -> Running<()> {
    spawn(move || {
        kernel::die_after(steps);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
            if !panic.is::<Killed>() {
                resume_unwind(panic);
            }
        }
    })
}

/// Returns when every thread from [`spawn`] is asleep on a word or has finished. For the main thread of a model.
///
/// It does not see later spurious wake-ups: a fault comes when a sleep begins.
pub fn until_quiet() {
    while !kernel::is_quiet() {
        thread::park();
    }
}
