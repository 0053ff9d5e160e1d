//! futex-event compared with other ways to build an event.
//!
//! ```text
//! cargo run --release --package benches            # everything interleaved: the ratios, the goals and a drawing
//! cargo run --release --package benches -- --help  # fewer groups, more rounds, or the tables and the drawing of earlier runs
//! cargo bench --package benches                    # the same groups in criterion, one contender at a time
//! ```
//!
//! Only the ratios count, and only those of one run. Machines are noisy, and on a virtual machine a single time means
//! little: how long it takes to wake an idle CPU, for example, depends on the host. [`race`] says how the noise is kept out
//! of the ratios.
//!
//! | group | what is measured |
//! | --- | --- |
//! | `set + clear`, `set of a set event`, `is_set`, `wait on a set event`, `wait_timeout(ZERO)` | one pinned thread, in a loop of eight operations per iteration; the floor is the bare instructions in the same loop |
//! | `hand-off` | a round trip between two threads over two events, pinned to two CPUs, or to one, where every hand-off has to park |
//! | `hand-off from a cold start` | the same from the starts that users have (together, the partner late, after slow rounds, after rounds on one CPU), with 0 to 20 µs of work between a wait and the answer, pinned and unpinned: in how many of 20 runs the median is near that of two threads that spin, by 50 ms after the start and by 100 |
//! | `hand-off, alternately fast and slow` | 50 ms of hand-offs without a pause, then 50 ms with one hand-off every 5 ms: the time in the fast part, the CPU time in the slow one |
//! | `oversubscribed hand-off` | hand-offs by one, two and four pairs for each CPU, unpinned |
//! | `broadcast to N` | one set with N threads asleep: the time the call takes, and until the last thread has run. The released threads wait again at once |
//! | `many setters` | one thread per CPU sets one event, another waits for it |
//! | `wait_timeout(1 ms)` | how late it comes back, and the CPU time it took |
//! | `wait for a set that comes after N ms` | the CPU time of the waiter |
//! | `work or stop` | a round trip as in `hand-off`, in which each thread waits for a second event too |
//! | `work or stop, N workers` | a driver hands work to one of N threads that wait for work or a stop, and waits for the answer: the time, and on Linux how often a thread gave up its CPU to sleep |
//! | `wait_any, last of N set` | one pinned thread: `wait_any` of N events, the last of which is set |
//! | `notify, no thread waiting` | a notification after a write, by one thread, and by one thread on each of two CPUs; the floors are a fence and a load, and an addition to a word |
//! | `queue` | a bounded queue of 64 items on event counts, compared with channels: the time per item with 1 to 16 producers and as many consumers; the time from a push to a parked consumer; the CPU time of an idle consumer |
//! | `thread pool` | the pool of `examples/workers` next to other pools: the time for a job, if one thread pushes many and the jobs take 0, 2 or 20 µs; and from a push to a pool that is asleep until the job is done |
//! | `shared: set + clear`, `shared: hand-off` | events for several processes, the hand-off between a process and its child. Linux only |
//! | `creation`, `memory` | create and drop; the event's size, and the heap memory that it uses after one wait |
//!
//! The contenders are in [`contenders`], the goals in [`goals`]. Nothing here is compiled by a plain `cargo test` of the
//! workspace.

mod allocated;
pub mod chart;
pub mod cold_starts;
pub mod contenders;
pub mod goals;
pub mod group;
pub mod groups;
pub mod place;
pub mod race;
pub mod samples;
pub mod table;
