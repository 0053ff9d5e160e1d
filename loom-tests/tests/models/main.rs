//! The models, one file for each kind of event. They are one program, which compiles faster than several.

mod any_event;
mod auto_reset_event;
mod event;
mod event_count;
mod shared_event;
mod tasks;
mod wait_any;
