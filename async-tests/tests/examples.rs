//! The examples, run as a reader would run them.

#[path = "../../tests/common/example.rs"]
#[allow(dead_code)] // This program does not start an example without waiting for its end.
mod example;

#[cfg(unix)]
use async_tests::patience;

#[test]
fn real_time() {
    let printed = example::run("real_time", &[]);
    assert_eq!(printed, "200 blocks, each louder than the last: true\n");
}
