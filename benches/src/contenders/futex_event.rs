//! The events of this repository, with the default settings.
//!
//! A setting that a caller can choose, such as never to spin, is one more contender: a struct of its own around the
//! event, beside these, and a word more in the lists of [`every!`](super::every).

use super::{Contender, HandOff, Kind, ManualReset, Timed};
pub use futex_event::{AutoResetEvent, Event};
use std::time::Duration;

impl Contender for Event {
    const NAME: &'static str = "futex-event";
    const KIND: Kind = Kind::Ours;

    #[inline]
    fn unset() -> Self {
        Event::new()
    }

    #[inline]
    fn set(&self) {
        Event::set(self);
    }
}

impl ManualReset for Event {
    #[inline]
    fn clear(&self) {
        Event::clear(self);
    }

    #[inline]
    fn is_set(&self) -> bool {
        Event::is_set(self)
    }

    #[inline]
    fn wait(&self) {
        Event::wait(self)
    }
}

impl Timed for Event {
    #[inline]
    fn wait_timeout(&self, timeout: Duration) -> bool {
        Event::wait_timeout(self, timeout)
    }
}

impl Contender for AutoResetEvent {
    const NAME: &'static str = "futex-event, auto-reset";
    const KIND: Kind = Kind::Ours;

    #[inline]
    fn unset() -> Self {
        AutoResetEvent::new()
    }

    #[inline]
    fn set(&self) {
        AutoResetEvent::set(self);
    }
}

impl HandOff for AutoResetEvent {
    fn taker(&self) -> impl FnMut() {
        || self.wait()
    }
}
