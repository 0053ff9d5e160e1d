//! What is to be done in the child of a `fork`.

cfg_if::cfg_if! {
    if #[cfg(any(
        target_os = "linux",
        target_os = "android",
        target_vendor = "apple",
        target_os = "freebsd",
        target_os = "openbsd",
        target_os = "netbsd",
        target_os = "dragonfly"
    ))] {
        /// Has the child of each `fork` from now on run this, before anything else. If the C library has no memory for that,
        /// nothing happens, and the next call tries again. Returns whether it has.
        ///
        /// It makes no kernel call, except for memory. [man 3 pthread_atfork]
        pub(crate) fn in_each_child(run: unsafe extern "C" fn()) -> bool {
            let (answer, _) = crate::unix::keep_errno(|| {
                // SAFETY: the function is there as long as the program, and may run in a child.
                unsafe { libc::pthread_atfork(None, None, Some(run)) }
            });
            answer == 0
        }
    } else {
        /// There is no `fork` here, or no C library to tell of it.
        pub(crate) fn in_each_child(_: unsafe extern "C" fn()) -> bool {
            true
        }
    }
}
