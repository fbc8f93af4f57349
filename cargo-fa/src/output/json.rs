//! The linter's own JSON: `schema/findings.schema.json`.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Report;
use crate::finding::{Finding, Label};
use crate::fingerprint::Fingerprint;
use crate::source::Span;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (errors, warnings) = report.totals();
    let findings = report.findings.iter().zip(report.fingerprints);
    let document = json!({
        "version": 1,
        "tool": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
        "summary": {
            "errors": errors,
            "warnings": warnings,
            "suppressed": report.counts.suppressed,
            "baseline": report.counts.baseline,
            "crates": report.counts.crates,
            "files": report.counts.files,
            "lines": report.counts.lines,
        },
        "findings": findings.map(|(one, print)| finding(report, one, print)).collect::<Vec<_>>(),
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn finding(report: &Report<'_>, finding: &Finding, fingerprint: &Fingerprint) -> Value {
    json!({
        "code": finding.lint.code,
        "name": finding.lint.name,
        "category": finding.lint.category.name(),
        "level": finding.level,
        "confidence": finding.confidence,
        "message": finding.message,
        "primary": label(report, &finding.primary),
        "secondary": finding.secondary.iter().map(|one| label(report, one)).collect::<Vec<_>>(),
        "notes": finding.notes,
        "helps": finding.helps,
        "fix": finding.fix.as_ref().map(|fix| json!({
            "title": fix.title,
            "machine_applicable": fix.machine_applicable,
            "edits": fix.edits.iter().map(|edit| json!({
                "span": span(report, edit.span),
                "replacement": edit.replacement,
            })).collect::<Vec<_>>(),
        })),
        "item": finding.item,
        "fingerprint": fingerprint.hash(),
    })
}

fn label(report: &Report<'_>, label: &Label) -> Value {
    json!({ "span": span(report, label.span), "label": label.text })
}

fn span(report: &Report<'_>, span: Span) -> Value {
    let place = report.place(span);
    json!({
        "path": place.path,
        "start": { "line": place.start.line, "column": place.start.column, "byte": span.start },
        "end": { "line": place.end.line, "column": place.end.column, "byte": span.end },
    })
}
