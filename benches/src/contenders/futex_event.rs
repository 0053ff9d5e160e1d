//! The events of this repository: with the default settings, and one that never spins.

use super::{Contender, HandOff, Kind, ManualReset, Timed};
use futex_event::Spin;
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

/// An event whose waits park at once.
pub struct NeverSpinning(Event);

impl Contender for NeverSpinning {
    const NAME: &'static str = "futex-event, never spinning";
    const KIND: Kind = Kind::Ours;

    #[inline]
    fn unset() -> Self {
        Self(Event::new())
    }

    #[inline]
    fn set(&self) {
        self.0.set();
    }
}

impl ManualReset for NeverSpinning {
    #[inline]
    fn clear(&self) {
        self.0.clear();
    }

    #[inline]
    fn is_set(&self) -> bool {
        self.0.is_set()
    }

    #[inline]
    fn wait(&self) {
        self.0.spinning(Spin::NEVER).wait()
    }
}
