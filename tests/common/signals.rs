//! Signal handlers, and signals that are sent after a delay.

use std::mem::zeroed;
use std::ptr;
use std::time::Duration;

/// Installs a handler without SA_RESTART, so the calls that it interrupts fail with EINTR.
pub fn on_signal(signal: i32, handler: extern "C" fn(i32)) {
    // SAFETY: an all-zero `sigaction` is a valid one, and the handlers here do what handlers may.
    unsafe {
        let mut action: libc::sigaction = zeroed();
        action.sa_sigaction = handler as usize;
        assert_eq!(libc::sigaction(signal, &action, ptr::null_mut()), 0);
    }
}

pub fn unblock(signal: i32) {
    // SAFETY: an all-zero set is a valid one, and the calls have no other conditions.
    unsafe {
        let mut signals: libc::sigset_t = zeroed();
        libc::sigaddset(&mut signals, signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &signals, ptr::null_mut());
    }
}

/// Sends SIGALRM to this process after this time.
pub fn alarm_in(time: Duration) {
    // SAFETY: the timer is a valid one.
    unsafe {
        let mut timer: libc::itimerval = zeroed();
        timer.it_value.tv_usec = time.as_micros() as _;
        timer.it_interval = timer.it_value;
        libc::setitimer(libc::ITIMER_REAL, &timer, ptr::null_mut());
    }
}
