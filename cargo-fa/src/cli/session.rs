//! Workspace, configuration and terminal of one call.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::level_flags::LevelFlags;
use super::options::Common;
use super::terminal::{self, Progress};
use crate::config::{self, Config};
use crate::driver::{self, Linted};
use crate::project::Input;
use crate::workspace::{self, Exclude, Selection};

/// What there is to lint, and how.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) input: Input,
    pub(super) config: Config,
    exclude: Exclude,
    everything: bool,
    quiet: bool,
}

impl Session {
    pub(super) fn new(common: &Common, selection: &Selection, levels: &LevelFlags) -> Result<Self> {
        let given = common.config.as_deref();
        let workspace = match &selection.path {
            Some(_) => None,
            None => Some(workspace::load(selection)?),
        };
        let root = match (&workspace, &selection.path) {
            (Some(workspace), _) => workspace.root().to_path_buf(),
            (None, path) => folder(path.as_deref().unwrap_or(Path::new(".")))?,
        };
        let (mut config, found) = config::load(&root, given)?;
        levels.add_to(&mut config.levels);
        if common.verbose
            && let Some(path) = found
        {
            terminal::status("Reading", &path.display().to_string());
        }
        let exclude = Exclude::new(&root, &config.exclude)?;
        let input = match (&workspace, &selection.path) {
            (Some(workspace), _) => workspace.input(&exclude)?,
            (None, path) => workspace::plain(path.as_deref().unwrap_or(&root), &config.exclude)?,
        };
        let session = Self { input, config, exclude, everything: selection.everything, quiet: common.quiet };
        session.describe(common.verbose);
        Ok(session)
    }

    fn describe(&self, verbose: bool) {
        let selected = || self.input.crates.iter().filter(|one| one.selected);
        if selected().next().is_none() && !self.quiet {
            terminal::warning("nothing to lint: no selected package depends on framealloc");
        }
        for one in selected().filter(|_| verbose) {
            let root = one.root.strip_prefix(&self.input.root).unwrap_or(&one.root);
            let text = format!("{} {} `{}` ({})", one.package, one.cargo.kind, one.name, root.display());
            terminal::status("Linting", &text);
        }
    }

    /// Runs all lints.
    pub(super) fn lint(&self) -> Linted {
        let progress = Progress::new(self.quiet);
        let linted =
            driver::lint(&self.input, &self.config, &self.exclude, self.everything, &|| progress.advance());
        progress.finish();
        linted
    }
}

fn folder(path: &Path) -> Result<PathBuf> {
    let path = path.canonicalize().with_context(|| format!("`{}` cannot be read", path.display()))?;
    Ok(if path.is_file() { path.parent().unwrap_or(&path).to_path_buf() } else { path })
}
