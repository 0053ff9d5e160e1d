//! The futures that wait for events.

use super::registration::Registration;
use super::registry::Taken;
use crate::listeners::{Awaited, OfOneProcess};
use crate::platform::{Futex, PrivateFutex};
use crate::several::{word, Begun, Kind, WaitableList};
use crate::{AutoResetEvent, Event};
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::vec::Vec;

/// What a future keeps of an event that it waits for.
struct Interest {
    /// The word of a manual-reset event as the wait began.
    begun: u32,
    registration: Registration,
    /// The task was woken for a token, and has not checked for that yet.
    owes: bool,
}

impl Interest {
    fn new<F: Futex>(event: Kind<'_, F>) -> Self {
        let () = OfOneProcess::<F>::CHECKED;
        Self {
            begun: word(event),
            registration: Registration::default(),
            owes: false,
        }
    }

    /// The event as the wait began.
    fn begun<'a, F: Futex>(&self, event: Kind<'a, F>) -> Begun<'a, F> {
        Begun::resumed(event, self.begun)
    }

    fn register<F: Futex>(&mut self, event: Kind<'_, F>, waker: &Waker) {
        let taken = match event {
            Kind::Manual(_) => Taken::All,
            Kind::AutoReset(_) => Taken::One,
        };
        let address = self.begun(event).address();
        self.owes |= self.registration.register::<F>(address, taken, waker);
    }

    /// Marks the event, so that a `set` from now on finds the registration. Returns whether it is set, or has been.
    fn mark<F: Futex>(&mut self, event: Kind<'_, F>) -> bool {
        let is_set = self.begun(event).mark();
        // If there is no token, there is nothing to check for.
        self.owes &= is_set;
        is_set
    }

    /// Takes the registration out. If the waker has been run, the task owes a check of the event.
    fn leave<F: Futex>(&mut self, event: Kind<'_, F>) {
        self.owes |= self.registration.withdraw::<F>();
        if self.owes {
            self.owes = false;
            self.begun(event).pass_on();
        }
    }
}

/// The index of an event that releases the wait; otherwise the waker is registered with all of them.
fn poll<F: Futex>(
    events: &dyn WaitableList<F>,
    interests: &mut [Interest],
    waker: &Waker,
) -> Poll<usize> {
    loop {
        let takes = |(event, of): (_, &mut Interest)| of.begun(event).takes();
        let released = both(events, interests).position(takes);
        if let Some(released) = released {
            // This includes the event that releases it: since the token was taken, the waker may have been run for the next.
            leave(events, interests);
            return Poll::Ready(released);
        }
        both(events, interests).for_each(|(event, of)| of.register(event, waker));
        if !both(events, interests).any(|(event, of)| of.mark(event)) {
            return Poll::Pending;
        }
    }
}

fn leave<F: Futex>(events: &dyn WaitableList<F>, interests: &mut [Interest]) {
    both(events, interests).for_each(|(event, of)| of.leave(event));
}

/// Each event, with what the future keeps of it.
fn both<'a, F>(
    events: &'a dyn WaitableList<F>,
    interests: &'a mut [Interest],
) -> impl Iterator<Item = (Kind<'a, F>, &'a mut Interest)> {
    let interests = interests.iter_mut().enumerate();
    interests.map(|(index, interest)| (events.kind_at(index), interest))
}

impl<F: Futex> Event<F> {
    /// A future that is ready once the event has been set. With the feature `async`.
    ///
    /// The wait begins with this call, not with the first poll: a `set` after it releases the task even if a `clear`
    /// follows at once.
    ///
    /// Everything done before the `set` is visible to the task afterwards. See [`WaitAsync`].
    ///
    /// ```
    /// use futex_event::Event;
    /// # use pollster::block_on;
    ///
    /// static READY: Event = Event::new();
    ///
    /// std::thread::spawn(|| READY.set());
    /// block_on(async { READY.wait_async().await });
    /// ```
    pub fn wait_async(&self) -> WaitAsync<'_, F> {
        WaitAsync::new(Kind::Manual(self))
    }
}

impl<F: Futex> AutoResetEvent<F> {
    /// A future that is ready once it has taken a token. With the feature `async`.
    ///
    /// The token is taken by a poll that returns ready, and by nothing else. So a future that is dropped has
    /// taken none, and if its task was woken for one, another task is woken instead.
    ///
    /// Everything done before the `set` is visible to the task afterwards. See [`WaitAsync`], also for what several
    /// sets in a row do.
    ///
    /// ```
    /// use futex_event::AutoResetEvent;
    /// # use pollster::block_on;
    ///
    /// let work = AutoResetEvent::new();
    /// work.set();
    /// block_on(async { work.wait_async().await });
    /// assert!(!work.is_set());
    /// ```
    pub fn wait_async(&self) -> WaitAsync<'_, F> {
        WaitAsync::new(Kind::AutoReset(self))
    }
}

/// A future that waits for an event: see [`Event::wait_async`] and [`AutoResetEvent::wait_async`].
///
/// It belongs to no runtime: any executor can run it. It is `Send` and `Unpin`, may be dropped at any moment, and once
/// ready it stays ready: to poll it again takes nothing.
///
/// # What a `set` does
///
/// `set` stays lock-free and allocates nothing, so a signal handler or a real-time thread may call it. It runs no `Waker`:
/// a thread of the library does, the *waker thread*, named `futex-event`, one for each type of word. The first poll that
/// has to wait starts this thread, which then runs until the process ends. It inherits the signal mask and the priority of
/// the thread that polled. A `set` of an event for which tasks wait makes one more system call, if the waker thread is
/// asleep. An event for which no task has waited pays nothing; an auto-reset event for which a task once did pays some
/// nanoseconds with each `set`.
///
/// So a task runs later than a thread would, by the time that it takes to wake one more thread. A `Waker` that blocks
/// delays all other tasks that wait for events; one that panics does not.
///
/// # Which waiter an auto-reset event releases
///
/// Threads come first: a `set` gives its token to a thread that waits, if there is one. Otherwise the token is
/// remembered, and the task that registered first is woken to take it. Until it has, any other thread or task can, by
/// `try_wait` or a first poll; the task then keeps waiting. And until then further sets change nothing and return false: *k*
/// sets in a row release *k* threads that are parked, but only one task, unless tasks have run in between. A task that
/// was released checks until there is nothing left to do.
///
/// No token is reserved for a task. So none is lost if the task is dropped, never polled again, or leaked.
///
/// # Leaking
///
/// A future that is leaked, by [`core::mem::forget`], leaves its waker behind. A `set` of its auto-reset event, or of
/// one that is at the same address later, may wake this task and no other; the token is then kept until
/// a thread or a task takes it, and the next `set` wakes another task. A future that is kept but not polled does the same as long
/// as it lives.
///
/// # After a `fork`
///
/// `set` works in the child as always, and wakes no task of the parent. To await there is possible if at the
/// moment of the `fork` no thread of the parent was inside a poll or dropping a future, and the waker thread slept. Otherwise
/// a lock may stay locked in the child.
///
/// # Panics
///
/// A poll panics if the waker thread is needed and cannot be started.
#[must_use = "a future does nothing unless it is awaited"]
pub struct WaitAsync<'a, F: Futex = PrivateFutex> {
    event: [Kind<'a, F>; 1],
    interest: [Interest; 1],
    is_over: bool,
}

impl<'a, F: Futex> WaitAsync<'a, F> {
    fn new(event: Kind<'a, F>) -> Self {
        Self {
            event: [event],
            interest: [Interest::new(event)],
            is_over: false,
        }
    }
}

impl<F: Futex> Future for WaitAsync<'_, F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        if !this.is_over {
            if poll(&this.event, &mut this.interest, context.waker()).is_pending() {
                return Poll::Pending;
            }
            this.is_over = true;
        }
        Poll::Ready(())
    }
}

impl<F: Futex> Drop for WaitAsync<'_, F> {
    fn drop(&mut self) {
        leave(&self.event, &mut self.interest);
    }
}

/// Says whether the wait is over.
impl<F: Futex> fmt::Debug for WaitAsync<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitAsync")
            .field("over", &self.is_over)
            .finish()
    }
}

/// A future that is ready once one of the events has released it, with the index of that event. With the feature
/// `async`.
///
/// The events are a [list](WaitableList), as for [`wait_any`](crate::wait_any()). The future keeps it, so a list of `Arc`s
/// makes a future that borrows nothing.
///
/// If several are set when it is polled, it returns the first of them in the list, and the others stay as they are. A
/// manual-reset event that was set and cleared since this call counts too. Of an auto-reset event one token is
/// taken, that event's and no other, by the poll that returns ready.
///
/// Everything done before the `set` of the event whose index is returned is visible to the task. For everything else see
/// [`WaitAsync`].
///
/// Any number of events can be waited for; what the future has to keep of each is in a `Vec`. The same event may be in the
/// list twice.
///
/// # Panics
///
/// If there are no events.
///
/// # Examples
///
/// ```
/// use futex_event::{wait_any_async, AutoResetEvent, Event};
/// # use pollster::block_on;
///
/// static WORK: AutoResetEvent = AutoResetEvent::new();
/// static STOP: Event = Event::new();
///
/// let worker = std::thread::spawn(|| {
///     block_on(async {
///         loop {
///             match wait_any_async((&STOP, &WORK)).await {
///                 0 => break,
///                 _ => { /* do what there is to do */ }
///             }
///         }
///     })
/// });
/// WORK.set();
/// STOP.set();
/// worker.join().unwrap();
/// ```
pub fn wait_any_async<L: WaitableList<F>, F: Futex>(events: L) -> WaitAnyAsync<L, F> {
    let count = events.count();
    assert!(count > 0, "a wait for one of no events never ends");
    let interests = (0..count).map(|index| Interest::new(events.kind_at(index)));
    WaitAnyAsync {
        interests: interests.collect(),
        events,
        released: None,
        word: PhantomData,
    }
}

/// A future that waits for the first of several events: see [`wait_any_async`].
///
/// Once ready it stays ready, with the same index; to poll it again takes nothing.
#[must_use = "a future does nothing unless it is awaited"]
pub struct WaitAnyAsync<L: WaitableList<F>, F: Futex = PrivateFutex> {
    events: L,
    interests: Vec<Interest>,
    released: Option<usize>,
    word: PhantomData<fn(F)>,
}

// The list is used, and never pinned.
impl<L: WaitableList<F>, F: Futex> Unpin for WaitAnyAsync<L, F> {}

impl<L: WaitableList<F>, F: Futex> Future for WaitAnyAsync<L, F> {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<usize> {
        let this = self.get_mut();
        if let Some(index) = this.released {
            return Poll::Ready(index);
        }
        let polled = poll(&this.events, &mut this.interests, context.waker());
        if let Poll::Ready(index) = polled {
            this.released = Some(index);
        }
        polled
    }
}

impl<L: WaitableList<F>, F: Futex> Drop for WaitAnyAsync<L, F> {
    fn drop(&mut self) {
        leave(&self.events, &mut self.interests);
    }
}

/// Says which event has ended the wait, if one has.
impl<L: WaitableList<F>, F: Futex> fmt::Debug for WaitAnyAsync<L, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitAnyAsync")
            .field("released", &self.released)
            .finish()
    }
}
