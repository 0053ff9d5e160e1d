//! The groups, one file each.

#[cfg(target_os = "linux")]
mod across_processes;
mod broadcast;
mod creation;
mod hand_off;
mod late_set;
mod many_setters;
mod oversubscribed;
mod timed_wait;
mod uncontended;
mod wait_any;
mod workers;

use crate::group::Group;

/// In the order in which they are measured.
pub fn all() -> Vec<Group> {
    let mut all = uncontended::groups();
    all.extend(hand_off::groups());
    all.push(oversubscribed::group());
    all.extend(broadcast::groups());
    all.push(many_setters::group());
    all.push(timed_wait::group());
    all.push(late_set::group());
    all.extend(wait_any::groups());
    all.extend(workers::groups());
    #[cfg(target_os = "linux")]
    all.extend(across_processes::groups());
    all.extend(creation::groups());
    // What came of looking at an event before parking is remembered of its address, and the events of all groups have
    // the same few. So the groups in which it pays come first, and are not measured with the memory of the others.
    all.sort_by_key(|group| !group.name.ends_with("two CPUs"));
    all
}
