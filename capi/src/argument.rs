//! The arguments that C passes.

use crate::interrupted::{self, futex_event_interrupted};
use crate::result::futex_event_result::{self, FUTEX_EVENT_INVALID};
use core::ffi::c_void;

/// A C struct that stands for a type of event: four bytes with the same layout.
pub trait StandsFor: Sized {
    /// The type of event.
    type Event;

    /// Does not compile if the two are laid out differently.
    const CHECKED: () = {
        assert!(size_of::<Self>() == size_of::<Self::Event>());
        assert!(align_of::<Self>() <= align_of::<Self::Event>());
    };
}

/// The same address as one of an event; `None` if it is null or misaligned. For a `set`, which needs the event only until a
/// wait that it released has returned: a reference would have to live longer.
pub(crate) fn address<C: StandsFor>(address: *const C) -> Option<*const C::Event> {
    let () = C::CHECKED;
    let address = address.cast::<C::Event>();
    (!address.is_null() && address.is_aligned()).then_some(address)
}

/// The event at this address; `None` if the address is null or misaligned.
///
/// # Safety
///
/// An address that is neither null nor misaligned is that of an event that lives for `'a`.
pub(crate) unsafe fn event<'a, C: StandsFor>(address: *const C) -> Option<&'a C::Event> {
    // SAFETY: by what the caller promises. The words of events are atomic and any value is a valid one.
    self::address(address).map(|address| unsafe { &*address })
}

/// Waits for the event at this address in the given way.
///
/// # Safety
///
/// As for [`event`].
pub(crate) unsafe fn wait<C: StandsFor, R: Into<futex_event_result>>(
    address: *const C,
    wait: impl FnOnce(&C::Event) -> R,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    match unsafe { event(address) } {
        Some(event) => wait(event).into(),
        None => FUTEX_EVENT_INVALID,
    }
}

/// The same for an interruptible wait, which calls `interrupted`.
///
/// # Safety
///
/// As for [`event`]; and `interrupted` can be called with `context`.
pub(crate) unsafe fn wait_interruptible<C: StandsFor, R: Into<futex_event_result>>(
    address: *const C,
    interrupted: futex_event_interrupted,
    context: *mut c_void,
    wait: impl FnOnce(&C::Event, &mut dyn FnMut() -> bool) -> R,
) -> futex_event_result {
    // SAFETY: by what the caller promises.
    unsafe {
        interrupted::called(interrupted, context, |interrupted| {
            self::wait(address, |event| wait(event, interrupted))
        })
    }
}
