//! The groups, one file each.

mod broadcast;
mod creation;
mod hand_off;
mod late_set;
mod many_setters;
mod oversubscribed;
mod timed_wait;
mod uncontended;

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
    all.extend(creation::groups());
    all
}
