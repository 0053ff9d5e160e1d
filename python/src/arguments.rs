//! The arguments of constructors.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

/// Refuses arguments, as `object.__new__` does, unless the class has an `__init__` of its own, which may take them.
#[inline]
pub fn refuse_without_init(
    class: &Bound<'_, PyType>,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<()> {
    if args.is_empty() && kwargs.is_none_or(|kwargs| kwargs.is_empty()) {
        return Ok(());
    }
    let nothing = class.py().get_type::<PyAny>().getattr("__init__")?;
    if class.getattr("__init__")?.is(&nothing) {
        let message = format!("{}() takes no arguments", class.name()?);
        return Err(PyTypeError::new_err(message));
    }
    Ok(())
}
