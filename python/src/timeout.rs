//! Timeouts, with the errors of `threading.Event.wait`.

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::PyFloat;
use std::time::Duration;

/// The longest timeout that CPython's locks take, in seconds: `threading.TIMEOUT_MAX`, which is a whole number, and the rest.
const MAX: f64 = if cfg!(windows) {
    (u32::MAX - 1) as f64 / 1e3
} else {
    i64::MAX as f64 / 1e9
};

/// How long to wait: `Duration::MAX`, which is forever, without a timeout; zero if the timeout is not positive.
///
/// As in `threading.Condition.wait`, the first step compares it with zero: an object that cannot be compared with a number
/// raises a TypeError, and a NaN counts as zero. After that it must be a float or an integer.
pub fn duration(timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Duration> {
    let timeout = match timeout {
        None => return Ok(Duration::MAX),
        Some(timeout) => timeout,
    };
    if !timeout.gt(0)? {
        return Ok(Duration::ZERO);
    }
    let seconds = match timeout.cast::<PyFloat>() {
        Ok(float) => float.value(),
        Err(_) => timeout.extract::<i64>()? as f64,
    };
    if seconds > MAX {
        return Err(PyOverflowError::new_err("timeout value is too large"));
    }
    // Rounded up, so that the wait is not too short: a positive timeout is a nanosecond at least.
    Ok(Duration::from_nanos((seconds * 1e9).ceil() as u64))
}
