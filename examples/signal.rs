//! Sets an event that another program waits for. The event is in the first four bytes of a file:
//!
//! ```sh
//! cargo run --example await -- /dev/shm/event       # in one terminal: creates the file, and waits
//! cargo run --example signal -- /dev/shm/event      # in another
//! ```

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "openbsd",
    target_os = "netbsd",
    target_os = "dragonfly"
))]
#[path = "await/mapping.rs"]
mod mapping;

#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "openbsd",
    target_os = "netbsd",
    target_os = "dragonfly"
)))]
fn main() {
    eprintln!("This system cannot wait for what lies in shared memory.");
}

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "openbsd",
    target_os = "netbsd",
    target_os = "dragonfly"
))]
fn main() -> std::process::ExitCode {
    let path = match std::env::args().nth(1) {
        Some(path) => path,
        None => {
            eprintln!("usage: signal FILE");
            return std::process::ExitCode::from(2);
        }
    };
    match mapping::open(path.as_ref()) {
        Ok(event) if event.set() => println!("Set"),
        Ok(_) => println!("It was set already"),
        Err(error) => {
            eprintln!("signal: {error}");
            return std::process::ExitCode::FAILURE;
        }
    }
    std::process::ExitCode::SUCCESS
}
