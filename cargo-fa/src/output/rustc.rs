//! Cargo's stream of messages, one JSON object per line.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Report, human, severity};
use crate::finding::{Finding, Level};
use crate::project::CrateInput;
use crate::source::Span;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let file = report.sources.get(finding.primary.span.file);
        if let Some(owner) = report.input.owner(&file.absolute) {
            writeln!(out, "{}", message(report, finding, owner))?;
        }
    }
    let success = report.findings.iter().all(|finding| finding.level != Level::Deny);
    writeln!(out, "{}", json!({ "reason": "build-finished", "success": success }))
}

fn message(report: &Report<'_>, finding: &Finding, owner: &CrateInput) -> Value {
    let cargo = &owner.cargo;
    json!({
        "reason": "compiler-message",
        "package_id": cargo.package_id,
        "manifest_path": cargo.manifest,
        "target": {
            "kind": [cargo.kind],
            "crate_types": [cargo.crate_type],
            "name": owner.name,
            "src_path": owner.root,
            "edition": cargo.edition,
            "doc": cargo.kind == "lib",
            "doctest": cargo.kind == "lib",
            "test": true,
        },
        "message": diagnostic(report, finding),
    })
}

fn diagnostic(report: &Report<'_>, finding: &Finding) -> Value {
    let primary = span(report, finding.primary.span, true, &finding.primary.text, None);
    let secondary = finding.secondary.iter().map(|label| span(report, label.span, false, &label.text, None));
    let notes = finding.notes.iter().map(|note| child("note", note, Vec::new()));
    let helps = finding.helps.iter().map(|help| child("help", help, Vec::new()));
    let fix = finding.fix.iter().map(|fix| {
        let applicability = if fix.machine_applicable { "MachineApplicable" } else { "MaybeIncorrect" };
        let spans = fix
            .edits
            .iter()
            .map(|edit| span(report, edit.span, true, "", Some((edit.replacement.as_str(), applicability))));
        child("help", &fix.title, spans.collect())
    });
    json!({
        "$message_type": "diagnostic",
        "message": finding.message,
        "code": { "code": finding.lint.code, "explanation": finding.lint.page },
        "level": severity(finding.level),
        "spans": std::iter::once(primary).chain(secondary).collect::<Vec<_>>(),
        "children": notes.chain(helps).chain(fix).collect::<Vec<_>>(),
        "rendered": human::plain(report.sources, finding),
    })
}

fn child(level: &str, message: &str, spans: Vec<Value>) -> Value {
    json!({ "message": message, "code": null, "level": level, "spans": spans, "children": [], "rendered": null })
}

fn span(
    report: &Report<'_>,
    span: Span,
    primary: bool,
    label: &str,
    suggestion: Option<(&str, &str)>,
) -> Value {
    let place = report.place(span);
    let file = report.sources.get(span.file);
    let lines = (place.start.line..=place.end.line).map(|line| {
        let text = file.line(line);
        let from = if line == place.start.line { place.start.column } else { 1 };
        let to = if line == place.end.line { place.end.column } else { text.chars().count() + 1 };
        json!({ "text": text, "highlight_start": from, "highlight_end": to })
    });
    json!({
        "file_name": place.path,
        "byte_start": span.start,
        "byte_end": span.end,
        "line_start": place.start.line,
        "line_end": place.end.line,
        "column_start": place.start.column,
        "column_end": place.end.column,
        "is_primary": primary,
        "text": lines.collect::<Vec<_>>(),
        "label": if label.is_empty() { Value::Null } else { label.into() },
        "suggested_replacement": suggestion.map(|(text, _)| text),
        "suggestion_applicability": suggestion.map(|(_, applicability)| applicability),
        "expansion": null,
    })
}
