//! Signal handlers, and signals that are sent after a delay.

use std::mem::zeroed;
use std::os::raw::c_int;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// Whether this process runs one test only.
static IS_CHILD: AtomicBool = AtomicBool::new(false);

/// In a child, which runs one test only, a signal may get one handler after the other.
pub fn allow_other_handlers() {
    IS_CHILD.store(true, Relaxed);
}

/// Installs a handler without SA_RESTART, so the calls that it interrupts fail with EINTR.
///
/// A handler is the whole process's, whose tests run at the same time: outside a child, this panics if the signal has
/// another handler already.
pub fn on_signal(signal: c_int, handler: extern "C" fn(c_int)) {
    on_signal_with(0, signal, handler);
}

/// The same, with these flags. [man 2 sigaction]
pub fn on_signal_with(flags: c_int, signal: c_int, handler: extern "C" fn(c_int)) {
    // SAFETY: all-zero structs are valid ones, and the handlers here do what handlers may.
    let before = unsafe {
        let mut action: libc::sigaction = zeroed();
        action.sa_sigaction = handler as usize;
        action.sa_flags = flags;
        let mut before: libc::sigaction = zeroed();
        assert_eq!(libc::sigaction(signal, &action, &mut before), 0);
        before.sa_sigaction
    };
    // (`nohup` ignores SIGHUP.)
    let may_replace = [libc::SIG_DFL, libc::SIG_IGN, handler as usize].contains(&before);
    let is_free = may_replace || IS_CHILD.load(Relaxed);
    assert!(is_free, "another test has a handler for signal {signal}");
}

#[cfg(target_os = "linux")]
pub fn unblock(signal: i32) {
    // SAFETY: an all-zero set is a valid one, and the calls have no other conditions.
    unsafe {
        let mut signals: libc::sigset_t = zeroed();
        libc::sigaddset(&mut signals, signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &signals, ptr::null_mut());
    }
}

/// Sends SIGALRM to this process after this time, and again each time as much has passed.
#[cfg(target_os = "linux")]
pub fn alarm_in(time: Duration) {
    // SAFETY: the timer is a valid one.
    unsafe {
        let mut timer: libc::itimerval = zeroed();
        timer.it_value.tv_sec = time.as_secs() as _;
        timer.it_value.tv_usec = time.subsec_micros() as _;
        timer.it_interval = timer.it_value;
        assert_eq!(
            libc::setitimer(libc::ITIMER_REAL, &timer, ptr::null_mut()),
            0
        );
    }
}
