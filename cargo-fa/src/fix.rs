//! Applies the fixes of findings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::files;
use crate::finding::{Edit, Finding};
use crate::source::{SourceFile, Sources};

/// What the machine-applicable fixes of some findings do to files.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) files: Vec<Changed>,
    /// Fixes in it.
    pub(crate) applied: usize,
    /// Fixes that overlap with others: they have their turn in another round.
    pub(crate) postponed: usize,
    /// Files whose fixes would leave something that does not parse: they stay as they are.
    pub(crate) refused: Vec<String>,
}

/// A file with other text than before.
#[derive(Debug)]
pub(crate) struct Changed {
    /// Relative to the root.
    pub(crate) path: String,
    absolute: PathBuf,
    old: String,
    new: String,
}

impl Plan {
    pub(crate) fn new<'a>(sources: &Sources, findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut plan = Self::default();
        let mut edits: BTreeMap<&Path, (&SourceFile, Vec<&Edit>)> = BTreeMap::new();
        for fix in findings.into_iter().filter_map(|finding| finding.fix.as_ref()) {
            if !fix.machine_applicable {
                continue;
            }
            let overlaps = fix.edits.iter().any(|edit| {
                let taken = edits.get(sources.get(edit.span.file).absolute.as_path());
                taken.is_some_and(|(_, taken)| taken.iter().any(|other| clash(edit, other)))
            });
            if overlaps {
                plan.postponed += 1;
                continue;
            }
            plan.applied += 1;
            for edit in &fix.edits {
                let file = sources.get(edit.span.file);
                let (_, taken) = edits.entry(&file.absolute).or_insert((file, Vec::new()));
                // Two findings may ask for the same change.
                if !taken.iter().any(|other| same(edit, other)) {
                    taken.push(edit);
                }
            }
        }
        for (file, edits) in edits.into_values() {
            let new = edited(&file.text, edits);
            if syn::parse_file(&new).is_err() && syn::parse_file(&file.text).is_ok() {
                plan.refused.push(file.path.clone());
            } else if new != file.text {
                let (path, absolute) = (file.path.clone(), file.absolute.clone());
                plan.files.push(Changed { path, absolute, old: file.text.clone(), new });
            }
        }
        plan
    }

    pub(crate) fn write(&self) -> Result<()> {
        self.files.iter().try_for_each(|file| files::replace(&file.absolute, file.new.as_bytes()))
    }

    /// As a unified diff that `git apply` takes.
    pub(crate) fn diff(&self) -> String {
        let diffs = self.files.iter().map(|file| {
            let diff = similar::TextDiff::from_lines(&file.old, &file.new);
            let (old, new) = (format!("a/{}", file.path), format!("b/{}", file.path));
            diff.unified_diff().context_radius(3).header(&old, &new).to_string()
        });
        diffs.collect()
    }
}

fn same(left: &Edit, right: &Edit) -> bool {
    (left.span.start, left.span.end) == (right.span.start, right.span.end)
        && left.replacement == right.replacement
}

/// Whether both cannot be applied: they share text, or insert at one place.
fn clash(left: &Edit, right: &Edit) -> bool {
    let (left_span, right_span) = (left.span, right.span);
    let share = left_span.start < right_span.end && right_span.start < left_span.end;
    !same(left, right) && (share || left_span.start == right_span.start)
}

fn edited(text: &str, mut edits: Vec<&Edit>) -> String {
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.span.start, edit.span.end)));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.range(), &edit.replacement);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::finding::Fix;
    use crate::lints::PROBE;
    use crate::source::Span;

    /// The plan for `edits` (start, end, replacement), each a fix of its own.
    fn plan(text: &str, edits: &[(u32, u32, &str)]) -> Plan {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new(Path::new("/w"), PathBuf::from("/w/a.rs"), text.to_owned()));
        let findings: Vec<_> = edits
            .iter()
            .map(|&(start, end, replacement)| {
                let span = Span { file, start, end };
                let edits = vec![Edit { span, replacement: replacement.to_owned() }];
                let fix =
                    Fix { title: "write it".to_owned(), edits, machine_applicable: replacement != "unsure" };
                Finding::new(&PROBE, span, "bad").fix(fix)
            })
            .collect();
        Plan::new(&sources, &findings)
    }

    #[test]
    fn edits_are_applied_together() {
        let plan = plan("fn f() { a(); b(); }", &[(9, 10, "cc"), (14, 15, "d"), (9, 10, "cc")]);
        assert_eq!(plan.files[0].new, "fn f() { cc(); d(); }");
        assert_eq!((plan.applied, plan.postponed), (3, 0));
        assert_eq!(
            plan.diff(),
            "--- a/a.rs\n+++ b/a.rs\n@@ -1 +1 @@\n-fn f() { a(); b(); }\n\\ No newline at end of file\n\
             +fn f() { cc(); d(); }\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn overlapping_edits_wait() {
        let plan =
            plan("fn f() { a(); b(); }", &[(9, 13, "c();"), (9, 10, "d"), (12, 14, "x"), (13, 13, " e();")]);
        assert_eq!((plan.applied, plan.postponed), (2, 2));
        assert_eq!(plan.files[0].new, "fn f() { c(); e(); b(); }");
    }

    #[test]
    fn unsure_fixes_and_those_that_break_a_file_are_left_out() {
        assert!(plan("fn f() { a(); }", &[(9, 10, "unsure")]).files.is_empty());
        let plan = plan("fn f() { a(); }", &[(9, 13, "}")]);
        assert!(plan.files.is_empty());
        assert_eq!(plan.refused, ["a.rs"]);
    }
}
