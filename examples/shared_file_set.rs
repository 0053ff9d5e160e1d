//! Sets an event that another program waits for. The event is in the first four bytes of a file:
//!
//! ```sh
//! cargo run --example shared_file_wait -- /dev/shm/event   # in one terminal: creates the file, and waits
//! cargo run --example shared_file_set -- /dev/shm/event    # in another
//! ```

// For systems that can wait for what lies in shared memory.
futex_event::platform::where_words_can_be_shared! {{
    mod shared_file;

    use futex_event::SharedEvent;
    use shared_file::Failure;
    use std::path::PathBuf;
    use std::process::ExitCode;

    fn set() -> Result<(), Failure> {
        let path = std::env::args_os().nth(1).map(PathBuf::from);
        let path = path.ok_or(Failure::Usage("shared_file_set FILE"))?;
        let event: &SharedEvent = shared_file::map(&path, &shared_file::open(&path)?)?;
        match event.set() {
            true => println!("Set"),
            false => println!("It was set already"),
        }
        Ok(())
    }

    fn main() -> ExitCode {
        shared_file::end(set())
    }
} else {
    fn main() {
        eprintln!("error: this system cannot wait for what lies in shared memory");
    }
}}
