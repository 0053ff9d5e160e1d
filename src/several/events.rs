//! What a wait for several events takes: events of both kinds, however they are held, and lists of them.
//!
//! The lists are generic, so callers can pass what they have. A wait whose first check finds nothing makes a trait object of
//! its list, so the program contains the rest of the wait once, and not for each type of list.
//!
//! The traits are sealed by a method of each that is not documented. Those of [`Waitable`] and [`WaitableList`] return a
//! type that has no name outside of this crate.

use crate::platform::PrivateFutex;
use crate::{AutoResetEvent, Event};
#[cfg(feature = "std")]
use std::{boxed::Box, sync::Arc, vec::Vec};

/// An event that [`wait_any`](crate::wait_any()) can wait for: an [`Event`], an [`AutoResetEvent`], or a reference, `Arc` or
/// `Box` of one.
///
/// A `&dyn Waitable` is an event of either kind, for a list that is put together while the program runs:
///
/// ```
/// use futex_event::{wait_any, AutoResetEvent, Event, Waitable};
///
/// let (stop, work) = (Event::new(), [AutoResetEvent::new(), AutoResetEvent::new()]);
/// let mut events: Vec<&dyn Waitable> = vec![&stop];
/// for event in &work {
///     events.push(event);
/// }
/// work[1].set();
/// assert_eq!(wait_any(&events), 2);
/// ```
///
/// The trait is sealed. All events of one wait live in the same type of word, `F`; a
/// [`SharedEvent`](crate::SharedEvent) is none of them:
///
/// ```compile_fail,E0277
/// fn can_be_waited_for<E: futex_event::Waitable>() {}
///
/// can_be_waited_for::<futex_event::SharedEvent>();
/// ```
pub trait Waitable<F = PrivateFutex>: Sync {
    #[doc(hidden)]
    fn kind(&self) -> Kind<'_, F>;
}

/// An event that [`wait_all`](crate::wait_all()) can wait for: an [`Event`], or a reference, `Arc` or `Box` of one.
///
/// No [`AutoResetEvent`], since the tokens of several cannot be taken in one step:
///
/// ```compile_fail,E0277
/// use futex_event::{wait_all, AutoResetEvent};
///
/// wait_all([AutoResetEvent::new(), AutoResetEvent::new()]);
/// ```
///
/// and no [`SharedEvent`](crate::SharedEvent):
///
/// ```compile_fail,E0277
/// fn can_be_waited_for<E: futex_event::ManualReset>() {}
///
/// can_be_waited_for::<futex_event::SharedEvent>();
/// ```
///
/// The trait is sealed.
pub trait ManualReset<F = PrivateFutex>: Waitable<F> {
    #[doc(hidden)]
    fn event(&self) -> &Event<F>;
}

/// The events that [`wait_any`](crate::wait_any()) waits for.
///
/// | list | for example |
/// | --- | --- |
/// | a tuple of up to 12 events of both kinds | `wait_any((&STOP, &WORK))` |
/// | an array, a slice or a `Vec` of events of one type | `wait_any([&first, &second])`, `wait_any(&vec)` |
/// | the same of `&dyn Waitable`, for both kinds | `wait_any(&events)` with `events: Vec<&dyn Waitable>` |
/// | a reference, `Arc` or `Box` of a list | |
///
/// An event can be in the list itself, or behind a reference, an `Arc` or a `Box`. The index of an event is its place in
/// the list, from 0 on.
///
/// ```
/// use futex_event::{wait_any, AutoResetEvent, Event};
/// use std::sync::Arc;
///
/// let (stop, work) = (Event::new(), AutoResetEvent::new());
/// stop.set();
/// assert_eq!(wait_any((&stop, &work)), 0);
///
/// let shared = [Arc::new(Event::new()), Arc::new(Event::new())];
/// shared[1].set();
/// assert_eq!(wait_any(&shared), 1);
/// assert_eq!(wait_any([&shared[1], &shared[0]]), 0);
/// ```
///
/// The items of an array are of one type. So both kinds of event in an array are a type error, which names the second kind:
/// write a tuple.
///
/// ```compile_fail,E0308
/// # use futex_event::{wait_any, AutoResetEvent, Event};
/// # let (stop, work) = (Event::new(), AutoResetEvent::new());
/// wait_any([&stop, &work]); // expected `&Event`, found `&AutoResetEvent`
/// ```
///
/// The trait is sealed.
pub trait WaitableList<F = PrivateFutex> {
    #[doc(hidden)]
    fn count(&self) -> usize;

    #[doc(hidden)]
    fn kind_at(&self, index: usize) -> Kind<'_, F>;
}

/// The events that [`wait_all`](crate::wait_all()) waits for: every [`WaitableList`] whose events are [`ManualReset`].
///
/// ```
/// use futex_event::{wait_all, Event};
///
/// let (first, rest) = (Event::new_set(), [Event::new_set(), Event::new_set()]);
/// wait_all(&rest);
/// wait_all([&first, &rest[0]]);
/// wait_all((&first, Box::new(Event::new_set())));
/// let filtered: Vec<&Event> = rest.iter().filter(|event| event.is_set()).collect();
/// wait_all(&filtered);
/// ```
///
/// The trait is sealed.
pub trait ManualResetList<F = PrivateFutex>: WaitableList<F> {
    #[doc(hidden)]
    fn event_at(&self, index: usize) -> &Event<F>;
}

/// An event of either kind.
pub enum Kind<'a, F> {
    Manual(&'a Event<F>),
    AutoReset(&'a AutoResetEvent<F>),
}

impl<F> Clone for Kind<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Kind<'_, F> {}

impl<F: Sync> Waitable<F> for Kind<'_, F> {
    #[inline]
    fn kind(&self) -> Kind<'_, F> {
        *self
    }
}

impl<F: Sync> Waitable<F> for Event<F> {
    #[inline]
    fn kind(&self) -> Kind<'_, F> {
        Kind::Manual(self)
    }
}

impl<F: Sync> ManualReset<F> for Event<F> {
    #[inline]
    fn event(&self) -> &Event<F> {
        self
    }
}

impl<F: Sync> Waitable<F> for AutoResetEvent<F> {
    #[inline]
    fn kind(&self) -> Kind<'_, F> {
        Kind::AutoReset(self)
    }
}

/// A pointer to an event is an event, and a pointer to a list is a list. Behind the type is what else the event must be, for
/// the pointer to be [`Sync`].
macro_rules! pointer {
    ($(#[$attribute:meta])* $Pointer:ty $(, $Bound:ident)?) => {
        $(#[$attribute])*
        impl<F, E: Waitable<F> $(+ $Bound)? + ?Sized> Waitable<F> for $Pointer {
            #[inline]
            fn kind(&self) -> Kind<'_, F> {
                (**self).kind()
            }
        }

        $(#[$attribute])*
        impl<F, E: ManualReset<F> $(+ $Bound)? + ?Sized> ManualReset<F> for $Pointer {
            #[inline]
            fn event(&self) -> &Event<F> {
                (**self).event()
            }
        }

        $(#[$attribute])*
        impl<F, E: WaitableList<F> + ?Sized> WaitableList<F> for $Pointer {
            #[inline]
            fn count(&self) -> usize {
                (**self).count()
            }

            #[inline]
            fn kind_at(&self, index: usize) -> Kind<'_, F> {
                (**self).kind_at(index)
            }
        }

        $(#[$attribute])*
        impl<F, E: ManualResetList<F> + ?Sized> ManualResetList<F> for $Pointer {
            #[inline]
            fn event_at(&self, index: usize) -> &Event<F> {
                (**self).event_at(index)
            }
        }
    };
}

pointer!(&E);
pointer!(#[cfg(feature = "std")] Box<E>);
pointer!(#[cfg(feature = "std")] Arc<E>, Send);

/// A slice of events of one type.
macro_rules! row {
    ($(#[$attribute:meta])* $Row:ty $(, $N:ident)?) => {
        $(#[$attribute])*
        impl<F, E: Waitable<F> $(, const $N: usize)?> WaitableList<F> for $Row {
            #[inline]
            fn count(&self) -> usize {
                self.len()
            }

            #[inline]
            fn kind_at(&self, index: usize) -> Kind<'_, F> {
                self[index].kind()
            }
        }

        $(#[$attribute])*
        impl<F, E: ManualReset<F> $(, const $N: usize)?> ManualResetList<F> for $Row {
            #[inline]
            fn event_at(&self, index: usize) -> &Event<F> {
                self[index].event()
            }
        }
    };
}

row!([E]);
row!([E; N], N);
row!(#[cfg(feature = "std")] Vec<E>);

macro_rules! tuple {
    ($count:literal: $($E:ident $index:tt)+) => {
        impl<F, $($E: Waitable<F>),+> WaitableList<F> for ($($E,)+) {
            #[inline]
            fn count(&self) -> usize {
                $count
            }

            #[inline]
            fn kind_at(&self, index: usize) -> Kind<'_, F> {
                match index {
                    $($index => self.$index.kind(),)+
                    _ => beyond($count, index),
                }
            }
        }

        impl<F, $($E: ManualReset<F>),+> ManualResetList<F> for ($($E,)+) {
            #[inline]
            fn event_at(&self, index: usize) -> &Event<F> {
                match index {
                    $($index => self.$index.event(),)+
                    _ => beyond($count, index),
                }
            }
        }
    };
}

tuple!(1: A 0);
tuple!(2: A 0 B 1);
tuple!(3: A 0 B 1 C 2);
tuple!(4: A 0 B 1 C 2 D 3);
tuple!(5: A 0 B 1 C 2 D 3 E 4);
tuple!(6: A 0 B 1 C 2 D 3 E 4 G 5);
tuple!(7: A 0 B 1 C 2 D 3 E 4 G 5 H 6);
tuple!(8: A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7);
tuple!(9: A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7 J 8);
tuple!(10: A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7 J 8 K 9);
tuple!(11: A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7 J 8 K 9 L 10);
tuple!(12: A 0 B 1 C 2 D 3 E 4 G 5 H 6 I 7 J 8 K 9 L 10 M 11);

/// Panics as an index beyond the end of a slice does.
#[cold]
fn beyond(count: usize, index: usize) -> ! {
    panic!("index out of bounds: {count} events, and the index is {index}")
}
