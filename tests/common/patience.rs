//! How long tests wait, and what happens to one that waits for too long.

use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a thread to be scheduled on any machine. Only a test that fails waits so long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait before giving up: `PATIENCE`, or the number of seconds in the environment variable of that name, for
/// runs in which many tests are meant to fail.
pub fn patience() -> Duration {
    seconds("PATIENCE").unwrap_or(PATIENCE)
}

/// How long each stress test runs, if `STRESS_SECONDS` says so.
pub fn stress_time() -> Option<Duration> {
    seconds("STRESS_SECONDS")
}

fn seconds(variable: &str) -> Option<Duration> {
    let seconds = std::env::var(variable).ok()?;
    Some(Duration::from_secs_f64(seconds.parse().unwrap()))
}

/// Returns when the condition holds.
pub fn until(mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        if begun.elapsed() > patience() {
            give_up("timed out waiting for a thread to park or to return");
        }
        // A yield is not enough: in an emulator a check takes long, and would keep other threads from the lock of the record.
        thread::sleep(Duration::from_micros(50));
    }
}

/// Ends the program with a message that is not captured. A panic would not end it: the scope would wait for threads that
/// sleep forever.
pub fn give_up(why: &str) -> ! {
    say(why);
    std::process::abort();
}

/// Says something of the current test that its harness does not capture, as it would what a test prints that passes.
pub fn say(what: &str) {
    let test = thread::current();
    let test = test.name().unwrap_or("some test");
    let _ = writeln!(std::io::stderr(), "\n{test}: {what}");
}
