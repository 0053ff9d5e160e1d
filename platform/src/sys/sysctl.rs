//! `sysctl(3)`, which tells the version of the kernel on NetBSD and OpenBSD.

#![allow(dead_code)] // Only they ask for it.

use crate::sys::unix::keep_errno;
use core::ptr;
use libc::{c_int, c_uint, c_void};

const CTL_KERN: c_int = 1;

extern "C" {
    #[cfg_attr(target_os = "linux", link_name = "simulated_sysctl")]
    fn sysctl(
        name: *const c_int,
        name_length: c_uint,
        old: *mut c_void,
        old_length: *mut usize,
        new: *const c_void,
        new_length: usize,
    ) -> c_int;
}

/// The kernel's value of this name below `kern`, and zeros behind it. `None` if the kernel does not tell, or if it does not fit.
#[cold]
pub(crate) fn kern<const SIZE: usize>(name: c_int) -> Option<[u8; SIZE]> {
    let name = [CTL_KERN, name];
    let (mut value, mut length) = ([0; SIZE], SIZE);
    let (answer, _) = keep_errno(|| {
        // SAFETY: there are two numbers at `name`, and room for `length` bytes at `value`. Nothing is set.
        unsafe {
            sysctl(
                name.as_ptr(),
                2,
                value.as_mut_ptr().cast(),
                &mut length,
                ptr::null(),
                0,
            )
        }
    });
    (answer == 0).then_some(value)
}
