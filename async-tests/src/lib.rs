//! The runtimes in which `tests/` runs futex-event's futures, and what the tests share.

#[path = "../../tests/common/patience.rs"]
pub mod patience;
#[path = "../../tests/common/random.rs"]
mod random;

use futures::task::SpawnExt;
use patience::{give_up, patience};
use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::{Context, Poll, Waker};
use std::thread;

pub use patience::until;
pub use random::Random;

pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What runs tasks.
pub trait Runtime {
    /// Runs all of them to their end.
    fn run(tasks: Vec<Task>);
}

/// tokio with the calling thread alone.
pub struct TokioOneThread;

/// tokio with two threads.
pub struct TokioThreads;

/// async-executor, the inside of smol, with two threads.
pub struct AsyncExecutor;

/// The executor of the crate futures, with the calling thread alone.
pub struct FuturesLocalPool;

impl Runtime for TokioOneThread {
    fn run(tasks: Vec<Task>) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        run_by_tokio(runtime.enable_all().build().unwrap(), tasks);
    }
}

impl Runtime for TokioThreads {
    fn run(tasks: Vec<Task>) {
        run_by_tokio(tokio_threads(), tasks);
    }
}

/// A runtime of tokio with two threads.
pub fn tokio_threads() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap()
}

fn run_by_tokio(runtime: tokio::runtime::Runtime, tasks: Vec<Task>) {
    let tasks: Vec<_> = tasks.into_iter().map(|task| runtime.spawn(task)).collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

impl Runtime for AsyncExecutor {
    fn run(tasks: Vec<Task>) {
        let executor = async_executor::Executor::new();
        let (stop, stopped) = futures::channel::oneshot::channel::<()>();
        let tasks: Vec<_> = tasks.into_iter().map(|task| executor.spawn(task)).collect();
        thread::scope(|scope| {
            scope.spawn(|| futures_lite::future::block_on(executor.run(stopped)));
            futures_lite::future::block_on(executor.run(async {
                for task in tasks {
                    task.await;
                }
            }));
            drop(stop);
        });
    }
}

impl Runtime for FuturesLocalPool {
    fn run(tasks: Vec<Task>) {
        let mut pool = futures::executor::LocalPool::new();
        for task in tasks {
            pool.spawner().spawn(task).unwrap();
        }
        pool.run();
    }
}

/// Makes tests of claims that are generic over the runtime.
#[macro_export]
macro_rules! on_every_runtime {
    ($($claim:ident,)*) => {
        $crate::on_every_runtime!(@ tokio_one_thread TokioOneThread [$($claim)*]);
        $crate::on_every_runtime!(@ tokio_threads TokioThreads [$($claim)*]);
        $crate::on_every_runtime!(@ async_executor AsyncExecutor [$($claim)*]);
        $crate::on_every_runtime!(@ futures_local_pool FuturesLocalPool [$($claim)*]);
    };
    (@ $module:ident $runtime:ident [$($claim:ident)*]) => {
        mod $module {
            $(
                #[test]
                fn $claim() {
                    $crate::in_time(super::$claim::<$crate::$runtime>)
                }
            )*
        }
    };
}

/// Runs a test, and ends the program if it takes too long: a panic would wait for its threads.
pub fn in_time<T: Send + 'static>(test: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, is_done) = mpsc::channel::<()>();
    let worker = thread::spawn(move || {
        let _done = done;
        test()
    });
    if is_done.recv_timeout(2 * patience()) == Err(RecvTimeoutError::Timeout) {
        give_up("timed out waiting for a task or a thread");
    }
    worker
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Polls a future once.
pub fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

/// Yields to the runtime this many times.
pub struct Turns(pub u64);

impl Future for Turns {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Waits, but gives up after this many turns. Returns whether the wait was released.
pub async fn within(turns: u64, wait: impl Future + Unpin) -> bool {
    let either = futures::future::select(wait, Turns(turns)).await;
    matches!(either, futures::future::Either::Left(_))
}
