//! Memory that is freed while other threads may still be about to use it.

use crate::kernel::{self, newest};
use crate::LoomFutex;
use futex_event::{AutoResetEvent, Event, EventCount};

/// Marks the memory of an event as freed: from now on every access to its word fails the model, and so does a write to it that
/// does not happen before this call, even if it has taken effect. A wake does not, as it uses the address only as a number.
///
/// The event itself remains, so the mistake can be reported.
///
/// ```
/// use futex_event::Event;
/// use futex_event_loom::{freed, model, LoomFutex};
/// use loom::thread;
/// use std::sync::Arc;
///
/// model(|| {
///     let event = Arc::new(Event::with_futex(LoomFutex::new()));
///     let waiter = thread::spawn({
///         let event = Arc::clone(&event);
///         move || {
///             event.wait();
///             freed(&*event); // `set` may still be running, and no longer uses the memory
///         }
///     });
///     event.set();
///     waiter.join().unwrap();
/// });
/// ```
pub fn freed<E: OnLoomFutex>(event: &E) {
    let word = event as *const E as *const LoomFutex;
    // Tells loom that this step depends on those of the other threads.
    // SAFETY: the events are transparent, and the word is the same whatever its parameter.
    unsafe { &*word }.access(newest);
    kernel::free(LoomFutex::address(word));
}

/// What can be [freed]: an event on a [`LoomFutex`].
pub trait OnLoomFutex: sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! on_loom_futex {
    ($($event:ident)*) => {$(
        impl<const SHARED: bool> OnLoomFutex for $event<LoomFutex<SHARED>> {}
        impl<const SHARED: bool> sealed::Sealed for $event<LoomFutex<SHARED>> {}
    )*};
}

on_loom_futex!(Event AutoResetEvent EventCount);
