//! Waits for an event that another program sets. The event is in the first four bytes of a file, which is created if there
//! is none. `shared_file_set.rs` says how to try it.

// For systems that can wait for what lies in shared memory.
futex_event::platform::where_words_can_be_shared! {{
    mod shared_file;

    use futex_event::SharedEvent;
    use shared_file::Failure;
    use std::path::PathBuf;
    use std::process::ExitCode;
    use std::time::Duration;

    /// The file, and how long to wait.
    fn arguments() -> Option<(PathBuf, Duration)> {
        let mut arguments = std::env::args_os().skip(1);
        let path = arguments.next()?.into();
        let seconds = match arguments.next() {
            Some(seconds) => seconds.to_str()?.parse().ok()?,
            None => 3600.0,
        };
        (0.0..1e9)
            .contains(&seconds)
            .then(|| (path, Duration::from_secs_f64(seconds)))
    }

    fn wait() -> Result<(), Failure> {
        let usage = Failure::Usage("shared_file_wait FILE [SECONDS]");
        let (path, timeout) = arguments().ok_or(usage)?;
        let event: &SharedEvent = shared_file::map(&path, &shared_file::create::<SharedEvent>(&path)?)?;
        println!("Waiting");
        if !event.wait_timeout(timeout) {
            return Err(Failure::Other("the event was not set in time".into()));
        }
        event.clear();
        println!("Released");
        Ok(())
    }

    fn main() -> ExitCode {
        shared_file::end(wait())
    }
} else {
    fn main() {
        eprintln!("error: this system cannot wait for what lies in shared memory");
    }
}}
