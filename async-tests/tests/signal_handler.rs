//! A `set` in a signal handler, of events for which tasks wait: with an allocator that counts, and a filter that allows
//! only a few system calls.

#![cfg(target_os = "linux")]

use async_tests::{in_time, tokio_threads};
use futex_event::{wait_any_async, AutoResetEvent, Event};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::mem::zeroed;
use std::os::raw::c_long;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

/// The system's allocator, with a count for each thread.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread may allocate while its thread-locals are gone.
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static TOKEN: AutoResetEvent = AutoResetEvent::new();
static MANUAL: Event = Event::new();
/// How often the handler has allocated, or changed `errno`.
static FAULTS: AtomicU64 = AtomicU64::new(0);
static TOKENS_TAKEN: AtomicU64 = AtomicU64::new(0);
static PULSES_SEEN: AtomicU64 = AtomicU64::new(0);

extern "C" fn set(_: i32) {
    let before = ALLOCATIONS.with(Cell::get);
    // SAFETY: it belongs to this thread.
    let errno = unsafe { &mut *libc::__errno_location() };
    let kept = *errno;
    *errno = 77;
    TOKEN.set();
    MANUAL.set();
    FAULTS.fetch_add(ALLOCATIONS.with(Cell::get) - before, Relaxed);
    FAULTS.fetch_add(u64::from(*errno != 77), Relaxed);
    *errno = kept;
}

/// Any other call of this thread ends the process. [man 2 seccomp]
fn allow_only(calls: &[c_long]) {
    let step = |code: u32, jt: usize, k| libc::sock_filter {
        code: code as u16,
        jt: jt as u8,
        jf: 0,
        k,
    };
    let compare = |(index, call): (usize, &c_long)| {
        let code = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
        step(code, calls.len() - index, *call as u32)
    };
    let answer = |action| step(libc::BPF_RET | libc::BPF_K, 0, action);
    let mut filter = vec![step(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0)];
    filter.extend(calls.iter().enumerate().map(compare));
    filter.extend([
        answer(libc::SECCOMP_RET_KILL_PROCESS),
        answer(libc::SECCOMP_RET_ALLOW),
    ]);
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_ptr() as *mut _,
    };
    // SAFETY: the program's instructions are there until the kernel has copied them.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        let mode = libc::SECCOMP_MODE_FILTER;
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, mode, &program), 0);
    }
}

#[test]
fn a_set_in_a_signal_handler_reaches_tasks_and_does_nothing_that_a_handler_may_not() {
    const ROUNDS: u64 = 2_000;
    in_time(|| {
        // SAFETY: an all-zero `sigaction` is a valid one, and the handler does what handlers may.
        unsafe {
            let mut action: libc::sigaction = zeroed();
            action.sa_sigaction = set as extern "C" fn(i32) as usize;
            assert_eq!(libc::sigaction(libc::SIGUSR1, &action, ptr::null_mut()), 0);
        }
        let runtime = tokio_threads();
        let never: &'static Event = Box::leak(Box::new(Event::new()));
        runtime.spawn(async move {
            loop {
                wait_any_async((never, &TOKEN)).await;
                TOKENS_TAKEN.fetch_add(1, Relaxed);
            }
        });
        runtime.spawn(async {
            loop {
                MANUAL.wait_async().await;
                MANUAL.clear();
                PULSES_SEEN.fetch_add(1, Relaxed);
            }
        });
        let setter = thread::spawn(|| {
            // SAFETY: the calls have no conditions.
            let (process, thread) = unsafe { (libc::getpid(), libc::gettid()) };
            allow_only(&[
                libc::SYS_futex,
                libc::SYS_tgkill,
                libc::SYS_rt_sigreturn,
                libc::SYS_sched_yield,
                // For the end of the thread, and of the process.
                libc::SYS_exit,
                libc::SYS_exit_group,
                libc::SYS_madvise,
                libc::SYS_munmap,
                libc::SYS_sigaltstack,
                libc::SYS_rt_sigprocmask,
            ]);
            for round in 0..ROUNDS {
                // SAFETY: the thread is this one.
                unsafe { libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGUSR1) };
                while TOKENS_TAKEN.load(Relaxed) == round || PULSES_SEEN.load(Relaxed) == round {
                    thread::yield_now();
                }
            }
        });
        setter.join().unwrap();
        assert_eq!(TOKENS_TAKEN.load(Relaxed), ROUNDS);
        assert_eq!(PULSES_SEEN.load(Relaxed), ROUNDS);
        assert_eq!(FAULTS.load(Relaxed), 0);
    });
}
