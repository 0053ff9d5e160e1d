//! The `repr` of events: `<futex_event.Event at 0x7f0123456789: unset>`, in the form of `threading.Event`.

use pyo3::prelude::*;
use pyo3::types::PyType;

pub fn of<T>(event: &Bound<'_, T>, is_set: bool) -> PyResult<String> {
    let class: Bound<'_, PyType> = event.as_any().get_type();
    Ok(format!(
        "<{}.{} at {:#x}: {}>",
        class.module()?,
        class.qualname()?,
        event.as_ptr() as usize,
        if is_set { "set" } else { "unset" },
    ))
}
