//! How many CPUs there are.
//!
//! Where this thread may run on several, one call says so. Where it may run on one only, that is not the point: it may
//! wait for a thread on the next. So then a file is asked, which is a list like "0-3,5". If neither answers, as under a
//! filter, there may be more than one. [man 2 sched_getaffinity; Documentation/admin-guide/cputopology.rst]

use crate::unix::keep_errno;
use core::mem::size_of_val;

/// One, or two for more.
pub(crate) fn cpus() -> usize {
    one_or_more(size(&of_this_thread()), online)
}

fn one_or_more(of_this_thread: u32, online: impl FnOnce() -> usize) -> usize {
    if of_this_thread == 1 {
        online()
    } else {
        2
    }
}

/// A bit for each CPU.
type Set = [usize; 32];

fn size(set: &Set) -> u32 {
    set.iter().map(|bits| bits.count_ones()).sum()
}

/// Empty if it cannot be known, or is too large.
fn of_this_thread() -> Set {
    let mut set = Set::default();
    // SAFETY: the set is there to be written to, in its whole size.
    keep_errno(|| unsafe {
        libc::sched_getaffinity(0, size_of_val(&set), set.as_mut_ptr().cast())
    });
    set
}

fn online() -> usize {
    let mut list = [0_u8; 16];
    let path = b"/sys/devices/system/cpu/online\0";
    let (length, _) = keep_errno(|| {
        // SAFETY: the path is a string as C has them, and `list` is there to be written to.
        unsafe {
            // For reading, which is the flag zero.
            let file = libc::open(path.as_ptr().cast(), libc::O_CLOEXEC);
            let length = libc::read(file, list.as_mut_ptr().cast(), list.len());
            libc::close(file);
            length
        }
    });
    count(&list[..usize::try_from(length).unwrap_or(0)])
}

/// What a list says that begins like this; it is empty if nothing could be read.
fn count(list: &[u8]) -> usize {
    let is_one = !list.is_empty() && list.iter().all(|byte| !b"-,".contains(byte));
    if is_one {
        1
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_of_a_set_is_that_of_all_its_parts() {
        assert_eq!(size(&Set::default()), 0);
        assert_eq!(size(&[0b101; 32]), 64);
    }

    #[test]
    fn the_file_is_asked_only_by_a_thread_that_may_run_on_one_cpu() {
        assert_eq!(one_or_more(1, || 1), 1);
        assert_eq!(one_or_more(1, || 2), 2);
        for of_this_thread in [0, 2, 3, 1_024] {
            assert_eq!(one_or_more(of_this_thread, || unreachable!()), 2);
        }
    }

    #[test]
    fn one_number_is_one_cpu_and_anything_else_more() {
        for one in ["0\n", "17\n"] {
            assert_eq!(count(one.as_bytes()), 1, "{}", one);
        }
        for more in ["0-1\n", "0,2\n", "0-3,5-7,1024-20", ""] {
            assert_eq!(count(more.as_bytes()), 2, "{}", more);
        }
    }

    #[test]
    fn a_thread_knows_on_how_many_cpus_it_may_run() {
        let before = of_this_thread();
        let place = before.iter().position(|&bits| bits != 0).unwrap();
        let mut one = Set::default();
        one[place] = 1 << before[place].trailing_zeros();
        let pinned = std::thread::spawn(move || {
            // SAFETY: the set is there to be read, in its whole size.
            let answer =
                unsafe { libc::sched_setaffinity(0, size_of_val(&one), one.as_ptr().cast()) };
            assert_eq!(answer, 0);
            assert_eq!(of_this_thread(), one);
            assert_eq!(size(&one), 1);
            cpus()
        });
        assert_eq!(pinned.join().unwrap(), online());
        assert_eq!(of_this_thread(), before);
        // Who may run on several is right to say so.
        if size(&before) > 1 {
            assert_eq!((cpus(), online()), (2, 2));
        }
    }
}
