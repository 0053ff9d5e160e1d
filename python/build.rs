//! Sets `cfg(Py_GIL_DISABLED)` for interpreters without a GIL.

fn main() {
    pyo3_build_config::use_pyo3_cfgs();
}
