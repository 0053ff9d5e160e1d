//! The results as an SVG: a panel for each of the figures that decide, a row for each contender.
//!
//! Times lie decades apart, so the axes are logarithmic, and a row has a dot, the median, instead of a bar, whose length
//! would mean nothing; a line through the dot spans the quartiles. The drawing brings its own background, and follows the
//! reader's choice of a light or a dark page.

use crate::contenders::Kind;
use crate::groups::{cold_start::MEDIAN, workers};
use crate::race::{Results, Row};
use crate::samples::Run;
use crate::table;
use std::fmt::Write;

/// Group, figure, and what the panel is called.
const PANELS: [(&str, &str, &str); 10] = [
    ("set + clear", "time", "set + clear, no thread waiting"),
    ("wait on a set event", "time", "wait on a set event"),
    (
        "hand-off, two CPUs",
        "round trip",
        "Round trip, pinned to two CPUs, from a barrier, no work",
    ),
    (
        "hand-off, one CPU",
        "round trip",
        "Round trip, pinned to one CPU, where every wait parks",
    ),
    (
        "hand-off from a cold start, pinned to two CPUs: partner 3 ms late, 1 µs of work",
        MEDIAN,
        "Round trip, pinned, the partner late, 1 µs of work each",
    ),
    (
        "hand-off from a cold start, unpinned: after 200 slow rounds, 5 µs of work",
        MEDIAN,
        "Round trip, unpinned, after slow rounds, 5 µs of work each",
    ),
    (
        "oversubscribed hand-off, pairs per CPU: 2",
        "round trip, all pairs at once",
        "Round trip, unpinned, of twice as many pairs as CPUs",
    ),
    (
        "broadcast to 64",
        "until the last waiter ran",
        "A set until the last of 64 parked threads has run",
    ),
    (
        "work or stop, 64 workers",
        workers::TIME,
        "Work to one of 64 workers in wait_any, and its answer",
    ),
    (
        "queue, 4 producers × 4 consumers",
        "an item",
        "An item through a queue of 64, four threads on each side",
    ),
];

const MARGIN: f64 = 24.0;
const COLUMN: f64 = 468.0;
const HEAD: f64 = 88.0;
const ROW: f64 = 19.0;
/// Above the rows of a panel, for its title; and below them, for its axis.
const TITLE: f64 = 30.0;
const AXIS: f64 = 40.0;
/// Where in a panel the names end, and where the axis begins and ends.
const NAMES: f64 = 178.0;
const AXIS_FROM: f64 = 190.0;
const AXIS_TO: f64 = 336.0;
/// Where the times and the ratios end.
const TIMES: f64 = 396.0;
const RATIOS: f64 = 448.0;

/// What is coloured, on light ground and on dark.
const STYLE: &str = "
  text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328 }
  .head { font-size: 17px; font-weight: 600 }
  .title { font-size: 13px; font-weight: 600 }
  .small { font-size: 10.5px }
  .end { text-anchor: end }
  .middle { text-anchor: middle }
  text.ours { font-weight: 600 }
  text.floor { font-style: italic }
  circle { stroke-width: 1.5 }
  .spread { stroke-width: 3; stroke-opacity: 0.45 }
  .back { fill: #ffffff }
  .grid { stroke: #d8dee4 }
  .quiet { fill: #656d76 }
  circle.ours { fill: #c2410c }
  circle.peer { fill: #57606a }
  circle.floor { fill: #ffffff }
  circle.ours, line.ours { stroke: #c2410c }
  circle.peer, circle.floor, line.peer, line.floor { stroke: #57606a }
  text.ours { fill: #c2410c }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .back { fill: #0d1117 }
    .grid { stroke: #30363d }
    .quiet { fill: #8b949e }
    circle.ours, text.ours { fill: #fb923c }
    circle.peer { fill: #9da7b1 }
    circle.floor { fill: #0d1117 }
    circle.ours, line.ours { stroke: #fb923c }
    circle.peer, circle.floor, line.peer, line.floor { stroke: #9da7b1 }
  }
";

pub fn draw(run: &Run) -> String {
    let panels: Vec<_> = PANELS
        .iter()
        .filter_map(|&(group, figure, title)| {
            let of = |results: &&Results| results.group == group && results.figure.name == figure;
            Some((title, run.results.iter().find(of)?))
        })
        .collect();
    let mut body = String::new();
    let mut y = HEAD;
    for pair in panels.chunks(2) {
        for (column, (title, results)) in pair.iter().enumerate() {
            panel(
                &mut body,
                MARGIN + column as f64 * COLUMN,
                y,
                title,
                results,
            );
        }
        let rows = pair.iter().map(|(_, results)| results.rows.len()).max();
        y += TITLE + rows.unwrap_or(0) as f64 * ROW + AXIS;
    }

    let width = 2.0 * (MARGIN + COLUMN) - (COLUMN - RATIOS);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {y}\" width=\"{width}\" height=\"{y}\" \
         role=\"img\" aria-label=\"futex-event and other ways to build an event\">\n<style>{STYLE}</style>\n\
         <rect class=\"back\" width=\"{width}\" height=\"{y}\" rx=\"8\"/>\n"
    );
    text(
        &mut svg,
        MARGIN,
        34.0,
        "head",
        "futex-event and other ways to build an event",
    );
    let how =
        "Median and quartiles; less is better; × is the ratio to futex-event's, round by round.";
    text(&mut svg, MARGIN, 54.0, "quiet small", how);
    text(
        &mut svg,
        MARGIN,
        69.0,
        "quiet small",
        &format!("{}.", run.about),
    );
    let mut x = width - MARGIN - 190.0;
    for (kind, name, room) in [
        (Kind::Ours, "this crate", 96.0),
        (Kind::Peer, "peer", 54.0),
        (Kind::Floor, "floor", 0.0),
    ] {
        dot(&mut svg, x, 30.0, kind);
        text(&mut svg, x + 10.0, 34.0, class(kind), name);
        x += room;
    }
    svg + &body + "</svg>\n"
}

fn panel(svg: &mut String, left: f64, top: f64, title: &str, results: &Results) {
    let ours = &results.rows[results.ours()];
    let mut rows: Vec<_> = results.rows.iter().map(|row| (row.spread(), row)).collect();
    let ratio = |row: &Row| row.ratio(ours).median;
    rows.sort_by(|(_, a), (_, b)| ratio(a).total_cmp(&ratio(b)));

    let least = rows.iter().map(|(spread, _)| spread.low);
    let most = rows.iter().map(|(spread, _)| spread.high);
    let decades = (
        least.fold(f64::MAX, f64::min).log10().floor(),
        most.fold(f64::MIN, f64::max).log10().ceil(),
    );
    let place = |value: f64| {
        let part = (value.log10() - decades.0) / (decades.1 - decades.0);
        left + AXIS_FROM + part * (AXIS_TO - AXIS_FROM)
    };

    text(svg, left, top + 14.0, "title", title);
    let (first, last) = (top + TITLE, top + TITLE + rows.len() as f64 * ROW);
    for decade in decades.0 as i32..=decades.1 as i32 {
        let value = 10_f64.powi(decade);
        let x = place(value);
        line(svg, "grid", (x, first - 4.0), (x, last));
        // Over many decades there is room for every second label.
        if decades.1 - decades.0 < 4.0 || (decade - decades.0 as i32) % 2 == 0 {
            let label = round(value, results.figure.unit);
            text(svg, x, last + 13.0, "quiet small middle", &label);
        }
    }
    if let Some(run) = results.run {
        let x = left + RATIOS;
        text(
            svg,
            x,
            last + 13.0,
            "quiet small end",
            &format!("run {run}"),
        );
    }
    for (index, (spread, row)) in rows.iter().enumerate() {
        let y = first + (index as f64 + 0.5) * ROW;
        let end = format!("{} end", class(row.kind));
        text(svg, left + NAMES, y + 4.0, &end, row.name);
        let class = format!("{} spread", class(row.kind));
        line(svg, &class, (place(spread.low), y), (place(spread.high), y));
        dot(svg, place(spread.median), y, row.kind);
        let time = table::value(spread.median, results.figure.unit);
        text(svg, left + TIMES, y + 4.0, "end", &time);
        text(svg, left + RATIOS, y + 4.0, "quiet end", &times(row, ours));
    }
}

fn times(row: &Row, ours: &Row) -> String {
    if row.name == ours.name {
        return String::new();
    }
    format!("× {}", table::number(row.ratio(ours).median))
}

/// A power of ten, in few characters.
fn round(value: f64, unit: crate::group::Unit) -> String {
    let text = table::value(value, unit);
    text.replace(".000", "")
        .replace(".00", "")
        .replace(".0 ", " ")
}

fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Ours => "ours",
        Kind::Peer => "peer",
        Kind::Floor => "floor",
    }
}

fn text(svg: &mut String, x: f64, y: f64, class: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{text}</text>"
    );
}

fn line(svg: &mut String, class: &str, from: (f64, f64), to: (f64, f64)) {
    let _ = writeln!(
        svg,
        "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn dot(svg: &mut String, x: f64, y: f64, kind: Kind) {
    let class = class(kind);
    let _ = writeln!(
        svg,
        "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups;

    #[test]
    fn every_panel_shows_what_is_measured() {
        let mut groups = groups::all();
        groups.extend(groups::cold_start::groups());
        for (name, figure, _) in PANELS {
            let Some(group) = groups::named(&groups, name) else {
                continue;
            };
            assert!(group.figures.iter().any(|of| of.name == figure), "{name}");
        }
    }
}
