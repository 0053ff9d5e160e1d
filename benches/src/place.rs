//! Where threads run, and whether they sleep.

use core_affinity::CoreId;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;
use std::{fs, thread};

/// The CPUs that this process may use. The first call must come from a thread that is not pinned.
fn cpus() -> &'static [CoreId] {
    static CPUS: OnceLock<Vec<CoreId>> = OnceLock::new();
    CPUS.get_or_init(|| core_affinity::get_core_ids().unwrap_or_default())
}

/// How many CPUs threads can be pinned to: none where the system does not allow it.
pub fn pinnable() -> usize {
    let first = cpus().first().copied();
    // A thread of its own, so that the caller's stays where it was.
    let works = move || first.is_some_and(core_affinity::set_for_current);
    if thread::spawn(works).join().unwrap() {
        cpus().len()
    } else {
        0
    }
}

/// Keeps the current thread, and those it starts, on one CPU from now on: nothing else may disturb a comparison. Where
/// that is not possible it goes on unpinned; `ratios` says so.
pub fn pin(cpu: usize) {
    if let Some(&cpu) = cpus().get(cpu) {
        core_affinity::set_for_current(cpu);
    }
}

/// The CPUs for two threads that take turns: two CPUs, and one, on which every hand-off has to park. `ratios` says which
/// of the two is missing; a system that cannot pin threads has two.
pub fn pairs() -> impl Iterator<Item = (&'static str, [usize; 2])> {
    let pinnable = pinnable();
    let two = (pinnable != 1).then_some(("two CPUs", [0, 1]));
    let one = (pinnable != 0).then_some(("one CPU", [0, 0]));
    two.into_iter().chain(one)
}

/// Runs `work` on a thread of its own on that CPU.
pub fn on_cpu<T: Send>(cpu: usize, work: impl FnOnce() -> T + Send) -> T {
    cpus();
    let work = || {
        pin(cpu);
        work()
    };
    thread::scope(|scope| scope.spawn(work).join().unwrap())
}

/// A thread whose sleep can be seen, on Linux.
pub struct Sleeper(Option<PathBuf>);

impl Sleeper {
    pub fn current() -> Self {
        // See `man 5 proc`. The link is relative to /proc.
        let thread = fs::read_link("/proc/thread-self").ok();
        Self(thread.map(|link| PathBuf::from("/proc").join(link).join("stat")))
    }

    /// `None` where it cannot be seen.
    fn sleeps(&self) -> Option<bool> {
        let stat = fs::read_to_string(self.0.as_ref()?).ok()?;
        // The state follows the program's name, which is in parentheses and may hold any.
        Some(stat[stat.rfind(')')?..].starts_with(") S"))
    }
}

/// Returns when all these threads sleep in the kernel: each was found asleep, with none awake in between.
/// Where that cannot be seen it gives them time.
pub fn until_asleep(threads: &[Sleeper]) {
    loop {
        let mut asleep = true;
        for thread in threads {
            match thread.sleeps() {
                Some(true) => {}
                Some(false) => {
                    asleep = false;
                    // Not a busy loop, which would take a CPU from those that are on their way.
                    thread::sleep(Duration::from_micros(50));
                }
                None => return thread::sleep(Duration::from_millis(20)),
            }
        }
        if asleep {
            return;
        }
    }
}
