//! Filters of system calls, which the kernel runs before each call of a thread. [man 2 seccomp]

use std::os::raw::c_long;

/// Whether calls that take a time have a second form, for 64-bit time. x32 has 32-bit pointers, and 64-bit time in all calls.
pub const HAS_TIME64: bool = cfg!(all(
    target_pointer_width = "32",
    not(target_arch = "x86_64")
));

/// The offset of the second forms' numbers, which are the same on all architectures, except that MIPS adds 4000.
pub const FIRST_NUMBER: c_long = if cfg!(target_arch = "mips") { 4000 } else { 0 };

/// From now on the kernel applies `action` to this thread's calls with this number. [man 2 seccomp]
pub fn filter(call: c_long, action: u32) {
    filter_without(0, call, action);
}

/// The same, but only for calls whose second argument has none of these bits.
pub fn filter_without(bits: u32, call: c_long, action: u32) {
    let step = |code: u32, jt, jf, k| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    // The offset of the lower half of the second argument in `struct seccomp_data`.
    let second_argument = if cfg!(target_endian = "big") { 28 } else { 24 };
    let filter = [
        // Load the call's number, the first field of the struct. If it is another, skip to the last step.
        step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        step(
            libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K,
            0,
            3,
            call as u32,
        ),
        // Likewise if one of the bits is on.
        step(
            libc::BPF_LD | libc::BPF_W | libc::BPF_ABS,
            0,
            0,
            second_argument,
        ),
        step(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, 1, 0, bits),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, action),
        step(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    install(&filter);
}

pub fn install(filter: &[libc::sock_filter]) {
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_ptr() as *mut _,
    };
    // SAFETY: the program's instructions are there until the kernel has copied them.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(
            libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program),
            0
        );
    }
}

pub const REFUSE: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;

/// The same for every system call that `nanosleep(3)` may use.
pub fn filter_naps(action: u32) {
    filter(libc::SYS_nanosleep, action);
    filter(libc::SYS_clock_nanosleep, action);
    if HAS_TIME64 {
        filter(FIRST_NUMBER + 407, action);
    }
}

/// A filter with which any other call ends the process.
pub fn allowing_only(calls: &[c_long]) -> Vec<libc::sock_filter> {
    let step = |code: u32, jt: usize, k| libc::sock_filter {
        code: code as u16,
        jt: jt as u8,
        jf: 0,
        k,
    };
    let load = step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0);
    let compare = |(index, call): (usize, &c_long)| {
        let code = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
        step(code, calls.len() - index, *call as u32)
    };
    let answer = |action| step(libc::BPF_RET | libc::BPF_K, 0, action);
    let mut filter = vec![load];
    filter.extend(calls.iter().enumerate().map(compare));
    filter.extend([
        answer(libc::SECCOMP_RET_KILL_PROCESS),
        answer(libc::SECCOMP_RET_ALLOW),
    ]);
    filter
}
