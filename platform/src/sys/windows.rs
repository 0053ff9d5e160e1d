//! Windows 8, Windows Server 2012, and later: `WaitOnAddress`.
//!
//! Its timeout is relative and in milliseconds, and expires at a tick of the system's clock: every 15.6 ms, unless a program
//! has asked for shorter ticks. So a timed wait ends up to a tick late. It does not end early, because the clock below decides
//! whether the deadline has passed. [synchapi.h; Microsoft's "Sleep function"]
//!
//! The clock is the performance counter, which `std::time::Instant` reads too: a tick is 100 ns or less on most machines. Of
//! Windows' other clocks, some tick with the system's clock, so that a reading plus a timeout may be early by a whole tick,
//! and some came with Windows 10. The counter runs on while the system is suspended, and the timeouts of waits do not: if
//! a deadline passes meanwhile, the waiter notices it when the rest of its timeout has expired. [profileapi.h; Microsoft's
//! "Acquiring high-resolution time stamps", "WaitForSingleObject function"]
//!
//! Each process has a table of its sleeping threads, keyed by the addresses of their words. So processes cannot share a word,
//! and a wake does not touch the word: std relies on that too, whose locks may be gone when it wakes. [Raymond Chen, "A peek
//! behind the curtain of WaitOnAddress", 2016]
//!
//! # What the system answers
//!
//! | call | answer | meaning here |
//! | --- | --- | --- |
//! | wait | TRUE | woken, a spurious return, or the word was not `expected`: check again |
//! | wait | FALSE, ERROR_TIMEOUT | the milliseconds are over: read the clock. The system's clock has ticked, so a performance counter that stands still makes no busy loop |
//! | wait | FALSE, any other error | none is documented: see [`nap`] |
//! | wake | nothing | |
//!
//! Nothing interrupts a sleep: there are no signals, a handler of Ctrl-C runs on a thread of its own, and the wait
//! is not alertable, so that a queued APC does not end it. [Microsoft's "SetConsoleCtrlHandler", "Alertable I/O"]
//!
//! Every call leaves the thread's last error as it found it.

use crate::sys::nap::nap;
use crate::sys::units::{from_ticks, windows_milliseconds};
use crate::sys::{Count, Scope};
use crate::Deadline;
use core::mem::size_of_val;
use core::sync::atomic::AtomicU32;
use core::time::Duration;
use windows_sys::Win32::Foundation::{GetLastError, SetLastError, ERROR_TIMEOUT, WIN32_ERROR};
use windows_sys::Win32::System::Performance::{QueryPerformanceCounter, QueryPerformanceFrequency};
use windows_sys::Win32::System::Threading::{
    Sleep, WaitOnAddress, WakeByAddressAll, WakeByAddressSingle,
};

pub(crate) fn now() -> Duration {
    let (mut ticks, mut per_second) = (0, 0);
    // SAFETY: each writes an integer. By their documentation, neither fails since Windows XP.
    unsafe {
        QueryPerformanceCounter(&mut ticks);
        QueryPerformanceFrequency(&mut per_second);
    }
    from_ticks(ticks as u64, per_second as u64)
}

pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline, _: Scope) -> bool {
    let timeout = windows_milliseconds(deadline.remaining(now));
    go_on(wait_on_address(word, expected, timeout), deadline)
}

/// What a wait returns after this result of the call.
fn go_on(answer: Result<(), WIN32_ERROR>, deadline: Deadline) -> bool {
    match answer {
        Ok(()) => true,
        Err(ERROR_TIMEOUT) => !deadline.has_passed(now()),
        Err(_) => nap(deadline, now, sleep),
    }
}

pub(crate) fn wake(word: *const AtomicU32, count: Count, _: Scope) {
    // SAFETY: the address is looked up, and its memory is not touched.
    unsafe {
        match count {
            Count::One => WakeByAddressSingle(word.cast()),
            Count::All => WakeByAddressAll(word.cast()),
        }
    }
}

/// The call, with the error if it fails. The thread's last error is unchanged.
fn wait_on_address(word: &AtomicU32, expected: u32, timeout: u32) -> Result<(), WIN32_ERROR> {
    let address: *const AtomicU32 = word;
    let compared: *const u32 = &expected;
    let size = size_of_val(&expected);
    // SAFETY: there are four bytes at each of the two addresses until the call returns. It only reads them, the word in one
    // piece. The last error belongs to this thread.
    unsafe {
        let before = GetLastError();
        let answer = WaitOnAddress(address.cast(), compared.cast(), size, timeout);
        let error = GetLastError();
        SetLastError(before);
        if answer == 0 {
            Err(error)
        } else {
            Ok(())
        }
    }
}

/// Sleeps for this time, rounded up to a millisecond, or until the next tick of the system's clock.
fn sleep(time: Duration) -> bool {
    // SAFETY: the call has no conditions.
    unsafe { Sleep(windows_milliseconds(Some(time))) };
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conformance, PrivateFutex};
    use std::time::Instant;
    use windows_sys::Win32::Foundation::ERROR_ACCESS_DENIED;

    #[test]
    fn calls_keep_the_last_error() {
        conformance::keeps_errno::<PrivateFutex>();
    }

    #[test]
    fn the_clock_is_that_of_instant() {
        let (outer, first) = (Instant::now(), now());
        let inner = Instant::now();
        while inner.elapsed() < Duration::from_millis(20) {}
        let (inner, elapsed) = (inner.elapsed(), now() - first);
        assert!(inner <= elapsed && elapsed <= outer.elapsed());
    }

    #[test]
    fn only_the_clock_ends_a_wait() {
        let past = Deadline::after(now(), Duration::ZERO);
        let future = Deadline::after(now(), Duration::from_secs(3_600));
        assert!(go_on(Ok(()), past));
        for error in [ERROR_TIMEOUT, ERROR_ACCESS_DENIED] {
            assert!(!go_on(Err(error), past));
            assert!(go_on(Err(error), future));
            assert!(go_on(Err(error), Deadline::NEVER));
        }
    }
}
