//! What `cargo xtask lint-corpus` runs and measures. It is no part of the interface.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::analysis::{Analysis, analyze};
use crate::config::Config;
use crate::finding::Confidence;
use crate::project::Input;
use crate::workspace::plain;

/// What a run over some crates came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Files that were parsed.
    pub parsed: usize,
    /// Files that could not be, with the reason.
    pub unparsed: Vec<String>,
    /// Functions that the linter failed at.
    pub gave_up: Vec<String>,
    /// `file:line CODE message`, those of low confidence included.
    pub findings: Vec<String>,
    /// Without the search for files.
    pub time: Duration,
}

/// The crates of some folders.
#[derive(Debug)]
pub struct Crates(Input);

impl Crates {
    /// Looks for the crates below `folders`.
    ///
    /// # Panics
    /// When a folder cannot be read.
    pub fn below(folders: &[PathBuf]) -> Self {
        let inputs = folders.iter().map(|folder| plain(folder, &[]).expect("the folder can be read"));
        let crates = inputs.flat_map(|input| input.crates).collect();
        Self(Input { root: PathBuf::new(), crates })
    }

    /// Every file of theirs.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.0
            .crates
            .iter()
            .flat_map(|one| std::iter::once(&one.root).chain(&one.others))
            .map(PathBuf::as_path)
    }

    /// Runs all lints; with `everything`, over crates too that do not name framealloc.
    pub fn lint(&self, everything: bool) -> Outcome {
        let config = Config { min_confidence: Confidence::Low, ..Config::default() };
        let start = Instant::now();
        let analysis = analyze(&self.0, &config, everything, &|| {});
        let time = start.elapsed();
        let Analysis { sources, linted, findings, unparsed, gave_up, .. } = analysis;
        let place = |file, at| {
            let file = sources.get(file);
            format!("{}:{}", file.path, file.position(at).line)
        };
        let findings = findings.iter().map(|finding| {
            let span = finding.primary.span;
            format!("{} {} {}", place(span.file, span.start), finding.lint.code, finding.message)
        });
        let failed =
            unparsed.iter().map(|(file, _, reason)| format!("{}: {reason}", sources.get(*file).path));
        let (findings, unparsed): (Vec<_>, Vec<_>) = (findings.collect(), failed.collect());
        Outcome { parsed: linted.len() - unparsed.len(), unparsed, gave_up, findings, time }
    }
}

/// Parses a file, and does nothing with the tree: what linting is compared with.
pub fn parse(text: &str) -> bool {
    proc_macro2::extra::invalidate_current_thread_spans();
    syn::parse_file(text).is_ok()
}
