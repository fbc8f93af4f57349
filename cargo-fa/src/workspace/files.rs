//! Rust files below a folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use ignore::WalkBuilder;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The files that the configuration leaves out.
#[derive(Clone, Debug)]
pub(crate) struct Exclude {
    globs: Gitignore,
}

impl Exclude {
    /// `globs` are as in `.gitignore`, relative to `root`.
    pub(crate) fn new(root: &Path, globs: &[String]) -> Result<Self> {
        let mut builder = GitignoreBuilder::new(root);
        for glob in globs {
            builder.add_line(None, glob).with_context(|| format!("`{glob}` in `exclude` is not a glob"))?;
        }
        Ok(Self { globs: builder.build()? })
    }

    pub(crate) fn contains(&self, path: &Path) -> bool {
        path.starts_with(self.globs.path()) && self.globs.matched_path_or_any_parents(path, false).is_ignore()
    }
}

/// All `.rs` files below `folder`, sorted; neither what lies in `without`, nor other packages, nor, with `filters`, what
/// is hidden or ignored by git.
pub(super) fn below(
    folder: &Path,
    exclude: &Exclude,
    without: &BTreeSet<PathBuf>,
    filters: bool,
) -> Vec<PathBuf> {
    let (exclude, skip, top) = (exclude.clone(), without.clone(), folder.to_path_buf());
    let walk = WalkBuilder::new(folder)
        .standard_filters(filters)
        .require_git(false)
        .filter_entry(move |entry| {
            let path = entry.path();
            let other_package = path != top && path.join("Cargo.toml").is_file();
            !other_package && !skip.contains(path) && !exclude.contains(path)
        })
        .sort_by_file_path(Path::cmp)
        .build();
    let files =
        walk.filter_map(Result::ok).filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let files = files.map(ignore::DirEntry::into_path);
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}
