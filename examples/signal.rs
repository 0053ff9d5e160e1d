//! Sets an event that another program waits for. The event is in the first four bytes of a file:
//!
//! ```sh
//! cargo run --example await -- /dev/shm/event       # in one terminal: creates the file, and waits
//! cargo run --example signal -- /dev/shm/event      # in another
//! ```

#[cfg(unix)]
#[path = "await/mapping.rs"]
mod mapping;

#[cfg(unix)]
use std::process::ExitCode;

#[cfg(not(unix))]
fn main() {
    eprintln!("This example maps memory as Unix systems do.");
}

#[cfg(unix)]
fn main() -> ExitCode {
    let path = match std::env::args().nth(1) {
        Some(path) => path,
        None => {
            eprintln!("usage: signal FILE");
            return ExitCode::from(2);
        }
    };
    match mapping::open(path.as_ref()) {
        Ok(event) if event.set() => println!("Set"),
        Ok(_) => println!("It was set already"),
        Err(error) => {
            eprintln!("signal: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
