//! From files to findings.

use crate::config::Config;
use crate::finding::Finding;
use crate::project::Input;
use crate::source::{FileId, SourceFile, Sources};

/// Everything that a run found out.
#[derive(Debug, Default)]
pub(crate) struct Analysis {
    pub(crate) sources: Sources,
    /// Those of the selected crates: suppressions in them are looked at.
    pub(crate) linted: Vec<FileId>,
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

/// Lints `input`. With `everything`, crates that do not name framealloc are parsed too. `advance` is called after each
/// file, from any thread, for progress.
pub(crate) fn analyze(
    input: &Input,
    config: &Config,
    everything: bool,
    advance: &(dyn Fn() + Sync),
) -> Analysis {
    let _ = (config, everything);
    let mut analysis = Analysis::default();
    for krate in input.crates.iter().filter(|krate| krate.selected) {
        for path in std::iter::once(&krate.root).chain(&krate.orphans) {
            let (text, error) = match std::fs::read_to_string(path) {
                Ok(text) => (text, None),
                Err(error) => (String::new(), Some((0, error.to_string()))),
            };
            let error = error.or_else(|| {
                syn::parse_file(&text)
                    .err()
                    .map(|error| (error.span().byte_range().start as u32, error.to_string()))
            });
            analysis.lines += text.lines().count();
            let file = analysis.sources.add(SourceFile::new(&input.root, path.clone(), text));
            analysis.linted.push(file);
            if let Some((at, error)) = error {
                analysis.unparsed.push((file, at, error));
            }
            advance();
        }
    }
    analysis
}
