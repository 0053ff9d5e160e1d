//! One thread waits for an event, another works for a while and sets it.
//!
//! `cargo run --example thread_communication` works for three seconds, and
//! `cargo run --example thread_communication 0.1` for a tenth of a second.

use futex_event::Event;
use std::process::ExitCode;
use std::{env, thread, time::Duration};

fn main() -> ExitCode {
    let seconds = env::args()
        .nth(1)
        .map_or(Ok(3.0), |seconds| seconds.parse());
    let work = match seconds {
        Ok(seconds) if (0.0..1e9).contains(&seconds) => Duration::from_secs_f64(seconds),
        _ => {
            eprintln!("usage: thread_communication [SECONDS]");
            return ExitCode::from(2);
        }
    };

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
    ExitCode::SUCCESS
}
