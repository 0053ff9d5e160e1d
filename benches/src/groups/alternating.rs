//! Hand-offs that come fast for 50 ms and slowly for the next 50 ms, again and again: what was learnt in one part must
//! neither slow the other down nor burn its CPU.

use super::cold_start::FLOOR;
use super::hand_off::{self, OneLine, Turns, TwoEvents};
use crate::contenders::*;
use crate::group::{nanoseconds, time, Batch, Entry, Group};
use crate::place::{pin, pinnable};
use cpu_time::ProcessTime;
use futex_event::Spin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

pub const NAME: &str = "hand-off that is fast and slow by turns, two CPUs";
pub const FAST: &str = "mean round trip of the fast part";
pub const SLOW: &str = "CPU time of a round trip in the slow part, both threads";

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
    entries.push(two_events::<Told>());
    Some(Group {
        name: NAME.into(),
        figures: vec![time(FAST), time(SLOW)],
        entries,
        batch: Batch::Run { most: 20 },
    })
}

static IS_FAST: AtomicBool = AtomicBool::new(true);

/// An event whose waits know which part it is: they spin in the fast one, and never in the slow one. A machine may charge
/// more for a sleep after a time without any, so this, and not an event that sleeps in both parts, is the least that the
/// slow part can take.
pub struct Told(Event);

impl Contender for Told {
    const NAME: &'static str = "futex-event, told which part it is";
    const KIND: Kind = Kind::Ours;

    fn unset() -> Self {
        Self(Event::new())
    }

    fn set(&self) {
        self.0.set();
    }
}

impl HandOff for Told {
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
            let (mut fast, mut trips, mut slow, mut waits) = (0.0, 0, 0.0, 0);
            for _ in 0..PERIODS {
                let begun = Instant::now();
                while begun.elapsed() < PART {
                    round_trip();
                    trips += 1;
                }
                fast += nanoseconds(begun.elapsed());
                IS_FAST.store(false, Relaxed);
                let (begun, cpu) = (Instant::now(), ProcessTime::now());
                while begun.elapsed() < PART {
                    thread::sleep(PAUSE);
                    round_trip();
                    waits += 1;
                }
                slow += nanoseconds(cpu.elapsed());
            }
            vec![fast / f64::from(trips), slow / f64::from(waits)]
        },
    )
}
