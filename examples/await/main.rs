//! Waits for an event that another program sets. The event is in the first four bytes of a file, which is created if it
//! is missing; for how to try it, see `signal.rs`.

// The programs are for systems that can wait for what lies in shared memory.
futex_event::platform::where_words_can_be_shared! {{
    mod mapping;

    use std::process::ExitCode;
    use std::time::Duration;

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
} else {
    fn main() {
        eprintln!("This system cannot wait for what lies in shared memory.");
    }
}}
