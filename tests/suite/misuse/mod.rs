//! The misuses that must be impossible or detected, one test each. What the compiler refuses is a case of the UI wall,
//! which is named here and must exist.

mod lifetimes;
mod memory;

use std::path::Path;

/// A case of the UI wall with its message.
#[track_caller]
fn compile_error(case: &str) {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("ui-tests/fail").join(case);
    for extension in ["rs", "stderr"] {
        assert!(base.with_extension(extension).is_file(), "no ui-tests/fail/{case}.{extension}");
    }
}
