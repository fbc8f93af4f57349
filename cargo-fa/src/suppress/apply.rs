//! Takes suppressed findings out, and reports what is wrong with suppressions.

use std::collections::BTreeMap;
use std::ops::Range;

use memchr::memmem;

use super::comments;
use super::directive::{self, Directive, Named};
use super::scope::Scopes;
use crate::catalogue;
use crate::finding::{Edit, Finding, Fix};
use crate::lints::{self, Category, Lint, configuration as lint};
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::suggest::nearest;

/// What is left.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Without the suppressed ones, with those about suppressions.
    pub(crate) findings: Vec<Finding>,
    pub(crate) suppressed: usize,
}

/// Applies the suppressions in `files`. `findings` are those of every level and confidence: what they match is in use.
pub(crate) fn apply(sources: &Sources, files: &[FileId], findings: Vec<Finding>) -> Outcome {
    let mut by_path: BTreeMap<&str, Suppressions> = BTreeMap::new();
    for &file in files {
        let source = sources.get(file);
        by_path.entry(&source.path).or_insert_with(|| Suppressions::of(file, source));
    }
    let before = findings.len();
    let mut left: Vec<_> = findings
        .into_iter()
        .filter(|finding| {
            let source = sources.get(finding.primary.span.file);
            !by_path.get_mut(source.path.as_str()).is_some_and(|all| all.suppress(source, finding))
        })
        .collect();
    let suppressed = before - left.len();
    for suppressions in by_path.into_values() {
        left.extend(suppressions.findings(sources));
    }
    Outcome { findings: left, suppressed }
}

/// One code of one suppression.
#[derive(Debug)]
struct Allowed {
    lint: &'static Lint,
    name: Named,
    used: bool,
}

#[derive(Debug)]
struct Suppression {
    span: Range<usize>,
    covers: Covers,
    allowed: Vec<Allowed>,
    /// It is a comment that may be removed.
    comment: bool,
    conditional: bool,
}

#[derive(Debug)]
enum Covers {
    Range(Range<usize>),
    Line(usize),
}

/// Those of one file.
#[derive(Debug)]
struct Suppressions {
    file: FileId,
    all: Vec<Suppression>,
    mistakes: Vec<Finding>,
}

impl Suppressions {
    fn of(file: FileId, source: &SourceFile) -> Self {
        let mut this = Self { file, all: Vec::new(), mistakes: Vec::new() };
        let text = source.text.as_str();
        if memmem::find(text.as_bytes(), b"fa:").is_none() {
            return this;
        }
        let mut comments = comments::starting_with(text, "fa:");
        comments.retain(|comment| directive::is_meant(&text[comment.content.clone()]));
        if comments.is_empty() && !text.contains("cfg_attr") {
            return this;
        }
        // What the parser cannot take is not worth the run.
        let scopes = std::panic::catch_unwind(|| Scopes::of(text)).unwrap_or_default();
        for comment in comments {
            let covers = match comment.next_code {
                _ if comment.after_code => Covers::Line(line(source, comment.span.start)),
                Some(next) => scopes
                    .beginning_in(comment.span.end..=next)
                    .map_or_else(|| Covers::Line(line(source, next)), Covers::Range),
                None => Covers::Range(comment.span.clone()),
            };
            let parsed = directive::parse(&text[comment.content.clone()], comment.content.start);
            this.add(comment.span, covers, parsed, &scopes, true);
        }
        for allowed in &scopes.attributes {
            let covers = Covers::Range(allowed.covers.clone());
            this.add(allowed.span.clone(), covers, allowed.directive.clone(), &scopes, false);
        }
        this
    }

    fn add(
        &mut self,
        span: Range<usize>,
        covers: Covers,
        directive: Result<Directive, String>,
        scopes: &Scopes,
        comment: bool,
    ) {
        let directive = match directive {
            Ok(directive) => directive,
            Err(message) => {
                let (message, help) = message.split_once("; ").unwrap_or((&message, ""));
                let finding = Finding::new(&lint::UNKNOWN_SUPPRESSION, self.at(&span), message);
                self.mistakes.push(finding.label("it suppresses nothing").help(help));
                return;
            }
        };
        let mut allowed = Vec::new();
        for name in directive.names {
            match lints::find(&name.text) {
                Some(lint) if lint.category != Category::Configuration => {
                    allowed.push(Allowed { lint, name, used: false });
                }
                found => self.mistakes.push(unknown(found, &name, self.at(&name.span))),
            }
        }
        if !directive.reason {
            let finding = Finding::new(
                &lint::UNEXPLAINED_SUPPRESSION,
                self.at(&span),
                "this suppression does not say why",
            );
            let help = if comment {
                "write the reason after a colon: `fa:allow(..): the reason`"
            } else {
                "add the reason as an argument: `fa::allow(.., reason = \"the reason\")`"
            };
            self.mistakes.push(finding.help(help));
        }
        let conditional = match &covers {
            Covers::Range(range) => scopes.is_conditional(range),
            Covers::Line(_) => scopes.is_conditional(&span),
        };
        self.all.push(Suppression { span, covers, allowed, comment, conditional });
    }

    /// Whether a suppression covers `finding`; all that do are in use.
    fn suppress(&mut self, source: &SourceFile, finding: &Finding) -> bool {
        let span = finding.primary.span;
        let mut found = false;
        for suppression in &mut self.all {
            let covered = match &suppression.covers {
                Covers::Range(range) => {
                    range.start <= span.start as usize && (span.start as usize) < range.end
                }
                Covers::Line(at) => {
                    *at == source.position(span.start).line || *at == source.position(span.end).line
                }
            };
            for allowed in &mut suppression.allowed {
                if covered && allowed.lint.code == finding.lint.code {
                    allowed.used = true;
                    found = true;
                }
            }
        }
        found
    }

    /// What is wrong with these suppressions.
    fn findings(mut self, sources: &Sources) -> Vec<Finding> {
        let mut findings = std::mem::take(&mut self.mistakes);
        for suppression in self.all.iter().filter(|suppression| !suppression.conditional) {
            let unused: Vec<_> = suppression.allowed.iter().filter(|allowed| !allowed.used).collect();
            for allowed in &unused {
                let message = format!("nothing here needs the suppression of {}", allowed.name.text);
                let span = self.at(&allowed.name.span);
                let finding =
                    Finding::new(&lint::UNUSED_SUPPRESSION, span, message).label(allowed.lint.summary);
                let only = unused.len() == suppression.allowed.len();
                findings.push(match fix(sources.get(self.file), self.file, suppression, allowed, only) {
                    Some(fix) => finding.fix(fix),
                    None => finding.help("remove it"),
                });
            }
        }
        findings
    }

    fn at(&self, range: &Range<usize>) -> Span {
        Span { file: self.file, start: range.start as u32, end: range.end as u32 }
    }
}

fn line(source: &SourceFile, at: usize) -> usize {
    source.position(at as u32).line
}

fn unknown(found: Option<&Lint>, name: &Named, span: Span) -> Finding {
    let message = match (found, catalogue::find(&name.text)) {
        (Some(lint), _) => {
            format!("the code {} is about the linter's own work and cannot be suppressed here", lint.code)
        }
        (None, Some(entry)) => {
            format!("the code {} cannot be suppressed here: {}", entry.code, entry.source.describe())
        }
        (None, None) => format!("no lint is called `{}`", name.text),
    };
    let finding = Finding::new(&lint::UNKNOWN_SUPPRESSION, span, message).label("it suppresses nothing");
    let all = lints::ALL.iter().filter(|lint| lint.category != Category::Configuration);
    let near = nearest(&name.text, all.flat_map(|lint| [lint.code, lint.name]));
    match near {
        _ if found.is_some() => finding.help("set its level in `[lints]` of `.fa.toml`"),
        Some(near) => {
            let edits = vec![Edit { span, replacement: near.to_owned() }];
            finding.fix(Fix { title: format!("did you mean `{near}`?"), edits, machine_applicable: false })
        }
        None => finding.help("`cargo fa list` shows all lints"),
    }
}

/// Removes the comment when all of it is unused, else the one code.
fn fix(source: &SourceFile, file: FileId, whole: &Suppression, one: &Allowed, all: bool) -> Option<Fix> {
    if !whole.comment {
        return None;
    }
    let range =
        if all { around(&source.text, &whole.span) } else { with_comma(&source.text, &one.name.span) };
    let span = Span { file, start: range.start as u32, end: range.end as u32 };
    let title = if all { "remove the comment".to_owned() } else { format!("remove {}", one.name.text) };
    Some(Fix { title, edits: vec![Edit { span, replacement: String::new() }], machine_applicable: true })
}

/// A comment with the blanks before it; with its line, when it stands there alone.
fn around(text: &str, comment: &Range<usize>) -> Range<usize> {
    let start = text[..comment.start].trim_end_matches([' ', '\t']).len();
    let alone = start == 0 || text[..start].ends_with('\n');
    let rest = &text[comment.end..];
    let end = comment.end + (rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len());
    match text.as_bytes().get(end) {
        Some(b'\n') if alone => start..end + 1,
        Some(b'\n') | None => start..comment.end,
        Some(_) => comment.clone(),
    }
}

/// One entry of a list with a comma that it no longer needs.
fn with_comma(text: &str, entry: &Range<usize>) -> Range<usize> {
    let after = text[entry.end..].trim_start();
    if let Some(rest) = after.strip_prefix(',') {
        return entry.start..text.len() - rest.trim_start().len();
    }
    let before = text[..entry.start].trim_end();
    before.strip_suffix(',').map_or(entry.start, |before| before.trim_end().len())..entry.end
}

#[cfg(test)]
#[path = "apply_tests.rs"]
mod tests;
