//! One thread waits for an event, another works for a while and sets it.
//!
//! `cargo run --example thread_communication`, or with another number of seconds to work than three:
//! `cargo run --example thread_communication 0.1`

use futex_event::Event;
use std::{env, thread, time::Duration};

fn main() {
    let seconds = env::args().nth(1).map_or(3.0, |argument| {
        argument
            .parse()
            .expect("the argument is a number of seconds")
    });
    let work = Duration::from_secs_f64(seconds);

    let event = Event::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            println!("Thread waiting for event to be set");
            event.wait();
            println!("Event has been set, continuing execution");
        });
        scope.spawn(|| {
            thread::sleep(work);
            println!("Setting event");
            event.set();
        });
    });
    println!("All threads have completed");
}
