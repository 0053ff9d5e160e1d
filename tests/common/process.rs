//! Child processes.

use super::{give_up, PATIENCE, WAITING};
use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::PoisonError;

/// The exit status of a child whose claim held. Not zero: that is the status of a process whose only thread has panicked.
const HELD: i32 = 42;

static IS_CHILD: AtomicBool = AtomicBool::new(false);

/// Whether this process is a child that `fork` has made.
pub fn is_child() -> bool {
    IS_CHILD.load(Relaxed)
}

/// A copy of this process, in which only the calling thread exists.
pub struct Child(libc::pid_t);

/// Runs `claim` in a child. The claim may not panic, allocate or use a lock: another thread may have been inside one when
/// the process was copied. It may wait on a [`Watched`](super::Watched) word, whose lock is free in the child.
pub fn fork(claim: impl FnOnce() -> bool) -> Child {
    let record = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the child does what a signal handler may do, and leaves by `_exit`.
    unsafe {
        let child = libc::fork();
        drop(record);
        assert!(child >= 0);
        if child == 0 {
            IS_CHILD.store(true, Relaxed);
            // A child that hangs is killed, even if this process has a handler for the signal.
            libc::signal(libc::SIGALRM, libc::SIG_DFL);
            libc::alarm(PATIENCE.as_secs() as u32);
            leave(claim());
        }
        Child(child)
    }
}

/// Runs `claim` in a child process, as `fork` does, and asserts that it held.
pub fn in_child(claim: impl FnOnce() -> bool) {
    fork(claim).succeeds();
}

/// Ends the child at once, from any place in its code.
pub fn leave(held: bool) -> ! {
    // SAFETY: the call has no conditions.
    unsafe { libc::_exit(if held { HELD } else { 1 }) }
}

impl Child {
    pub fn id(&self) -> libc::pid_t {
        self.0
    }

    /// Waits for the child's end, and asserts that its claim held.
    pub fn succeeds(self) {
        assert_held(self.next_status());
    }

    /// As [`succeeds`](Self::succeeds), for a thread that must not panic because other threads of a scope wait for it.
    pub fn succeeds_or_all_ends(self) {
        let status = self.next_status();
        if !held(status) {
            give_up("a child's claim did not hold");
        }
    }

    /// Kills the child.
    pub fn kill(self) {
        // SAFETY: the child has not been waited for, so the number is its own.
        assert_eq!(unsafe { libc::kill(self.0, libc::SIGKILL) }, 0);
        self.next_status();
    }

    /// The next status from `waitpid`. [man 2 waitpid]
    pub fn next_status(&self) -> i32 {
        let mut status = 0;
        // SAFETY: writes to `status` only.
        while unsafe { libc::waitpid(self.0, &mut status, 0) } != self.0 {
            let error = Error::last_os_error();
            assert_eq!(error.kind(), ErrorKind::Interrupted, "{}", error);
        }
        status
    }
}

/// Asserts that a child with this final status has exited, and that its claim held.
pub fn assert_held(status: i32) {
    let held = held(status);
    assert!(held, "the child's status, as of waitpid(2): {status}");
}

/// Whether a child with this final status has exited, and its claim held.
pub fn held(status: i32) -> bool {
    libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == HELD
}
