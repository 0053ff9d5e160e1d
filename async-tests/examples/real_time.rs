//! A thread with deadlines feeds a task.
//!
//! The thread stands for the callback of a sound card: it may neither allocate, nor lock, nor run code that it does not
//! know. So it puts each block of samples into a queue without locks, and sets an event. The task is tokio's, and may
//! do all that: here it works out how loud each block is.

use crossbeam_queue::ArrayQueue;
use futex_event::{wait_any_async, AutoResetEvent, Event};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

const BLOCKS: usize = 200;
const PERIOD: Duration = Duration::from_millis(1);

type Block = [f32; 64];

struct Stream {
    blocks: ArrayQueue<Block>,
    /// There are blocks in the queue.
    filled: AutoResetEvent,
    /// There will be no more.
    ended: Event,
}

fn main() {
    let stream = Arc::new(Stream {
        blocks: ArrayQueue::new(BLOCKS),
        filled: AutoResetEvent::new(),
        ended: Event::new(),
    });
    let card = thread::spawn({
        let stream = Arc::clone(&stream);
        move || play(&stream)
    });
    let runtime = tokio::runtime::Builder::new_current_thread();
    let levels = { runtime }.build().unwrap().block_on(async move {
        let task = tokio::spawn(async move { listen(&stream).await });
        task.await.unwrap()
    });
    card.join().unwrap();
    let rising = levels.windows(2).all(|pair| pair[0] < pair[1]);
    println!(
        "{} blocks, each louder than the last: {rising}",
        levels.len()
    );
}

/// The thread: a block each period.
fn play(stream: &Stream) {
    let begun = Instant::now();
    for number in 1..=BLOCKS {
        let block = [number as f32 / BLOCKS as f32; 64];
        stream
            .blocks
            .push(block)
            .expect("the queue has room for all");
        // No lock, no allocation, and no waker is run here: at most a system call that wakes a thread.
        stream.filled.set();
        let due = begun + PERIOD * number as u32;
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    stream.ended.set();
}

/// The task: until the stream has ended and the queue is empty.
async fn listen(stream: &Stream) -> Vec<f32> {
    let mut levels = Vec::new();
    loop {
        let first = wait_any_async((&stream.filled, &stream.ended)).await;
        // Several sets may have become one token: pop until the queue is empty.
        while let Some(block) = stream.blocks.pop() {
            let square: f32 = block.iter().map(|sample| sample * sample).sum();
            levels.push((square / block.len() as f32).sqrt());
        }
        if first == 1 {
            return levels;
        }
    }
}
