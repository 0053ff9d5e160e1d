//! The examples, run as a reader would run them.

use std::process::Command;

/// What an example prints. `cargo test` has built it, beside this program's folder; `cargo test --test examples` would
/// not.
fn run(example: &str, arguments: &[&str]) -> String {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("{example}{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(&path)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn thread_communication() {
    let printed = run("thread_communication", &["0.05"]);
    let mut lines: Vec<_> = printed.lines().collect();
    // Which of the two threads speaks first is not said.
    lines[..2].sort_unstable();
    assert_eq!(
        lines,
        [
            "Setting event",
            "Thread waiting for event to be set",
            "Event has been set, continuing execution",
            "All threads have completed",
        ]
    );
}

#[test]
fn block_on() {
    assert_eq!(run("block_on", &[]), "The future is done: 42\n");
}

#[test]
fn workers() {
    assert_eq!(run("workers", &[]), "100000 jobs done, each exactly once\n");
}

#[test]
fn stop() {
    assert_eq!(run("stop", &[]), "Done: 1\n");
}
