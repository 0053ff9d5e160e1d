//! A bounded queue for several producers and consumers, on a lock-free queue and two event counts: with timeouts, and
//! with an end.

mod queue;

use queue::{Empty, Full, Queue};
use std::thread;
use std::time::Duration;

fn main() {
    const PRODUCERS: u64 = 3;
    const CONSUMERS: usize = 2;
    const ITEMS: u64 = 10_000;
    const SHORT: Duration = Duration::from_millis(5);

    let queue = Queue::new(16);
    let (count, sum) = thread::scope(|scope| {
        let consumers = [(); CONSUMERS].map(|()| {
            scope.spawn(|| {
                let items = std::iter::from_fn(|| queue.pop());
                items.fold((0, 0), |(count, sum), item| (count + 1, sum + item))
            })
        });
        // The producers have ended before the queue is closed.
        thread::scope(|producers| {
            for first in 0..PRODUCERS {
                let mut items = (first..PRODUCERS * ITEMS).step_by(PRODUCERS as usize);
                let queue = &queue;
                producers.spawn(move || items.try_for_each(|item| queue.push(item)));
            }
        });
        queue.close();
        let results = consumers.map(|consumer| consumer.join().unwrap());
        results.iter().fold((0, 0), |(count, sum), result| {
            (count + result.0, sum + result.1)
        })
    });
    let items = PRODUCERS * ITEMS;
    assert_eq!((count, sum), (items, items * (items - 1) / 2));
    println!("{count} items went through, each exactly once");

    assert_eq!(queue.push(1), Err(1));
    assert_eq!(queue.pop_timeout(SHORT), Err(Empty::Closed));
    assert_eq!(queue.push_timeout(1, SHORT), Err(Full::Closed(1)));

    let queue = Queue::new(1);
    assert_eq!(queue.pop_timeout(SHORT), Err(Empty::TimedOut));
    assert_eq!(queue.push_timeout("first", SHORT), Ok(()));
    let second = queue.push_timeout("second", SHORT);
    assert_eq!(second, Err(Full::TimedOut("second")));
    assert_eq!(queue.pop_timeout(SHORT), Ok("first"));
    println!("Timeouts end the waits on a full queue and on an empty one");
}
