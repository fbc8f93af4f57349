//! From files to findings.

use crate::config::Config;
use crate::finding::Finding;
use crate::project::Input;
use crate::source::{FileId, Sources};

/// Everything that a run found out.
#[derive(Debug, Default)]
pub(crate) struct Analysis {
    pub(crate) sources: Sources,
    /// Sorted by place, at the lints' own levels; those below the smallest confidence are left out.
    pub(crate) findings: Vec<Finding>,
    /// Files that could not be parsed or read, with the reason; the offset is where it went wrong.
    pub(crate) unparsed: Vec<(FileId, u32, String)>,
    /// Files skipped because nothing in their crate names framealloc.
    pub(crate) skipped: usize,
    /// Every tag that the code names, as a literal, for `init`.
    pub(crate) tags: Vec<String>,
    pub(crate) lines: usize,
}

/// Lints `input`. `advance` is called after each file, from any thread, for progress.
pub(crate) fn analyze(input: &Input, config: &Config, advance: &(dyn Fn() + Sync)) -> Analysis {
    let _ = (input, config, advance);
    Analysis::default()
}
