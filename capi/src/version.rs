//! The version.

use core::ffi::c_char;

/// Returns the version of the library, such as "0.2.0". The version of the header is FUTEX_EVENT_VERSION.
#[no_mangle]
pub extern "C" fn futex_event_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
