//! The results in text.

use crate::goals::{Bound, Goal, Verdict};
use crate::group::Unit;
use crate::race::{Results, Spread};
use std::collections::BTreeSet;
use std::fmt::Write;

/// What was measured, and its ratio to the first event of this repository.
pub fn results(results: &Results) -> String {
    let ours = &results.rows[results.ours()];
    let mut text = format!("{}: {}\n", results.group, results.figure.name);
    for row in &results.rows {
        let measured = row.spread();
        let _ = write!(
            text,
            "  {:28} {:>9}  ({} to {})",
            row.name,
            value(measured.median, results.figure.unit),
            value(measured.low, results.figure.unit),
            value(measured.high, results.figure.unit),
        );
        if row.name != ours.name {
            let ratio = row.ratio(ours);
            let _ = write!(text, "  × {}", number(ratio.median));
            let _ = write!(text, " ({} to {})", number(ratio.low), number(ratio.high));
        }
        text.push('\n');
    }
    text
}

/// A table in Markdown.
pub fn goals(goals: &[Goal], results: &[Results]) -> String {
    let mut text = String::from(
        "| work | of | against | goal | measured (quartiles) | |\n\
         | --- | --- | --- | --- | --- | --- |\n",
    );
    for goal in goals {
        let Some(results) = goal.results(results) else {
            continue;
        };
        let Some((measured, verdict)) = goal.judge(results) else {
            continue;
        };
        let (bound, show): (_, fn(f64) -> String) = match goal.bound {
            Bound::AtMost(most) => (format!("at most × {most}"), number),
            Bound::TimesLess(least) => (format!("at least {least} times less"), number),
            Bound::Above(most) => (format!("at most {} more", nanoseconds(most)), nanoseconds),
        };
        let Spread { low, median, high } = measured;
        let _ = writeln!(
            text,
            "| {}: {}{} | {} | {} | {bound} | {} ({} to {}) | {} |",
            goal.group,
            goal.figure,
            runs([results]),
            goal.ours,
            goal.other,
            show(median),
            show(low),
            show(high),
            match verdict {
                Verdict::Met => "met",
                Verdict::NotMet => "**not met**",
                Verdict::TooClose { median_meets: true } => "met by the median, too close to tell",
                Verdict::TooClose { .. } => "not met by the median, too close to tell",
            }
        );
    }
    text
}

/// From which of several runs they are, to be added to a name. Empty if there is one run only.
pub fn runs<'a>(results: impl IntoIterator<Item = &'a Results>) -> String {
    let runs = results.into_iter().filter_map(|results| results.run);
    let runs: BTreeSet<_> = runs.collect();
    let name = |(index, run)| match index {
        0 => format!(", run {run}"),
        _ => format!(" and run {run}"),
    };
    runs.into_iter().enumerate().map(name).collect()
}

pub fn value(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Nanoseconds => nanoseconds(value),
        Unit::Bytes => format!("{value} bytes"),
        Unit::Times => number(value),
    }
}

pub fn nanoseconds(time: f64) -> String {
    let size = time.abs();
    let (unit, of) = match () {
        _ if size >= 1e6 => ("ms", 1e6),
        _ if size >= 1e3 => ("µs", 1e3),
        _ => ("ns", 1.0),
    };
    format!("{} {unit}", number(time / of))
}

/// Three digits, and two of a number below one.
pub fn number(number: f64) -> String {
    let before_point = number.abs().log10().floor().max(-3.0) as isize + 1;
    format!(
        "{number:.*}",
        (3 - before_point).clamp(0, 2 - before_point.min(0)) as usize
    )
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_number_has_three_digits() {
        let numbers = [0.0, 0.00612, 0.834, 1.0, 12.34, 123.4, 20309.0, -1.5];
        let texts = [
            "0.0000", "0.0061", "0.83", "1.00", "12.3", "123", "20309", "-1.50",
        ];
        assert_eq!(numbers.map(number), texts);
    }
}
