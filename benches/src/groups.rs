//! The groups, one file each.

#[cfg(target_os = "linux")]
mod across_processes;
pub mod alternating;
mod broadcast;
pub mod cold_start;
mod creation;
pub mod hand_off;
mod late_set;
mod many_setters;
mod notify;
mod oversubscribed;
mod queue;
mod thread_pool;
mod timed_wait;
mod uncontended;
mod wait_any;
pub mod workers;

use crate::group::Group;

/// In the order in which they are measured.
pub fn all() -> Vec<Group> {
    let mut all = uncontended::groups();
    all.extend(hand_off::groups());
    all.extend(oversubscribed::groups());
    all.extend(broadcast::groups());
    all.push(many_setters::group());
    all.push(timed_wait::group());
    all.extend(late_set::groups());
    all.extend(alternating::group());
    all.extend(wait_any::groups());
    all.extend(workers::groups());
    all.extend(notify::groups());
    all.extend(queue::groups());
    all.extend(thread_pool::groups());
    #[cfg(target_os = "linux")]
    all.extend(across_processes::groups());
    all.extend(creation::groups());
    all
}

/// Those with any of these words in their names, or all if there is no word. The error is a word that no name has.
pub fn with_any(words: &[String], groups: Vec<Group>) -> Result<Vec<Group>, String> {
    let has = |group: &Group, word: &String| group.name.contains(word);
    let used = |word: &&String| groups.iter().any(|group| has(group, word));
    if let Some(unused) = words.iter().find(|word| !used(word)) {
        return Err(unused.clone());
    }
    let is_wanted = |group: &Group| words.is_empty() || words.iter().any(|word| has(group, word));
    Ok(groups.into_iter().filter(is_wanted).collect())
}

/// The group that a goal or a panel is about. `None` if this machine cannot measure it, which is said on standard error.
#[cfg(test)]
pub fn named<'a>(groups: &'a [Group], name: &str) -> Option<&'a Group> {
    use std::io::Write;
    let group = groups.iter().find(|group| group.name == name);
    if group.is_none() {
        let needed = match name {
            _ if name.contains("two CPUs") => 2,
            _ if name.contains("one CPU") => 1,
            _ => 0,
        };
        let there = crate::place::pinnable();
        assert!(there < needed, "no group is called {name}");
        // Past libtest, which shows what a test prints only if it fails.
        let line =
            format!("SKIPPED: {name}: threads can be pinned to {there} CPUs, it needs {needed}\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    group
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_no_group_has_is_an_error() {
        let with_any = |words: &[&str]| {
            let words: Vec<_> = words.iter().map(|word| word.to_string()).collect();
            let names = |groups: Vec<Group>| groups.into_iter().map(|group| group.name).collect();
            super::with_any(&words, queue::groups()).map(names)
        };
        let parked: Vec<String> = vec!["queue, a parked consumer".into()];
        assert_eq!(with_any(&["parked"]), Ok(parked));
        assert_eq!(with_any(&[]).unwrap().len(), queue::groups().len());
        assert_eq!(with_any(&["parked", "praked"]), Err("praked".into()));
    }
}
