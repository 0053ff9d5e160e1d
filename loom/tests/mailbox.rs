//! A worked example: how to model a structure of yours that sleeps on an event.
//!
//! [`Mailbox`] holds one number, for one thread that receives. The models make two claims, and show that they catch mistakes:
//! the same mailbox with a wrong `receive` loses a wake-up, and one whose `send` publishes too early has a data race. A stress
//! test rarely finds such mistakes.

use futex_event::platform::Futex;
use futex_event::{Event, EventCount};
use futex_event_loom::{model, LoomFutex, Model};
use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, Ordering::Relaxed};

use loom::thread;
use std::sync::Arc;

/// In your crate the parameter has a default, `F: Futex = PrivateFutex`, and a `cfg` chooses between the atomics and
/// cells of `core` and those of loom.
struct Mailbox<F> {
    is_full: AtomicBool,
    number: UnsafeCell<u32>,
    /// Set at some time after the mailbox has been filled.
    filled: Event<F>,
}

// SAFETY: the sender uses the cell before it sets `is_full`, and the receiver after it has seen that.
unsafe impl<F: Sync> Sync for Mailbox<F> {}
// SAFETY: as above.
unsafe impl<F: Send> Send for Mailbox<F> {}

impl<F: Futex> Mailbox<F> {
    fn with_futex(word: F) -> Self {
        Self {
            is_full: AtomicBool::new(false),
            number: UnsafeCell::new(0),
            filled: Event::with_futex(word),
        }
    }

    /// May be called when the mailbox is empty.
    fn send(&self, number: u32) {
        // SAFETY: the receiver does not read it before it has seen `is_full`.
        self.number.with_mut(|place| unsafe { *place = number });
        self.is_full.store(true, Relaxed);
        self.filled.set();
    }

    /// The mistake: the receiver can see `is_full` before it can see the number.
    fn send_too_early(&self, number: u32) {
        self.is_full.store(true, Relaxed);
        self.filled.set();
        // SAFETY: none, and loom reports it.
        self.number.with_mut(|place| unsafe { *place = number });
    }

    /// Takes the number if there is one. Only after `clear` or a wait that has seen the `set`, which orders the reads.
    fn take(&self) -> Option<u32> {
        self.is_full.load(Relaxed).then(|| {
            self.is_full.store(false, Relaxed);
            // SAFETY: the sender has written it, and does not write again before the mailbox is empty.
            self.number.with(|place| unsafe { *place })
        })
    }

    /// Clear, check, wait: a number that comes after the check finds the event unset, and sets it.
    fn receive(&self) -> u32 {
        loop {
            self.filled.wait();
            if self.filled.clear() {
                if let Some(number) = self.take() {
                    return number;
                }
            }
        }
    }

    /// The mistake: a `clear` that comes after the check takes the news of a number that came in between.
    fn receive_and_clear_too_late(&self) -> u32 {
        loop {
            if self.filled.is_set() {
                if let Some(number) = self.take() {
                    return number;
                }
            }
            self.filled.clear();
            self.filled.wait();
        }
    }
}

type Modelled = Mailbox<LoomFutex>;

/// One thread sends while another receives.
fn one_number(send: fn(&Modelled, u32), receive: fn(&Modelled) -> u32) {
    model(move || {
        let mailbox = Arc::new(Modelled::with_futex(LoomFutex::new()));
        let receiver = thread::spawn({
            let mailbox = Arc::clone(&mailbox);
            move || receive(&mailbox)
        });
        send(&mailbox, 7);
        assert_eq!(receiver.join().unwrap(), 7);
    });
}

#[test]
fn a_number_is_received() {
    one_number(Mailbox::send, Mailbox::receive);
}

/// The receiver asks for a second number, which is sent when the first has been taken.
#[test]
fn two_numbers_are_received_in_order() {
    let explored = Model::new().preemptions(1).check(|| {
        let mailbox = Arc::new(Modelled::with_futex(LoomFutex::new()));
        let taken = Arc::new(Event::with_futex(LoomFutex::new()));
        let receiver = thread::spawn({
            let (mailbox, taken) = (Arc::clone(&mailbox), Arc::clone(&taken));
            move || {
                let first = mailbox.receive();
                taken.set();
                [first, mailbox.receive()]
            }
        });
        mailbox.send(1);
        taken.wait();
        mailbox.send(2);
        assert_eq!(receiver.join().unwrap(), [1, 2]);
    });
    // With and without spurious wake-ups, of both threads.
    assert!(explored.choices > 2);
}

/// All threads are blocked: the receiver sleeps, and the sender waits for it to finish.
#[test]
#[should_panic(expected = "deadlock")]
fn a_late_clear_loses_a_wake_up() {
    one_number(Mailbox::send, Mailbox::receive_and_clear_too_late);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn an_early_set_is_a_data_race() {
    one_number(Mailbox::send_too_early, Mailbox::receive);
}

/// A number of tokens that threads take. `EventCount` requires what it requires of any structure: change, then notify.
struct Tokens {
    is_there: AtomicBool,
    changed: EventCount<LoomFutex>,
}

impl Tokens {
    fn take(&self) -> Option<()> {
        let taken = self
            .is_there
            .compare_exchange(true, false, Relaxed, Relaxed);
        taken.ok().map(drop)
    }
}

fn one_token(put: fn(&Tokens)) {
    model(move || {
        let tokens = Arc::new(Tokens {
            is_there: AtomicBool::new(false),
            changed: EventCount::with_futex(LoomFutex::new()),
        });
        let taker = thread::spawn({
            let tokens = Arc::clone(&tokens);
            move || tokens.changed.wait_until(|| tokens.take())
        });
        put(&tokens);
        taker.join().unwrap();
    });
}

#[test]
fn a_token_is_taken() {
    one_token(|tokens| {
        tokens.is_there.store(true, Relaxed);
        tokens.changed.notify_one();
    });
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_notification_before_the_change_is_lost() {
    one_token(|tokens| {
        tokens.changed.notify_one();
        tokens.is_there.store(true, Relaxed);
    });
}
