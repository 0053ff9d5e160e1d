//! How a wait ended.

/// How a wait ended. All but the first are negative.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum futex_event_result {
    /// The event released the wait.
    FUTEX_EVENT_RELEASED = 0,
    /// Time ran out, and a last check found the wait still unreleased. Never early.
    FUTEX_EVENT_TIMED_OUT = -1,
    /// The caller's function said that the wait should end.
    FUTEX_EVENT_INTERRUPTED = -2,
    /// An argument was wrong, and the call did nothing: a null or misaligned pointer, no events where there must be
    /// one, or too many.
    FUTEX_EVENT_INVALID = -3,
    /// A wait for all of several events was ended by another event: see `futex_event_wait_all_or`.
    FUTEX_EVENT_STOPPED = -4,
}

use core::ffi::c_int;
use futex_event::{Interrupted, Stopped};
use futex_event_result::*;

/// For a wait that returns an index, or a result.
impl From<futex_event_result> for c_int {
    fn from(result: futex_event_result) -> Self {
        result as Self
    }
}

impl From<()> for futex_event_result {
    fn from((): ()) -> Self {
        FUTEX_EVENT_RELEASED
    }
}

impl From<bool> for futex_event_result {
    fn from(released: bool) -> Self {
        if released {
            FUTEX_EVENT_RELEASED
        } else {
            FUTEX_EVENT_TIMED_OUT
        }
    }
}

impl<R: Into<Self>> From<Result<R, Interrupted>> for futex_event_result {
    fn from(result: Result<R, Interrupted>) -> Self {
        result.map_or(FUTEX_EVENT_INTERRUPTED, R::into)
    }
}

impl<R: Into<Self>> From<Result<R, Stopped>> for futex_event_result {
    fn from(result: Result<R, Stopped>) -> Self {
        result.map_or(FUTEX_EVENT_STOPPED, R::into)
    }
}
