//! The inside of a small runtime: an executor for one future, whose `Waker` is an event.
//!
//! The future is polled on this thread. While it is pending, the thread sleeps in the kernel, on four bytes inside the
//! `Arc` that is the waker. A wake from any thread is one `set`.

use futex_event::Event;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

struct Unpark(Event);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.set();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.set();
    }
}

/// Runs a future to its end on the calling thread.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    let unpark = Arc::new(Unpark(Event::new()));
    let waker = Waker::from(Arc::clone(&unpark));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        unpark.0.wait();
        // Cleared before the next poll, so that a wake during the poll ends the next wait at once. The `clear` synchronises
        // with the wake, so the poll finds what was made ready before the wake.
        unpark.0.clear();
    }
}

/// A value that another thread provides.
struct Promise<T>(Arc<Mutex<State<T>>>);

struct State<T> {
    value: Option<T>,
    waker: Option<Waker>,
}

impl<T: Send + 'static> Promise<T> {
    /// Starts a thread that computes the value.
    fn spawn(work: impl FnOnce() -> T + Send + 'static) -> Self {
        let state = Arc::new(Mutex::new(State {
            value: None,
            waker: None,
        }));
        let promise = Self(Arc::clone(&state));
        thread::spawn(move || {
            let value = work();
            let mut state = state.lock().unwrap();
            state.value = Some(value);
            if let Some(waker) = state.waker.take() {
                waker.wake();
            }
        });
        promise
    }
}

impl<T> Future for Promise<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut state = self.0.lock().unwrap();
        match state.value.take() {
            Some(value) => Poll::Ready(value),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

fn main() {
    let sum = block_on(async {
        let late = Promise::spawn(|| {
            thread::sleep(Duration::from_millis(50));
            40
        });
        let soon = Promise::spawn(|| 2);
        late.await + soon.await
    });
    println!("The future is done: {sum}");
}
