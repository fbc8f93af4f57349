//! As rustc shows diagnostics.

use std::collections::BTreeSet;
use std::io::{self, Write};

use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};

use super::Report;
use crate::finding::{self, Confidence, Finding, Label};
use crate::source::{FileId, Sources, Span};

pub(super) fn write(report: &Report<'_>, styled: bool, out: &mut dyn Write) -> io::Result<()> {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let mut explained = BTreeSet::new();
    for finding in report.findings {
        let first = explained.insert(finding.lint.code);
        writeln!(out, "{}\n", renderer.render(&groups(report.sources, finding, first)))?;
    }
    Ok(())
}

/// One finding without colours, for other formats.
pub(super) fn plain(sources: &Sources, finding: &Finding) -> String {
    Renderer::plain().render(&groups(sources, finding, false)) + "\n"
}

/// `first`: no finding of this lint was shown before, so that its page is mentioned.
fn groups<'a>(sources: &'a Sources, finding: &'a Finding, first: bool) -> Vec<Group<'a>> {
    let level = match finding.level {
        finding::Level::Deny => Level::ERROR,
        finding::Level::Warn | finding::Level::Allow => Level::WARNING,
    };
    let mut main = level
        .primary_title(finding.message.as_str())
        .id(finding.lint.code)
        .elements(snippets(sources, finding));
    main = main.elements(finding.notes.iter().map(|note| Level::NOTE.message(note.as_str())));
    if finding.confidence != Confidence::High {
        main = main.element(
            Level::NOTE
                .message(format!("the linter is not certain: {} confidence", finding.confidence.name())),
        );
    }
    main = main.elements(finding.helps.iter().map(|help| Level::HELP.message(help.as_str())));
    if first {
        let lint = finding.lint;
        main = main.element(
            Level::NOTE.message(format!("`cargo fa explain {}` says more about `{}`", lint.code, lint.name)),
        );
    }
    let fix = finding.fix.as_ref().map(|fix| {
        let title = Level::HELP.secondary_title(fix.title.as_str());
        title.elements(by_file(fix.edits.iter().map(|edit| (edit.span, edit))).into_iter().map(
            |(file, edits)| {
                let file = sources.get(file);
                let patches =
                    edits.into_iter().map(|edit| Patch::new(edit.span.range(), edit.replacement.as_str()));
                Snippet::source(file.text.as_str()).path(file.path.as_str()).patches(patches)
            },
        ))
    });
    std::iter::once(main).chain(fix).collect()
}

fn snippets<'a>(
    sources: &'a Sources,
    finding: &'a Finding,
) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let labels = std::iter::once(&finding.primary).chain(&finding.secondary);
    let by_file = by_file(labels.map(|label| (label.span, label)));
    let snippets = by_file.into_iter().map(|(file, labels)| {
        let file = sources.get(file);
        let annotations = labels.into_iter().map(|label: &Label| {
            let primary = std::ptr::eq(label, &raw const finding.primary);
            let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let text = (!label.text.is_empty()).then_some(label.text.as_str());
            kind.span(label.span.range()).label(text)
        });
        Snippet::source(file.text.as_str()).path(file.path.as_str()).annotations(annotations)
    });
    snippets.collect()
}

/// Groups by file, in the order in which files first occur.
fn by_file<T>(items: impl Iterator<Item = (Span, T)>) -> Vec<(FileId, Vec<T>)> {
    let mut groups: Vec<(FileId, Vec<T>)> = Vec::new();
    for (span, item) in items {
        match groups.iter_mut().find(|(file, _)| *file == span.file) {
            Some((_, group)) => group.push(item),
            None => groups.push((span.file, vec![item])),
        }
    }
    groups
}
