//! OpenBSD's `futex`, of several versions. [man 2 futex; sys/futex.h; sys/kern/sys_futex.c]
//!
//! The environment variable `SIMULATED_OPENBSD` says which version it is: 6.3, 6.9, 7.0, or 7.1, which is the default.

use super::{private_and_shared_words, rare_answer, reject, sleep, time, wake};
use crate::sys::unix::keep_errno;
use crate::sys::Scope;
use core::sync::atomic::{AtomicU32, AtomicU8, Ordering};
use core::time::Duration;
use libc::c_int;
use std::ffi::CStr;

#[path = "../openbsd.rs"]
pub(crate) mod system;

/// The last version of each of three older kernels, and the first with the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Version {
    V6_3 = 1,
    V6_9 = 2,
    V7_0 = 3,
    V7_1 = 4,
}

fn version() -> Version {
    static KNOWN: AtomicU8 = AtomicU8::new(0);

    let known = KNOWN.load(Ordering::Relaxed);
    for version in [Version::V6_3, Version::V6_9, Version::V7_0, Version::V7_1] {
        if version as u8 == known {
            return version;
        }
    }
    // SAFETY: the name ends with a zero byte. No test changes the environment.
    let variable = unsafe { libc::getenv(b"SIMULATED_OPENBSD\0".as_ptr().cast()) };
    let version = if variable.is_null() {
        Version::V7_1
    } else {
        // SAFETY: the value of a variable ends with a zero byte.
        match unsafe { CStr::from_ptr(variable) }.to_bytes() {
            b"6.3" => Version::V6_3,
            b"6.9" => Version::V6_9,
            b"7.0" => Version::V7_0,
            b"7.1" => Version::V7_1,
            _ => reject("SIMULATED_OPENBSD is not one of the versions"),
        }
    };
    KNOWN.store(version as u8, Ordering::Relaxed);
    version
}

/// `kern.osrelease`. Kernels before 7.0 are not asked.
pub(super) fn release() -> [u8; 4] {
    match version() {
        Version::V7_0 => *b"7.0\0",
        Version::V7_1 => *b"7.1\0",
        _ => reject("the version is known"),
    }
}

/// In a wait, `uaddr` must point at a word; `timeout` must point at a time or be null.
#[no_mangle]
unsafe extern "C" fn futex(
    uaddr: *mut u32,
    op: c_int,
    val: c_int,
    timeout: *const libc::timespec,
    _uaddr2: *mut u32,
) -> c_int {
    let is_private = op & 128 != 0;
    if is_private && version() == Version::V6_3 {
        return libc::ENOSYS;
    }
    let scope = if is_private {
        Scope::Private
    } else {
        scope_of_memory(uaddr)
    };
    match op & !128 {
        1 => {
            // SAFETY: by the contract of this function.
            let (word, left) = unsafe { (&*uaddr.cast(), timeout.as_ref().map(time)) };
            wait(word, val as u32, left, scope)
        }
        2 => wake(scope, uaddr, val) as c_int,
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
    let rare = [
        0,
        libc::EINTR,
        libc::ECANCELED,
        libc::EFAULT,
        libc::ETIMEDOUT,
    ];
    if let Some(rare) = rare_answer(&rare) {
        return answer(rare);
    }
    let word: *const AtomicU32 = word;
    let (slept, _) = keep_errno(|| sleep(scope, word.cast(), val, left));
    answer(slept.err().unwrap_or(0))
}

/// By `errno`, as since 7.0, or by number, as before.
fn answer(error: c_int) -> c_int {
    if version() < Version::V7_0 {
        error
    } else {
        super::answer(error)
    }
}

/// Which processes find a futex in this memory, without the flag.
fn scope_of_memory(address: *const u32) -> Scope {
    let is_found = match version() {
        Version::V6_3 => false,
        Version::V6_9 | Version::V7_0 => keep_errno(|| is_of_a_file(address)).0,
        // Linux finds what this version does.
        Version::V7_1 => true,
    };
    if is_found {
        Scope::Shared
    } else {
        Scope::Private
    }
}

/// Whether the memory is mapped from a file, and shared. [man 5 proc_pid_maps]
fn is_of_a_file(address: *const u32) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("the mappings of this process");
    maps.lines().any(|line| {
        // Such as `7f1200000000-7f1200001000 rw-s 00000000 00:01 2048 /memfd:name (deleted)`.
        let mut fields = line.split_whitespace();
        let range = fields.next().unwrap_or_default();
        let (begin, end) = range.split_once('-').unwrap_or_default();
        let limit = |digits| usize::from_str_radix(digits, 16).expect("a range of addresses");
        let is_shared = fields.next().map_or(false, |access| access.ends_with('s'));
        // Linux shows anonymous shared memory as that of a file with this name.
        let is_anonymous = fields.nth(3) == Some("/dev/zero");
        (limit(begin)..limit(end)).contains(&(address as usize)) && is_shared && !is_anonymous
    })
}

private_and_shared_words!(system, Private, Shared);

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::sys::simulated::claims;
    use crate::{Deadline, Futex, TimedFutex};
    use std::process::Command;
    use std::string::String;
    use std::vec::Vec;
    use std::{env, ptr, thread};

    #[test]
    fn each_answer_has_its_meaning() {
        claims::check_again::<Private>(&[0, libc::EAGAIN, libc::EINTR, libc::ECANCELED]);
        // The clock does not agree with ETIMEDOUT.
        claims::pause::<Private>(&[libc::EFAULT, libc::EINVAL, libc::ENOSYS, libc::ETIMEDOUT]);
    }

    pub(crate) fn words() -> Vec<claims::Tests> {
        match version() {
            Version::V7_1 => claims::tests![Private, Shared],
            // Waits on shared words return without a wake.
            _ => claims::tests![Private],
        }
    }

    #[test]
    fn private_words_sleep() {
        // A pause would end after a millisecond. Rare answers end a sleep too, but not each time.
        let least = (0..5).map(|_| returns_until_a_deadline(&Private::default()));
        assert!(least.min() < Some(4));
    }

    /// How often a wait returns until its deadline, which is 30 ms from now.
    fn returns_until_a_deadline<F: TimedFutex>(word: &F) -> u32 {
        let deadline = Deadline::after(F::now(), Duration::from_millis(30));
        let mut returns = 1;
        while word.wait_until(0, deadline) {
            returns += 1;
        }
        assert!(deadline.has_passed(F::now()));
        returns
    }

    /// Memory for a word that a child of this process shares, from a file or anonymous.
    fn shared_memory(is_of_a_file: bool) -> &'static Shared {
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
        // SAFETY: a new file and a new mapping, which stays, disturb nothing. Its memory is zero.
        unsafe {
            let (file, kind) = if is_of_a_file {
                let file = libc::memfd_create(b"word\0".as_ptr().cast(), 0);
                assert!(file >= 0 && libc::ftruncate(file, 4) == 0);
                (file, kind)
            } else {
                (-1, kind | libc::MAP_ANON)
            };
            let memory = libc::mmap(ptr::null_mut(), 4, access, kind, file, 0);
            assert_ne!(memory, libc::MAP_FAILED);
            &*memory.cast()
        }
    }

    /// Whether a wake by another process finds this one while it waits for a change of the word. It finds the change anyway.
    fn is_found_by_another_process(word: &Shared) -> bool {
        // SAFETY: the child makes the calls of a word, sleeps, and exits.
        let child = unsafe { libc::fork() };
        assert!(child >= 0);
        if child == 0 {
            let address: *const Shared = word;
            let is_found = (0..100).any(|_| {
                thread::sleep(Duration::from_millis(1));
                // SAFETY: a wake only looks the address up.
                let woken = unsafe { futex(address as _, 2, 1, ptr::null(), ptr::null_mut()) };
                woken == 1
            });
            word.fetch_or(1, Ordering::Release);
            Shared::wake_all(word);
            // SAFETY: the call has no conditions.
            unsafe { libc::_exit(is_found.into()) }
        }
        while word.load(Ordering::Acquire) == 0 {
            word.wait(0);
        }
        let mut status = -1;
        // SAFETY: the status may be written.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert!(libc::WIFEXITED(status));
        libc::WEXITSTATUS(status) == 1
    }

    #[test]
    fn a_wake_by_another_process_finds_a_word_in_the_memory_of_a_file_since_6_4() {
        let is_found = is_found_by_another_process(shared_memory(true));
        assert_eq!(is_found, version() >= Version::V6_9);
    }

    #[test]
    fn a_wake_by_another_process_finds_a_word_in_anonymous_memory_since_7_1() {
        let is_found = is_found_by_another_process(shared_memory(false));
        assert_eq!(is_found, version() >= Version::V7_1);
    }

    #[test]
    fn shared_words_are_polled_in_6_3() {
        if version() == Version::V6_3 {
            claims::is_polled::<Shared>();
        }
    }

    /// Runs the tests of this file, and those of the words, on the other versions.
    #[test]
    fn the_tests_pass_on_older_versions() {
        if env::var_os("SIMULATED_OPENBSD").is_some() {
            return words().into_iter().for_each(claims::Tests::conforms);
        }
        let runs = ["6.3", "6.9", "7.0"].map(|version| {
            thread::spawn(move || {
                let tests = Command::new(env::current_exe().unwrap())
                    .args(["openbsd::tests", "--test-threads=8"])
                    .env("SIMULATED_OPENBSD", version)
                    .output()
                    .expect("the tests");
                let output = String::from_utf8_lossy(&tests.stdout);
                assert!(tests.status.success(), "{}: {}", version, output);
            })
        });
        for run in runs {
            run.join().unwrap();
        }
    }
}
