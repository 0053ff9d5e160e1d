//! The examples as programs.

use std::process::Command;

/// An example, with its arguments. On Unix it is killed when it takes too long.
///
/// `cargo test` has built it, next to this program's folder; `cargo test --test examples` would not. If programs need an
/// emulator, `RUNNER` names it.
pub fn example(name: &str, arguments: &[&str]) -> Command {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} has not been built", path.display());
    let runner = std::env::var_os("RUNNER").into_iter();
    let mut words = runner.chain([path.into_os_string()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(arguments);
    #[cfg(unix)]
    limit(&mut command);
    command
}

/// An alarm outlives the start of a program, and without a handler it ends it.
#[cfg(unix)]
fn limit(command: &mut Command) {
    use std::os::unix::process::CommandExt;

    let seconds = super::patience::patience().as_secs() as u32 + 1;
    let alarm = move || {
        // SAFETY: the call has no conditions.
        unsafe { libc::alarm(seconds) };
        Ok(())
    };
    // SAFETY: the closure does what a signal handler may do.
    unsafe { command.pre_exec(alarm) };
}

/// What an example prints.
pub fn run(name: &str, arguments: &[&str]) -> String {
    let output = example(name, arguments).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
