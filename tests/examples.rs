//! The examples, run as a reader would run them.

mod common;

use common::example::{example, run};
use std::time::Instant;

/// What an example that fails prints to standard error.
fn error(name: &str, arguments: &[&str]) -> String {
    let output = example(name, arguments).output().unwrap();
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn thread_communication() {
    let printed = run("thread_communication", &["0.05"]);
    let mut lines: Vec<_> = printed.lines().collect();
    // Either of the two threads may print first.
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
fn thread_communication_prints_its_usage() {
    for argument in ["soon", "-1", "inf", "NaN"] {
        let usage = error("thread_communication", &[argument]);
        assert_eq!(usage, "usage: thread_communication [SECONDS]\n");
    }
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
         Timeouts end the waits on a full queue and on an empty one\n"
    );
}

#[test]
fn wait_for_n() {
    assert_eq!(run("wait_for_n", &[]), "The sum of 8 parts is 31996000\n");
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

/// A signal handler must not set an event on the fallback word, which uses locks.
#[cfg(all(unix, not(futex_event_fallback)))]
#[test]
fn ctrl_c_ends_all_waits() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let program = example("ctrl_c", &[]).stdout(Stdio::piped()).spawn();
    let mut program = program.unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap)
        .filter(|line| line != "Tick");
    assert_eq!(lines.next().unwrap(), "Press Ctrl-C to stop");
    // SAFETY: the program has not been waited for, so that the id is its own.
    assert_eq!(unsafe { libc::kill(program.id() as i32, libc::SIGINT) }, 0);
    let mut stopped: Vec<_> = lines.collect();
    // Either of the two threads may stop first.
    stopped[..2].sort_unstable();
    assert_eq!(
        stopped,
        [
            "The timer has stopped",
            "The worker has stopped",
            "All threads have stopped",
        ]
    );
    // Without a handler the signal would have ended the program.
    assert!(program.wait().unwrap().success());
}

#[cfg(target_os = "linux")]
mod of_two_processes {
    use super::*;
    use std::fs::{self, Permissions};
    use std::io::{self, BufRead, BufReader};
    use std::os::raw::c_ulong;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
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

    #[test]
    fn shared_file_set_releases_shared_file_wait() {
        let file = file("pair");
        let path = file.to_str().unwrap();
        for _ in 0..2 {
            let mut waiter = example("shared_file_wait", &[path, "60"]);
            let mut waiter = waiter.stdout(Stdio::piped()).spawn().unwrap();
            let mut lines = BufReader::new(waiter.stdout.take().unwrap()).lines();
            assert_eq!(lines.next().unwrap().unwrap(), "Waiting");
            assert_eq!(run("shared_file_set", &[path]), "Set\n");
            assert_eq!(lines.next().unwrap().unwrap(), "Released");
            assert!(waiter.wait().unwrap().success());
        }
        let late = error("shared_file_wait", &[path, "0.01"]);
        assert_eq!(late, "error: the event was not set in time\n");
        fs::remove_file(file).unwrap();
    }

    #[test]
    fn the_programs_print_their_usage() {
        for arguments in [
            &["file", "soon"],
            &["file", "-1"],
            &["file", "inf"],
            &[][..],
        ] {
            let usage = error("shared_file_wait", arguments);
            assert_eq!(usage, "usage: shared_file_wait FILE [SECONDS]\n");
        }
        let usage = error("shared_file_set", &[]);
        assert_eq!(usage, "usage: shared_file_set FILE\n");
    }

    /// Has the program that this process starts next obey the permissions of files, also if root starts it. Other users
    /// obey them anyway, and may not make these calls. [man 7 capabilities, linux/capability.h]
    fn obey_permissions() -> io::Result<()> {
        const CAP_DAC_OVERRIDE: c_ulong = 1;
        const CAP_DAC_READ_SEARCH: c_ulong = 2;
        let unused: c_ulong = 0;
        for capability in [CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH] {
            // SAFETY: the call touches no memory.
            unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, unused, unused, unused) };
        }
        Ok(())
    }

    #[test]
    fn the_programs_say_what_is_wrong_with_the_file() {
        let file = file("wrong");
        let path = file.to_str().unwrap();
        let of_the_file = |error: String| {
            let error = error.strip_prefix("error: ").unwrap().to_owned();
            error.strip_prefix(path).unwrap().to_owned()
        };
        let missing = of_the_file(error("shared_file_set", &[path]));
        assert!(missing.contains("No such file"), "{missing}");
        fs::write(&file, "abc").unwrap();
        for program in ["shared_file_set", "shared_file_wait"] {
            let short = of_the_file(error(program, &[path]));
            assert_eq!(short, ": the file has 3 bytes, and at least 4 are needed\n");
        }
        fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
        let mut set = example("shared_file_set", &[path]);
        // SAFETY: the closure makes system calls only.
        let denied = unsafe { set.pre_exec(obey_permissions) }.output().unwrap();
        assert!(!denied.status.success(), "{denied:?}");
        let denied = of_the_file(String::from_utf8(denied.stderr).unwrap());
        assert!(denied.contains("Permission denied"), "{denied}");
        fs::remove_file(file).unwrap();
    }

    /// The example kills a process of its own by SIGKILL.
    #[test]
    fn partner_died() {
        assert_eq!(
            run("partner_died", &[]),
            "A partner is at work\n\
             The partner has died\n\
             Another partner has answered: 42\n"
        );
    }
}
