//! Two processes share memory, one is killed, and the other notices and goes on.
//!
//! A `SharedEvent` stays usable when a process is killed at any instruction. But no process sets the event in place of the
//! dead one: a wait without a timeout would last forever. So the process that waits does so in slices, and asks after each
//! whether its partner is alive.
//!
//! The partner holds a lock on the shared file from before it attaches until it ends. The system takes the lock from it
//! however it ends. Unlike a process id, the lock cannot come to belong to another process, and it needs no relation between
//! the two. (`waitpid` works for a child only; the end of a pipe, or a pidfd on Linux, would do as well as the lock.)

// For systems that can wait for what lies in shared memory.
futex_event::platform::where_words_can_be_shared! {{
    mod shared_file;

    use futex_event::SharedEvent;
    use shared_file::{Failure, Shared};
    use std::fs::File;
    use std::io;
    use std::os::raw::c_int;
    use std::os::unix::io::AsRawFd;
    use std::path::Path;
    use std::process::ExitCode;
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    use std::time::Duration;

    /// How long the death of a partner may stay unnoticed.
    const SLICE: Duration = Duration::from_millis(50);

    /// What the file begins with. Zeros are a header whose events are unset.
    #[repr(C)]
    struct Header {
        /// The partner holds its lock.
        attached: SharedEvent,
        /// The answer is there.
        done: SharedEvent,
        /// Written before `done` is set, and read after a wait for it: that orders the two.
        answer: AtomicU32,
    }

    /// What all processes rely on.
    const _: () = assert!(std::mem::size_of::<Header>() == 12);

    // SAFETY: events and an atomic, for each of which any bytes are a value.
    unsafe impl Shared for Header {}

    #[derive(Debug, PartialEq, Eq)]
    struct PartnerDied;

    /// Waits for the event, for as long as the partner lives.
    fn wait_for_partner(event: &SharedEvent, file: &File) -> io::Result<Result<(), PartnerDied>> {
        while !event.wait_timeout(SLICE) {
            if !is_locked(file)? {
                // Asked once more: the set may have been the last thing that the partner did.
                return Ok(if event.is_set() { Ok(()) } else { Err(PartnerDied) });
            }
        }
        Ok(Ok(()))
    }

    /// Whether another process holds the lock.
    fn is_locked(file: &File) -> io::Result<bool> {
        // A shared lock, so that several processes can ask at the same time.
        match lock(file, libc::LOCK_SH | libc::LOCK_NB) {
            Ok(()) => lock(file, libc::LOCK_UN).map(|()| false),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn lock(file: &File, operation: c_int) -> io::Result<()> {
        // SAFETY: the call has no conditions.
        checked(unsafe { libc::flock(file.as_raw_fd(), operation) }).map(drop)
    }

    /// What the partner does: works for a while, and leaves an answer.
    fn partner(path: &Path, work: Duration) -> Result<(), Failure> {
        // The lock belongs to the file as this process has opened it, and lasts as long.
        let file = shared_file::open(path)?;
        lock(&file, libc::LOCK_EX).map_err(|error| Failure::with_file(path, error))?;
        let header: &Header = shared_file::map(path, &file)?;
        header.attached.set();
        std::thread::sleep(work);
        header.answer.store(42, Relaxed);
        header.done.set();
        Ok(())
    }

    /// Starts a partner. Usually that is a program of its own, which has nothing but the name of the file.
    fn start(path: &Path, work: Duration) -> io::Result<libc::pid_t> {
        // SAFETY: this process has one thread, so its child may do anything.
        match checked(unsafe { libc::fork() })? {
            0 => {
                let failed = partner(path, work).is_err();
                // SAFETY: the call has no conditions.
                unsafe { libc::_exit(failed.into()) }
            }
            child => Ok(child),
        }
    }

    fn run(path: &Path) -> Result<(), Failure> {
        let failed = |error| Failure::with_file(path, error);
        let file = shared_file::create::<Header>(path)?;
        let header: &Header = shared_file::map(path, &file)?;
        // Before a partner has attached there is no lock to ask for.
        let attach = |child| match header.attached.wait_timeout(Duration::from_secs(60)) {
            true => Ok(child),
            false => Err(Failure::Other("the partner has not attached in a minute".into())),
        };

        let partner = attach(start(path, Duration::from_secs(3600)).map_err(failed)?)?;
        println!("A partner is at work");
        // SAFETY: it is a child, and has not been waited for, so that the id is its own.
        checked(unsafe { libc::kill(partner, libc::SIGKILL) }).map_err(failed)?;
        let waited = wait_for_partner(&header.done, &file).map_err(failed)?;
        assert_eq!(waited, Err(PartnerDied));
        println!("The partner has died");
        end_of(partner).map_err(failed)?;

        // Whatever the dead partner has left half done is done again from the start.
        header.attached.clear();
        let partner = attach(start(path, Duration::ZERO).map_err(failed)?)?;
        let waited = wait_for_partner(&header.done, &file).map_err(failed)?;
        assert_eq!(waited, Ok(()));
        println!("Another partner has answered: {}", header.answer.load(Relaxed));
        end_of(partner).map_err(failed)
    }

    /// Returns when the child has ended and its id is free.
    fn end_of(child: libc::pid_t) -> io::Result<()> {
        // SAFETY: the status is not asked for.
        checked(unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) }).map(drop)
    }

    fn checked(answer: c_int) -> io::Result<c_int> {
        match answer {
            -1 => Err(io::Error::last_os_error()),
            answer => Ok(answer),
        }
    }

    fn main() -> ExitCode {
        let name = format!("futex-event-partner_died-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let result = run(&path);
        let _ = std::fs::remove_file(&path);
        shared_file::end(result)
    }
} else {
    fn main() {
        eprintln!("error: this system cannot wait for what lies in shared memory");
    }
}}
