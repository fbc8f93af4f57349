//! SARIF 2.1.0: what code scanning reads.

mod model;

use std::io::{self, Write};

use model::{
    Artifact, BaseId, BaseIds, Change, Configuration, Driver, Fingerprints, FixOf, Help, Location, Log,
    Logical, Physical, Properties, Region, Replacement, ResultOf, Rule, Run, Tags, Text, Tool,
};

use super::{Place, Report, full_text, severity};
use crate::catalogue;
use crate::finding::{Finding, Fix};
use crate::fingerprint::Fingerprint;
use crate::lints::{self, Lint};
use crate::source::Span;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let results = report.findings.iter().zip(report.fingerprints);
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: env!("CARGO_PKG_NAME"),
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    information_uri: "https://docs.rs/cargo-fa",
                    rules: lints::ALL.iter().map(|lint| rule(lint)).collect(),
                },
            },
            column_kind: "unicodeCodePoints",
            original_uri_base_ids: BaseIds {
                root: BaseId { description: text("the root of the workspace") },
            },
            results: results.map(|(finding, print)| result(report, finding, print)).collect(),
        }],
    };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn rule(lint: &Lint) -> Rule {
    let page = catalogue::find(lint.code).map_or_else(|| lint.page.to_owned(), |entry| entry.page());
    Rule {
        id: lint.code,
        name: lint.name,
        short_description: text(lint.summary),
        help: Help { text: page.clone(), markdown: page },
        help_uri: catalogue::help_uri(lint),
        default_configuration: Configuration {
            level: severity(lint.level),
            enabled: lint.level != crate::finding::Level::Allow,
        },
        properties: Tags { tags: [lint.category.name()] },
    }
}

fn result(report: &Report<'_>, finding: &Finding, fingerprint: &Fingerprint) -> ResultOf {
    let related = finding.secondary.iter().enumerate().map(|(index, label)| Location {
        id: Some(index + 1),
        physical_location: physical(report, label.span),
        message: Some(text(&label.text)),
        logical_locations: Vec::new(),
    });
    let item = Logical { fully_qualified_name: finding.item.clone() };
    ResultOf {
        rule_id: finding.lint.code,
        rule_index: lints::ALL.iter().position(|lint| lint.code == finding.lint.code),
        level: severity(finding.level),
        message: text(&full_text(finding)),
        locations: [Location {
            id: None,
            physical_location: physical(report, finding.primary.span),
            message: None,
            logical_locations: if finding.item.is_empty() { Vec::new() } else { vec![item] },
        }],
        related_locations: related.collect(),
        partial_fingerprints: Fingerprints {
            primary_location_line_hash: format!("{}:{}", fingerprint.hash(), fingerprint.ordinal + 1),
        },
        fixes: finding.fix.iter().map(|one| fix(report, one)).collect(),
        properties: Properties { confidence: finding.confidence.name() },
    }
}

fn fix(report: &Report<'_>, fix: &Fix) -> FixOf {
    let mut changes: Vec<Change> = Vec::new();
    for edit in &fix.edits {
        let place = report.place(edit.span);
        let artifact = artifact(place);
        let replacement =
            Replacement { deleted_region: region(place), inserted_content: text(&edit.replacement) };
        match changes.iter_mut().find(|change| change.artifact_location.uri == artifact.uri) {
            Some(change) => change.replacements.push(replacement),
            None => changes.push(Change { artifact_location: artifact, replacements: vec![replacement] }),
        }
    }
    FixOf { description: text(&fix.title), artifact_changes: changes }
}

fn physical(report: &Report<'_>, span: Span) -> Physical {
    let place = report.place(span);
    Physical { artifact_location: artifact(place), region: region(place) }
}

fn artifact(place: Place<'_>) -> Artifact {
    Artifact { uri: uri(place.path), uri_base_id: "%SRCROOT%" }
}

fn region(place: Place<'_>) -> Region {
    Region {
        start_line: place.start.line,
        start_column: place.start.column,
        end_line: place.end.line,
        end_column: place.end.column,
    }
}

/// A relative path as a URI reference (RFC 3986): what may not stand in a path is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri += &format!("%{byte:02X}");
        }
    }
    uri
}

fn text(text: &str) -> Text {
    Text { text: text.to_owned() }
}
