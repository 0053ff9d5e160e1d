//! The header matches the code, as far as that can be checked without other tools; `.ci/capi` does the rest.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const HEADER: &str = include_str!("../include/futex_event.h");
const CPP_HEADER: &str = include_str!("../include/futex_event.hpp");

#[test]
fn the_versions_are_those_of_the_packages() {
    for (name, version) in [
        ("_MAJOR", env!("CARGO_PKG_VERSION_MAJOR")),
        ("_MINOR", env!("CARGO_PKG_VERSION_MINOR")),
        ("_PATCH", env!("CARGO_PKG_VERSION_PATCH")),
        ("", concat!('"', env!("CARGO_PKG_VERSION"), '"')),
    ] {
        let line = format!("#define FUTEX_EVENT_VERSION{name} {version}");
        assert!(HEADER.lines().any(|it| it == line), "{line}");
    }
    let events = include_str!("../../Cargo.toml");
    let line = concat!("version = \"", env!("CARGO_PKG_VERSION"), "\"");
    assert!(events.lines().any(|it| it == line), "{line}");
}

/// A library that uses locks because the system has no futex keeps fewer promises.
#[test]
fn the_readme_and_the_header_say_which_promises_need_a_futex() {
    let limits = include_str!("../README.md").split("\n## ");
    let limits = limits
        .filter(|section| section.starts_with("Limits"))
        .collect::<String>();
    for term in [
        "sleeps by a futex",
        "`STD=1`",
        "signal handler",
        "`errno`",
        "`fork`",
    ] {
        assert!(limits.contains(term), "{term}");
    }
    let before_the_first_type = HEADER.split("#ifndef").next().unwrap();
    for term in [
        "sleeps by a futex",
        "signal handlers",
        "`errno`",
        "fork",
        "README.md",
    ] {
        assert!(before_the_first_type.contains(term), "{term}");
    }
}

/// Names that begin with `futex_event_` and end at an opening parenthesis, after `before` in their line.
fn functions(text: &str, before: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| line.contains(before));
    let names = lines.filter_map(|line| {
        let end = line.find('(')?;
        let start = line[..end].rfind(|letter: char| letter != '_' && !letter.is_alphanumeric())?;
        Some(line[start + 1..end].to_owned())
    });
    names.filter(|it| it.starts_with("futex_event_")).collect()
}

fn exported() -> BTreeSet<String> {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    texts
        .flat_map(|text| functions(&text, "extern \"C\" fn futex_event_"))
        .collect()
}

fn declared() -> BTreeSet<String> {
    let code = HEADER.lines().filter(|line| !line.starts_with(' '));
    functions(&code.collect::<Vec<_>>().join("\n"), "")
}

#[test]
fn the_functions_of_the_header_are_those_of_the_library() {
    assert!(declared().len() > 30, "{:?}", declared());
    assert_eq!(declared(), exported());
}

#[test]
fn what_is_said_of_the_functions_is_said_before_each() {
    let lines: Vec<_> = HEADER.lines().collect();
    for pair in lines
        .windows(2)
        .filter(|pair| !functions(pair[1], "").is_empty())
    {
        let is_declaration = !pair[1].starts_with(' ');
        assert!(!is_declaration || pair[0] == " */", "{}", pair[1]);
    }
}

/// The ends of the names of the functions that C++ has in another form, or leaves to C.
const NOT_IN_CPP: [&str; 16] = [
    "_version",
    "_now",
    "_wait_any",
    "_wait_all",
    "_deadline",
    "_wait_interruptible",
    "_wait_deadline_interruptible",
    "_any_interruptible",
    "_any_deadline_interruptible",
    "_all_interruptible",
    "_all_deadline_interruptible",
    "_all_or",
    "_or_interruptible",
    "_or_deadline_interruptible",
    "_until_interruptible",
    "_until_deadline_interruptible",
];

#[test]
fn cpp_has_every_operation() {
    for function in declared() {
        let called = [format!("{function};"), format!("{function}(")];
        assert!(
            called.iter().any(|it| CPP_HEADER.contains(it))
                || NOT_IN_CPP.iter().any(|it| function.ends_with(it)),
            "{function}"
        );
    }
}

#[test]
fn the_programs_of_the_readme_are_the_examples() {
    let readme = include_str!("../README.md");
    for (language, program) in [
        ("c", include_str!("../examples/event.c")),
        ("cpp", include_str!("../examples/event.cpp")),
    ] {
        assert!(
            readme.contains(&format!("```{language}\n{program}```")),
            "{program}"
        );
    }
}
