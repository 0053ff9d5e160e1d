//! The event across processes.
//!
//! It is an [`Event`] on a word that the kernel finds by the memory it lies in, not by its address. What differs is that a
//! process can be killed between any two steps, so no step may be left to a particular thread.
//!
//! # A setter that dies
//!
//! It may have published: SET is on, and no thread has been woken. So a `set` wakes whenever it finds PARKED, whether SET is
//! on or not, and the next `set` makes up for the missing wake. A `clear` turns PARKED off, the only trace of the sleeping
//! threads, so it wakes them first. While SET is on, no thread falls asleep: the kernel compares the word before it puts a
//! thread to sleep. So after that wake no thread of this generation is asleep, and none is forgotten, whether the thread that
//! clears dies before its exchange or after.
//!
//! # A process that writes arbitrary values
//!
//! can keep a waiter asleep, or in the loop in which it marks the word. `set` writes once and makes one call, `clear` makes one
//! call and does not retry when the word changes under it. So neither can be kept from returning, except in theory: where the
//! processor does their one atomic operation by a loop, it may repeat that for as long as the other process writes.
//!
//! # A waiter that dies
//!
//! leaves PARKED behind. The next `set` makes a call without effect.

#![allow(unsafe_code)] // The one way into memory that the caller has mapped.

use crate::event::SET;
use crate::platform::SharedFutex;
use crate::wait::{Interrupted, IntoDeadline};
use crate::{Event, Spin, Spinning};
use core::fmt;
use core::time::Duration;

/// A manual-reset event for several processes, in memory that they share.
///
/// All guarantees of [`Event`] hold, including those on memory, signals and time, for the threads of all processes that map
/// the memory, at whatever address each of them maps it. There is one exception: on Apple's systems a signal handler may
/// call [`set`](Self::set) and [`clear`](Self::clear) only once a thread of the process has slept on an event. See the
/// [guide](crate::guide::signals_and_processes#in-a-signal-handler).
///
/// A process can be killed at any instruction, in any operation: the other processes can still use the event. Once one of
/// them has called [`set`](Self::set), every thread that waits in any of them returns.
///
/// ```
/// use futex_event::SharedEvent;
/// use std::thread;
///
/// # // An ordinary page does for the example.
/// # let mut page = vec![0_u32; 1024];
/// # let page = page.as_mut_ptr();
/// // `page` points at zeros that other processes map too: see `examples/shared_file_set.rs`.
/// // SAFETY: the page stays mapped, and its first four bytes are used as an event only.
/// let event: &SharedEvent = unsafe { SharedEvent::from_ptr(page) };
/// thread::scope(|scope| {
///     scope.spawn(|| event.wait());
///     event.set();
/// });
/// ```
///
/// # Systems
///
/// It exists where the kernel can wait on shared memory: Linux, Android, Apple's systems, FreeBSD, OpenBSD, NetBSD and
/// DragonFly. Elsewhere, on Windows for one, the name stands for a type without methods, whose own name says so. A program
/// for both puts the code that uses it under
///
/// ```text
/// #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "freebsd",
///           target_os = "openbsd", target_os = "netbsd", target_os = "dragonfly"))]
/// ```
///
/// It cannot be given to [`wait_any`](crate::wait_any()) or [`wait_all`](crate::wait_all()).
///
/// # System calls
///
/// One more than those of `Event`, if threads have parked since the last `clear`: a `set` of a set event wakes them again,
/// and so does a `clear`, since the process that set the event may have been killed before it could. The kernel also takes
/// a little longer to look up shared memory.
///
/// # Size
///
/// Four bytes, aligned to four. All-zero memory is an unset event, so a fresh mapping is one. The layout is that of a
/// `u32` in the processor's own byte order. What its bits mean may change with the version of this crate, so all
/// processes should use the same version.
///
/// # A header in shared memory
///
/// An event is often one field of a header, next to counters and lengths. Make the header a `#[repr(C)]` struct, and turn
/// the pointer to its memory into a reference; [`from_ptr`](Self::from_ptr) is only for an event that stands alone.
///
/// ```
/// use futex_event::SharedEvent;
/// use std::mem::{align_of, size_of};
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
///
/// #[repr(C)]
/// struct Header {
///     ready: SharedEvent,
///     stop: SharedEvent,
///     length: AtomicU32,
/// }
///
/// const _: () = assert!(size_of::<Header>() == 12); // what every process relies on
///
/// /// # Safety
/// ///
/// /// The conditions below hold for `mapping` for as long as `'a` lasts.
/// unsafe fn header<'a>(mapping: *mut u8) -> &'a Header {
///     assert_eq!(mapping as usize % align_of::<Header>(), 0);
///     unsafe { &*mapping.cast::<Header>() }
/// }
///
/// // A page of zeros that is shared with child processes.
/// // SAFETY: a new mapping affects no other memory.
/// let mapping = unsafe {
///     let access = libc::PROT_READ | libc::PROT_WRITE;
///     let kind = libc::MAP_SHARED | libc::MAP_ANON;
///     libc::mmap(std::ptr::null_mut(), 4096, access, kind, -1, 0)
/// };
/// assert_ne!(mapping, libc::MAP_FAILED);
///
/// // SAFETY: the page is mapped for good, and every process uses it as a `Header` only.
/// let header: &'static Header = unsafe { header(mapping.cast()) };
/// # assert!(!header.ready.is_set() && !header.stop.is_set());
///
/// let reader = std::thread::spawn(move || { // as well in another process
///     header.ready.wait();
///     header.length.load(Relaxed)
/// });
/// header.length.store(42, Relaxed);
/// header.ready.set(); // what was written before it is visible after the wait
/// assert_eq!(reader.join().unwrap(), 42);
/// ```
///
/// For as long as the reference is used, in each process:
///
/// - **Place.** The pointer is aligned for the struct, and all its bytes are mapped for reading and writing. `mmap`
///   returns a page, which is aligned for anything; an offset into it must be a multiple of the alignment.
/// - **Lifetime.** The memory stays mapped, and a file is not truncated: to access a page beyond its end raises SIGBUS.
///   The compiler does not check the lifetime of the reference. Tie it to the owner of the mapping, or never unmap.
/// - **Values.** The bytes are initialised and valid for each field. A fresh mapping or a new file is all zeros; that is
///   an unset event and a zero in each atomic. Fields of which some bytes are invalid, such as `bool`, an `enum` or a
///   reference, have no place in a header, and a pointer means nothing in another process.
/// - **Access.** Each field that any process writes while another may use it is an event or an atomic. What is not (a
///   plain buffer behind the header, say) is accessed through raw pointers, and only by the process whose turn it is: a
///   write before a [`set`](Self::set) *happens before* a read after the [`wait`](Self::wait) that observes it.
/// - **No `&mut`.** No process makes a `&mut Header`, or moves a `Header` out of the memory: a unique reference would tell the
///   compiler that no other process writes there. Initial values other than zero are written through the atomics, or with
///   [`ptr::write`](core::ptr::write) before any other process can know the memory.
/// - **Layout.** All processes agree on the struct: `#[repr(C)]`, integers of a fixed size (`AtomicUsize` differs between
///   32-bit and 64-bit processes), and the same version of this crate.
/// - **One object.** The memory is shared, as with MAP_SHARED: after a `fork`, memory that is mapped with MAP_PRIVATE is no
///   longer the same in both processes.
///
/// Why this is sound: a shared reference promises the compiler that its target is aligned, mapped and holds valid values, and
/// that no one writes it *except in an `UnsafeCell`*. The first three are the conditions on place, lifetime and
/// values. The last leaves nothing: events and atomics are `UnsafeCell`s from their first byte to their last, and nothing is
/// promised about padding. Accesses to them are atomic, so that threads of other processes count like threads of this one:
/// Rust's atomics are lock-free instructions on the memory itself, and work at different addresses of the same memory. A
/// partner that does not keep to the conditions can write any values, but all are valid for an integer and for an event: see
/// [`from_ptr`](Self::from_ptr) for what that can cause.
#[repr(transparent)]
pub struct SharedEvent(Event<SharedFutex>);

const _: () =
    assert!(core::mem::size_of::<SharedEvent>() == 4 && core::mem::align_of::<SharedEvent>() == 4);

impl SharedEvent {
    /// An event that is not set, to be written into shared memory. All-zero memory is one already.
    ///
    /// ```
    /// let event = futex_event::SharedEvent::new();
    /// assert!(!event.is_set());
    /// ```
    pub const fn new() -> Self {
        Self(Event::with_futex(SharedFutex::new(0)))
    }

    /// An event that is set, to be written into shared memory.
    ///
    /// ```
    /// let event = futex_event::SharedEvent::new_set();
    /// event.wait();
    /// assert!(event.clear());
    /// ```
    pub const fn new_set() -> Self {
        Self(Event::with_futex(SharedFutex::new(SET)))
    }

    /// The event in these four bytes. For one that is a field of a struct, see
    /// [above](Self#a-header-in-shared-memory).
    ///
    /// # Safety
    ///
    /// In this process, for as long as `'a` lasts:
    ///
    /// - `pointer` is aligned to four and the four bytes are mapped, for reading and writing;
    /// - if they belong to a file, the file is not truncated: to access a page beyond its end raises SIGBUS;
    /// - they are used as an event only. Another process may write arbitrary values, though: that can affect only the
    ///   threads that wait, and in theory delay a `set` or `clear` for as long as it writes, where the processor does their
    ///   one atomic operation by a loop;
    /// - the memory is one object that the other processes map too, as with MAP_SHARED: after a `fork`, memory that is mapped
    ///   with MAP_PRIVATE is no longer the same.
    ///
    /// There is one exception: once a wait has returned, the memory may be unmapped even if the `set` that released it is
    /// still running. But if threads of other processes wait too, it has to stay mapped until the `set` has returned: the
    /// system finds them by this process's mapping, and a `set` that has lost it leaves them asleep until the next `set` or
    /// `clear`.
    ///
    /// The bytes may hold zeros, which is an unset event, or what an event has left there.
    ///
    /// # Panics
    ///
    /// In a build with debug assertions, if `pointer` is null or not aligned.
    pub unsafe fn from_ptr<'a>(pointer: *mut u32) -> &'a Self {
        debug_assert!(!pointer.is_null() && pointer as usize % 4 == 0);
        // SAFETY: by what the caller promises. The type is transparent over an atomic `u32`.
        unsafe { &*pointer.cast() }
    }

    /// Sets the event and releases every waiting thread, in all processes. Returns true if it was unset.
    ///
    /// As [`Event::set`], with one system call also if the event is already set and threads have parked since the last
    /// `clear`.
    #[inline]
    pub fn set(&self) -> bool {
        self.0.set()
    }

    /// Makes the event unset. Returns true if it was set.
    ///
    /// As [`Event::clear`], with one system call if threads have parked: the process that set the event may have been killed
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
    /// If the process that was to set it is gone, this waits forever. If a partner may die, wait with a timeout, and check
    /// now and then that it is alive.
    #[inline]
    pub fn wait(&self) {
        self.0.wait()
    }

    /// Blocks until the event is set: true; or until `timeout` has elapsed: false. As [`Event::wait_timeout`].
    #[inline]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.0.wait_timeout(timeout)
    }

    /// Blocks until the event is set: true; or until `deadline`: false. As [`Event::wait_deadline`].
    #[inline]
    pub fn wait_deadline(&self, deadline: impl IntoDeadline) -> bool {
        self.0.wait_deadline(deadline)
    }

    /// Blocks until the event is set: `Ok`; or until `interrupted` returns true: `Err`. As [`Event::wait_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`Event::wait_interruptible`].
    ///
    /// # Panics
    ///
    /// As [`Event::wait_interruptible`].
    #[inline]
    pub fn wait_interruptible(&self, interrupted: impl FnMut() -> bool) -> Result<(), Interrupted> {
        self.0.wait_interruptible(interrupted)
    }

    /// Blocks until the event is set: `Ok(true)`; until `timeout` has elapsed: `Ok(false)`; or until `interrupted` returns
    /// true: `Err`. As [`Event::wait_timeout_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`Event::wait_interruptible`].
    ///
    /// # Panics
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
    /// [`Event::wait_deadline_interruptible`].
    ///
    /// # Errors
    ///
    /// As [`Event::wait_interruptible`].
    ///
    /// # Panics
    ///
    /// As [`Event::wait_interruptible`].
    #[inline]
    pub fn wait_deadline_interruptible(
        &self,
        deadline: impl IntoDeadline,
        interrupted: impl FnMut() -> bool,
    ) -> Result<bool, Interrupted> {
        self.0.wait_deadline_interruptible(deadline, interrupted)
    }

    /// The event, for a wait that spins in another way than [`Spin::ADAPTIVE`] before it parks.
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
