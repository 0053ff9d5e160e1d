#![no_std]

use core::time::Duration;
use futex_event::Event;

static EVENT: Event = Event::new();

#[no_mangle]
pub extern "C" fn event_set() -> bool {
    EVENT.set()
}

#[no_mangle]
pub extern "C" fn event_wait(milliseconds: u64) -> bool {
    EVENT.wait_timeout(Duration::from_millis(milliseconds))
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
