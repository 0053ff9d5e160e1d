//! The future that waits for a condition, with an event count.

use super::registration::Registration;
use super::registry::Taken;
use crate::platform::{Futex, PrivateFutex};
use crate::EventCount;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

impl<F: Futex> EventCount<F> {
    /// A future that is ready once `condition` returns something, with that. With the feature `async`.
    ///
    /// It calls the condition when it is polled, and its task is woken by every notification that is not for a thread:
    /// [`notify_all`](Self::notify_all) wakes all tasks that wait, and so does [`notify_one`](Self::notify_one) if no thread
    /// is parked for it to release. No task misses a change whose notification comes after the future's check of the condition.
    ///
    /// The memory order is that of [`wait_until`](Self::wait_until). For the thread that runs the wakers, for leaking, and `fork`, see
    /// [`WaitAsync`](crate::WaitAsync).
    ///
    /// ```
    /// use crossbeam_queue::SegQueue;
    /// use futex_event::EventCount;
    /// # use pollster::block_on;
    ///
    /// static QUEUE: SegQueue<u32> = SegQueue::new();
    /// static FILLED: EventCount = EventCount::new();
    ///
    /// std::thread::spawn(|| {
    ///     QUEUE.push(42);
    ///     FILLED.notify_one();
    /// });
    /// assert_eq!(block_on(FILLED.wait_until_async(|| QUEUE.pop())), 42);
    /// ```
    pub fn wait_until_async<T, C: FnMut() -> Option<T>>(
        &self,
        condition: C,
    ) -> WaitUntilAsync<'_, C, F> {
        WaitUntilAsync {
            count: self,
            condition: Some(condition),
            registration: Registration::default(),
        }
    }
}

/// A future that waits for a condition: see [`EventCount::wait_until_async`].
///
/// It may be dropped at any moment: the condition takes something only in a poll that returns it.
///
/// # Panics
///
/// If it is polled after it was ready, or if the condition panics; and as [`WaitAsync`](crate::WaitAsync).
#[must_use = "a future does nothing unless it is awaited"]
pub struct WaitUntilAsync<'a, C, F: Futex = PrivateFutex> {
    count: &'a EventCount<F>,
    /// `None` once it has returned something.
    condition: Option<C>,
    registration: Registration,
}

// The condition is called, and never pinned.
impl<C, F: Futex> Unpin for WaitUntilAsync<'_, C, F> {}

impl<T, C: FnMut() -> Option<T>, F: Futex> Future for WaitUntilAsync<'_, C, F> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let this = self.get_mut();
        let condition = this.condition.as_mut().expect("polled after it was ready");
        let found = condition().or_else(|| {
            let word = &this.count.word;
            this.registration
                .register::<F>(word.address(), Taken::All, context.waker());
            word.mark_for_task();
            condition()
        });
        match found {
            Some(found) => {
                this.condition = None;
                this.registration.withdraw::<F>();
                Poll::Ready(found)
            }
            None => Poll::Pending,
        }
    }
}

impl<C, F: Futex> Drop for WaitUntilAsync<'_, C, F> {
    fn drop(&mut self) {
        // A notification wakes all tasks, so no wake has to be passed on.
        self.registration.withdraw::<F>();
    }
}

/// Says whether the wait is over.
impl<C, F: Futex> fmt::Debug for WaitUntilAsync<'_, C, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitUntilAsync")
            .field("over", &self.condition.is_none())
            .finish()
    }
}
