//! Two simulated threads that take turns, to see how the policy behaves on machines that we do not have: wake-ups of 1
//! to 100 µs, one CPU or two, and more histories than any benchmark produces. The [`History`] is the real one; a model tells
//! it how long a wait takes.

use super::history::{History, LONGEST, SHORTEST};
use std::vec::Vec;

/// All times in nanoseconds.
type Time = u64;

const MICROSECOND: Time = 1_000;
/// How long it takes a spinning thread to see what another CPU has written.
const SEEN: Time = 100;
/// How long it takes a thread to fall asleep, after which another can have its CPU.
const PARK: Time = 1_000;
/// When in this time the kernel compares the word, and lets the thread return if it has changed.
const COMPARED: Time = 500;

/// A change that is seen so soon is seen before the clock is read.
const AT_ONCE: Time = 1_000;

#[derive(Clone, Copy)]
struct Machine {
    cpus: u32,
    /// From a set until the thread that it wakes runs on a free CPU.
    wake_up: Time,
}

/// A thread that waits for its turn, works, and hands the turn over.
#[derive(Clone, Copy)]
struct Player {
    history: History,
    /// When its last outcome was.
    last: Time,
    waits: Wait,
    /// By how much its spins exceed their limit, which differs from one to the next.
    overrun: Time,
    /// The time of its spins that missed.
    wasted: Time,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Wait {
    Spins { since: Time, until: Time },
    Parks { since: Time },
}

impl Player {
    fn new(history: History, overrun: Time) -> Self {
        Self {
            history,
            overrun,
            last: 0,
            waits: Wait::Parks { since: 0 },
            wasted: 0,
        }
    }

    fn begin_to_wait(&mut self, now: Time) {
        let (history, spins) = self.history.plan(false);
        // The clock is read only once per batch of polls.
        self.overrun = (self.overrun * 5 + 77) % 1_021;
        self.waits = if spins {
            let until = now + history.limit().as_nanos() as Time + self.overrun;
            Wait::Spins { since: now, until }
        } else {
            self.history = history;
            Wait::Parks { since: now }
        };
    }

    /// The turn is handed to it at this time. Returns when it runs.
    fn take_turn(&mut self, set: Time, machine: Machine) -> Time {
        let duration = core::time::Duration::from_nanos;
        let since_last = |last, now: Time| duration(now.saturating_sub(last));
        match self.waits {
            // The kernel's comparison fails, and it does not sleep.
            Wait::Parks { since } if set < since + COMPARED => since + COMPARED,
            Wait::Parks { .. } => set + machine.wake_up,
            Wait::Spins { since, until } if set <= until => {
                let runs = set + SEEN;
                let after = runs - since;
                if after < AT_ONCE {
                    self.history = self.history.hit_at_once();
                } else {
                    let since_last = since_last(self.last, since);
                    self.history = self.history.hit(duration(after), since_last);
                    self.last = runs;
                }
                runs
            }
            Wait::Spins { since, until } => {
                let runs = if set < until + COMPARED {
                    until + COMPARED
                } else {
                    set + machine.wake_up
                };
                self.wasted += until - since;
                let (spun, slept) = (duration(until - since), duration(runs - until));
                let since_last = since_last(self.last, since);
                self.history = self.history.missed(spun, slept, since_last);
                self.last = runs;
                runs
            }
        }
    }
}

/// One thread's turn: it begins at `now`, works, hands the turn over, and begins to wait. Returns when the other runs.
fn turn(players: &mut [Player; 2], of: usize, now: Time, work: Time, machine: Machine) -> Time {
    let set = now + work;
    players[of].begin_to_wait(set);
    // On one CPU, the other runs only when this one sleeps.
    let set = match (machine.cpus, players[of].waits) {
        (1, Wait::Spins { until, .. }) => until + PARK,
        (1, Wait::Parks { since }) => since + PARK,
        _ => set,
    };
    players[1 - of].take_turn(set, machine)
}

struct Game {
    players: [Player; 2],
    machine: Machine,
    work: [Time; 2],
    now: Time,
}

impl Game {
    fn new(histories: [History; 2], machine: Machine, work: [Time; 2]) -> Self {
        let [first, second] = histories;
        let players = [Player::new(first, 1), Player::new(second, 2)];
        let now = 1_000_000_000;
        Self {
            players,
            machine,
            work,
            now,
        }
    }

    /// How long the next round trip takes.
    fn round_trip(&mut self) -> Time {
        let begun = self.now;
        for of in 0..2 {
            self.now = turn(&mut self.players, of, self.now, self.work[of], self.machine);
        }
        self.now - begun
    }

    /// After how many round trips ten in a row are near the floor, which is what two spinning threads take: within twice the
    /// floor without work, and 1.5 times with work. `None` if that takes more than `most`.
    fn trips_until_fast(&mut self, most: u32) -> Option<u32> {
        let work = self.work[0] + self.work[1];
        let near = if work == 0 {
            4 * SEEN
        } else {
            work * 3 / 2 + 3 * SEEN
        };
        let mut in_a_row = 0;
        (0..most).find(|_| {
            in_a_row = if self.round_trip() <= near {
                in_a_row + 1
            } else {
                0
            };
            in_a_row == 10
        })
    }

    /// The mean round trip, and the share of the time that went into spins that missed, of either thread.
    fn mean(&mut self, trips: u32) -> (f64, f64) {
        let wasted = |game: &Self| {
            game.players
                .iter()
                .map(|player| player.wasted)
                .sum::<Time>()
        };
        let (begun, before) = (self.now, wasted(self));
        for _ in 0..trips {
            self.round_trip();
        }
        let passed = (self.now - begun) as f64;
        (
            passed / f64::from(trips),
            (wasted(self) - before) as f64 / passed,
        )
    }
}

/// Reachable histories of every kind: with and without a budget, with long and short limits, at each distance, and with few
/// and many waits to come.
fn histories() -> Vec<History> {
    let mut all = Vec::new();
    for doubled in 0..=8 {
        for waits in [0, 1, 2, 15, 16, 31, 64, 100, 128, 200, 254, 255] {
            all.push(History::from_bits(u32::from_le_bytes([
                0, 0, waits, doubled,
            ])));
        }
    }
    for limit in (0..=LONGEST - SHORTEST).step_by(5) {
        for budget in [0, 1, 20, 59, 60] {
            all.push(History::from_bits(u32::from_le_bytes([
                budget, limit, 0, 0,
            ])));
            all.push(History::from_bits(u32::from_le_bytes([
                budget, limit, 0, 8,
            ])));
        }
    }
    all
}

/// In microseconds.
const WAKE_UPS: [u64; 8] = [1, 2, 5, 10, 20, 45, 70, 100];
const WORK: [u64; 8] = [0, 1, 2, 5, 10, 20, 100, 1_000];

#[test]
fn two_cpus_are_at_full_speed_soon_whatever_came_before() {
    let mut worst = (0, 0);
    let all = histories();
    for wake_up in WAKE_UPS {
        for work in WORK {
            // Otherwise a spin would have to last longer than it may.
            if wake_up + work + 1 >= LONGEST.into() {
                continue;
            }
            let machine = Machine {
                cpus: 2,
                wake_up: wake_up * MICROSECOND,
            };
            for (index, &first) in all.iter().enumerate() {
                // With an equal one, and with others from all over the list.
                for second in [index, index * 7 + 3, index * 31 + 50] {
                    let histories = [first, all[second % all.len()]];
                    let mut game = Game::new(histories, machine, [work * MICROSECOND; 2]);
                    let begun = game.now;
                    let trips = game.trips_until_fast(2_000).unwrap_or_else(|| {
                        panic!("trapped: wake-up {wake_up} µs, work {work} µs, {histories:?}")
                    });
                    worst = (worst.0.max(trips), worst.1.max(game.now - begun));
                }
            }
        }
    }
    std::println!(
        "at full speed after {} round trips, and {} ms, at the latest",
        worst.0,
        worst.1 as f64 / 1e6
    );
    assert!(worst.0 <= 2 * 255 + 20, "{} round trips", worst.0);
}

#[test]
fn on_one_cpu_hardly_any_time_is_spent_on_spinning() {
    for wake_up in [1, 2, 4, 10] {
        for work in WORK {
            let machine = Machine {
                cpus: 1,
                wake_up: wake_up * MICROSECOND,
            };
            for first in histories() {
                let mut game = Game::new([first; 2], machine, [work * MICROSECOND; 2]);
                // As many as it takes to find out.
                game.mean(1_000);
                let (_, wasted) = game.mean(2_000);
                assert!(
                    wasted <= 0.025,
                    "{wasted} of the time: wake-up {wake_up} µs, work {work} µs, {first:?}"
                );
            }
        }
    }
}

#[test]
fn for_sets_that_come_late_hardly_any_time_is_spent_on_spinning() {
    let machine = Machine {
        cpus: 2,
        wake_up: 20 * MICROSECOND,
    };
    for pause in [300, 1_000, 10_000] {
        for first in histories() {
            // Each works for so long, so the other waits for so long.
            let mut game = Game::new([first; 2], machine, [pause * MICROSECOND; 2]);
            game.mean(1_000);
            let (_, before) = (game.now, game.players.map(|player| player.wasted));
            game.mean(1_000);
            for (player, before) in game.players.iter().zip(before) {
                let per_wait = (player.wasted - before) / 1_000;
                assert!(
                    per_wait < 100,
                    "{per_wait} ns a wait of {pause} µs, {first:?}"
                );
            }
        }
    }
}

/// In any pattern of outcomes, drawn at random from all that a wait can have, misses are paid for: by hits, or by the waits
/// between two probes.
#[test]
fn whatever_happens_misses_are_paid_for() {
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut below = |bound: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % bound
    };
    let duration = core::time::Duration::from_nanos;
    for share_of_hits in [0, 1, 5, 20, 50, 90] {
        let mut history = History::default();
        let (mut hits, mut waits, mut wasted) = (0, 0, 0);
        for _ in 0..200_000 {
            waits += 1;
            let (next, spins) = history.plan(false);
            history = next;
            if !spins {
                continue;
            }
            let limit = history.limit().as_nanos() as u64;
            let since_last = duration(below(1_000_000));
            history = if below(100) < share_of_hits {
                hits += 1;
                history.hit(duration(below(limit)), since_last)
            } else {
                wasted += limit;
                history.missed(duration(limit), duration(below(300_000)), since_last)
            };
        }
        let paid = hits * 20 + waits * 5;
        assert!(
            wasted / MICROSECOND <= paid,
            "{share_of_hits} % hits: {wasted} ns wasted, {hits} hits, {waits} waits"
        );
    }
}

/// Two events that share a place: one is for fast hand-offs, the other is set every 10 ms.
#[test]
fn a_slow_event_in_the_same_place_does_not_stop_a_fast_one_for_long() {
    let machine = Machine {
        cpus: 2,
        wake_up: 20 * MICROSECOND,
    };
    let mut game = Game::new([History::default(); 2], machine, [0; 2]);
    assert!(game.trips_until_fast(1_000).is_some());
    let (mut begun, mut slow) = (game.now, 0);
    for _ in 0..100 {
        // The slow event's waits, on both places, and the fast one's for the next 10 ms.
        for player in &mut game.players {
            let (history, spins) = player.history.plan(false);
            let late = core::time::Duration::from_millis(10);
            player.history = if spins {
                history.missed(history.limit(), late, late)
            } else {
                history
            };
        }
        let before = game.now;
        while game.now - before < 10_000 * MICROSECOND {
            let trip = game.round_trip();
            slow += if trip > 3 * SEEN { trip } else { 0 };
        }
    }
    begun = game.now - begun;
    assert!(slow * 10 < begun, "{slow} of {begun} ns were slow");
}
