//! Every group in criterion: one contender at a time, with criterion's statistics, to examine one of them closely
//! or to follow it over time. To compare contenders, see `ratios`.

use benches::group::{Figure, Group, Unit};
use benches::groups;
use criterion::{criterion_group, criterion_main, Criterion};
use std::time::Duration;

fn all(criterion: &mut Criterion) {
    for group in groups::all() {
        for (index, figure) in group.figures.iter().enumerate() {
            if figure.unit == Unit::Nanoseconds {
                run(criterion, &group, index, figure);
            }
        }
    }
}

fn run(criterion: &mut Criterion, group: &Group, index: usize, figure: &Figure) {
    let mut benchmarks = criterion.benchmark_group(format!("{}/{}", group.name, figure.name));
    benchmarks
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    for entry in &group.entries {
        benchmarks.bench_function(entry.name, |bencher| {
            bencher.iter_custom(|iterations| {
                Duration::from_nanos(entry.run(iterations)[index].max(0.0) as u64)
            })
        });
    }
}

criterion_group!(benches, all);
criterion_main!(benches);
