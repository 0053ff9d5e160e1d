//! The manual: a page for each question.
//!
//! | question | page |
//! | --- | --- |
//! | Which event do I want, and when none of them? | [`which_event`] |
//! | What is it called here? Python, .NET and Win32, C++, `Condvar`, `park`, tokio | [`coming_from`] |
//! | When does a timed wait end, and by which clock? | [`timeouts`] |
//! | What does a thread see after a wait? | [`ordering`] |
//! | How do I make a lock-free structure blocking? | [`event_counts`] |
#![cfg_attr(
    feature = "async",
    doc = "| How does a thread, or a signal handler, wake an async task? | [`threads_and_tasks`], with the feature `async` |"
)]
#![cfg_attr(
    not(feature = "async"),
    doc = "| How does a thread, or a signal handler, wake an async task? | `threads_and_tasks`, with the feature `async` |"
)]
//! | May I use it in a signal handler, after a `fork`, in shared memory? | [`signals_and_processes`] |
//! | How do I wait inside a language runtime, with signals and a global lock? | [`language_runtimes`] |
//! | What does a wait do before it sleeps? | [`spinning`] |
//! | Which system calls does it make, and what does a sandbox have to allow? | [`system_calls`] |
//! | How do I use it without `std`, or from C? | [`embedding`] |
//! | How do I run it on a system of my own? | [`your_own_futex`] |
//! | What does it not promise? | [`limitations`] |
//! | What do the words mean? | [`glossary`] |
//!
//! These pages are in the documentation only: a program has no such modules. They are read on docs.rs and as files, so their
//! links are addresses on docs.rs.

#[doc = include_str!("guide/which_event.md")]
pub mod which_event {}

#[doc = include_str!("guide/coming_from.md")]
pub mod coming_from {}

#[doc = include_str!("guide/timeouts.md")]
pub mod timeouts {}

#[doc = include_str!("guide/ordering.md")]
pub mod ordering {}

#[doc = include_str!("guide/event_counts.md")]
pub mod event_counts {}

#[cfg(feature = "async")]
#[doc = include_str!("guide/threads_and_tasks.md")]
pub mod threads_and_tasks {}

#[doc = include_str!("guide/signals_and_processes.md")]
pub mod signals_and_processes {}

#[doc = include_str!("guide/language_runtimes.md")]
pub mod language_runtimes {}

#[doc = include_str!("guide/spinning.md")]
pub mod spinning {}

#[doc = include_str!("guide/system_calls.md")]
pub mod system_calls {}

#[doc = include_str!("guide/embedding.md")]
pub mod embedding {}

#[doc = include_str!("guide/your_own_futex.md")]
pub mod your_own_futex {}

#[doc = include_str!("guide/limitations.md")]
pub mod limitations {}

#[doc = include_str!("guide/glossary.md")]
pub mod glossary {}
