//! Ctrl-C stops a program in an orderly way, whatever its threads are waiting for.
//!
//! The handler sets an event, and each wait in the program includes that event: by `wait_any` where a thread waits for
//! something else, by `wait_timeout` where it would sleep. The event stays set, so a thread that is busy when Ctrl-C is
//! pressed finds it at its next wait. A second Ctrl-C ends the program at once, as it does without a handler.
//!
//! ```sh
//! cargo run --example ctrl_c
//! ```

use futex_event::{wait_any, AutoResetEvent, Event};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

/// Set by Ctrl-C.
static STOP: Event = Event::new();

fn main() -> ExitCode {
    if let Err(error) = handler::install() {
        eprintln!("ctrl_c: no handler for Ctrl-C: {error}");
        return ExitCode::FAILURE;
    }
    let tick = AutoResetEvent::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !STOP.wait_timeout(Duration::from_secs(1)) {
                tick.set();
            }
            println!("The timer has stopped");
        });
        scope.spawn(|| {
            // STOP comes first, so that it wins over work.
            while wait_any((&STOP, &tick)) != 0 {
                println!("Tick");
            }
            println!("The worker has stopped");
        });
        println!("Press Ctrl-C to stop");
        STOP.wait();
    });
    println!("All threads have stopped");
    ExitCode::SUCCESS
}

// Where there is a `SharedEvent` there are signals, and events have no lock inside: a signal handler may set one.
futex_event::platform::where_words_can_be_shared! {{
    mod handler {
        use std::io::{Error, Result};
        use std::os::raw::c_int;
        use std::{mem, ptr};

        extern "C" fn on_signal(_signal: c_int) {
            // Async-signal-safe, as little else is: a handler may not lock, allocate or print.
            crate::STOP.set();
        }

        pub fn install() -> Result<()> {
            let handler: extern "C" fn(c_int) = on_signal;
            // SAFETY: zeros are a `sigaction` without flags and with an empty mask.
            let mut action: libc::sigaction = unsafe { mem::zeroed() };
            action.sa_sigaction = handler as libc::sighandler_t;
            // The second Ctrl-C finds no handler. What the first one interrupts goes on.
            action.sa_flags = (libc::SA_RESETHAND | libc::SA_RESTART) as _;
            // SAFETY: the handler calls nothing but `set`.
            match unsafe { libc::sigaction(libc::SIGINT, &action, ptr::null_mut()) } {
                0 => Ok(()),
                _ => Err(Error::last_os_error()),
            }
        }
    }
} else {
    #[cfg(windows)]
    mod handler {
        use std::io::{Error, Result};

        const TRUE: i32 = 1;
        const CTRL_C_EVENT: u32 = 0;

        #[link(name = "kernel32")]
        extern "system" {
            fn SetConsoleCtrlHandler(handler: unsafe extern "system" fn(u32) -> i32, add: i32) -> i32;
        }

        /// The system calls it on a thread of its own. False leaves the event to the default handler, which ends the program.
        unsafe extern "system" fn on_console_event(event: u32) -> i32 {
            // `set` returns true the first time.
            (event == CTRL_C_EVENT && crate::STOP.set()).into()
        }

        pub fn install() -> Result<()> {
            // SAFETY: the handler lives as long as the program.
            match unsafe { SetConsoleCtrlHandler(on_console_event, TRUE) } {
                0 => Err(Error::last_os_error()),
                _ => Ok(()),
            }
        }
    }

    #[cfg(not(windows))]
    mod handler {
        pub fn install() -> std::io::Result<()> {
            Err(std::io::Error::new(
                std::io::ErrorKind::Unsupported,
                "a signal handler may not set an event on this system",
            ))
        }
    }
}}
