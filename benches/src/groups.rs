//! The groups, one file each.

#[cfg(target_os = "linux")]
mod across_processes;
pub mod alternating;
mod broadcast;
pub mod cold_start;
mod creation;
mod hand_off;
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
