//! How much a thread takes from the heap.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static BYTES: Cell<isize> = const { Cell::new(0) };
}

/// What `work` returns, and the bytes of heap that this thread has taken meanwhile and not given back.
pub fn while_counting<T>(work: impl FnOnce() -> T) -> (T, isize) {
    let before = BYTES.get();
    let result = work();
    (result, BYTES.get() - before)
}

/// The system's, with a count in each thread. It costs every contender that allocates one addition.
struct Counted;

#[global_allocator]
static COUNTED: Counted = Counted;

// SAFETY: the system's allocator does all the work. The count is a `const` thread-local without a destructor, which
// allocates nothing itself.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.set(BYTES.get() + layout.size() as isize);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        BYTES.set(BYTES.get() - layout.size() as isize);
        // SAFETY: the caller's promise; the memory is the system's.
        unsafe { System.dealloc(memory, layout) }
    }
}
