//! `cargo fa show FILE`: one file, with what the linter is not certain of.

use std::io::Write as _;

use anyhow::{Context as _, Result, bail};

use super::options::{Common, Show};
use super::session::Session;
use super::{CLEAN, FINDINGS, terminal};
use crate::output::{self, Format, Report};

pub(super) fn run(common: &Common, options: &Show) -> Result<u8> {
    let file = options.file.canonicalize();
    let file = file.with_context(|| format!("`{}` cannot be read", options.file.display()))?;
    let session = Session::new(common, &options.selection, &options.levels)?;
    let mut linted = session.lint();
    let is_it = |path: &std::path::Path| path.canonicalize().is_ok_and(|path| path == file);
    if !linted.files.iter().any(|&one| is_it(&linted.sources.get(one).absolute)) {
        bail!("`{}` belongs to no linted crate; `cargo fa -v` lists them", options.file.display());
    }
    linted.retain(|sources, finding| is_it(&sources.get(finding.primary.span.file).absolute));
    let (findings, prints): (Vec<_>, Vec<_>) =
        linted.all.into_iter().map(|known| (known.finding, known.print)).unzip();
    let report = Report {
        input: &session.input,
        sources: &linted.sources,
        findings: &findings,
        fingerprints: &prints,
        counts: linted.counts,
    };
    let mut text = Vec::new();
    output::write(&report, Format::Human, terminal::styled(), &mut text)?;
    std::io::stdout().write_all(&text)?;
    if !common.quiet {
        let count = findings.len();
        let noun = if count == 1 { "finding" } else { "findings" };
        terminal::status("Finished", &format!("{count} {noun} in {}", options.file.display()));
    }
    Ok(if findings.is_empty() { CLEAN } else { FINDINGS })
}
