//! What the programs with an event in a file have in common: the file, its mapping into memory, and how they fail.

#![allow(dead_code)] // No program uses all of it.

use futex_event::SharedEvent;
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::os::unix::io::AsRawFd;
use std::path::Path;
use std::process::ExitCode;
use std::{fmt, io, mem, ptr};

/// What may lie in memory that several processes write.
///
/// # Safety
///
/// Whatever the bytes are, zeros among others, they are a value; and each access to them is atomic.
pub unsafe trait Shared: Sync {}

// SAFETY: zeros are an unset event, and an event copes with whatever other processes write.
unsafe impl Shared for SharedEvent {}

/// Opens the file of a `T`, and creates it with a `T` of zeros if there is none.
pub fn create<T: Shared>(path: &Path) -> Result<File, Failure> {
    // A file that exists may be in use by another process, and stays as it is.
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false);
    let file = options.open(path);
    file.and_then(|file| {
        if file.metadata()?.len() == 0 {
            file.set_len(mem::size_of::<T>() as u64)?;
        }
        Ok(file)
    })
    .map_err(|error| Failure::with_file(path, error))
}

/// Opens a file that exists.
pub fn open(path: &Path) -> Result<File, Failure> {
    let file = OpenOptions::new().read(true).write(true).open(path);
    file.map_err(|error| Failure::with_file(path, error))
}

/// The `T` in the file. The mapping stays until the program ends.
pub fn map<T: Shared>(path: &Path, file: &File) -> Result<&'static T, Failure> {
    let fail = |error| Failure::with_file(path, error);
    let size = mem::size_of::<T>();
    let length = file.metadata().map_err(fail)?.len();
    // To touch memory beyond the end of the file is a SIGBUS.
    if length < size as u64 {
        let message = format!("the file has {length} bytes, and at least {size} are needed");
        return Err(fail(io::Error::new(io::ErrorKind::InvalidData, message)));
    }
    // SAFETY: a new mapping disturbs no other.
    let memory = unsafe {
        libc::mmap(
            ptr::null_mut(),
            size,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED,
            file.as_raw_fd(),
            0,
        )
    };
    if memory == libc::MAP_FAILED {
        return Err(fail(io::Error::last_os_error()));
    }
    // SAFETY: the mapping stays for good, is aligned to a page, and is of a file that is long enough, which no process is
    // expected to shorten. Any bytes are a `T`.
    Ok(unsafe { &*memory.cast() })
}

/// Why a program fails.
#[derive(Debug)]
pub enum Failure {
    /// The arguments are wrong: how to call the program.
    Usage(&'static str),
    Other(String),
}

impl Failure {
    pub fn with_file(path: &Path, error: io::Error) -> Self {
        Self::Other(format!("{}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(usage) => write!(f, "usage: {usage}"),
            Self::Other(message) => write!(f, "error: {message}"),
        }
    }
}

impl Error for Failure {}

/// How a program ends: a failure is printed to standard error.
pub fn end(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{failure}");
            match failure {
                Failure::Usage(_) => ExitCode::from(2),
                Failure::Other(_) => ExitCode::FAILURE,
            }
        }
    }
}
