//! Hand-offs that are fast for 50 ms and slow for the next 50 ms, again and again: what a policy has learnt in one part
//! must neither slow the other part down nor burn CPU time in it.

use super::hand_off::{self, OneLine, Turns, TwoEvents, FLOOR};
use crate::contenders::*;
use crate::group::{nanoseconds, time, Batch, Entry, Group};
use crate::place::{pin, pinnable};
use cpu_time::ProcessTime;
use futex_event::Spin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

pub const NAME: &str = "hand-off, alternately fast and slow, two CPUs";
pub const FAST: &str = "mean round trip of the fast part";
/// The mean counts every stall; the median tells what a round trip takes without one.
pub const SLOW: &str = "CPU time of a round trip in the slow part, both threads: mean";
pub const SLOW_MEDIAN: &str = "CPU time of a round trip in the slow part, both threads: median";

const PART: Duration = Duration::from_millis(50);
const PAUSE: Duration = Duration::from_millis(5);
const PERIODS: usize = 3;

pub fn group() -> Option<Group> {
    if pinnable() < 2 {
        return None;
    }
    let floor = Entry::of_runs(FLOOR, Kind::Floor, run::<OneLine>);
    let mut entries = vec![floor];
    entries.extend(every!([Event, AutoResetEvent, NeverSpinning, StdEvent] two_events()));
    entries.push(two_events::<SpinsInTheFastPart>());
    Some(Group {
        name: NAME.into(),
        figures: vec![time(FAST), time(SLOW), time(SLOW_MEDIAN)],
        entries,
        batch: Batch::Run { most: 20 },
    })
}

static IS_FAST: AtomicBool = AtomicBool::new(true);

/// An event whose waits know which part it is: they spin in the fast part and never in the slow one. A machine may charge
/// more for a sleep after a time without any. So this is the least that the slow part can take after a fast one, and not
/// an event that sleeps in both parts.
pub struct SpinsInTheFastPart(Event);

impl Contender for SpinsInTheFastPart {
    const NAME: &'static str = "futex-event, spinning in the fast part only";
    const KIND: Kind = Kind::Ours;

    fn unset() -> Self {
        Self(Event::new())
    }

    fn set(&self) {
        self.0.set();
    }
}

impl HandOff for SpinsInTheFastPart {
    fn taker(&self) -> impl FnMut() {
        || {
            let spin = match IS_FAST.load(Relaxed) {
                true => Spin::at_most(Duration::from_micros(100)),
                false => Spin::NEVER,
            };
            self.0.spinning(spin).wait();
            self.0.clear();
        }
    }
}

fn two_events<H: HandOff>() -> Entry {
    Entry::of_runs(H::NAME, H::KIND, run::<TwoEvents<H>>)
}

fn run<T: Turns>() -> Vec<f64> {
    hand_off::for_as_long(
        &T::new(),
        pin,
        || {},
        |round_trip| {
            let (mut fast, mut trips, mut slow) = (0.0, 0, Vec::new());
            for _ in 0..PERIODS {
                IS_FAST.store(true, Relaxed);
                let begun = Instant::now();
                while begun.elapsed() < PART {
                    round_trip();
                    trips += 1;
                }
                fast += nanoseconds(begun.elapsed());
                IS_FAST.store(false, Relaxed);
                let begun = Instant::now();
                while begun.elapsed() < PART {
                    // With the pause, in which the partner goes to sleep.
                    let cpu = ProcessTime::now();
                    thread::sleep(PAUSE);
                    round_trip();
                    slow.push(nanoseconds(cpu.elapsed()));
                }
            }
            slow.sort_by(f64::total_cmp);
            let mean = slow.iter().sum::<f64>() / slow.len() as f64;
            vec![fast / f64::from(trips), mean, slow[slow.len() / 2]]
        },
    )
}
