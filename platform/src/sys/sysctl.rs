//! `sysctl(3)`, which tells the version of the kernel on NetBSD and OpenBSD.

#![allow(dead_code)] // Only they ask for it.

use crate::sys::unix::keep_errno;
use core::{mem, ptr};
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

/// A type that any bytes are a value of.
pub(crate) trait Bytes: Copy {}

impl Bytes for c_int {}
impl Bytes for [u8; 16] {}

/// The kernel's value of this name below `kern`, in place of the first bytes of `value`; or `None` if the kernel does not tell,
/// or it does not fit.
#[cold]
pub(crate) fn kern<T: Bytes>(name: c_int, mut value: T) -> Option<T> {
    let name = [CTL_KERN, name];
    let mut length = mem::size_of::<T>();
    let (answer, _) = keep_errno(|| {
        // SAFETY: there are two numbers at `name`, and room for `length` bytes at `value`, which may be any. Nothing is set.
        unsafe {
            sysctl(
                name.as_ptr(),
                2,
                (&mut value as *mut T).cast(),
                &mut length,
                ptr::null(),
                0,
            )
        }
    });
    (answer == 0).then_some(value)
}
