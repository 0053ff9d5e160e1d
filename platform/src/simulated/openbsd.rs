//! OpenBSD's `futex`. [man 2 futex; sys/futex.h; sys/kern/sys_futex.c]

use super::{odd_answer, reject, sleep_in, time, wake_in};
use crate::word::Scope;
use core::cell::Cell;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use core::time::Duration;
use libc::c_int;
use std::thread_local;

#[path = "../openbsd.rs"]
pub(crate) mod backend;

// A process asks once which kernel it is on, so it is there again for an older one.
#[allow(clippy::duplicate_mod)]
#[path = "../openbsd.rs"]
mod older;

thread_local! {
    /// Whether the kernel under this thread is that of 6.2 or 6.3, when a backend asks, which it does once.
    static IS_6_3: Cell<bool> = const { Cell::new(false) };
    /// How many calls with the flag it has had from this thread.
    static REFUSED: Cell<u32> = const { Cell::new(0) };
}

/// `uaddr` must point at a word in a wait, and `timeout` at a time or be null.
#[no_mangle]
unsafe extern "C" fn futex(
    uaddr: *mut u32,
    op: c_int,
    val: c_int,
    timeout: *const libc::timespec,
    _uaddr2: *mut u32,
) -> c_int {
    let scope = if op & 128 == 0 {
        Scope::Shared
    } else {
        Scope::Private
    };
    if scope == Scope::Private && IS_6_3.with(Cell::get) {
        REFUSED.with(|count| count.set(count.get() + 1));
        return libc::ENOSYS;
    }
    match op & !128 {
        1 => {
            // SAFETY: by the contract of this function.
            let (word, left) = unsafe { (&*uaddr.cast(), timeout.as_ref().map(time)) };
            wait(word, val as u32, left, scope)
        }
        2 => wake_in(scope, uaddr, val) as c_int,
        _ => reject("no such operation"),
    }
}

fn wait(word: &AtomicU32, val: u32, left: Option<Duration>, scope: Scope) -> c_int {
    if word.load(Ordering::SeqCst) != val {
        return answer(libc::EAGAIN);
    }
    // An old kernel multiplies by the ticks of a second.
    if left.map_or(false, |left| left.as_secs().checked_mul(1_024).is_none()) {
        reject("a timeout that overflows in ticks");
    }
    let odd = [
        0,
        libc::EINTR,
        libc::ECANCELED,
        libc::EFAULT,
        libc::ETIMEDOUT,
    ];
    if let Some(odd) = odd_answer(&odd) {
        return answer(odd);
    }
    let word: *const AtomicU32 = word;
    match sleep_in(scope, word.cast(), val, left) {
        Ok(()) => 0,
        Err(error) => answer(error),
    }
}

/// By `errno`, as since 7.0, and by number, as before, in turn.
fn answer(error: c_int) -> c_int {
    static BY_NUMBER: AtomicBool = AtomicBool::new(false);
    if BY_NUMBER.fetch_xor(true, Ordering::Relaxed) {
        error
    } else {
        super::answer(error)
    }
}

private_and_shared_words!();

word! {
    /// A word for one process, before OpenBSD 6.4.
    OlderPrivate
}
sleeps_by!(OlderPrivate, older(Scope::Private));

word! {
    /// A word for several, before OpenBSD 6.4.
    OlderShared
}
sleeps_by!(OlderShared, older(Scope::Shared));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::claims;
    use crate::{conformance, Deadline, Futex, TimedFutex};

    #[test]
    fn each_answer_has_its_meaning() {
        let answers = [
            0,
            libc::EAGAIN,
            libc::EINTR,
            libc::ECANCELED,
            libc::ETIMEDOUT,
        ];
        claims::look_again::<Private>(&answers);
        claims::pause::<Private>(&[libc::EFAULT, libc::EINVAL, libc::ENOSYS]);
    }

    /// Has the older backend ask, if it has not, and runs `claim`, in which this thread may not ask again.
    fn on_6_3(claim: impl FnOnce()) {
        IS_6_3.with(|is_6_3| is_6_3.set(true));
        let word = OlderPrivate::default();
        OlderPrivate::wake_one(&word);
        let before = REFUSED.with(Cell::get);
        assert!(before <= 1);
        claim();
        assert_eq!(REFUSED.with(Cell::get), before);
    }

    /// How often a wait returns until its deadline, 30 ms from now, at which it must not be early.
    fn returns_until_a_deadline<F: TimedFutex + Default>() -> u32 {
        let word = F::default();
        let deadline = Deadline::after(F::now(), Duration::from_millis(30));
        let mut returns = 1;
        while word.wait_until(0, deadline) {
            returns += 1;
        }
        assert!(deadline.has_passed(F::now()));
        returns
    }

    #[test]
    fn before_6_4_private_words_sleep_without_the_flag() {
        on_6_3(|| {
            conformance::timed_futex::<OlderPrivate>();
            conformance::keeps_errno::<OlderPrivate>();
            // A nap would end after a millisecond. Odd answers end a sleep, too, but not each time.
            let least = (0..5).map(|_| returns_until_a_deadline::<OlderPrivate>());
            assert!(least.min() < Some(4));
        });
    }

    #[test]
    fn before_6_4_shared_words_are_polled() {
        on_6_3(|| {
            let word = OlderShared::default();
            // No wake of another process reaches it.
            word.wait(0);
            OlderShared::wake_one(&word);
            OlderShared::wake_all(&word);
            word.wait(1);
            // Paced, on a machine however slow.
            assert!((2..=31).contains(&returns_until_a_deadline::<OlderShared>()));
            conformance::keeps_errno::<OlderShared>();
        });
    }
}
