//! The examples, run as a reader would run them.

use std::process::Command;

#[test]
fn real_time() {
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("real_time{}", std::env::consts::EXE_SUFFIX));
    let output = Command::new(path).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(printed, "200 blocks, each louder than the last: true\n");
}
