//! An event of either kind.

use crate::argument::event;
use crate::auto_reset_event::futex_event_auto;
use crate::event::futex_event_manual;
use futex_event::Waitable;

/// An event to wait for, of either kind: a pointer to it in one field, and null in the other.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct futex_event_waitable {
    /// A manual-reset event, or null.
    pub manual_reset: *mut futex_event_manual,
    /// An auto-reset event, or null.
    pub auto_reset: *mut futex_event_auto,
}

/// The event that is meant; `None` if it is not exactly one, or its address is misaligned.
///
/// # Safety
///
/// For each field, see [`event`].
pub(crate) unsafe fn waitable<'a>(it: futex_event_waitable) -> Option<&'a dyn Waitable> {
    // SAFETY: by what the caller promises.
    match unsafe { (event(it.manual_reset), event(it.auto_reset)) } {
        (Some(event), None) if it.auto_reset.is_null() => Some(event),
        (None, Some(event)) if it.manual_reset.is_null() => Some(event),
        _ => None,
    }
}
