//! Measures everything, prints it next to the goals, and draws it.

use benches::{chart, cold_starts, goals, groups, place, race, table};
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;
use std::{env, fs, io};

const USAGE: &str = "\
Usage: ratios [--quick] [--rounds N] [--only WORD]... [--out FOLDER]
  --quick       a first impression in a minute, not a result: 7 rounds of short batches
  --rounds N    51, if not given
  --only WORD   only the groups with this word in their names; nothing is drawn
  --out FOLDER  where ratios.csv (every sample), ratios.md and ratios.svg go; target/ratios, if not given
";

fn main() -> io::Result<()> {
    let mut settings = race::Settings {
        rounds: 51,
        batch: 1.0,
    };
    let mut only: Vec<String> = Vec::new();
    let mut out = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/ratios");
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
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
            ("--out", rest) => out = PathBuf::from(rest.next().unwrap_or_else(|| usage())),
            _ => usage(),
        }
    }
    measure(&settings, &only, &out)
}

fn usage() -> ! {
    eprint!("{USAGE}");
    std::process::exit(2)
}

fn measure(settings: &race::Settings, only: &[String], out: &Path) -> io::Result<()> {
    let cpus = available_parallelism().map_or(1, usize::from);
    let machine = format!(
        "{cpus} CPUs, {} {}, {} rounds",
        env::consts::OS,
        env::consts::ARCH,
        settings.rounds
    );
    println!("{machine}. The median of the rounds, and the quartiles; × is the ratio to futex-event's.\n");
    match place::pinnable() {
        0 => println!("SKIPPED: the hand-off on one CPU; and no thread is pinned, since this system does not allow it\n"),
        1 => println!("SKIPPED: the hand-off between two CPUs: there is one\n"),
        _ => {}
    }

    let mut results = Vec::new();
    let mut groups = groups::all();
    groups.extend(groups::cold_start::groups());
    for group in groups {
        if only.is_empty() || only.iter().any(|word| group.name.contains(word)) {
            // Not among the results: so that it can be seen which one does not end.
            eprintln!("{} ...", group.name);
            for figure in race::run(&group, settings) {
                println!("{}", table::results(&figure));
                results.push(figure);
            }
        }
    }
    let mut goals = table::goals(&goals::goals(), &results);
    goals.push_str(&cold_starts::goals(&results));
    goals.push_str(&cold_starts::table(&results));
    println!("{goals}");

    fs::create_dir_all(out)?;
    let write = |name: &str, text: String| {
        let path = out.join(name);
        fs::write(&path, text)?;
        println!("Written: {}", path.display());
        Ok::<_, io::Error>(())
    };
    write("ratios.csv", table::csv(&results))?;
    write("ratios.md", goals)?;
    if only.is_empty() {
        write("ratios.svg", chart::draw(&results, &machine))?;
    }
    Ok(())
}
