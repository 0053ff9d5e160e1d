//! The functions that `main.mjs` calls: some on the main thread, which may not sleep, and some on workers, which may.

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

/// A worker: it waits for tokens plainly, or for several events, until the stop event is set.
#[no_mangle]
pub extern "C" fn work(plainly: u32) {
    if plainly != 0 {
        loop {
            WORK.wait();
            if STOP.is_set() {
                // This token was for the end.
                return;
            }
            TAKEN.fetch_add(1, Relaxed);
        }
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

/// On the main thread: sets the event. Whether that made a token, because there was none.
#[no_mangle]
pub extern "C" fn set_work() -> u32 {
    WORK.set().into()
}

/// On the main thread: all operations that are allowed there, on events for which workers wait.
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

/// An operation that is not allowed on a browser's main thread.
#[no_mangle]
pub extern "C" fn wait_forever() {
    Event::new().wait();
}
