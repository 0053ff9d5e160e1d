//! Ways to build an event for several processes, on Linux: in a page that a child shares after a `fork`, or behind file
//! descriptors that it inherits.

use super::{Contender, HandOff, Kind, ManualReset};
use libc::{
    mmap, munmap, pthread_cond_broadcast, pthread_cond_t, pthread_cond_wait, pthread_mutex_lock,
    pthread_mutex_t, pthread_mutex_unlock, MAP_ANONYMOUS, MAP_FAILED, MAP_SHARED, PROT_READ,
    PROT_WRITE, PTHREAD_PROCESS_SHARED,
};
use std::cell::UnsafeCell;
use std::fs::File;
use std::io::{self, pipe, Error, PipeReader, PipeWriter, Read, Write};
use std::mem::{size_of, MaybeUninit};
use std::ops::Deref;
use std::os::fd::FromRawFd;
use std::ptr::{null_mut, NonNull};

/// A `T` in a mapping of its own, which a child shares after a `fork`.
pub struct Mapped<T>(NonNull<T>);

// SAFETY: it gives out shared references, and is dropped without its `T`.
unsafe impl<T: Sync> Sync for Mapped<T> {}

impl<T> Mapped<T> {
    /// # Safety
    ///
    /// All-zero memory is a `T`.
    unsafe fn zeroed() -> Self {
        // SAFETY: a new mapping, at an address that the kernel chooses.
        let page = unsafe {
            mmap(
                null_mut(),
                size_of::<T>(),
                PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert_ne!(page, MAP_FAILED, "{}", Error::last_os_error());
        Self(NonNull::new(page.cast()).expect("a mapping is not at address zero"))
    }
}

impl<T> Deref for Mapped<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the memory stays mapped until the drop, began as a `T`, and is aligned to a page.
        unsafe { self.0.as_ref() }
    }
}

impl<T> Drop for Mapped<T> {
    fn drop(&mut self) {
        // SAFETY: nothing else has this mapping, and nothing borrows from it any longer.
        unsafe { munmap(self.0.as_ptr().cast(), size_of::<T>()) };
    }
}

pub type SharedEvent = Mapped<futex_event::SharedEvent>;

impl Contender for SharedEvent {
    const NAME: &'static str = "SharedEvent";
    const KIND: Kind = Kind::Ours;

    fn unset() -> Self {
        // SAFETY: zeros are an unset event.
        unsafe { Self::zeroed() }
    }

    #[inline]
    fn set(&self) {
        (**self).set();
    }
}

impl ManualReset for SharedEvent {
    #[inline]
    fn clear(&self) {
        (**self).clear();
    }

    #[inline]
    fn is_set(&self) -> bool {
        (**self).is_set()
    }

    #[inline]
    fn wait(&self) {
        (**self).wait()
    }
}

/// A mutex and a condition variable that are shared between processes. Neither is ever destroyed: the memory goes.
pub struct PthreadFlag {
    mutex: UnsafeCell<pthread_mutex_t>,
    changed: UnsafeCell<pthread_cond_t>,
    /// Belongs to whoever holds the mutex.
    set: UnsafeCell<bool>,
}

// SAFETY: the mutex and the condition variable are made for many threads, and the flag is touched under the mutex only.
unsafe impl Sync for PthreadFlag {}

impl PthreadFlag {
    /// Makes them shared. See pthread_mutexattr_setpshared(3p) and pthread_condattr_setpshared(3p).
    fn init(&self) {
        // SAFETY: each attribute is initialized before it is used, and no thread uses the mutex or the variable yet.
        unsafe {
            let mut attributes = MaybeUninit::uninit();
            succeeded(libc::pthread_mutexattr_init(attributes.as_mut_ptr()));
            succeeded(libc::pthread_mutexattr_setpshared(
                attributes.as_mut_ptr(),
                PTHREAD_PROCESS_SHARED,
            ));
            succeeded(libc::pthread_mutex_init(
                self.mutex.get(),
                attributes.as_ptr(),
            ));
            let mut attributes = MaybeUninit::uninit();
            succeeded(libc::pthread_condattr_init(attributes.as_mut_ptr()));
            succeeded(libc::pthread_condattr_setpshared(
                attributes.as_mut_ptr(),
                PTHREAD_PROCESS_SHARED,
            ));
            succeeded(libc::pthread_cond_init(
                self.changed.get(),
                attributes.as_ptr(),
            ));
        }
    }

    #[inline]
    fn locked<T>(&self, work: impl FnOnce(&mut bool) -> T) -> T {
        // SAFETY: the mutex is initialized, and the flag is ours while we hold it.
        unsafe {
            succeeded(pthread_mutex_lock(self.mutex.get()));
            let result = work(&mut *self.set.get());
            succeeded(pthread_mutex_unlock(self.mutex.get()));
            result
        }
    }
}

#[inline]
fn succeeded(error: i32) {
    assert_eq!(error, 0, "{}", Error::from_raw_os_error(error));
}

pub type PthreadEvent = Mapped<PthreadFlag>;

impl Contender for PthreadEvent {
    const NAME: &'static str = "pthread mutex + cond, pshared";

    fn unset() -> Self {
        // SAFETY: all of it is plain numbers, of which zero is one; `init` gives them their meaning.
        let event = unsafe { Self::zeroed() };
        event.init();
        event
    }

    #[inline]
    fn set(&self) {
        self.locked(|set| *set = true);
        // SAFETY: the variable is initialized.
        succeeded(unsafe { pthread_cond_broadcast(self.changed.get()) });
    }
}

impl ManualReset for PthreadEvent {
    #[inline]
    fn clear(&self) {
        self.locked(|set| *set = false);
    }

    #[inline]
    fn is_set(&self) -> bool {
        self.locked(|set| *set)
    }

    #[inline]
    fn wait(&self) {
        // SAFETY: both are initialized, and the flag is read while we hold the mutex.
        unsafe {
            succeeded(pthread_mutex_lock(self.mutex.get()));
            while !*self.set.get() {
                succeeded(pthread_cond_wait(self.changed.get(), self.mutex.get()));
            }
            succeeded(pthread_mutex_unlock(self.mutex.get()));
        }
    }
}

/// A byte in it is the event; to take it is to read it.
pub struct Pipe(PipeReader, PipeWriter);

impl Contender for Pipe {
    const NAME: &'static str = "pipe";

    fn unset() -> Self {
        let (reader, writer) = pipe().unwrap();
        Self(reader, writer)
    }

    fn set(&self) {
        (&self.1).write_all(&[1]).unwrap();
    }
}

impl HandOff for Pipe {
    fn taker(&self) -> impl FnMut() {
        || (&self.0).read_exact(&mut [0]).unwrap()
    }
}

/// A count that is not zero is the event; to take it is to read it, which makes it zero. See eventfd(2).
pub struct Eventfd(File);

impl Contender for Eventfd {
    const NAME: &'static str = "eventfd";

    fn unset() -> Self {
        // SAFETY: no memory is involved.
        let descriptor = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
        assert_ne!(descriptor, -1, "{}", Error::last_os_error());
        // SAFETY: it is open, and owned by nothing else.
        Self(unsafe { File::from_raw_fd(descriptor) })
    }

    fn set(&self) {
        (&self.0).write_all(&1_u64.to_ne_bytes()).unwrap();
    }
}

impl HandOff for Eventfd {
    fn taker(&self) -> impl FnMut() {
        || (&self.0).read_exact(&mut [0; 8]).unwrap()
    }
}

/// A child of this process, made by `fork`.
pub struct Child(libc::pid_t);

impl Child {
    /// Runs `work` in a child, which ends with it. Only this thread is there in the child, so `work` may take no lock and
    /// no memory from the heap: others may have been at it.
    pub fn fork(work: impl FnOnce()) -> Self {
        // SAFETY: as above; what the child does before `work` and after it are system calls.
        match unsafe { libc::fork() } {
            -1 => panic!("{}", Error::last_os_error()),
            0 => {
                // SAFETY: these take numbers only. Without its parent the child would wait forever.
                unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
                // A panic must not go on into what was the parent's business.
                let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
                // SAFETY: ends the process, and runs nothing that the parent has registered for its end.
                unsafe { libc::_exit(done.is_err().into()) }
            }
            child => Self(child),
        }
    }

    /// Returns when it has ended, as it should.
    pub fn join(self) {
        let mut status = 0;
        // SAFETY: the child is ours, and no other thread waits for it.
        while unsafe { libc::waitpid(self.0, &mut status, 0) } == -1 {
            assert_eq!(
                Error::last_os_error().kind(),
                io::ErrorKind::Interrupted,
                "waitpid"
            );
        }
        assert_eq!(status, 0, "the child's status");
    }
}
