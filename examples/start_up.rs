//! A gate that opens once. Threads that need what start-up provides wait at it. Once it is open, passing costs one load.

use futex_event::Event;
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

static STARTED: Event = Event::new();
/// Written before the gate opens, and read behind it, so it needs no memory order of its own. It stands for any amount of
/// data.
static PORT: AtomicU16 = AtomicU16::new(0);

/// The port to connect to. `None` if start-up takes too long.
fn port() -> Option<u16> {
    STARTED
        .wait_timeout(Duration::from_secs(60))
        .then(|| PORT.load(Relaxed))
}

fn start_up() {
    thread::sleep(Duration::from_millis(50)); // reads a file, asks a server
    PORT.store(8080, Relaxed);
    STARTED.set();
}

fn main() {
    let early: Vec<_> = (0..3).map(|_| thread::spawn(port)).collect();
    start_up();
    let late = thread::spawn(port);
    for client in early.into_iter().chain([late]) {
        match client.join().unwrap() {
            Some(port) => println!("Connecting to port {port}"),
            None => println!("Giving up"),
        }
    }
}
