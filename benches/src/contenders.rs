//! What is compared: ways to build an event, and floors that no event can go below.

#[cfg(target_os = "linux")]
mod across_processes;
mod floors;
mod futex_event;
mod notifications;
mod one_waiter;
mod peers;
mod pools;
mod queues;
mod wait_any;

#[cfg(target_os = "linux")]
pub use across_processes::*;
pub use floors::*;
pub use futex_event::*;
pub use notifications::*;
pub use one_waiter::*;
pub use peers::*;
pub use pools::*;
pub use queues::*;
pub use wait_any::*;

use std::time::Duration;

/// What a contender is compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// From this repository.
    Ours,
    /// Another way to build an event.
    Peer,
    /// Not an event: what the hardware or the kernel takes at least.
    Floor,
}

/// Something that one thread sets.
pub trait Contender: Sync + 'static {
    /// As it is called in the results.
    const NAME: &'static str;
    const KIND: Kind = Kind::Peer;

    fn unset() -> Self;
    /// Sets it, and releases whoever waits.
    fn set(&self);
}

/// A contender that stays set until it is cleared, and on which many threads can wait.
pub trait ManualReset: Contender {
    fn clear(&self);
    fn is_set(&self) -> bool;
    /// Returns when it is set.
    fn wait(&self);
}

/// One whose waits can time out.
pub trait Timed: ManualReset {
    /// Whether it was set in time.
    fn wait_timeout(&self, timeout: Duration) -> bool;
}

/// A contender by which one thread releases another, again and again.
pub trait HandOff: Contender {
    /// What waits until it is set, and makes it unset again. It is made once, by the thread that will call it, and
    /// before anybody sets.
    fn taker(&self) -> impl FnMut();
}

impl<E: ManualReset> HandOff for E {
    fn taker(&self) -> impl FnMut() {
        || {
            self.wait();
            self.clear();
        }
    }
}

/// `every!(kind: work(arguments))` is a `Vec` of what `work::<C>(arguments)` returns for every contender `C` of that
/// kind, floors left out. A new contender is entered here and nowhere else.
macro_rules! every {
    (manual_reset: $work:ident $arguments:tt) => {
        every!([
            Event, NeverSpinning, StdEvent, ParkingLotEvent, ListenerEvent, RseventsEvent, SynchronoiseEvent, UsyncEvent,
            AtomicWaitEvent
        ] $work $arguments)
    };
    (timed: $work:ident $arguments:tt) => {
        every!([
            Event, StdEvent, ParkingLotEvent, ListenerEvent, RseventsEvent, SynchronoiseEvent, UsyncEvent
        ] $work $arguments)
    };
    // Without synchronoise and rsevents, which now and then lose a wake, and then this would never end.
    (hand_off: $work:ident $arguments:tt) => {
        every!([
            Event, NeverSpinning, StdEvent, ParkingLotEvent, ListenerEvent, UsyncEvent, AtomicWaitEvent,
            AutoResetEvent, CrossbeamParker, StdPark
        ] $work $arguments)
    };
    ([$($contender:ident),+] $work:ident $arguments:tt) => {
        vec![$($work::<$crate::contenders::$contender> $arguments),+]
    };
}
pub(crate) use every;
