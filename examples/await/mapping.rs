//! An event in a file, mapped into memory.

use futex_event::SharedEvent;
use std::fs::{File, OpenOptions};
use std::io::{Error, Result};
use std::os::unix::io::AsRawFd;
use std::path::Path;
use std::ptr;

/// Makes the file, with an event in it that is not set, if there is none.
#[allow(dead_code)] // Only one of the two programs does that.
pub fn create(path: &Path) -> Result<()> {
    // A file that is there is somebody's, and stays as it is.
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false);
    let file = options.open(path);
    // Zeros are an unset event.
    file.and_then(|file| match file.metadata()?.len() {
        0 => file.set_len(4),
        _ => Ok(()),
    })
    .map_err(|error| at(path, &error.to_string()))
}

/// The event in the file. The mapping stays until the program ends.
pub fn open(path: &Path) -> Result<&'static SharedEvent> {
    let file = OpenOptions::new().read(true).write(true).open(path);
    file.and_then(|file| map(&file))
        .map_err(|error| at(path, &error.to_string()))
}

fn map(file: &File) -> Result<&'static SharedEvent> {
    let length = file.metadata()?.len();
    if length < 4 {
        let why = format!("{length} bytes are too short for an event");
        return Err(Error::new(std::io::ErrorKind::InvalidData, why));
    }
    // SAFETY: a new mapping disturbs no other.
    let memory = unsafe {
        libc::mmap(
            ptr::null_mut(),
            4,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED,
            file.as_raw_fd(),
            0,
        )
    };
    if memory == libc::MAP_FAILED {
        return Err(Error::last_os_error());
    }
    // SAFETY: the page is mapped for good, from a file that was long enough and that nobody is expected to cut; those who
    // open it use these bytes as an event.
    Ok(unsafe { SharedEvent::from_ptr(memory.cast()) })
}

fn at(path: &Path, what: &str) -> Error {
    Error::new(
        std::io::ErrorKind::Other,
        format!("{}: {what}", path.display()),
    )
}
