//! Each hot path is a function of its own, so its instructions can be counted apart from the rest, including its return.
//! Bare atomic operations are there for comparison with the events.

#![no_std]
#![no_main]

use core::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Release},
};
use core::time::Duration;
use futex_event::platform::{Deadline, PrivateFutex, TimedFutex};
use futex_event::{AutoResetEvent, Event};

static WORD: AtomicU32 = AtomicU32::new(0);
static EVENT: Event = Event::new();
static AUTO_RESET: AutoResetEvent = AutoResetEvent::new();

macro_rules! hot_paths {
    ($($name:ident $parameters:tt $(-> $result:ty)? $body:block)*) => {
        $(
            #[no_mangle]
            #[inline(never)]
            extern "C" fn $name $parameters $(-> $result)? $body
        )*
    };
}

hot_paths! {
    bare_swap_pair(word: &AtomicU32) {
        word.swap(1, Release);
        word.swap(0, Acquire);
    }
    event_set_and_clear(event: &Event) {
        event.set();
        event.clear();
    }
    auto_reset_set_and_wait(event: &AutoResetEvent) {
        event.set();
        event.wait();
    }
    bare_swap(word: &AtomicU32) {
        word.swap(1, Release);
    }
    event_set_of_a_set_event(event: &Event) {
        event.set();
    }
    bare_load(word: &AtomicU32) -> bool {
        word.load(Acquire) & 1 != 0
    }
    event_is_set(event: &Event) -> bool {
        event.is_set()
    }
    event_wait_on_a_set_event(event: &Event) {
        event.wait();
    }
    event_wait_timeout_on_a_set_event(event: &Event) -> bool {
        event.wait_timeout(Duration::MAX)
    }
    event_wait_timeout_zero(event: &Event) -> bool {
        event.wait_timeout(Duration::ZERO)
    }
}

#[no_mangle]
extern "C" fn main() -> i32 {
    bare_swap_pair(&WORD);
    event_set_and_clear(&EVENT);
    auto_reset_set_and_wait(&AUTO_RESET);
    let mut held = !event_wait_timeout_zero(&EVENT);
    EVENT.set();
    bare_swap(&WORD);
    event_set_of_a_set_event(&EVENT);
    held &= bare_load(&WORD);
    held &= event_is_set(&EVENT);
    event_wait_on_a_set_event(&EVENT);
    held &= event_wait_timeout_on_a_set_event(&EVENT);
    // Not counted: this only shows that there are deadlines without std.
    held &= EVENT.wait_deadline(Deadline::NEVER);
    held &= !AUTO_RESET.wait_deadline(Deadline::after(PrivateFutex::now(), Duration::ZERO));
    i32::from(!held)
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
