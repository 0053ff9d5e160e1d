//! The manual: a page for each question. The [front page](crate#the-guide) lists them.
//!
//! These pages are in the documentation only: a program has no such modules.

#[doc = include_str!("guide/which_event.md")]
pub mod which_event {}

#[doc = include_str!("guide/event_counts.md")]
pub mod event_counts {}

#[doc = include_str!("guide/timeouts.md")]
pub mod timeouts {}

#[doc = include_str!("guide/ordering.md")]
pub mod ordering {}

#[doc = include_str!("guide/signals_and_processes.md")]
pub mod signals_and_processes {}

#[doc = include_str!("guide/system_calls.md")]
pub mod system_calls {}

#[doc = include_str!("guide/language_runtimes.md")]
pub mod language_runtimes {}

#[doc = include_str!("guide/spinning.md")]
pub mod spinning {}

#[cfg(feature = "async")]
#[doc = include_str!("guide/threads_and_tasks.md")]
pub mod threads_and_tasks {}

#[doc = include_str!("guide/embedding.md")]
pub mod embedding {}

#[doc = include_str!("guide/your_own_futex.md")]
pub mod your_own_futex {}

#[doc = include_str!("guide/limitations.md")]
pub mod limitations {}

#[doc = include_str!("guide/coming_from.md")]
pub mod coming_from {}
