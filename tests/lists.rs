//! The lists of events that a wait for several takes.

use futex_event::platform::FallbackFutex;
use futex_event::{
    wait_all, wait_all_timeout, wait_any, wait_any_timeout, AllOf, AnyOf, AutoResetEvent, Event,
    ManualReset, ManualResetList, Spin, Stopped, Waitable, WaitableList,
};
use std::sync::Arc;
use std::time::Duration;

const NOW: Duration = Duration::ZERO;

/// That the list has the events that are set by these, in their order. Only the last can be a manual-reset event.
fn has_any(list: impl WaitableList, sets: &[&dyn Fn() -> bool]) {
    assert_eq!(wait_any_timeout(&list, NOW), None);
    for (index, set) in sets.iter().enumerate() {
        assert!(set());
        assert_eq!(wait_any(&list), index);
    }
}

/// The same for a list of unset events, each of which is in it once.
fn has(list: impl ManualResetList, events: &[&Event]) {
    for (index, event) in events.iter().enumerate() {
        assert!(!wait_all_timeout(&list, NOW));
        event.set();
        assert_eq!(wait_any_timeout(&list, NOW), Some(index));
        event.clear();
    }
    events.iter().for_each(|event| assert!(event.set()));
    wait_all(&list);
    AllOf(list).spinning(Spin::NEVER).wait();
    events.iter().for_each(|event| assert!(event.clear()));
}

#[test]
fn tuples_of_up_to_twelve_events() {
    macro_rules! tuples {
        ($($number:literal $event:ident)*) => {
            $(let $event = Event::new();)*
            tuples!(@ [] $($event)*);
        };
        (@ [$($before:ident)*] $next:ident $($rest:ident)*) => {
            has(($(&$before,)* &$next,), &[$(&$before,)* &$next]);
            tuples!(@ [$($before)* $next] $($rest)*);
        };
        (@ [$($all:ident)*]) => {};
    }
    tuples!(1 a 2 b 3 c 4 d 5 e 6 f 7 g 8 h 9 i 10 j 11 k 12 l);
}

#[test]
fn tuples_of_both_kinds() {
    let (manual, boxed) = (Event::new(), Box::new(AutoResetEvent::new()));
    let (auto, shared) = (AutoResetEvent::new(), Arc::new(AutoResetEvent::new()));
    let sets: [&dyn Fn() -> bool; 4] = [&|| auto.set(), &|| shared.set(), &|| boxed.set(), &|| {
        manual.set()
    }];
    let kept = Arc::clone(&shared);
    has_any((&auto, kept, &boxed, &manual), &sets);
    assert!(!auto.is_set() && !shared.is_set());
}

#[test]
fn rows_of_events_however_they_are_held() {
    let events = [Event::new(), Event::new(), Event::new()];
    let all: Vec<&Event> = events.iter().collect();
    has(&events, &all);
    has(&events[..], &all);
    has([&events[0], &events[1], &events[2]], &all);
    #[allow(clippy::needless_borrows_for_generic_args)] // It can be written, too.
    has(&[&events[0], &events[1], &events[2]], &all);
    has(&all, &all);
    has(&all[..], &all);
    has(all.clone(), &all);
    has(all.iter().collect::<Vec<&&Event>>(), &all);

    let shared: Vec<Arc<Event>> = (0..3).map(|_| Arc::new(Event::new())).collect();
    let all: Vec<&Event> = shared.iter().map(Arc::as_ref).collect();
    has(&shared, &all);
    has([&shared[0], &shared[1], &shared[2]], &all);
    has(shared.clone(), &all);

    let boxed: Box<[Box<Event>]> = (0..3).map(|_| Box::new(Event::new())).collect();
    let all: Vec<&Event> = boxed.iter().map(Box::as_ref).collect();
    has(&boxed, &all);

    let together: Arc<[Event]> = (0..3).map(|_| Event::new()).collect();
    let all: Vec<&Event> = together.iter().collect();
    has(&together, &all);
    has(Arc::clone(&together), &all);
}

#[test]
fn rows_of_trait_objects() {
    let (manual, auto) = (Event::new(), AutoResetEvent::new());
    let sets: [&dyn Fn() -> bool; 2] = [&|| auto.set(), &|| manual.set()];
    let row: [&dyn Waitable; 2] = [&auto, &manual];
    has_any(row, &sets);
    manual.clear();
    has_any(&row[..], &sets);
    manual.clear();
    has_any(row.to_vec(), &sets);
    manual.clear();
    let list: &dyn WaitableList = &row;
    has_any(list, &sets);

    let owned: Vec<Box<dyn Waitable>> =
        vec![Box::new(AutoResetEvent::new()), Box::new(Event::new())];
    assert_eq!(wait_any_timeout(&owned, NOW), None);
    let shared: Vec<Arc<dyn Waitable + Send>> =
        vec![Arc::new(Event::new()), Arc::new(Event::new_set())];
    assert_eq!(wait_any(&shared), 1);

    let events = [Event::new(), Event::new()];
    let row: [&dyn ManualReset; 2] = [&events[0], &events[1]];
    has(row, &[&events[0], &events[1]]);
    let list: &dyn ManualResetList = &events;
    has(list, &[&events[0], &events[1]]);
}

#[test]
fn lists_of_any_word() {
    let (event, token) = (
        Event::with_futex(FallbackFutex::new(0)),
        AutoResetEvent::with_futex(FallbackFutex::new(0)),
    );
    token.set();
    assert_eq!(wait_any((&event, &token)), 1);
    assert_eq!(
        AnyOf((&event, &token)).spinning(Spin::NEVER).try_wait(),
        None
    );
    token.set();
    let row: [&dyn Waitable<FallbackFutex>; 2] = [&event, &token];
    assert_eq!(wait_any(row), 1);
    event.set();
    wait_all([&event]);
    assert_eq!(AllOf([&event]).or(&token).wait(), Ok(()));
}

#[test]
fn the_other_event_of_a_wait_for_all_however_it_is_held() {
    let never = Event::new();
    let stop: Arc<Event> = Arc::new(Event::new_set());
    assert_eq!(AllOf([&never]).or(&*stop).wait(), Err(Stopped));
    assert_eq!(AllOf([&never]).or(&stop).wait(), Err(Stopped));
    assert_eq!(AllOf([&never]).or(Arc::clone(&stop)).wait(), Err(Stopped));
    let either: &dyn Waitable = &*stop;
    assert_eq!(AllOf([&never]).or(either).wait(), Err(Stopped));
}

/// The type of the word is inferred, so a caller need not name it.
#[test]
fn empty_lists() {
    let none: Vec<&Event> = Vec::new();
    wait_all(&none);
    let empty: [Event; 0] = [];
    wait_all(&empty);
    assert_eq!(AllOf(&none).or(Event::new_set()).wait(), Err(Stopped));
    let panic = std::panic::catch_unwind(|| wait_any(&empty));
    let text = panic.unwrap_err().downcast::<&str>().unwrap();
    assert!(text.contains("no events"), "{text}");
}
