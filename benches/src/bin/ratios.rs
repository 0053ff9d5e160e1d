//! Measures everything, prints it next to the goals, and draws it.

use benches::group::Group;
use benches::samples::Run;
use benches::{chart, cold_starts, goals, groups, place, race, table};
use std::path::{Path, PathBuf};
use std::process::exit;
use std::thread::available_parallelism;
use std::{env, fs, io};

const USAGE: &str = "\
Usage: ratios [--quick] [--rounds N] [--only WORD]... [--out FOLDER]
       ratios --from FILE... [--out FOLDER]
  --quick       a first impression in a minute, not a result: 7 rounds of short batches
  --rounds N    51, if not given
  --only WORD   only the groups with this word in their names; nothing is drawn
  --from FILE   measures nothing: the goals and the drawing of an earlier run, from its ratios.csv. Of a group that several
                files have, the last one counts
  --out FOLDER  where ratios.csv (every sample), ratios.md and ratios.svg go; target/ratios, if not given
";

fn main() -> io::Result<()> {
    let mut settings = race::Settings {
        rounds: 51,
        batch: 1.0,
    };
    let mut only: Vec<String> = Vec::new();
    let mut from: Vec<PathBuf> = Vec::new();
    let mut measures = false;
    let mut out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/ratios");
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        measures |= ["--quick", "--rounds", "--only"].contains(&argument.as_str());
        match (argument.as_str(), &mut arguments) {
            ("--quick", _) => {
                settings = race::Settings {
                    rounds: 7,
                    batch: 0.3,
                }
            }
            ("--rounds", rest) => {
                let rounds = rest.next().and_then(|rounds| rounds.parse().ok());
                settings.rounds = rounds
                    .filter(|&rounds| rounds > 0)
                    .unwrap_or_else(|| usage());
            }
            ("--only", rest) => only.push(rest.next().unwrap_or_else(|| usage())),
            ("--from", rest) => from.push(rest.next().unwrap_or_else(|| usage()).into()),
            ("--out", rest) => out = PathBuf::from(rest.next().unwrap_or_else(|| usage())),
            _ => usage(),
        }
    }
    let mut groups = groups::all();
    groups.extend(groups::cold_start::groups());
    if from.is_empty() {
        let groups = groups::with_any(&only, groups)
            .unwrap_or_else(|word| fail(&format!("no group has \"{word}\" in its name")));
        let (run, doubts) = measure(&settings, &groups);
        write(&out, "ratios.csv", run.to_csv())?;
        report(&run, only.is_empty(), &out)?;
        if !doubts.is_empty() {
            fail(&format!("not to be trusted:\n{}", doubts.join("\n")));
        }
        Ok(())
    } else if measures {
        usage()
    } else {
        let read = |file: &PathBuf| {
            let text = fs::read_to_string(file)?;
            let run = Run::from_csv(&text, &groups);
            Ok(run.unwrap_or_else(|error| fail(&format!("{}: {error}", file.display()))))
        };
        let runs = from.iter().map(read).collect::<io::Result<_>>()?;
        report(&Run::merge(runs), true, &out)
    }
}

fn usage() -> ! {
    eprint!("{USAGE}");
    exit(2)
}

fn fail(message: &str) -> ! {
    eprintln!("ratios: {message}");
    exit(2)
}

/// What was measured, and what of it is not to be trusted.
fn measure(settings: &race::Settings, groups: &[Group]) -> (Run, Vec<String>) {
    let cpus = available_parallelism().map_or(1, usize::from);
    let about = format!(
        "{cpus} CPUs, {} {}, {} rounds",
        env::consts::OS,
        env::consts::ARCH,
        settings.rounds
    );
    println!(
        "{about}. The median of the rounds, and the quartiles; × is the ratio to futex-event's.\n"
    );
    match place::pinnable() {
        0 => println!("SKIPPED: the hand-off on one CPU; and no thread is pinned, since this system does not allow it\n"),
        1 => println!("SKIPPED: the hand-off between two CPUs: there is one\n"),
        _ => {}
    }

    let (mut results, mut doubts) = (Vec::new(), Vec::new());
    for group in groups {
        // Not among the results: so that it can be seen which one does not end.
        eprintln!("{} ...", group.name);
        let outcome = race::run(group, settings);
        for figure in outcome.results {
            println!("{}", table::results(&figure));
            results.push(figure);
        }
        doubts.extend(outcome.doubts);
    }
    (Run { about, results }, doubts)
}

/// The goals, and the drawing if it is wanted.
fn report(run: &Run, draw: bool, out: &Path) -> io::Result<()> {
    let mut goals = table::goals(&goals::goals(), &run.results);
    goals.push_str(&cold_starts::goals(&run.results));
    goals.push_str(&cold_starts::table(&run.results));
    println!("{goals}");
    write(out, "ratios.md", goals)?;
    if draw {
        write(out, "ratios.svg", chart::draw(run))?;
    }
    Ok(())
}

fn write(out: &Path, name: &str, text: String) -> io::Result<()> {
    fs::create_dir_all(out)?;
    let path = out.join(name);
    fs::write(&path, text)?;
    println!("Written: {}", path.display());
    Ok(())
}
