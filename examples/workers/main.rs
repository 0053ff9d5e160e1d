//! A thread pool on a lock-free queue and one auto-reset event.

mod pool;

use pool::Pool;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

fn main() {
    const JOBS: u64 = 100_000;
    static DONE: AtomicU64 = AtomicU64::new(0);
    static SUM: AtomicU64 = AtomicU64::new(0);

    let pool = Pool::new(4);
    for job in 1..=JOBS {
        pool.push(move || {
            DONE.fetch_add(1, Relaxed);
            SUM.fetch_add(job, Relaxed);
        });
    }
    drop(pool);
    assert_eq!(SUM.load(Relaxed), JOBS * (JOBS + 1) / 2);
    println!("{} jobs done, each exactly once", DONE.load(Relaxed));
}
