//! One run: from crates to the findings that are shown.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::analysis::{self, Analysis};
use crate::config::Config;
use crate::finding::{Confidence, Finding, Level};
use crate::fingerprint::Fingerprint;
use crate::lints::configuration::UNPARSABLE_FILE;
use crate::output::Counts;
use crate::project::Input;
use crate::source::{FileId, Sources, Span};
use crate::suppress;
use crate::workspace::Exclude;

/// A finding, with what names it across versions.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) finding: Finding,
    pub(crate) print: Fingerprint,
}

/// What a run found, of every confidence, before categories, revisions and baselines narrow it down.
#[derive(Debug)]
pub(crate) struct Linted {
    pub(crate) sources: Sources,
    /// The files of selected crates.
    pub(crate) files: Vec<FileId>,
    /// At the levels in force, sorted by place; allowed ones are among them.
    pub(crate) all: Vec<Known>,
    /// Every tag that the code names, and where.
    pub(crate) tags: BTreeMap<String, Vec<Span>>,
    pub(crate) counts: Counts,
}

/// Lints `input`. Suppressions and levels are applied.
///
/// With `everything`, crates that do not name framealloc are looked at, too.
pub(crate) fn lint(
    input: &Input,
    config: &Config,
    exclude: &Exclude,
    everything: bool,
    advance: &(dyn Fn() + Sync),
) -> Linted {
    // Lints show all they have: a suppression of something unsure is in use, too.
    let settings = Config { min_confidence: Confidence::Low, ..config.clone() };
    let mut analysis = analysis::analyze(input, &settings, everything, advance);
    let kept = |sources: &Sources, file: FileId| !exclude.contains(&sources.get(file).absolute);
    analysis.findings.retain(|finding| kept(&analysis.sources, finding.primary.span.file));
    analysis.unparsed.retain(|(file, ..)| kept(&analysis.sources, *file));
    analysis.linted.retain(|&file| kept(&analysis.sources, file));
    let suppressed = finish(&mut analysis);
    let Analysis { sources, linted: files, mut findings, tags, lines, .. } = analysis;

    let place = |finding: &Finding| {
        let span = finding.primary.span;
        (sources.get(span.file).path.clone(), span.start, span.end, finding.lint.code)
    };
    findings.sort_by_cached_key(place);
    // A file may belong to several crates.
    findings.dedup_by_key(|finding| (place(finding), finding.message.clone()));
    for finding in &mut findings {
        finding.level = config.levels.of(finding.lint);
    }
    let prints = Fingerprint::of_all(&sources, &findings);
    let all = findings.into_iter().zip(prints).map(|(finding, print)| Known { finding, print });
    let all = all.collect();
    let paths: BTreeSet<&Path> = files.iter().map(|&file| sources.get(file).absolute.as_path()).collect();
    let counts = Counts {
        crates: input.crates.iter().filter(|one| one.selected).count(),
        files: paths.len(),
        lines,
        suppressed,
        baseline: 0,
    };
    Linted { sources, files, all, tags, counts }
}

/// Applies suppressions, and adds what lints of files and of suppressions find. The result is how many findings were
/// suppressed.
pub(crate) fn finish(analysis: &mut Analysis) -> usize {
    let sources = &analysis.sources;
    let linted: BTreeSet<FileId> = analysis.linted.iter().copied().collect();
    let unparsed = analysis.unparsed.iter().filter(|(file, ..)| linted.contains(file));
    let unparsed = unparsed.map(|(file, at, reason)| unparsable(sources, *file, *at, reason));
    analysis.findings.extend(unparsed);
    let findings = std::mem::take(&mut analysis.findings);
    let outcome = suppress::apply(sources, &analysis.linted, findings);
    analysis.findings = outcome.findings;
    outcome.suppressed
}

impl Linted {
    /// Leaves the findings that `shown` is true for, and none that are allowed.
    pub(crate) fn retain(&mut self, shown: impl Fn(&Sources, &Finding) -> bool) {
        let sources = &self.sources;
        self.all.retain(|known| known.finding.level != Level::Allow && shown(sources, &known.finding));
    }
}

fn unparsable(sources: &Sources, file: FileId, at: u32, reason: &str) -> Finding {
    let text = &sources.get(file).text;
    let mut start = (at as usize).min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let end = start + text[start..].chars().next().filter(|&c| c != '\n').map_or(0, char::len_utf8);
    let span = Span { file, start: start as u32, end: end as u32 };
    Finding::new(&UNPARSABLE_FILE, span, "this cannot be parsed, so that not all of the file was linted")
        .label(reason)
        .help("leave it out with `exclude` in `.fa.toml`, if no configuration compiles it")
}
