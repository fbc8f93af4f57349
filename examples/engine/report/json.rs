//! The report as a JSON file: complete, or not there at all.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::Report;
use crate::failure::Failure;

/// Whether a report can be written to `path`, as far as can be told before the run.
///
/// # Errors
/// A folder that does not exist, or a path that is a folder or a device itself.
pub fn check_target(path: &Path) -> Result<(), Failure> {
    let folder = folder_of(path);
    if path.is_dir() || path.file_name().is_none() {
        Err(Failure::input(format!("--json {}: is a folder", path.display())))
    } else if path.exists() && !path.is_file() {
        // Moving the report there would replace the device.
        Err(Failure::input(format!("--json {}: is not a regular file", path.display())))
    } else if !folder.is_dir() {
        Err(Failure::input(format!("--json {}: the folder does not exist", path.display())))
    } else {
        Ok(())
    }
}

/// Writes the report beside `path` first and moves it there when it is complete.
///
/// # Errors
/// Those of the file system; nothing is left behind then, and a file that was there is still as it was.
pub fn write_json(report: &Report, path: &Path) -> Result<(), Failure> {
    let failure =
        |error: &dyn std::fmt::Display| Failure::input(format!("--json {}: {error}", path.display()));
    let mut text = serde_json::to_string_pretty(report).map_err(|error| failure(&error))?;
    text.push('\n');
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder_of(path).join(format!(".{name}.{}.part", std::process::id()));
    let written = fs::File::create_new(&draft)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&draft, path));
    written.map_err(|error| {
        // The draft may not exist; what counts is the error above.
        let _ = fs::remove_file(&draft);
        failure(&error)
    })
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
