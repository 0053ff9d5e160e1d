//! `wait_any` and `wait_all`.

use crate::auto_reset_event::{self, AutoResetEvent};
use crate::event::Event;
use crate::{host, word::Word};
use futex_event::{AllOf, AnyOf, Spin, Waitable};
use pyo3::exceptions::{PyException, PyTypeError, PyValueError};
use pyo3::prelude::*;
use std::time::Duration;

/// Wait until one of the events releases this thread. Return its index, or None if none was set in time.
///
/// events is an iterable of Event and AutoResetEvent, which may be mixed. If several are set when the wait begins, it
/// returns the index of the first. An Event that is set and cleared during the wait releases it too. If an AutoResetEvent
/// releases it, it takes one token, of that event only.
///
/// timeout and errors are as for Event.wait. Also raises ValueError if there are no events, and TypeError if one of them is
/// of another type.
#[pyfunction]
#[pyo3(signature = (events, timeout=None))]
pub fn wait_any(
    py: Python<'_>,
    events: &Bound<'_, PyAny>,
    timeout: Option<&Bound<'_, PyAny>>,
) -> PyResult<Option<usize>> {
    let events = items(events)?;
    if events.is_empty() {
        return Err(PyValueError::new_err("there is no event to wait for"));
    }
    let kinds = events.iter().map(Kind::of).collect::<PyResult<Vec<_>>>()?;
    let words: Vec<&dyn Waitable<Word>> = kinds.iter().map(Kind::word).collect();
    let any = AnyOf(&words);
    let any = any.spinning(Spin::ADAPTIVE);

    if let Some(index) = any.wait_timeout(Duration::ZERO) {
        return Ok(Some(index));
    }
    host::wait(
        py,
        timeout,
        None,
        |timeout, interrupted| any.wait_timeout_interruptible(timeout, interrupted),
        |released| {
            if let Some(Kind::AutoReset(event)) = released.map(|index| &kinds[index]) {
                auto_reset_event::give_back(event.word(), true);
            }
        },
    )
}

/// What an iterable has. The wait keeps it alive, even if the caller changes a list.
///
/// A loop, since `collect` asks for a length, for which PyO3 calls Python code. CPython before 3.14 ends a daemon thread there
/// when the interpreter exits, by unwinding, and the objects that are held here would be freed without the GIL.
fn items<'py>(iterable: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let mut items = Vec::new();
    for item in iterable.try_iter()? {
        items.push(item?);
    }
    Ok(items)
}

enum Kind<'a> {
    Manual(&'a Event),
    AutoReset(&'a AutoResetEvent),
}

impl<'a> Kind<'a> {
    fn of(event: &'a Bound<'_, PyAny>) -> PyResult<Self> {
        if let Ok(event) = event.cast::<Event>() {
            Ok(Self::Manual(event.get()))
        } else if let Ok(event) = event.cast::<AutoResetEvent>() {
            Ok(Self::AutoReset(event.get()))
        } else {
            Err(cannot_wait_for(event, "Event or AutoResetEvent"))
        }
    }

    fn word(&self) -> &dyn Waitable<Word> {
        match self {
            Self::Manual(event) => &event.word,
            Self::AutoReset(event) => event.word(),
        }
    }
}

pyo3::create_exception!(
    futex_event,
    Stopped,
    PyException,
    "Raised by wait_all if the event stop has ended the wait."
);

/// Wait until each of the events has been set, not necessarily at the same time. Return True, or False if that did not
/// happen in time. Raise Stopped if the event stop ended the wait.
///
/// events is an iterable of Event. An event that is set and cleared again during the wait counts as set. If there are no
/// events, it returns True at once. AutoResetEvent is not allowed: tokens cannot be taken from several events in one step.
///
/// stop is an Event or an AutoResetEvent. If all of the events are set too, stop wins. If it is set and cleared again during
/// the wait, it ends the wait, too. The token of an AutoResetEvent is taken only if Stopped is raised.
///
/// timeout and errors are as for Event.wait. Also raises TypeError if one of the events, or stop, is of another type.
#[pyfunction]
#[pyo3(signature = (events, timeout=None, *, stop=None))]
pub fn wait_all(
    py: Python<'_>,
    events: &Bound<'_, PyAny>,
    timeout: Option<&Bound<'_, PyAny>>,
    stop: Option<&Bound<'_, PyAny>>,
) -> PyResult<bool> {
    let events = items(events)?;
    let words = events
        .iter()
        .map(|event| match event.cast::<Event>() {
            Ok(event) => Ok(&event.get().word),
            Err(_) => Err(cannot_wait_for(event, "Event")),
        })
        .collect::<PyResult<Vec<_>>>()?;
    match stop {
        None => all(py, &words, timeout),
        Some(stop) => all_or_stop(py, &words, &Kind::of(stop)?, timeout),
    }
}

fn all(
    py: Python<'_>,
    events: &[&futex_event::Event<Word>],
    timeout: Option<&Bound<'_, PyAny>>,
) -> PyResult<bool> {
    let all = AllOf(events);
    let all = all.spinning(Spin::ADAPTIVE);

    if all.wait_timeout(Duration::ZERO) {
        return Ok(true);
    }
    host::wait(
        py,
        timeout,
        false,
        |timeout, interrupted| all.wait_timeout_interruptible(timeout, interrupted),
        |_| (),
    )
}

fn all_or_stop(
    py: Python<'_>,
    events: &[&futex_event::Event<Word>],
    stop: &Kind<'_>,
    timeout: Option<&Bound<'_, PyAny>>,
) -> PyResult<bool> {
    let all = AllOf(events).or(stop.word());
    let stopped = |error: futex_event::Stopped| Stopped::new_err(error.to_string());

    if all.wait_timeout(Duration::ZERO).map_err(stopped)? {
        return Ok(true);
    }
    let waited = host::wait(
        py,
        timeout,
        Ok(false),
        |timeout, interrupted| all.wait_timeout_interruptible(timeout, interrupted),
        |waited| {
            if let Kind::AutoReset(event) = stop {
                auto_reset_event::give_back(event.word(), waited.is_err());
            }
        },
    )?;
    waited.map_err(stopped)
}

fn cannot_wait_for(event: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    let class = event.get_type();
    let name = class.qualname().map(|name| name.to_string());
    PyTypeError::new_err(format!(
        "expected {expected} of futex_event, not {}",
        name.unwrap_or_default()
    ))
}
