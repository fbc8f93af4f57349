//! FA803: memory of one subsystem that another frees.
#![doc = include_str!("page.md")]

use crate::finding::{Confidence, Finding, Level};
use crate::flow::{Freed, Tag, Value};
use crate::index::FnId;
use crate::lints::{Category, Lint, LintCx};
use crate::mir::{Body, Local, Op, Operand};

pub(crate) static LINT: Lint = Lint {
    code: "FA803",
    name: "foreign_free",
    category: Category::Architecture,
    level: Level::Warn,
    summary: "a box that was made under the tag of one subsystem is freed under that of another",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    for (id, data, _) in cx.model.functions().filter(|(_, data, _)| !data.when.test) {
        let mut found: Vec<Finding> = Vec::new();
        cx.tags.visit(cx.model, id, |scopes, body, state, op| {
            for freed in scopes.frees(body, state, op) {
                found.extend(blame(cx, id, body, &freed));
            }
        });
        // A variable that several ways out drop is one mistake.
        found.dedup_by(|one, other| one.primary == other.primary);
        findings.extend(found.into_iter().map(|finding| finding.item(&data.path)));
    }
}

fn blame(cx: &LintCx<'_>, id: FnId, body: &Body, freed: &Freed) -> Option<Finding> {
    let Value::Made { tag, at } = &freed.value else { return None };
    let entry = cx.tags.entry(cx.model, id);
    let (made, under) = (tag.within(&entry.tag), freed.under.within(&entry.tag));
    let (from, by) = (made.subsystem()?, under.subsystem()?);
    if from == by {
        return None;
    }
    let (Tag::Rooted(made), Tag::Rooted(under)) = (&made, &under) else { return None };
    let inferred = entry.inferred && [tag, &freed.under].iter().any(|tag| matches!(tag, Tag::Nested(_)));
    let message = format!("memory of `{from}` is freed by `{by}`");
    let help =
        format!("give it back to `{from}`: a function there that takes the box enters its tag and drops it");
    let finding = match freed.left {
        None => Finding::new(&LINT, freed.at, message)
            .label(format!("freed under `{under}`"))
            .confidence(if inferred { Confidence::Medium } else { Confidence::High }),
        // Where it is handed on elsewhere in the body, the end of its scope is only what remains of a way out.
        Some(local) if handed_on(body, local) => return None,
        Some(local) => {
            let data = body.local(local);
            let name = data.name.as_ref().map_or_else(|| "the box".to_owned(), |name| format!("`{name}`"));
            Finding::new(&LINT, data.span, message)
                .label(format!("{name} is dropped at the end of its scope, under `{under}`"))
                .confidence(Confidence::Medium)
        }
    };
    let finding = finding.also(*at, format!("made under `{made}`"));
    Some(
        finding
            .help(help)
            .help("`alloc.defer_drop(value)` leaves it to the end of the frame, when no system runs"),
    )
}

/// Whether a variable, or a part of it, moves to another place somewhere.
fn handed_on(body: &Body, local: Local) -> bool {
    let takes = |operand: &Operand| operand.place.root_local() == Some(local) && !operand.by_ref;
    body.ops().any(|(_, op)| match op {
        Op::Call(call) => call.args.iter().any(takes),
        Op::Move { from, .. } => takes(from),
        Op::Aggregate { parts, .. } | Op::Closure { captures: parts, .. } => parts.iter().any(takes),
        Op::Exit { value, .. } => value.as_ref().is_some_and(takes),
        Op::Use { .. } | Op::Drop { .. } | Op::Await { .. } | Op::Jump { .. } => false,
    })
}
