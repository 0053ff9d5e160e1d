//! Contenders side by side: in rounds, each round a batch of every contender in a fresh random order.
//!
//! A machine that is slow for a while is then slow for all of a round, so the ratio of two contenders is taken within
//! each round, and its median over the rounds is the result. The quartiles say how far to trust it.

use crate::contenders::Kind;
use crate::group::{nanoseconds, Batch, Entry, Figure, Group};
use std::time::Instant;

pub struct Settings {
    pub rounds: usize,
    /// Batches are this many times what their groups ask for.
    pub batch: f64,
}

/// One figure of a group, for all its contenders.
pub struct Results {
    pub group: String,
    pub figure: Figure,
    pub rows: Vec<Row>,
    /// From which of several runs they are, counted from 1. `None` if there is one run only.
    pub run: Option<usize>,
}

pub struct Row {
    pub name: &'static str,
    pub kind: Kind,
    /// Per iteration, round by round.
    pub samples: Vec<f64>,
}

/// A median, and the quartiles around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let place = part * (values.len() - 1) as f64;
            let (below, above) = (
                values[place.floor() as usize],
                values[place.ceil() as usize],
            );
            below + (above - below) * place.fract()
        };
        Self {
            low: at(0.25),
            median: at(0.5),
            high: at(0.75),
        }
    }
}

impl Row {
    pub fn spread(&self) -> Spread {
        Spread::of(self.samples.clone())
    }

    /// Of this to that, round by round.
    pub fn ratio(&self, other: &Row) -> Spread {
        self.compare(other, |ours, theirs| ours / theirs)
    }

    /// What this has more than that, round by round.
    pub fn excess(&self, other: &Row) -> Spread {
        self.compare(other, |ours, theirs| ours - theirs)
    }

    fn compare(&self, other: &Row, by: impl Fn(f64, f64) -> f64) -> Spread {
        let pairs = self.samples.iter().zip(&other.samples);
        Spread::of(pairs.map(|(ours, theirs)| by(*ours, *theirs)).collect())
    }
}

impl Results {
    /// The place of the row that the others are compared with: the first of this repository.
    pub fn ours(&self) -> usize {
        let ours = |row: &Row| row.kind == Kind::Ours;
        self.rows.iter().position(ours).expect("one of ours")
    }

    pub fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.name == name)
    }
}

/// At least so much of the time that a batch lasts has to be on its contender's clock, in three batches of four. The rest
/// is that of the threads' start, their first turns and their end. Less of it means that the clock misses a part of the
/// work, that the batches are too short, or that something else has used the CPUs.
const LEAST_COUNTED: f64 = 0.25;

/// What came of a group.
pub struct Outcome {
    /// One for each figure.
    pub results: Vec<Results>,
    /// Why the results may be wrong.
    pub doubts: Vec<String>,
}

/// Lets the contenders of a group run.
pub fn run(group: &Group, settings: &Settings) -> Outcome {
    let iterations: Vec<u64> = group
        .entries
        .iter()
        .map(|entry| calibrate(entry, group.batch, settings.batch))
        .collect();
    let mut samples = vec![vec![Vec::new(); group.entries.len()]; group.figures.len()];
    // What part of a batch was on the clock, for each contender and round.
    let mut counted = vec![Vec::new(); group.entries.len()];
    let mut order: Vec<usize> = (0..group.entries.len()).collect();
    let rounds = match group.batch {
        Batch::Run { most } => settings.rounds.min(most),
        Batch::Lasting(_) | Batch::Of(_) => settings.rounds,
    };
    for _ in 0..rounds {
        fastrand::shuffle(&mut order);
        for &entry in &order {
            let begun = Instant::now();
            let sums = group.entries[entry].run(iterations[entry]);
            counted[entry].push(sums[0] / nanoseconds(begun.elapsed()));
            for (samples, sum) in samples.iter_mut().zip(sums) {
                samples[entry].push(sum / iterations[entry] as f64);
            }
        }
    }
    let mut doubts = Vec::new();
    // The other batches are runs, with parts that are not meant to be counted.
    if let Batch::Lasting(_) = group.batch {
        for (entry, counted) in group.entries.iter().zip(counted) {
            let Spread { low, median, high } = Spread::of(counted);
            if low < LEAST_COUNTED {
                doubts.push(format!(
                    "{}, {}: of a batch's time, {median:.2} ({low:.2} to {high:.2}) is on its clock",
                    group.name, entry.name
                ));
            }
        }
    }
    let figures = group.figures.iter().zip(samples);
    let results = figures
        .map(|(&figure, samples)| Results {
            group: group.name.clone(),
            figure,
            rows: group
                .entries
                .iter()
                .zip(samples)
                .map(|(entry, samples)| Row {
                    name: entry.name,
                    kind: entry.kind,
                    samples,
                })
                .collect(),
            run: None,
        })
        .collect();
    Outcome { results, doubts }
}

/// How many iterations make a batch.
fn calibrate(entry: &Entry, batch: Batch, scale: f64) -> u64 {
    let target = match batch {
        Batch::Lasting(time) => nanoseconds(time) * scale,
        Batch::Of(iterations) => return (iterations as f64 * scale).ceil() as u64,
        Batch::Run { .. } => return 1,
    };
    let mut iterations = 1;
    loop {
        // The faster of two: a single one that was held up would make all batches short.
        let took = entry.run(iterations)[0].min(entry.run(iterations)[0]);
        if took * 2.0 >= target {
            return ((iterations as f64 * target / took) as u64).max(1);
        }
        iterations *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::{time, timed, work_for};
    use std::time::Duration;

    #[test]
    fn a_ratio_is_the_median_of_the_rounds_ratios() {
        let row = |samples: &[f64]| Row {
            name: "",
            kind: Kind::Peer,
            samples: samples.into(),
        };
        // The second round was slow for both.
        let (ours, theirs) = (row(&[1.0, 10.0, 1.2]), row(&[2.0, 20.0, 2.0]));
        let expected = Spread {
            low: 0.5,
            median: 0.5,
            high: 0.55,
        };
        assert_eq!(ours.ratio(&theirs), expected);
        assert_eq!(ours.spread().median, 1.2);
        assert_eq!(ours.excess(&theirs).median, -1.0);
    }
    /// Batches of work of which this part is on the clock.
    fn group_that_counts(part: f64) -> Group {
        let work = Duration::from_micros(100);
        let run = move |iterations| {
            let all = timed(iterations, || work_for(work));
            vec![all * part]
        };
        Group {
            name: "work".into(),
            figures: vec![time("time")],
            entries: vec![Entry::named("ours", Kind::Ours, run)],
            batch: Batch::Lasting(Duration::from_millis(1)),
        }
    }

    const SETTINGS: Settings = Settings {
        rounds: 5,
        batch: 1.0,
    };

    #[test]
    fn a_batch_is_as_long_as_its_clock_says() {
        let outcome = run(&group_that_counts(1.0), &SETTINGS);
        let row = &outcome.results[0].rows[0];
        assert_eq!(row.samples.len(), SETTINGS.rounds);
        assert!(row.samples.iter().all(|&sample| sample >= 1e5));
        assert!(outcome.doubts.is_empty(), "{:?}", outcome.doubts);
    }

    #[test]
    fn a_clock_that_misses_most_of_the_work_raises_a_doubt() {
        let doubts = run(&group_that_counts(0.1), &SETTINGS).doubts;
        assert_eq!(doubts.len(), 1);
        assert!(doubts[0].starts_with("work, ours: "), "{doubts:?}");
    }
}
