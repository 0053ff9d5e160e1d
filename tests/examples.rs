//! The examples, run as a reader would run them.

use std::process::Command;
use std::time::Instant;

/// What an example prints.
fn run(example: &str, arguments: &[&str]) -> String {
    let output = command(example, arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// `cargo test` has built the example, beside this program's folder; `cargo test --test examples` would not. Where such
/// programs need another to run them, as an emulator does, `RUNNER` names that.
fn command(example: &str, arguments: &[&str]) -> Command {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("{example}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} has not been built", path.display());
    let runner = std::env::var_os("RUNNER").into_iter();
    let mut words = runner.chain([path.into_os_string()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(arguments);
    command
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
fn bounded_queue() {
    assert_eq!(
        run("bounded_queue", &[]),
        "30000 items went through, each exactly once\n\
         A full queue and an empty one keep a thread for no longer than it says\n"
    );
}

#[test]
fn stop() {
    assert_eq!(run("stop", &[]), "Done: 1\n");
}

#[test]
fn pause() {
    assert_eq!(run("pause", &[]), "Paused and resumed three times\n");
}

#[test]
fn start_up() {
    assert_eq!(run("start_up", &[]), "Connecting to port 8080\n".repeat(4));
}

#[test]
fn progress_does_not_go_back_nor_faster_than_it_says() {
    let begun = Instant::now();
    let printed = run("progress", &[]);
    let intervals = begun.elapsed().as_millis() as usize / 50;
    let items = |line: &str| line.strip_suffix(" of 80").unwrap().parse::<u32>().unwrap();
    let lines: Vec<_> = printed.lines().map(items).collect();
    assert_eq!(lines.last(), Some(&80));
    assert!(lines.windows(2).all(|pair| pair[0] <= pair[1]), "{lines:?}");
    // One when there is news for the first time, one an interval, and the last.
    assert!(lines.len() <= intervals + 2, "{lines:?}");
}

#[cfg(target_os = "linux")]
mod of_two_programs {
    use super::*;
    use std::fs::{self, Permissions};
    use std::io::{BufRead, BufReader};
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::process::Stdio;

    /// A name that no other run of the tests uses, and that is free.
    fn file(name: &str) -> PathBuf {
        let folder = ["/dev/shm", "/tmp"].iter().map(PathBuf::from);
        let folder = folder.into_iter().find(|folder| folder.is_dir()).unwrap();
        let file = folder.join(format!("futex-event-{name}-{}", std::process::id()));
        let _ = fs::remove_file(&file);
        file
    }

    fn error(example: &str, arguments: &[&str]) -> String {
        let output = command(example, arguments).output().unwrap();
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    #[test]
    fn signal_and_await() {
        let file = file("pair");
        let path = file.to_str().unwrap();
        for _ in 0..2 {
            let mut waiter = command("await", &[path, "60"]);
            let mut waiter = waiter.stdout(Stdio::piped()).spawn().unwrap();
            let mut lines = BufReader::new(waiter.stdout.take().unwrap()).lines();
            assert_eq!(lines.next().unwrap().unwrap(), "Waiting");
            assert_eq!(run("signal", &[path]), "Set\n");
            assert_eq!(lines.next().unwrap().unwrap(), "Released");
            assert!(waiter.wait().unwrap().success());
        }
        assert!(error("await", &[path, "0.01"]).contains("nobody set the event"));
        fs::remove_file(file).unwrap();
    }

    #[test]
    fn what_is_wrong_with_the_file_is_said() {
        let file = file("wrong");
        let path = file.to_str().unwrap();
        assert!(error("signal", &[]).contains("usage"));
        assert!(error("signal", &[path]).contains("No such file"));
        fs::write(&file, "abc").unwrap();
        assert!(error("signal", &[path]).contains("3 bytes are too short"));
        assert!(error("await", &[path]).contains("3 bytes are too short"));
        fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
        // SAFETY: the call has no conditions.
        if unsafe { libc::geteuid() } != 0 {
            assert!(error("signal", &[path]).contains("Permission denied"));
        }
        fs::remove_file(file).unwrap();
    }
}
