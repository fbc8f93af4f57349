//! What to lint: the crates of a workspace, as cargo sees them.

use std::collections::BTreeMap;
use std::path::PathBuf;

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
    /// Files that no `mod` of the root reaches are read too, as roots of their own: all files below the package that
    /// belong to no other target.
    pub(crate) orphans: Vec<PathBuf>,
    /// What the crate calls its dependencies.
    pub(crate) dependencies: BTreeMap<String, Dependency>,
    pub(crate) cfg: Cfg,
    /// Findings are reported for it; others are read for what they define only.
    pub(crate) selected: bool,
}

/// A dependency that matters: the others are not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dependency {
    Framealloc,
    /// Another crate of the input, by its index.
    Crate(usize),
}

/// What `#[cfg(..)]` is true for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cfg {
    /// The chosen features of the package, with what they enable.
    pub(crate) features: Vec<String>,
    /// What the compiler sets for the target: `unix`, `target_os = "linux"`; empty when it is unknown.
    pub(crate) target: Vec<(String, Option<String>)>,
}
