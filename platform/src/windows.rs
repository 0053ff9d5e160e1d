//! Windows 8, Windows Server 2012, and later: `WaitOnAddress`.
//!
//! Its timeout is relative and in milliseconds, and it runs out at a tick of the system's clock: every 15.6 ms, unless
//! some program has asked for more. So a timed wait is over up to a tick late. It is not over early, because the clock
//! below says whether the deadline has passed. [synchapi.h; Microsoft's "Sleep function"]
//!
//! The clock is the performance counter, which `std::time::Instant` reads too: a tick is 100 ns or less on most
//! machines. The others of Windows either tick with the system's clock, so that a sum of one of their readings and a
//! timeout may be early by a whole tick, or are not there before Windows 10. The counter goes on while the system is
//! suspended, and the timeouts of waits do not: of a deadline that passes meanwhile, a waiter learns when the rest of
//! its timeout has run out. [profileapi.h; Microsoft's "Acquiring high-resolution time stamps",
//! "WaitForSingleObject function"]
//!
//! The sleepers of a process are in a table of its own, by the addresses of their words. Hence no word here is shared
//! with other processes, and a wake does not touch the word: std, whose locks may be gone when it wakes, relies on that
//! too. [Raymond Chen, "A peek behind the curtain of WaitOnAddress", 2016]
//!
//! # What the system answers
//!
//! | call | answer | meaning here |
//! | --- | --- | --- |
//! | wait | TRUE | woken, or for nothing, or the word was not `expected`: look again |
//! | wait | FALSE, ERROR_TIMEOUT | the milliseconds are over: ask the clock |
//! | wait | FALSE, anything else | none is documented: see [`nap`] |
//! | wake | nothing | |
//!
//! Nothing but a wake or the timeout ends a sleep: there are no signals, a handler of Ctrl-C runs on a thread of its own, and
//! the wait is not alertable, so that a queued APC does not end it. [Microsoft's "SetConsoleCtrlHandler", "Alertable I/O"]
//!
//! Every call leaves the thread's last error as it found it.

use crate::units::{from_ticks, windows_milliseconds};
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
    // SAFETY: both write to an integer. Neither fails since Windows XP, says their documentation.
    unsafe {
        QueryPerformanceCounter(&mut ticks);
        QueryPerformanceFrequency(&mut per_second);
    }
    from_ticks(ticks as u64, per_second as u64)
}

pub(crate) fn wait(word: &AtomicU32, expected: u32) {
    wait_until(word, expected, Deadline::NEVER);
}

pub(crate) fn wait_until(word: &AtomicU32, expected: u32, deadline: Deadline) -> bool {
    let timeout = windows_milliseconds(deadline.remaining(now));
    go_on(wait_on_address(word, expected, timeout), deadline)
}

/// What a wait returns after this answer.
fn go_on(answer: Result<(), WIN32_ERROR>, deadline: Deadline) -> bool {
    match answer {
        Ok(()) => true,
        Err(ERROR_TIMEOUT) => !deadline.has_passed(now()),
        Err(_) => nap(deadline),
    }
}

pub(crate) fn wake_one(word: *const AtomicU32) {
    // SAFETY: the address is looked up, and its memory is not touched.
    unsafe { WakeByAddressSingle(word.cast()) };
}

pub(crate) fn wake_all(word: *const AtomicU32) {
    // SAFETY: as above.
    unsafe { WakeByAddressAll(word.cast()) };
}

/// The call, and what it says of its failure; the thread keeps the last error that it had.
fn wait_on_address(word: &AtomicU32, expected: u32, timeout: u32) -> Result<(), WIN32_ERROR> {
    let address: *const AtomicU32 = word;
    let compared: *const u32 = &expected;
    let size = size_of_val(&expected);
    // SAFETY: both addresses are those of four bytes, which live until the call returns. It only reads them, and the
    // word in one piece. The last error is the thread's own.
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

/// What a wait does instead of sleeping on the word when the system refuses that: it becomes a poll, at the pace of a
/// millisecond or of the system's clock. Correct but late, where a panic would be loud and a return at once would burn
/// a CPU in silence.
///
/// Returns false if the deadline has passed.
#[cold]
fn nap(deadline: Deadline) -> bool {
    // SAFETY: the call has no conditions.
    unsafe { Sleep(1) };
    !deadline.has_passed(now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{conformance, PrivateFutex};
    use std::time::Instant;
    use windows_sys::Win32::Foundation::ERROR_ACCESS_DENIED;

    #[test]
    fn the_last_error_is_kept() {
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
