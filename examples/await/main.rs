//! Waits for an event that another program sets. The event is in the first four bytes of a file, which is created if it
//! is missing; for how to try it, see `signal.rs`.

#[cfg(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "openbsd",
    target_os = "netbsd",
    target_os = "dragonfly"
))]
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
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next();
    let seconds = arguments.next().map(|seconds| seconds.parse::<f64>());
    let (path, seconds) = match (path, seconds.transpose()) {
        (Some(path), Ok(seconds)) => (path, seconds.unwrap_or(3600.0)),
        _ => {
            eprintln!("usage: await FILE [SECONDS]");
            return std::process::ExitCode::from(2);
        }
    };
    let event = match mapping::create(path.as_ref()).and_then(|()| mapping::open(path.as_ref())) {
        Ok(event) => event,
        Err(error) => {
            eprintln!("await: {error}");
            return std::process::ExitCode::FAILURE;
        }
    };
    println!("Waiting");
    if !event.wait_timeout(std::time::Duration::from_secs_f64(seconds)) {
        eprintln!("await: nobody set the event");
        return std::process::ExitCode::FAILURE;
    }
    event.clear();
    println!("Released");
    std::process::ExitCode::SUCCESS
}
