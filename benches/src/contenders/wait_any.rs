//! Ways to wait for the first of two: work, or a request to stop. Each is handed work; the stop never comes, but is waited
//! for, and has precedence.

use super::{Contender, HandOff, Kind, ListenerEvent, ManualReset};
use event_listener::listener;
use futex_event::{wait_all, wait_any, AutoResetEvent, Event, Spin};
use futures_lite::future::{block_on, or};
use std::time::Duration;

/// How often the loops check the other event.
const PERIOD: Duration = Duration::from_millis(1);

/// Work is an auto-reset event.
pub struct WaitAny {
    stop: Event,
    work: AutoResetEvent,
}

impl Contender for WaitAny {
    const NAME: &'static str = "wait_any, auto-reset work";
    const KIND: Kind = Kind::Ours;

    fn unset() -> Self {
        Self {
            stop: Event::new(),
            work: AutoResetEvent::new(),
        }
    }

    fn set(&self) {
        self.work.set();
    }
}

impl HandOff for WaitAny {
    fn taker(&self) -> impl FnMut() {
        || assert_eq!(wait_any((&self.stop, &self.work)), 1)
    }
}

/// Work is a manual-reset event.
pub struct WaitAnyManual {
    stop: Event,
    work: Event,
}

impl Contender for WaitAnyManual {
    const NAME: &'static str = "wait_any, manual-reset work";
    const KIND: Kind = Kind::Ours;

    fn unset() -> Self {
        Self {
            stop: Event::new(),
            work: Event::new(),
        }
    }

    fn set(&self) {
        self.work.set();
    }
}

impl HandOff for WaitAnyManual {
    fn taker(&self) -> impl FnMut() {
        || {
            assert_eq!(wait_any((&self.stop, &self.work)), 1);
            self.work.clear();
        }
    }
}

/// Waits for all of two events, of which one is set already: the wait itself is what is measured.
pub struct WaitAll {
    ready: Event,
    work: Event,
}

impl Contender for WaitAll {
    const NAME: &'static str = "wait_all";
    const KIND: Kind = Kind::Ours;

    fn unset() -> Self {
        Self {
            ready: Event::new_set(),
            work: Event::new(),
        }
    }

    fn set(&self) {
        self.work.set();
    }
}

impl HandOff for WaitAll {
    fn taker(&self) -> impl FnMut() {
        || {
            wait_all([&self.ready, &self.work]);
            self.work.clear();
        }
    }
}

/// Waits for one event for a moment, then for the other. It does not spin before it parks: a spin is short compared with
/// that moment, and unsuccessful spins would be remembered for the address, at which another contender's events come next.
pub struct InTurn(WaitAny);

impl Contender for InTurn {
    const NAME: &'static str = "wait_timeout in turn";

    fn unset() -> Self {
        Self(WaitAny::unset())
    }

    fn set(&self) {
        self.0.set();
    }
}

impl HandOff for InTurn {
    fn taker(&self) -> impl FnMut() {
        || loop {
            assert!(!self.0.stop.spinning(Spin::NEVER).wait_timeout(PERIOD));
            if self.0.work.spinning(Spin::NEVER).wait_timeout(PERIOD) {
                return;
            }
        }
    }
}

/// Waits for work for a moment, then checks the other event. The round trip does not show what this costs: a stop comes
/// late, and a thread without work wakes a thousand times a second.
pub struct LookAtStop(WaitAny);

impl Contender for LookAtStop {
    const NAME: &'static str = "wait_timeout, check stop";

    fn unset() -> Self {
        Self(WaitAny::unset())
    }

    fn set(&self) {
        self.0.set();
    }
}

impl HandOff for LookAtStop {
    fn taker(&self) -> impl FnMut() {
        || loop {
            assert!(!self.0.stop.is_set());
            if self.0.work.wait_timeout(PERIOD) {
                return;
            }
        }
    }
}

/// Two listeners, and a future that is ready when one of them is: a listener alone blocks for its own event only.
pub struct EitherListener {
    stop: ListenerEvent,
    work: ListenerEvent,
}

impl Contender for EitherListener {
    const NAME: &'static str = "event-listener, either of two";

    fn unset() -> Self {
        Self {
            stop: ListenerEvent::unset(),
            work: ListenerEvent::unset(),
        }
    }

    fn set(&self) {
        self.work.set();
    }
}

impl HandOff for EitherListener {
    fn taker(&self) -> impl FnMut() {
        || {
            while !self.released() {
                listener!(self.stop.changed => stop);
                listener!(self.work.changed => work);
                if self.released() {
                    break;
                }
                block_on(or(stop, work));
            }
            self.work.clear();
        }
    }
}

impl EitherListener {
    fn released(&self) -> bool {
        assert!(!self.stop.is_set());
        self.work.is_set()
    }
}
