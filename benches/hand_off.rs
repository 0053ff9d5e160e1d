//! Two threads that take turns: a round trip is two sets, two waits and two clears.

use benches::{Contender, StdEvent};
use criterion::{criterion_group, criterion_main, Criterion};
use futex_event::Event;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

fn hand_off(criterion: &mut Criterion) {
    run::<Event>(criterion);
    run::<StdEvent>(criterion);
}

fn run<E: Contender>(criterion: &mut Criterion) {
    let (ping, pong, stop) = (E::unset(), E::unset(), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| loop {
            ping.wait();
            ping.clear();
            if stop.load(Relaxed) {
                break;
            }
            pong.set();
        });
        criterion
            .benchmark_group("hand-off, wherever the threads run")
            .bench_function(E::NAME, |bencher| {
                bencher.iter(|| {
                    ping.set();
                    pong.wait();
                    pong.clear();
                });
            });
        stop.store(true, Relaxed);
        ping.set();
    });
}

criterion_group!(benches, hand_off);
criterion_main!(benches);
