//! Sets an event that another program waits for. The event is in the first four bytes of a file:
//!
//! ```sh
//! cargo run --example await -- /dev/shm/event       # in one terminal: creates the file, and waits
//! cargo run --example signal -- /dev/shm/event      # in another
//! ```

// The programs are for systems that can wait for what lies in shared memory.
futex_event::platform::where_words_can_be_shared! {{
    #[path = "await/mapping.rs"]
    mod mapping;

    use std::process::ExitCode;

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
} else {
    fn main() {
        eprintln!("This system cannot wait for what lies in shared memory.");
    }
}}
