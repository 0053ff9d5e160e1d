//! One thread, nobody waiting.

use benches::{Contender, StdEvent};
use criterion::{criterion_group, criterion_main, Criterion};
use futex_event::Event;
use std::hint::black_box;

fn uncontended(criterion: &mut Criterion) {
    run::<Event>(criterion);
    run::<StdEvent>(criterion);
}

fn run<E: Contender>(criterion: &mut Criterion) {
    let mut measure = |operation, set: bool, work: &dyn Fn(&E)| {
        let event = E::unset();
        if set {
            event.set();
        }
        criterion
            .benchmark_group(format!("uncontended/{operation}"))
            .bench_function(E::NAME, |bencher| bencher.iter(|| work(black_box(&event))));
    };
    measure("set and clear", false, &|event| {
        event.set();
        event.clear();
    });
    measure("set of a set event", true, &|event| event.set());
    measure("is_set", true, &|event| {
        black_box(event.is_set());
    });
    measure("wait on a set event", true, &|event| event.wait());
}

criterion_group!(benches, uncontended);
criterion_main!(benches);
