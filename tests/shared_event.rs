//! Events across processes: at different addresses, in several processes, and with processes that are killed.

#![cfg(target_os = "linux")]

mod common;

use common::process::{fork, Child};
use common::{is_asleep, is_emulated, is_process_asleep, until};
use futex_event::platform::{Deadline, SharedFutex, TimedFutex};
use futex_event::{SharedEvent, Spin};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// A page that processes share, zeroed at first.
struct Page {
    file: i32,
    address: *mut u32,
}

// SAFETY: each use of the address has its own argument.
unsafe impl Sync for Page {}

impl Page {
    fn new() -> Self {
        // SAFETY: the name is a C string; the calls make a new file.
        let file = unsafe { libc::memfd_create(b"event\0".as_ptr().cast(), 0) };
        assert!(file >= 0);
        // SAFETY: the file is new.
        assert_eq!(unsafe { libc::ftruncate(file, 4096) }, 0);
        Self {
            file,
            address: map(file),
        }
    }

    /// A page that only this process and its children share.
    fn anonymous() -> Self {
        let file = -1;
        Self {
            file,
            address: map(file),
        }
    }

    /// The event in the first four bytes.
    fn event(&self) -> &SharedEvent {
        // SAFETY: the page is mapped while this lives, and these bytes are used as an event only.
        unsafe { SharedEvent::from_ptr(self.address) }
    }

    /// The word of the event. It is zero before any call, and not while a thread is parked.
    fn word(&self) -> &AtomicU32 {
        // SAFETY: the page is mapped while this lives, and an event is an atomic.
        unsafe { &*self.address.cast() }
    }

    /// A number behind the event, by which the processes communicate.
    fn number(&self) -> &AtomicU32 {
        // SAFETY: as above, and these bytes are used as an atomic only.
        unsafe { &*self.address.add(1).cast() }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        unmap(self.address);
        // SAFETY: no process uses the number any more.
        unsafe { libc::close(self.file) };
    }
}

/// Maps a page of the file, or an anonymous one if it is -1.
fn map(file: i32) -> *mut u32 {
    let anonymous = if file == -1 { libc::MAP_ANON } else { 0 };
    // SAFETY: a new mapping affects no other memory.
    let address = unsafe {
        libc::mmap(
            ptr::null_mut(),
            4096,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | anonymous,
            file,
            0,
        )
    };
    assert_ne!(address, libc::MAP_FAILED);
    address.cast()
}

fn unmap(address: *mut u32) {
    // SAFETY: it was mapped by `map`, and no thread uses it any more.
    assert_eq!(unsafe { libc::munmap(address.cast(), 4096) }, 0);
}

/// A child that waits and is asleep.
fn parked(page: &Page) -> Child {
    let child = fork(|| {
        page.event().wait();
        true
    });
    until(|| is_asleep_in_futex(child.id()));
    child
}

/// Whether the one thread of a process sleeps in a futex call. [man 5 proc, /proc/pid/syscall]
///
/// In an emulator, whether it sleeps at all: the kernel tells the number that the call has on this machine.
fn is_asleep_in_futex(process: libc::pid_t) -> bool {
    if is_emulated() {
        return is_process_asleep(process);
    }
    let call = std::fs::read_to_string(format!("/proc/{process}/syscall")).unwrap_or_default();
    call.starts_with(&format!("{} ", libc::SYS_futex))
}

#[test]
fn checks_and_deadlines_are_those_of_an_event() {
    let event = SharedEvent::new();
    assert!(!event.try_wait());
    let timeout = Duration::from_millis(5);
    let deadline = Instant::now() + timeout;
    assert!(!event.spinning(Spin::NEVER).wait_deadline(deadline));
    assert!(Instant::now() >= deadline);
    assert!(!event.wait_deadline(Some(deadline)));
    let deadline_of_the_word = Deadline::after(SharedFutex::now(), timeout);
    assert!(!event.wait_deadline(deadline_of_the_word));
    assert!(deadline_of_the_word.has_passed(SharedFutex::now()));
    let debug = "SharedEvent(Event { set: false, parked: true })";
    assert_eq!(format!("{event:?}"), debug);

    event.set();
    assert!(event.try_wait() && event.wait_deadline(deadline));
    assert!(event.wait_deadline(deadline_of_the_word) && event.wait_deadline(None));
    let debug = "SharedEvent(Event { set: true, parked: false })";
    assert_eq!(format!("{event:?}"), debug);
}

#[test]
fn an_event_may_be_set_to_begin_with() {
    let event = SharedEvent::new_set();
    assert!(event.try_wait() && event.clear() && !event.is_set());
}

#[test]
fn all_zero_memory_is_an_unset_event_of_four_bytes() {
    assert_eq!(std::mem::size_of::<SharedEvent>(), 4);
    assert_eq!(std::mem::align_of::<SharedEvent>(), 4);
    let page = Page::new();
    assert!(!page.event().is_set());
    assert!(page.event().set() && !page.event().set());
    assert!(page.event().try_wait() && page.event().clear() && !page.event().clear());
    assert!(!SharedEvent::new().is_set() && !SharedEvent::default().is_set());
}

/// A header as the docs of `SharedEvent` describe it.
#[repr(C)]
struct Header {
    question: SharedEvent,
    number: AtomicU32,
    answer: SharedEvent,
}

#[test]
fn processes_talk_through_a_header_that_each_maps_at_its_own_address() {
    let page = Page::new();
    let elsewhere = map(page.file) as usize;
    assert_ne!(elsewhere, page.address as usize);
    // SAFETY: the page is aligned, stays mapped at both addresses until the end of this function, and is a `Header` only.
    let (here, there) = unsafe {
        let here: &Header = &*page.address.cast();
        (here, &*(elsewhere as *const Header))
    };
    let child = fork(|| {
        there.question.wait();
        let number = there.number.load(Relaxed);
        there.number.store(number + 1, Relaxed);
        there.answer.set();
        number == 41
    });
    until(|| is_asleep_in_futex(child.id()));
    here.number.store(41, Relaxed);
    assert!(here.question.set());
    here.answer.wait();
    assert_eq!(here.number.load(Relaxed), 42);
    assert!(!here.question.set() && here.question.clear() && here.answer.clear());
    child.succeeds();
    unmap(elsewhere as *mut u32);
}

#[test]
fn a_set_reaches_waiters_that_map_the_event_at_another_address() {
    let page = Page::new();
    let elsewhere = map(page.file) as usize;
    assert_ne!(elsewhere, page.address as usize);
    // SAFETY: the second mapping stays until the end of this function.
    let other = unsafe { SharedEvent::from_ptr(elsewhere as *mut u32) };
    let waiter_id = &AtomicI32::new(0);
    thread::scope(|scope| {
        for _ in 0..20 {
            waiter_id.store(0, Relaxed);
            let waiter = scope.spawn(move || {
                waiter_id.store(common::thread_id(), Relaxed);
                other.wait();
            });
            until(|| waiter_id.load(Relaxed) != 0 && is_asleep(waiter_id.load(Relaxed)));
            assert!(page.event().set());
            assert!(page.event().clear());
            waiter.join().unwrap();
        }
        let timeout = Duration::from_millis(5);
        let begun = Instant::now();
        assert!(!other.wait_timeout(timeout));
        assert!(begun.elapsed() >= timeout);
    });
    unmap(elsewhere as *mut u32);
}

#[test]
fn processes_release_each_other() {
    let page = Page::new();
    let child = parked(&page);
    assert!(page.event().set());
    child.succeeds();
    assert!(page.event().clear());

    let child = fork(|| page.event().set());
    page.event().wait();
    child.succeeds();
}

#[test]
fn processes_release_each_other_in_anonymous_memory() {
    for _ in 0..3 {
        let page = Page::anonymous();
        let child = fork(|| {
            page.event().wait();
            true
        });
        until(|| page.word().load(Relaxed) != 0);
        assert!(page.event().set());
        child.succeeds();

        let page = Page::anonymous();
        let child = fork(|| {
            until(|| page.word().load(Relaxed) != 0);
            page.event().set()
        });
        page.event().wait();
        child.succeeds();
    }
}

#[test]
fn a_pulse_releases_every_process() {
    let page = Page::new();
    for _ in 0..20 {
        let children = [(); 3].map(|()| parked(&page));
        assert!(page.event().set());
        assert!(page.event().clear());
        children.into_iter().for_each(Child::succeeds);
    }
}

#[test]
fn the_waiter_may_unmap_its_page_while_set_is_running_in_another_process() {
    let page = Page::new();
    for round in 0..500 {
        let child = fork(|| page.event().set());
        let address = map(page.file);
        if round % 2 == 0 {
            thread::yield_now();
        }
        // SAFETY: mapped until the next statement.
        unsafe { SharedEvent::from_ptr(address) }.wait();
        unmap(address);
        child.succeeds();
        assert!(page.event().clear());
    }
}

#[test]
#[cfg(debug_assertions)]
#[should_panic]
fn an_address_that_is_not_aligned_panics() {
    let page = Page::new();
    // SAFETY: the page is there; it is not touched.
    unsafe { SharedEvent::from_ptr(page.address.cast::<u8>().add(2).cast()) };
}

/// Processes that are killed after every possible number of instructions, by single steps. Emulators do not have those.
#[cfg(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64"))]
mod at_every_instruction {
    use super::common::patience::stress_time;
    use super::common::process::assert_held;
    use super::*;

    /// Runs `work` in a child, and kills it after this many instructions. False if it had finished before.
    fn killed_after(instructions: u32, work: impl FnOnce()) -> bool {
        let child = fork(|| {
            // SAFETY: the child asks to be traced, and then stops.
            unsafe {
                libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0);
                libc::raise(libc::SIGSTOP);
            }
            work();
            true
        });
        let mut status = child.next_status();
        for _ in 0..instructions {
            if libc::WIFSTOPPED(status) {
                // SAFETY: the child is stopped, and this touches no memory of this process.
                let answer = unsafe { libc::ptrace(libc::PTRACE_SINGLESTEP, child.id(), 0, 0) };
                assert_eq!(answer, 0, "{}", std::io::Error::last_os_error());
                status = child.next_status();
            }
        }
        if libc::WIFSTOPPED(status) {
            child.kill();
            return true;
        }
        assert_held(status);
        false
    }

    /// Tries `round` with more and more instructions until it returns false: its victim was not killed. With every number
    /// if there is time (`STRESS_SECONDS`), otherwise with one in `stride`, and with others in each run.
    fn each(stride: u32, round: impl Fn(u32) -> bool) {
        let stride = stress_time().map_or(stride, |_| 1);
        let first = std::process::id() % stride;
        let mut numbers = (first..).step_by(stride as usize);
        let end = numbers.find(|&instructions| !round(instructions)).unwrap();
        println!("killed after {first} to {end} instructions, at every {stride}th");
        assert!(end > 100);
    }

    #[test]
    fn a_set_makes_the_wake_of_one_that_was_killed() {
        each(8, |instructions| {
            let page = Page::new();
            let waiters = [(); 2].map(|()| parked(&page));
            let killed = killed_after(instructions, || _ = page.event().set());
            page.event().set();
            waiters.into_iter().for_each(Child::succeeds);
            assert!(page.event().clear());
            killed
        });
    }

    #[test]
    fn a_clear_that_was_killed_has_woken_every_waiter_first() {
        each(8, |instructions| {
            let page = Page::new();
            let waiter = parked(&page);
            // The state that a `set` leaves if it is killed between its publishing and its wake.
            // SAFETY: the page is there.
            unsafe { (*page.address.cast::<AtomicU32>()).fetch_or(1, Relaxed) };
            let killed = killed_after(instructions, || _ = page.event().clear());
            if page.event().is_set() {
                page.event().set();
            }
            waiter.succeeds();
            killed
        });
    }

    #[test]
    fn a_wait_that_was_killed_leaves_the_event_usable() {
        each(32, |instructions| {
            let page = Page::new();
            let waiter = parked(&page);
            let killed = killed_after(instructions, || {
                let event = page.event().spinning(Spin::NEVER);
                event.wait_timeout(Duration::from_micros(100));
            });
            assert!(!page.event().is_set());
            assert!(page.event().set());
            waiter.succeeds();
            assert!(page.event().clear());
            killed
        });
    }
}

/// Processes use the event at random and are killed at random points. The waiters that survive all return.
#[test]
fn no_waiter_is_lost_when_others_are_killed_at_random() {
    let seed = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64 | 1;
    println!("seed {seed}");
    let mut random = common::Random(seed);
    for _ in 0..200 {
        let page = Page::new();
        let waiters = [(); 2].map(|()| {
            fork(|| {
                while page.number().load(Relaxed) == 0 {
                    page.event().wait();
                }
                true
            })
        });
        let victims = [(); 3].map(|()| {
            let mut random = common::Random(random.below(u64::MAX) | 1);
            let page = &page;
            fork(move || loop {
                match random.below(3) {
                    0 => _ = page.event().set(),
                    1 => _ = page.event().clear(),
                    _ => drop(
                        page.event()
                            .wait_timeout(Duration::from_micros(random.below(50))),
                    ),
                }
            })
        });
        thread::sleep(Duration::from_micros(random.below(2_000)));
        victims.into_iter().for_each(Child::kill);
        page.number().store(1, Relaxed);
        if random.below(2) == 0 {
            page.event().clear();
        }
        page.event().set();
        waiters.into_iter().for_each(Child::succeeds);
    }
}
