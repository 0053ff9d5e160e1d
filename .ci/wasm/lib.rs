//! What `main.mjs` calls: some functions on the main thread, which may not sleep, and some on workers, which may.

use futex_event::{wait_any, AutoResetEvent, Event};
use std::alloc::{alloc, Layout};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

static STOP: Event = Event::new();
static NEWS: Event = Event::new();
static WORK: AutoResetEvent = AutoResetEvent::new();
/// Tokens that workers have taken.
static TAKEN: AtomicU32 = AtomicU32::new(0);

/// Memory for a worker's stack, or its thread-locals.
#[no_mangle]
pub extern "C" fn memory_for(size: usize) -> *mut u8 {
    let layout = Layout::from_size_align(size.max(1), 16).unwrap();
    // SAFETY: the size is not zero.
    let memory = unsafe { alloc(layout) };
    assert!(!memory.is_null());
    memory
}

/// A worker: it waits for tokens plainly, or for several events, until it is told to stop.
#[no_mangle]
pub extern "C" fn work(plainly: u32) {
    while plainly != 0 {
        WORK.wait();
        if STOP.is_set() {
            // The token was to say so.
            return;
        }
        TAKEN.fetch_add(1, Relaxed);
    }
    loop {
        match wait_any((&STOP, &NEWS, &WORK)) {
            0 => return,
            1 => {}
            _ => {
                TAKEN.fetch_add(1, Relaxed);
            }
        }
    }
}

/// On the main thread: whether a token was given that no other set had given before.
#[no_mangle]
pub extern "C" fn set_work() -> u32 {
    WORK.set().into()
}

/// On the main thread: everything that may be done there, on events for which others wait.
#[no_mangle]
pub extern "C" fn pulse_news() -> u32 {
    let set = NEWS.set();
    let _ = NEWS.is_set() | NEWS.try_wait();
    NEWS.clear();
    set.into()
}

/// On the main thread: takes a token, if one is left.
#[no_mangle]
pub extern "C" fn try_work() -> u32 {
    WORK.try_wait().into()
}

#[no_mangle]
pub extern "C" fn stop() {
    STOP.set();
}

#[no_mangle]
pub extern "C" fn taken() -> u32 {
    TAKEN.load(Relaxed)
}

/// What may not be done on a browser's main thread.
#[no_mangle]
pub extern "C" fn wait_forever() {
    Event::new().wait();
}
