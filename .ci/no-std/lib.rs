//! Events for a C program, whose memory they live in: all-zero memory is an unset event of either kind.

#![no_std]

use core::time::Duration;
use futex_event::{wait_any, AutoResetEvent, Event};

#[no_mangle]
pub extern "C" fn event_set(event: &Event) -> bool {
    event.set()
}

#[no_mangle]
pub extern "C" fn event_clear(event: &Event) -> bool {
    event.clear()
}

#[no_mangle]
pub extern "C" fn event_wait(event: &Event) {
    event.wait();
}

#[no_mangle]
pub extern "C" fn event_wait_timeout(event: &Event, milliseconds: u64) -> bool {
    event.wait_timeout(Duration::from_millis(milliseconds))
}

#[no_mangle]
pub extern "C" fn auto_reset_event_set(event: &AutoResetEvent) -> bool {
    event.set()
}

#[no_mangle]
pub extern "C" fn auto_reset_event_wait(event: &AutoResetEvent) {
    event.wait();
}

#[no_mangle]
pub extern "C" fn auto_reset_event_wait_timeout(event: &AutoResetEvent, milliseconds: u64) -> bool {
    event.wait_timeout(Duration::from_millis(milliseconds))
}

/// Whether it was the second that ended the wait.
#[no_mangle]
pub extern "C" fn wait_either(first: &Event, second: &AutoResetEvent) -> bool {
    wait_any(&[first, second]) == 1
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
