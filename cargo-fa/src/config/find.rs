//! Where the configuration lies.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{Config, read::read};

/// The file's name, looked for in the workspace's root and upwards.
pub(crate) const FILE_NAME: &str = ".fa.toml";

/// The configuration that holds for the workspace at `root`, with its path; the defaults when there is none.
pub(crate) fn load(root: &Path, given: Option<&Path>) -> Result<(Config, Option<PathBuf>)> {
    let found = match given {
        Some(path) => Some(path.to_path_buf()),
        None => root.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file()),
    };
    let Some(path) = found else { return Ok((Config::default(), None)) };
    let text = fs::read_to_string(&path)
        .with_context(|| format!("the configuration `{}` cannot be read", path.display()))?;
    let mut config = read(&path.display().to_string(), &text)?;
    if let Some(baseline) = &mut config.baseline {
        *baseline = path.parent().unwrap_or(Path::new(".")).join(&*baseline);
    }
    Ok((config, Some(path)))
}
