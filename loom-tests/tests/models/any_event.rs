//! Models of what both kinds of event promise.

use futex_event::{AutoResetEvent, Event};
use futex_event_loom::{LoomFutex, OnLoomFutex};
use loom::sync::atomic::{AtomicBool, Ordering::Relaxed};
use loom::sync::Arc;
use loom_tests::{explore, spawn, Bound, Guarded, UNTIMED};

trait AnyEvent: OnLoomFutex + Send + Sync + 'static {
    fn unset() -> Self;
    fn set(&self) -> bool;
    fn clear(&self) -> bool;
    fn is_set(&self) -> bool;
    fn try_wait(&self) -> bool;
    fn wait(&self);
}

macro_rules! any_event {
    ($kind:ty) => {
        impl AnyEvent for $kind {
            fn unset() -> Self {
                Self::with_futex(LoomFutex::default())
            }
            fn set(&self) -> bool {
                self.set()
            }
            fn clear(&self) -> bool {
                self.clear()
            }
            fn is_set(&self) -> bool {
                self.is_set()
            }
            fn try_wait(&self) -> bool {
                self.try_wait()
            }
            fn wait(&self) {
                self.wait();
            }
        }
    };
}
any_event!(Event<LoomFutex>);
any_event!(AutoResetEvent<LoomFutex>);

macro_rules! on_every_event {
    ($($model:ident,)*) => {
        mod event {
            $(#[test] fn $model() { super::$model::<super::Event<super::LoomFutex>>() })*
        }
        mod auto_reset_event {
            $(#[test] fn $model() { super::$model::<super::AutoResetEvent<super::LoomFutex>>() })*
        }
    };
}

on_every_event! {
    a_thread_that_sees_the_event_set_sees_what_was_before,
    one_of_two_sets_and_one_of_two_clears_changes_the_state,
    set_of_a_set_event_publishes_too,
    the_waiter_may_free_the_event,
}

fn unset<E: AnyEvent>() -> Arc<Guarded<E>> {
    Arc::new(Guarded::new(E::unset()))
}

fn a_thread_that_sees_the_event_set_sees_what_was_before<E: AnyEvent>() {
    for (name, check) in [
        ("is_set", E::is_set as fn(&E) -> bool),
        ("try_wait", E::try_wait),
        ("clear", E::clear),
    ] {
        explore(name, Bound::None, [], move |[]| {
            let guarded = unset::<E>();
            let checker = spawn(&[], &guarded, move |guarded| {
                if check(&guarded.event) {
                    assert_eq!(guarded.read(), 1);
                }
            });
            guarded.write(1);
            guarded.event.set();
            checker.join();
        });
    }
}

/// Each call returns whether it was the one that changed the state.
fn one_of_two_sets_and_one_of_two_clears_changes_the_state<E: AnyEvent>() {
    for (name, set, change) in [
        ("two sets", false, E::set as fn(&E) -> bool),
        ("two clears", true, E::clear),
    ] {
        explore(name, Bound::None, [], move |[]| {
            let guarded = unset::<E>();
            if set {
                guarded.event.set();
            }
            let other = spawn(&[], &guarded, move |guarded| change(&guarded.event));
            let changed = change(&guarded.event);
            assert_ne!(other.join(), changed);
            assert_eq!(guarded.event.is_set(), !set);
            assert_eq!(guarded.event.set(), set);
        });
    }
}

/// A consumer clears, checks for work, and waits if there is none. The producer's `set` may find the event set already. If it
/// was only a load then, the store buffer could hide the work from the check, and the load could miss the clear.
fn set_of_a_set_event_publishes_too<E: AnyEvent>() {
    explore("redundant set", Bound::None, [UNTIMED], |[script]| {
        let guarded = unset::<E>();
        let pushed = Arc::new(AtomicBool::new(false));
        guarded.event.set();
        let consumer = {
            let pushed = Arc::clone(&pushed);
            spawn(script, &guarded, move |guarded| {
                guarded.event.clear();
                if !pushed.load(Relaxed) {
                    guarded.event.wait();
                    assert!(pushed.load(Relaxed));
                }
            })
        };
        pushed.store(true, Relaxed);
        guarded.event.set();
        consumer.join();
    });
}

fn the_waiter_may_free_the_event<E: AnyEvent>() {
    explore("free after wake", Bound::None, [UNTIMED], |[script]| {
        let guarded = unset::<E>();
        let waiter = spawn(script, &guarded, |guarded| {
            guarded.event.wait();
            guarded.free();
        });
        assert!(guarded.event.set());
        waiter.join();
    });
}
