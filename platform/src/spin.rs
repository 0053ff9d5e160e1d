//! Looking for a while before sleeping.
//!
//! How long is for the caller to say. What is decided here is how to look: with a pause between two looks, which leaves
//! the core to its other hardware thread, and with the clock read only once for a number of looks, since a pause takes 10
//! cycles on one processor and 140 on the next. The first looks go without any clock, so that a change which comes at
//! once is seen at once.

use core::hint::spin_loop;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};
use core::time::Duration;

/// So many looks at one word take from a tenth of a microsecond to two. The limit is overrun by no more than this.
const LOOKS: u32 = 32;

/// Asks `seen` until it answers true, for `limit` or a little longer. Returns whether it has.
///
/// Does not ask even once where there is one CPU only: while this thread looks, nobody changes anything.
pub(crate) fn spin(
    limit: Duration,
    mut seen: impl FnMut() -> bool,
    now: fn() -> Duration,
    cpus: fn() -> usize,
) -> bool {
    let mut seen_soon = || {
        (0..LOOKS).any(|_| {
            spin_loop();
            seen()
        })
    };
    if limit == Duration::ZERO || !more_than_one(cpus) {
        return false;
    }
    if seen_soon() {
        return true;
    }
    let begun = now();
    while !seen_soon() {
        if now() - begun >= limit {
            return false;
        }
    }
    true
}

/// Whether there is more than one CPU for this process. Asked once.
fn more_than_one(cpus: fn() -> usize) -> bool {
    const UNKNOWN: u32 = 0;
    const ONE: u32 = 1;
    const MORE: u32 = 2;
    static KNOWN: AtomicU32 = AtomicU32::new(UNKNOWN);

    // Relaxed: whoever does not know it yet finds out for itself.
    match KNOWN.load(Relaxed) {
        UNKNOWN => {
            let more = cpus() > 1;
            KNOWN.store(if more { MORE } else { ONE }, Relaxed);
            more
        }
        known => known == MORE,
    }
}
