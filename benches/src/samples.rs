//! The samples of a run in a file, from which its tables and its drawing can be made again without measuring.
//!
//! Several runs make one drawing if a group was measured again. Then each result says which run it is from.

use crate::contenders::Kind;
use crate::group::{Entry, Figure, Group};
use crate::race::{Results, Row};
use std::collections::HashMap;
use std::fmt::Write;

/// What was measured in one run of the program.
pub struct Run {
    /// The machine, and the number of rounds.
    pub about: String,
    pub results: Vec<Results>,
}

const HEADER: &str = "group,figure,unit,contender,kind,round,value";

/// The part of a line that says what a sample is of.
fn key(group: &str, figure: Figure, contender: &str, kind: Kind) -> String {
    format!(
        "\"{group}\",\"{}\",{:?},\"{contender}\",{kind:?}",
        figure.name, figure.unit
    )
}

impl Run {
    /// What the run was, in a comment, and every sample of every contender as CSV.
    pub fn to_csv(&self) -> String {
        let mut text = format!("# {}\n{HEADER}\n", self.about);
        for results in &self.results {
            for row in &results.rows {
                let key = key(&results.group, results.figure, row.name, row.kind);
                for (round, sample) in row.samples.iter().enumerate() {
                    let _ = writeln!(text, "{key},{round},{sample}");
                }
            }
        }
        text
    }

    /// Of such a text. An error if it does not have the groups, figures and contenders that this program measures: then
    /// it is from another program, or from another version of this one.
    pub fn from_csv(text: &str, groups: &[Group]) -> Result<Self, String> {
        let mut lines = text.lines();
        let about = lines.next().and_then(|line| line.strip_prefix("# "));
        let about = about.ok_or("the first line is not a comment that says what the run was")?;
        if lines.next() != Some(HEADER) {
            return Err(format!("the second line is not {HEADER}"));
        }
        let mut samples: HashMap<&str, Vec<f64>> = HashMap::new();
        for line in lines {
            let (key, round, value) = parse(line).ok_or_else(|| format!("not a sample: {line}"))?;
            let samples = samples.entry(key).or_default();
            if round != samples.len() {
                return Err(format!("not the next round: {line}"));
            }
            samples.push(value);
        }
        let mut results = Vec::new();
        for group in groups {
            let start = format!("\"{}\",", group.name);
            if !samples.keys().any(|key| key.starts_with(&start)) {
                continue;
            }
            for &figure in &group.figures {
                let row = |entry: &Entry| {
                    let key = key(&group.name, figure, entry.name, entry.kind);
                    let samples = samples.remove(key.as_str());
                    Ok(Row {
                        name: entry.name,
                        kind: entry.kind,
                        samples: samples.ok_or_else(|| format!("no samples of {key}"))?,
                    })
                };
                let rows = group.entries.iter().map(row);
                let rows = rows.collect::<Result<Vec<_>, String>>()?;
                let rounds = |row: &Row| row.samples.len();
                if rows.iter().any(|row| rounds(row) != rounds(&rows[0])) {
                    return Err(format!("{}: not as many rounds of each", group.name));
                }
                results.push(Results {
                    group: group.name.clone(),
                    figure,
                    rows,
                    run: None,
                });
            }
        }
        match samples.keys().next() {
            Some(key) => Err(format!("not measured by this program: {key}")),
            None => Ok(Self {
                about: about.into(),
                results,
            }),
        }
    }

    /// All groups of all runs. Of a group that several runs have measured, the last run counts.
    pub fn merge(mut runs: Vec<Self>) -> Self {
        if runs.len() == 1 {
            return runs.remove(0);
        }
        let about = |(run, of): (usize, &Self)| format!("Run {}: {}", run + 1, of.about);
        let about: Vec<_> = runs.iter().enumerate().map(about).collect();
        let mut all: Vec<Results> = Vec::new();
        for (run, of) in runs.into_iter().enumerate() {
            all.retain(|old| of.results.iter().all(|new| new.group != old.group));
            all.extend(of.results.into_iter().map(|results| Results {
                run: Some(run + 1),
                ..results
            }));
        }
        Self {
            about: about.join(". "),
            results: all,
        }
    }
}

/// What a sample is of, its round and its value.
fn parse(line: &str) -> Option<(&str, usize, f64)> {
    let mut parts = line.rsplitn(3, ',');
    let (value, round, key) = (parts.next()?, parts.next()?, parts.next()?);
    Some((key, round.parse().ok()?, value.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::{time, Batch};

    const CONTENDERS: [(&str, Kind); 2] = [("ours", Kind::Ours), ("theirs", Kind::Peer)];

    fn group(name: &str) -> Group {
        Group {
            name: name.into(),
            figures: vec![time("push"), time("until it is there")],
            entries: CONTENDERS
                .map(|(name, kind)| Entry::named(name, kind, |_| unreachable!()))
                .into(),
            batch: Batch::Of(1),
        }
    }

    fn groups() -> [Group; 2] {
        ["queue, one consumer", "pool"].map(group)
    }

    /// The samples are this and that many more, by contender and round.
    fn run(about: &str, groups: &[Group], samples: f64) -> Run {
        let row = |of: usize| Row {
            name: CONTENDERS[of].0,
            kind: CONTENDERS[of].1,
            samples: vec![samples + of as f64, samples + of as f64 + 0.1],
        };
        let figures = |group: &Group| {
            let results = |&figure| Results {
                group: group.name.clone(),
                figure,
                rows: vec![row(0), row(1)],
                run: None,
            };
            group.figures.iter().map(results).collect::<Vec<_>>()
        };
        Run {
            about: about.into(),
            results: groups.iter().flat_map(figures).collect(),
        }
    }

    #[test]
    fn what_was_written_is_read_back() {
        let text = run("2 CPUs", &groups(), 1.0 / 3.0).to_csv();
        let read = Run::from_csv(&text, &groups()).unwrap();
        assert_eq!(read.about, "2 CPUs");
        assert_eq!(read.results.len(), 4);
        assert_eq!(read.to_csv(), text);
    }

    #[test]
    fn a_file_that_is_not_of_this_program_is_an_error() {
        let text = run("2 CPUs", &groups(), 1.0).to_csv();
        let error = |text: &str| Run::from_csv(text, &groups()).err().expect("an error");
        for (from, to, expected) in [
            ("# 2 CPUs\n", "", "the first line"),
            ("group,figure", "figure,group", "the second line"),
            ("\"pool\"", "\"puddle\"", "not measured by this program"),
            ("\"theirs\"", "\"yours\"", "no samples"),
            ("Peer", "Floor", "no samples"),
            ("Nanoseconds", "Bytes", "no samples"),
            ("Peer,1,", "Peer,2,", "not the next round"),
            ("2.1\n", "2.1,\n", "not a sample"),
            ("Peer,1,2.1\n", "Peer,1,fast\n", "not a sample"),
        ] {
            let changed = text.replace(from, to);
            assert_ne!(changed, text);
            let error = error(&changed);
            assert!(error.starts_with(expected), "{error}");
        }
        let last = text.trim_end().rfind('\n').unwrap();
        let error = error(&text[..=last]);
        assert!(error.ends_with("not as many rounds of each"), "{error}");
    }

    #[test]
    fn of_two_runs_the_later_one_counts_and_each_result_says_its_run() {
        let [queue, pool] = groups();
        let first = run("20 rounds", &[queue, pool], 1.0);
        let second = run("101 rounds", &[group("pool")], 5.0);
        let both = Run::merge(vec![first, second]);
        assert_eq!(both.about, "Run 1: 20 rounds. Run 2: 101 rounds");
        let of = |results: &Results| {
            let sample = results.rows[0].samples[0];
            (results.group.clone(), results.run, sample)
        };
        let all: Vec<_> = both.results.iter().map(of).collect();
        let queue = ("queue, one consumer".to_string(), Some(1), 1.0);
        let pool = ("pool".to_string(), Some(2), 5.0);
        assert_eq!(all, [queue.clone(), queue, pool.clone(), pool]);
    }

    #[test]
    fn one_run_needs_no_number() {
        let one = Run::merge(vec![run("20 rounds", &groups(), 1.0)]);
        assert_eq!(one.about, "20 rounds");
        assert!(one.results.iter().all(|results| results.run.is_none()));
    }
}
