//! What to lint: the crates of a workspace, as cargo sees them.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// All crates of a run.
#[derive(Debug)]
pub(crate) struct Input {
    /// Paths in reports are relative to it.
    pub(crate) root: PathBuf,
    pub(crate) crates: Vec<CrateInput>,
}

/// One target of a package: a library, a binary, an example, a test.
#[derive(Debug)]
pub(crate) struct CrateInput {
    /// As paths name it: `my_game`.
    pub(crate) name: String,
    /// As cargo names it: `my-game`.
    pub(crate) package: String,
    /// `lib.rs`, `main.rs`, ...
    pub(crate) root: PathBuf,
    /// All files below the package that are no target's root, with the first of its crates: where framealloc is looked
    /// for.
    pub(crate) others: Vec<PathBuf>,
    /// `others` belong to the crate, whatever declares them. Without, those files do that `mod` and `include!` lead to
    /// from the root.
    pub(crate) whole: bool,
    /// What the crate calls its dependencies.
    pub(crate) dependencies: BTreeMap<String, Dependency>,
    pub(crate) cfg: Cfg,
    /// Findings are reported for it; others are read for what they define only.
    pub(crate) selected: bool,
    pub(crate) cargo: CargoTarget,
}

/// A target as cargo's messages name it.
#[derive(Clone, Debug)]
pub(crate) struct CargoTarget {
    pub(crate) package_id: String,
    pub(crate) manifest: PathBuf,
    /// `lib`, `bin`, `example`, ...
    pub(crate) kind: String,
    /// `lib`, `bin`, `proc-macro`, ...
    pub(crate) crate_type: String,
    pub(crate) edition: String,
}

impl CargoTarget {
    /// The library that a folder would be.
    pub(crate) fn of_folder(folder: &Path, package: &str) -> Self {
        Self {
            package_id: package.to_owned(),
            manifest: folder.join("Cargo.toml"),
            kind: "lib".to_owned(),
            crate_type: "lib".to_owned(),
            edition: "2024".to_owned(),
        }
    }
}

/// A dependency that matters: the others are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dependency {
    Framealloc,
    /// Another crate of the input, by its index.
    Crate(usize),
}

impl Dependency {
    pub(crate) fn index(self) -> Option<usize> {
        match self {
            Self::Framealloc => None,
            Self::Crate(index) => Some(index),
        }
    }
}

/// What `#[cfg(..)]` is true for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cfg {
    /// The chosen features of the package, with what they enable.
    pub(crate) features: Vec<String>,
    /// What the compiler sets for the target: `unix`, `target_os = "linux"`; empty when it is unknown.
    pub(crate) target: Vec<(String, Option<String>)>,
}

impl Input {
    /// The files of the selected packages that are known before they are read.
    pub(crate) fn selected_files(&self) -> impl Iterator<Item = &Path> {
        let selected = self.crates.iter().filter(|one| one.selected);
        selected.flat_map(|one| std::iter::once(&one.root).chain(&one.others)).map(PathBuf::as_path)
    }

    /// The crate that `file` belongs to: the one with that root, else the first of the nearest package.
    pub(crate) fn owner(&self, file: &Path) -> Option<&CrateInput> {
        let depth = |input: &CrateInput| {
            let folder = input.cargo.manifest.parent()?;
            file.starts_with(folder).then(|| folder.components().count())
        };
        self.crates.iter().find(|input| input.root == file).or_else(|| {
            // `max_by_key` takes the last of equals.
            self.crates.iter().rev().filter(|input| depth(input).is_some()).max_by_key(|input| depth(input))
        })
    }
}

/// Without `.` and `..`, so that one file has one name.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}
