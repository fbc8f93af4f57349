//! Ways to write a [`Report`].
//!
//! | format | for |
//! |---|---|
//! | `human` | a terminal, as rustc shows things |
//! | `json` | scripts: `schema/findings.schema.json` describes it |
//! | `rustc-json` | editors: cargo's stream of messages, for rust-analyzer's `check.overrideCommand` |
//! | `sarif` | code scanning (SARIF 2.1.0) |
//! | `junit` | CI servers that show tests |
//! | `github` | annotations on a pull request |
//! | `checkstyle` | older CI servers and review tools |
//! | `compact` | one line each: `grep`, vim's quickfix |

mod checkstyle;
mod compact;
mod github;
mod human;
mod json;
mod junit;
mod rustc;
mod sarif;

use std::io::{self, Write};

use clap::ValueEnum;

use crate::finding::{Finding, Level};
use crate::fingerprint::Fingerprint;
use crate::project::Input;
use crate::source::{Position, Sources, Span};

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
    RustcJson,
    Sarif,
    Junit,
    Github,
    Checkstyle,
    Compact,
}

impl Format {
    pub(crate) const NAMES: [(&str, Self); 8] = [
        ("human", Self::Human),
        ("json", Self::Json),
        ("rustc-json", Self::RustcJson),
        ("sarif", Self::Sarif),
        ("junit", Self::Junit),
        ("github", Self::Github),
        ("checkstyle", Self::Checkstyle),
        ("compact", Self::Compact),
    ];
}

/// What is written: findings at the levels in force, sorted by place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report<'a> {
    pub(crate) input: &'a Input,
    pub(crate) sources: &'a Sources,
    pub(crate) findings: &'a [Finding],
    /// One for each finding.
    pub(crate) fingerprints: &'a [Fingerprint],
    pub(crate) counts: Counts,
}

/// What the summary says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) crates: usize,
    pub(crate) files: usize,
    pub(crate) lines: usize,
    /// Hidden by comments and attributes.
    pub(crate) suppressed: usize,
    /// Hidden by the baseline.
    pub(crate) baseline: usize,
}

impl Report<'_> {
    /// Errors and warnings.
    pub(crate) fn totals(&self) -> (usize, usize) {
        let errors = self.findings.iter().filter(|finding| finding.level == Level::Deny).count();
        (errors, self.findings.len() - errors)
    }

    fn place(&self, span: Span) -> Place<'_> {
        let file = self.sources.get(span.file);
        Place { path: &file.path, start: file.position(span.start), end: file.position(span.end) }
    }
}

/// A span as people name it.
#[derive(Clone, Copy, Debug)]
struct Place<'a> {
    path: &'a str,
    start: Position,
    end: Position,
}

/// Writes `report`; `styled` is for the terminal.
pub(crate) fn write(
    report: &Report<'_>,
    format: Format,
    styled: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, styled, out),
        Format::Json => json::write(report, out),
        Format::RustcJson => rustc::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Github => github::write(report, out),
        Format::Checkstyle => checkstyle::write(report, out),
        Format::Compact => compact::write(report, out),
    }
}

/// `error` or `warning`.
fn severity(level: Level) -> &'static str {
    match level {
        Level::Deny => "error",
        Level::Warn | Level::Allow => "warning",
    }
}

/// The message with everything that explains it, for formats that have one field only.
fn full_text(finding: &Finding) -> String {
    let mut text = finding.message.clone();
    if !finding.primary.text.is_empty() {
        text += &format!(": {}", finding.primary.text);
    }
    for note in &finding.notes {
        text += &format!("\nnote: {note}");
    }
    for help in finding.helps.iter().chain(finding.fix.iter().map(|fix| &fix.title)) {
        text += &format!("\nhelp: {help}");
    }
    text
}

/// For formats whose fields cannot hold line ends.
fn one_line(text: &str) -> String {
    text.replace('\n', "; ")
}

/// Without the characters that XML 1.0 cannot hold.
fn xml_text(text: &str) -> String {
    text.chars().filter(|&c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)).collect()
}

#[cfg(test)]
mod tests;
