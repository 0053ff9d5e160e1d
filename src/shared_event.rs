//! The event across processes.
//!
//! It is an [`Event`] on a word that the kernel finds by its memory and not by its address. What is different is that a
//! process can be killed between any two steps, so that nothing may be left for a particular thread to do.
//!
//! # A setter that dies
//!
//! It may have published, SET is on, and nobody has been woken. So a `set` wakes whenever it sees PARKED, SET or not; the
//! next one makes up for it. A `clear` takes PARKED off, and with it the only trace of the sleepers; so it wakes them
//! first. While SET is on, nobody begins to park: the kernel compares the word before it puts a thread to sleep. So after
//! that wake nobody of this generation is asleep, and whether the one who clears dies before its exchange or after, no
//! one is forgotten.
//!
//! # A process that writes what it likes
//!
//! may keep a waiter asleep, or in the loop in which it marks the word. `set` writes once and calls once, `clear` calls once
//! and does not begin again when the word changes under it. So neither can be kept from returning.
//!
//! # A waiter that dies
//!
//! leaves PARKED behind. The next `set` makes a call in vain.

#![allow(unsafe_code)] // The one way into memory that somebody else has mapped.

use crate::event::SET;
use crate::platform::SharedFutex;
use crate::{Event, Spin, Spinning};
use crate::wait::Interrupted;
use core::fmt;
use core::time::Duration;

/// A manual-reset event for several processes, in memory that they share.
///
/// All promises of [`Event`] hold, those on memory, signals and time included, for the threads of all processes that map
/// the memory, at whatever address each of them sees it.
///
/// A process may be killed at any instruction, in whatever operation: the event stays usable by the others. Once a living
/// one has called [`set`](Self::set), every living thread that waits returns.
///
/// It is there where the kernel can wait on shared memory: Linux, Android, macOS and its relatives, FreeBSD, OpenBSD,
/// NetBSD, DragonFly. Elsewhere, on Windows for one, the name stands for a type without methods, whose name says so. In a
/// program for both, what uses it stands under
///
/// ```text
/// #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "freebsd",
///           target_os = "openbsd", target_os = "netbsd", target_os = "dragonfly"))]
/// ```
///
/// It cannot be given to [`wait_any`](crate::wait_any()) or [`wait_all`](crate::wait_all()).
///
/// ```
/// use futex_event::SharedEvent;
/// use std::thread;
///
/// # // An ordinary page does for the example.
/// # let mut page = vec![0_u32; 1024];
/// # let page = page.as_mut_ptr();
/// // `page` points at zeros that other processes map too: see `examples/signal.rs`.
/// // SAFETY: the page stays mapped, and only events are in its first four bytes.
/// let event: &SharedEvent = unsafe { SharedEvent::from_ptr(page) };
/// thread::scope(|scope| {
///     scope.spawn(|| event.wait());
///     event.set();
/// });
/// ```
///
/// # Kernel calls
///
/// One more than those of `Event`, where threads have been parked since the last `clear`: a `set` of a set event wakes
/// them again, and so does a `clear`, since the process that set the event may have been killed before it could. To find
/// memory that is shared takes the kernel a little longer, too.
///
/// # Size
///
/// Four bytes, aligned to four. All-zero memory is an unset event, so a fresh mapping is one. The layout is that of a
/// `u32` in the processor's own order of bytes; what its bits mean may change with the version of this crate, so all
/// processes should use the same.
#[repr(transparent)]
pub struct SharedEvent(Event<SharedFutex>);

const _: () =
    assert!(core::mem::size_of::<SharedEvent>() == 4 && core::mem::align_of::<SharedEvent>() == 4);

impl SharedEvent {
    /// An event that is not set, to be put into memory that is shared.
    ///
    /// ```
    /// use futex_event::SharedEvent;
    ///
    /// #[repr(C)]
    /// struct Header {
    ///     ready: SharedEvent,
    ///     length: u32,
    /// }
    ///
    /// let header = Header { ready: SharedEvent::new(), length: 0 };
    /// assert!(!header.ready.is_set());
    /// ```
    pub const fn new() -> Self {
        Self(Event::with_futex(SharedFutex::new(0)))
    }

    /// An event that is set, to be put into memory that is shared.
    ///
    /// ```
    /// let event = futex_event::SharedEvent::new_set();
    /// event.wait();
    /// assert!(event.clear());
    /// ```
    pub const fn new_set() -> Self {
        Self(Event::with_futex(SharedFutex::new(SET)))
    }

    /// The event in these four bytes.
    ///
    /// # Safety
    ///
    /// For as long as `'a` lasts, in this process, but for the rest of a `set` after a wait that it released has returned,
    ///
    /// - `pointer` is aligned to four and the four bytes are mapped, for reading and writing;
    /// - if they are a file's, the file is not cut shorter: a touch beyond its end is a SIGBUS;
    /// - they are used in no other way than as an event, except that another process may write what it likes: that harms
    ///   nobody but those who wait: no other operation can be kept from returning;
    /// - the memory is one object that the others map too, as with MAP_SHARED: after a `fork`, memory mapped with
    ///   MAP_PRIVATE is no longer the same.
    ///
    /// They may hold zeros, which is an unset event, or what events have left there.
    ///
    /// # Panics
    ///
    /// In a build with debug assertions, if `pointer` is null or not aligned.
    pub unsafe fn from_ptr<'a>(pointer: *mut u32) -> &'a Self {
        debug_assert!(!pointer.is_null() && pointer as usize % 4 == 0);
        // SAFETY: by what the caller promises. The type is transparent over an atomic `u32`.
        unsafe { &*pointer.cast() }
    }

    /// Sets the event and releases every thread that waits, in all processes. True if it was unset.
    ///
    /// As [`Event::set`], with one kernel call also if the event is set already and threads have been parked since the
    /// last `clear`.
    #[inline]
    pub fn set(&self) -> bool {
        self.0.set()
    }

    /// Makes the event unset. True if it was set.
    ///
    /// As [`Event::clear`], with one kernel call if threads have been parked: whoever set the event may have been killed
    /// before it woke them.
    #[inline]
    pub fn clear(&self) -> bool {
        self.0.clear()
    }

    /// Whether the event is set. As [`Event::is_set`].
    #[inline]
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.is_set()
    }

    /// Whether a wait would return at once. As [`Event::try_wait`].
    #[inline]
    #[must_use]
    pub fn try_wait(&self) -> bool {
        self.0.try_wait()
    }

    /// Blocks until the event is set. As [`Event::wait`].
    ///
    /// If the process that was to set it is gone, this waits for ever: a process whose partner may die waits with a
    /// timeout, and looks whether it is alive.
    #[inline]
    pub fn wait(&self) {
        self.0.wait()
    }

    /// Blocks until the event is set: true, or until `timeout` has gone by: false. As [`Event::wait_timeout`].
    #[inline]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.0.wait_timeout(timeout)
    }

    /// Blocks until the event is set: true, or until `deadline`: false. As [`Event::wait_deadline`], with the
    /// feature `std`.
    #[cfg(feature = "std")]
    #[inline]
    pub fn wait_deadline(&self, deadline: std::time::Instant) -> bool {
        self.0.wait_deadline(deadline)
    }

    /// Blocks until the event is set: `Ok`, or until `interrupted` returns true: `Err`. As [`Event::wait_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`Event::wait_interruptible`].
    #[inline]
    pub fn wait_interruptible(&self, interrupted: impl FnMut() -> bool) -> Result<(), Interrupted> {
        self.0.wait_interruptible(interrupted)
    }

    /// Blocks until the event is set: `Ok(true)`, until `timeout` has gone by: `Ok(false)`, or until `interrupted` returns
    /// true: `Err`. As [`Event::wait_timeout_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`Event::wait_interruptible`].
    #[inline]
    pub fn wait_timeout_interruptible(
        &self,
        timeout: Duration,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted> {
        self.0.wait_timeout_interruptible(timeout, interrupted)
    }

    /// As [`wait_timeout_interruptible`](Self::wait_timeout_interruptible), until `deadline`. As
    /// [`Event::wait_deadline_interruptible`], with the feature `std`.
    ///
    /// # Errors
    ///
    /// As [`Event::wait_interruptible`].
    #[cfg(feature = "std")]
    #[inline]
    pub fn wait_deadline_interruptible(
        &self,
        deadline: std::time::Instant,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted> {
        self.0.wait_deadline_interruptible(deadline, interrupted)
    }

    /// The event, for a wait that does something else before it parks than [`Spin::ADAPTIVE`].
    #[inline]
    pub fn spinning(&self, spin: Spin) -> Spinning<'_, Event<SharedFutex>> {
        self.0.spinning(spin)
    }
}

impl Default for SharedEvent {
    /// The same as [`new`](SharedEvent::new).
    fn default() -> Self {
        Self::new()
    }
}

/// As that of [`Event`].
impl fmt::Debug for SharedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedEvent").field(&self.0).finish()
    }
}
