//! Waits for an event that another program sets. The event is in the first four bytes of a file, which is created if it
//! is missing; for how to try it, see `signal.rs`.

#[cfg(unix)]
mod mapping;

#[cfg(unix)]
use std::process::ExitCode;
#[cfg(unix)]
use std::time::Duration;

#[cfg(not(unix))]
fn main() {
    eprintln!("This example maps memory as Unix systems do.");
}

#[cfg(unix)]
fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next();
    let seconds = arguments.next().map(|seconds| seconds.parse::<f64>());
    let (path, seconds) = match (path, seconds.transpose()) {
        (Some(path), Ok(seconds)) => (path, seconds.unwrap_or(3600.0)),
        _ => {
            eprintln!("usage: await FILE [SECONDS]");
            return ExitCode::from(2);
        }
    };
    let event = match mapping::create(path.as_ref()).and_then(|()| mapping::open(path.as_ref())) {
        Ok(event) => event,
        Err(error) => {
            eprintln!("await: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("Waiting");
    if !event.wait_timeout(Duration::from_secs_f64(seconds)) {
        eprintln!("await: nobody set the event");
        return ExitCode::FAILURE;
    }
    event.clear();
    println!("Released");
    ExitCode::SUCCESS
}
