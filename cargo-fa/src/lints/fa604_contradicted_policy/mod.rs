//! FA604: a retention policy that contradicts what is done with the value.
#![doc = include_str!("page.md")]

use crate::api::Fact;
use crate::finding::{Confidence, Finding, Level};
use crate::index::{FnData, FnId};
use crate::lints::{Category, Lint, LintCx};
use crate::mir::{BlockId, Body, Call, Callee, Const, Operand};
use crate::source::Span;

pub(crate) static LINT: Lint = Lint {
    code: "FA604",
    name: "contradicted_policy",
    category: Category::DirtyMem,
    level: Level::Warn,
    summary: "a retention policy contradicts what is done with the value",
    page: include_str!("page.md"),
};

/// The name of values that are retained without one.
const UNNAMED: &str = "(unnamed)";

/// A value that is retained.
struct Declared {
    /// `None` when the source does not tell.
    name: Option<String>,
    policy: Policy,
    span: Span,
    item: String,
    /// How often a frame declares it.
    often: Often,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policy {
    Discard,
    Promote,
    Leak,
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Often {
    EachFrame,
    /// In some frames, as far as one can see.
    SomeFrames,
    Unknown,
}

/// What is taken from promotions.
#[derive(Default)]
struct Taken {
    names: Vec<(String, Span)>,
    /// By a name that is not followed, or all of them.
    others: bool,
}

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    let (mut declared, mut taken) = (Vec::new(), Taken::default());
    for (id, data, function) in cx.model.functions() {
        for body in &function.bodies {
            collect(cx, (id, data), body, &mut declared, &mut taken);
        }
    }
    for value in &declared {
        let named = |other: &&Declared| other.name == value.name;
        let promoted = declared.iter().filter(named).any(|other| other.policy != Policy::Discard);
        let by = value.name.as_ref().and_then(|name| taken.names.iter().find(|(known, _)| known == name));
        let finding = match (value.policy, by) {
            // The same name may be promoted elsewhere: then that is what is taken.
            (Policy::Discard, Some((name, by))) if !promoted => {
                Some(taken_though_discarded(value, name, *by))
            }
            (Policy::Leak, _) => leaked(value),
            (Policy::Promote, None) if !taken.names.is_empty() && !taken.others => never_taken(value),
            _ => None,
        };
        findings.extend(finding.map(|finding| finding.item(&value.item)));
    }
}

fn taken_though_discarded(value: &Declared, name: &str, by: Span) -> Finding {
    Finding::new(&LINT, value.span, format!("`{name}` is discarded at the end of its frame, and then taken"))
        .label("this goes with the frame")
        .also(by, "always `None` here")
        .help(
            "retain it with `RetentionPolicy::PromoteToPool` or `PromoteToHeap`, in a system with \
             `#[retain(PromoteToPool)]`; or do not take it",
        )
}

fn leaked(value: &Declared) -> Option<Finding> {
    let confidence = match value.often {
        Often::EachFrame => Confidence::High,
        Often::SomeFrames => Confidence::Low,
        Often::Unknown => return None,
    };
    let finding = Finding::new(&LINT, value.span, "each frame leaks one of these")
        .label("what is leaked is never freed")
        .help("leak once, before the first frame, or promote it with `PromoteToPool` and drop it when it is replaced");
    Some(finding.confidence(confidence))
}

fn never_taken(value: &Declared) -> Option<Finding> {
    let name = value.name.as_ref().filter(|name| *name != UNNAMED)?;
    let finding = Finding::new(&LINT, value.span, format!("`{name}` is promoted, and nothing here takes it"))
        .label("promoted at the end of its frame")
        .help(format!(
            "take it with `promotions.take(\"{name}\")`, or retain it with `RetentionPolicy::Discard`"
        ));
    Some(finding.confidence(Confidence::Low))
}

fn collect(
    cx: &LintCx<'_>,
    (id, data): (FnId, &FnData),
    body: &Body,
    declared: &mut Vec<Declared>,
    taken: &mut Taken,
) {
    for (block, call) in body.calls() {
        let facts = cx.model.facts(call);
        let given = |at: usize| call.given().get(at);
        for fact in facts {
            match fact {
                Fact::TakesPromoted(at) if !only_asks(body, call) => match text(given(*at)) {
                    Some(name) => taken.names.push((name, call.span)),
                    None => taken.others = true,
                },
                Fact::Policy(at) => {
                    let Some(policy) = given(*at) else { continue };
                    let named = facts.iter().find_map(|fact| match fact {
                        Fact::RetainedAs(at) => Some(text(given(*at))),
                        _ => None,
                    });
                    declared.push(Declared {
                        name: named.unwrap_or_else(|| Some(UNNAMED.to_owned())),
                        policy: policy_of(policy.value.as_ref()),
                        span: policy.span,
                        item: data.path.clone(),
                        often: often(cx, id, body, block),
                    });
                }
                _ => {}
            }
        }
        if cx.model.api(call).as_deref() == Some("Promotions::iter") {
            taken.others = true;
        }
        // `#[retain(POLICY, name = "..")]`, with the policy and the name as its last arguments.
        if let (Callee::Macro(name), [.., policy, name_of]) = (&call.callee, &call.args[..])
            && name == "retain"
        {
            declared.push(Declared {
                name: text(Some(name_of)),
                policy: text(Some(policy)).map_or(Policy::Unknown, |policy| policy_named(&policy)),
                span: call.name_span,
                item: data.path.clone(),
                often: often(cx, id, body, block),
            });
        }
    }
}

fn text(operand: Option<&Operand>) -> Option<String> {
    match &operand?.value {
        Some(Const::Str(text)) => Some(text.clone()),
        _ => None,
    }
}

fn policy_of(value: Option<&Const>) -> Policy {
    match value {
        Some(Const::Variant(_, name)) => policy_named(name),
        _ => Policy::Unknown,
    }
}

fn policy_named(name: &str) -> Policy {
    match name {
        "Discard" | "Ephemeral" => Policy::Discard,
        "Leak" => Policy::Leak,
        "PromoteToPool" | "PromoteToHeap" | "PromoteToScratch" | "Reusable" | "Persistent" | "Scratch" => {
            Policy::Promote
        }
        _ => Policy::Unknown,
    }
}

/// `promotions.take(name).is_none()`: it is not expected to be there.
fn only_asks(body: &Body, take: &Call) -> bool {
    body.calls().any(|(_, call)| {
        let asked = call.receiver().and_then(|receiver| receiver.place.whole());
        asked == Some(take.dest)
            && matches!(&call.callee, Callee::Foreign(name) if name.ends_with("::is_none"))
    })
}

/// Whether a block of a function runs in each frame: in a system, or in a loop that begins a frame in each round.
fn often(cx: &LintCx<'_>, id: FnId, body: &Body, block: BlockId) -> Often {
    let begins = |call: &Call| cx.model.facts(call).contains(&Fact::BeginsFrame);
    let in_frames = body.loops_around(block).any(|around| {
        body.calls().any(|(at, call)| begins(call) && body.loops_around(at).any(|other| other == around))
    });
    if !in_frames && (cx.model.system(id).is_none() || body.parent.is_some()) {
        return Often::Unknown;
    }
    if is_skipped(body, block) { Often::SomeFrames } else { Often::EachFrame }
}

/// Whether some way through the body, or through the round of its loop, goes around the block.
fn is_skipped(body: &Body, block: BlockId) -> bool {
    let around = body.block(block).in_loop;
    let inside = |at: BlockId| around.is_none() || body.loops_around(at).any(|id| Some(id) == around);
    let start = (0..body.blocks.len() as u32).map(BlockId).find(|at| inside(*at)).unwrap_or(BlockId(0));
    let (mut seen, mut work) = (vec![start], vec![start]);
    while let Some(at) = work.pop() {
        if at == block {
            continue;
        }
        let next = &body.block(at).next;
        // A loop's head may leave it; a block behind it that goes back, or out, has passed the block by.
        let leaves = next.is_empty() && !body.block(at).diverges;
        let goes_on =
            around.is_some() && at != start && next.iter().any(|next| *next == start || !inside(*next));
        if leaves || goes_on {
            return true;
        }
        for &next in next {
            if inside(next) && !seen.contains(&next) {
                seen.push(next);
                work.push(next);
            }
        }
    }
    false
}
