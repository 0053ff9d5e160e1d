//! The hand-offs from cold starts, in one table, and what is to be reached in each of them.
//!
//! A median over the runs would hide the runs in which a policy never comes off the ground. So here the runs are counted.

use crate::contenders::*;
use crate::groups::cold_start::{
    name, Place, Start, MEAN, MEDIAN, MEDIAN_SOON, PLACES, STARTS, WORK,
};
use crate::groups::hand_off::FLOOR;
use crate::race::{Results, Row};
use crate::table::{nanoseconds, number, runs};
use std::fmt::Write;

/// The events that have to reach the goals from each start.
const OURS: [&str; 2] = [Event::NAME, AutoResetEvent::NAME];
/// The same, for waits for several events, which are measured with little work only.
const SEVERAL: [&str; 2] = [WaitAny::NAME, WaitAll::NAME];

/// One start, one amount of work, in one place.
#[derive(Clone, Copy)]
struct Cell {
    place: Place,
    start: Start,
    work: u64,
}

fn cells(place: Place) -> impl Iterator<Item = Cell> {
    STARTS.into_iter().flat_map(move |start| {
        WORK.into_iter()
            .map(move |work| Cell { place, start, work })
    })
}

impl Cell {
    fn results<'a>(self, results: &'a [Results], figure: &str) -> Option<&'a Results> {
        let group = name(self.place, self.start, self.work);
        results
            .iter()
            .find(|results| results.group == group && results.figure.name == figure)
    }

    fn row<'a>(self, results: &'a [Results], figure: &str, contender: &str) -> Option<&'a Row> {
        self.results(results, figure)?.row(contender)
    }

    /// How many runs of all were within this many times the other's.
    fn runs_within(
        self,
        results: &[Results],
        figure: &str,
        ours: &str,
        other: &str,
        most: f64,
    ) -> Option<(usize, usize)> {
        let ours = self.row(results, figure, ours)?;
        let other = self.row(results, figure, other)?;
        let pairs = ours.samples.iter().zip(&other.samples);
        let within = pairs.filter(|(ours, other)| *ours <= &(most * *other));
        Some((within.count(), ours.samples.len()))
    }

    /// How near to the floor is near enough.
    fn bound(self) -> f64 {
        match (self.place, self.work) {
            (Place::Unpinned, _) | (_, 0) => 2.0,
            (Place::Pinned, _) => 1.5,
        }
    }
}

/// Every cell: the floor, and for the others the ratio to it, and the runs that were near it. Empty if nothing of it was
/// measured.
pub fn table(results: &[Results]) -> String {
    let mut text = String::new();
    for place in PLACES {
        let measured = cells(place).filter(|cell| cell.row(results, MEDIAN, FLOOR).is_some());
        let measured: Vec<Cell> = measured.collect();
        if measured.is_empty() {
            continue;
        }
        let contenders = [
            Event::NAME,
            AutoResetEvent::NAME,
            NeverSpinning::NAME,
            StdEvent::NAME,
        ];
        let from = runs(
            measured
                .iter()
                .filter_map(|cell| cell.results(results, MEDIAN)),
        );
        let _ = write!(text, "\n| {}{from}: start | work | floor |", place.name());
        for contender in contenders {
            let _ = write!(text, " {contender}: median, runs near the floor, mean |");
        }
        text.push_str("\n| --- | --- | --- |");
        text.push_str(&" --- |".repeat(contenders.len()));
        text.push('\n');
        for cell in measured {
            let floor = cell.row(results, MEDIAN, FLOOR).unwrap();
            let _ = write!(
                text,
                "| {} | {} µs | {} |",
                cell.start.name(),
                cell.work,
                nanoseconds(floor.spread().median)
            );
            for contender in contenders {
                let ratio = |figure| {
                    let ours = cell.row(results, figure, contender).unwrap();
                    let floor = cell.row(results, figure, FLOOR).unwrap();
                    number(ours.ratio(floor).median)
                };
                let (near, runs) = cell
                    .runs_within(results, MEDIAN, contender, FLOOR, cell.bound())
                    .unwrap();
                let (median, mean) = (ratio(MEDIAN), ratio(MEAN));
                let _ = write!(text, " × {median}, {near} of {runs}, × {mean} |");
            }
            text.push('\n');
        }
    }
    text
}

/// The goals, as further rows of the table of goals. Each has to be reached in every cell; the worst of them is named.
pub fn goals(results: &[Results]) -> String {
    let mut text = String::new();
    for place in PLACES {
        let (share, near) = match place {
            Place::Pinned => (0.95, "× 1.5, or × 2 without work,"),
            Place::Unpinned => (0.75, "× 2"),
        };
        for (figure, ours) in [MEDIAN_SOON, MEDIAN]
            .into_iter()
            .flat_map(|figure| OURS.map(|ours| (figure, ours)))
            .chain(SEVERAL.map(|ours| (MEDIAN, ours)))
        {
            let bound = |cell: Cell| match SEVERAL.contains(&ours) {
                true => 2.0,
                false => cell.bound(),
            };
            let near = if SEVERAL.contains(&ours) {
                "× 2"
            } else {
                near
            };
            goal(
                &mut text,
                results,
                place,
                figure,
                (ours, FLOOR),
                share,
                near,
                bound,
            );
        }
        if place == Place::Unpinned {
            for ours in OURS {
                let other = (ours, NeverSpinning::NAME);
                goal(
                    &mut text,
                    results,
                    place,
                    MEDIAN,
                    other,
                    0.5,
                    "× 1.05",
                    |_| 1.05,
                );
            }
        }
    }
    text
}

#[allow(clippy::too_many_arguments)] // The columns of a row.
fn goal(
    text: &mut String,
    results: &[Results],
    place: Place,
    figure: &str,
    (ours, other): (&str, &str),
    share: f64,
    near: &str,
    bound: impl Fn(Cell) -> f64,
) {
    let counted = cells(place).filter_map(|cell| {
        let (within, runs) = cell.runs_within(results, figure, ours, other, bound(cell))?;
        Some((within as f64 / runs as f64, within, runs, cell))
    });
    let counted: Vec<_> = counted.collect();
    let Some(worst) = counted
        .iter()
        .min_by(|one, other| one.0.total_cmp(&other.0))
    else {
        return;
    };
    let from = runs(
        counted
            .iter()
            .filter_map(|cell| cell.3.results(results, figure)),
    );
    let met = counted.iter().filter(|cell| cell.0 >= share).count();
    let _ = writeln!(
        text,
        "| hand-off from a cold start, {}: {figure}{from} | {ours} | {other} | at most {near} in {} % of the runs from each \
         start | {met} of {} starts; the worst: {}, {} µs of work, {} of {} runs | {} |",
        place.name(),
        share * 100.0,
        counted.len(),
        worst.3.start.name(),
        worst.3.work,
        worst.1,
        worst.2,
        if met == counted.len() { "met" } else { "**not met**" },
    );
}
