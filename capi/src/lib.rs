//! futex-event for C and C++: the functions of `include/futex_event.h`.
//!
//! cbindgen makes that header from this crate, comments included, so they are written for a reader of C. `.ci/capi`
//! compares the two. A C struct of one `uint32_t` stands for each type of event. The functions only check their
//! arguments, call the method of the same name, and translate its result.
//!
//! # Safety of every function
//!
//! A pointer to an event that is neither null nor misaligned points to an event, which is not freed before the call has
//! returned; during a `set` it may be freed once a wait that this released has returned. An array has as many elements as
//! the call says. A callback returns, and `context` is what it expects.
//!
//! # Panics
//!
//! Nothing unwinds into C: the libraries are built with `panic = "abort"`, and since Rust 1.81 `extern "C"` functions
//! abort in any other build, too. No function is known to panic.
//!
//! # Features
//!
//! Without the feature `std` there is neither std nor an allocator. It is for systems without a futex, and on by
//! default because a build of the whole workspace has std; the Makefile turns it off. `cargo cinstall` must not: it
//! builds without link-time optimisation, and `core` then needs std's `rust_eh_personality`.

#![no_std]
#![allow(non_camel_case_types)] // C's names.
#![allow(clippy::missing_safety_doc)] // It is above, for all functions at once.
#![warn(missing_docs, unsafe_op_in_unsafe_fn)]

mod argument;

// In the order in which the header has them.
mod version;

mod time;

mod result;

mod interrupted;

mod event;

mod auto_reset_event;

// Its items stay in it, so this list is here once. (cbindgen does not see the list of `where_words_can_be_shared!`.)
#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "openbsd",
    target_os = "netbsd",
    target_os = "dragonfly"
))]
pub mod shared_event;

mod waitable;

mod wait_any;

mod wait_all;

mod wait_all_or;

mod event_count;

pub use auto_reset_event::*;
pub use event::*;
pub use event_count::*;
pub use interrupted::*;
pub use result::*;
pub use time::*;
pub use version::*;
pub use wait_all::*;
pub use wait_all_or::*;
pub use wait_any::*;
pub use waitable::*;

#[cfg(not(any(feature = "std", test)))] // A test harness has std.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    extern "C" {
        fn abort() -> !;
    }
    // SAFETY: the C library's function has no conditions.
    unsafe { abort() }
}
