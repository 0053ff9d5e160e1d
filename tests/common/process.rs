//! Child processes.

use super::patience::{give_up, patience};
use super::{signals, WAITING};
use std::io::{Error, ErrorKind};
use std::os::raw::c_int;
use std::sync::PoisonError;
use std::time::Duration;

/// The exit status of a child whose claim held. Not zero: that is the status of a process whose only thread has panicked.
const HELD: i32 = 42;

/// A copy of this process, in which only the calling thread exists.
pub struct Child(libc::pid_t);

/// Runs `claim` in a child. The claim may not panic, allocate or use a lock: another thread may have been inside one when
/// the process was copied. It may wait on a [`Watched`](super::Watched) word, whose lock is free in the child.
pub fn fork(claim: impl FnOnce() -> bool) -> Child {
    let limit = patience();
    let record = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the child does what a signal handler may do, and leaves by `_exit`.
    unsafe {
        let child = libc::fork();
        drop(record);
        assert!(child >= 0);
        if child == 0 {
            signals::allow_other_handlers();
            kill_in(limit);
            leave(claim());
        }
        Child(child)
    }
}

/// Runs `claim` in a child process, as `fork` does, and asserts that it held.
pub fn in_child(claim: impl FnOnce() -> bool) {
    fork(claim).succeeds();
}

/// Has the kernel kill this process when it takes longer: neither a handler nor another timer keeps it from that.
#[cfg(target_os = "linux")]
fn kill_in(limit: Duration) {
    use std::mem::zeroed;
    use std::ptr;

    // SAFETY: all-zero structs are valid ones, and the calls write to the timer only.
    unsafe {
        let mut kill: libc::sigevent = zeroed();
        kill.sigev_notify = libc::SIGEV_SIGNAL;
        kill.sigev_signo = libc::SIGKILL;
        let (mut timer, mut time): (_, libc::itimerspec) = (zeroed(), zeroed());
        time.it_value.tv_sec = limit.as_secs() as _;
        time.it_value.tv_nsec = limit.subsec_nanos() as _;
        let clock = libc::CLOCK_MONOTONIC;
        assert_eq!(libc::timer_create(clock, &mut kill, &mut timer), 0);
        assert_eq!(libc::timer_settime(timer, 0, &time, ptr::null_mut()), 0);
    }
}

/// The same. Here no child has a handler for the signal.
#[cfg(not(target_os = "linux"))]
fn kill_in(limit: Duration) {
    // SAFETY: the calls have no conditions.
    unsafe {
        libc::signal(libc::SIGALRM, libc::SIG_DFL);
        libc::alarm(limit.as_secs() as u32 + 1);
    }
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
        self.send(libc::SIGKILL);
        self.next_status();
    }

    /// Sends the child an alarm each time it is asleep, and returns the status at its end.
    #[cfg(target_os = "linux")]
    pub fn status_after_alarms(&self) -> i32 {
        loop {
            let mut status = 0;
            // SAFETY: writes to `status` only.
            if unsafe { libc::waitpid(self.0, &mut status, libc::WNOHANG) } == self.0 {
                return status;
            }
            if super::is_process_asleep(self.0) {
                self.send(libc::SIGALRM);
            }
            std::thread::sleep(Duration::from_micros(50));
        }
    }

    pub fn send(&self, signal: c_int) {
        // SAFETY: the child has not been waited for, so the number is its own.
        assert_eq!(unsafe { libc::kill(self.0, signal) }, 0);
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
