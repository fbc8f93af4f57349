//! FA301: a loop that somebody else decides the length of keeps what it allocates, and nothing limits it.
#![doc = include_str!("page.md")]

mod budgets;
mod input;
mod limits;

use std::collections::BTreeMap;

use crate::api::{Amount, Memory, Role, role};
use crate::finding::{Confidence, Finding, Level};
use crate::flow::rounds::{has_frames, is_of_round, keyword, made_in_round};
use crate::flow::{Fate, fate, filled, kept_by};
use crate::index::{CrateId, FnId};
use crate::lints::{Category, Lint, LintCx};
use crate::mir::{BlockId, Body, Call, LoopId, Place, Root};
use crate::source::Span;
use budgets::InForce;
use input::{Input, input_of};
use limits::is_limited;

pub(crate) static LINT: Lint = Lint {
    code: "FA301",
    name: "unbounded_allocation",
    category: Category::Budgets,
    level: Level::Warn,
    summary: "a loop without a bound keeps what it allocates, without a budget",
    page: include_str!("page.md"),
};

pub(crate) fn check(cx: &LintCx<'_>, findings: &mut Vec<Finding>) {
    // Made for a crate when a loop of it is about to be blamed.
    let mut budgets = BTreeMap::new();
    for (id, data, function) in cx.model.functions() {
        if data.when.test {
            continue;
        }
        for body in &function.bodies {
            let found =
                body.calls().filter_map(|(block, call)| check_call(cx, &mut budgets, id, body, block, call));
            findings.extend(found.map(|finding| finding.item(&data.path)));
        }
    }
}

fn check_call<'a>(
    cx: &'a LintCx<'a>,
    budgets: &mut BTreeMap<CrateId, InForce<'a>>,
    function: FnId,
    body: &Body,
    block: BlockId,
    call: &Call,
) -> Option<Finding> {
    body.block(block).in_loop?;
    body.loops_around(block).find_map(|id| {
        let kept = kept(cx, body, id, call)?;
        let input = input_of(cx, body, id)?;
        if is_limited(cx, body, id, &kept.into) {
            return None;
        }
        let krate = cx.model.index.function(function).krate;
        let in_force = budgets.entry(krate).or_insert_with(|| InForce::new(cx, krate));
        if in_force.covers(function, body, call, kept.memory) {
            return None;
        }
        Some(report(cx, body, id, call, &kept, &input))
    })
}

/// What a call adds to a container that outlives the loop.
struct Kept {
    memory: Memory,
    into: Place,
    /// The container itself allocates when it grows.
    grows: bool,
    /// The allocation in the function that is called.
    inner: Option<Span>,
}

fn kept(cx: &LintCx<'_>, body: &Body, id: LoopId, call: &Call) -> Option<Kept> {
    if let Some((memory, Amount::One | Amount::Many)) = cx.summaries.makes(cx.model, call) {
        if memory.of_a_frame()
            && (has_frames(cx.model, cx.summaries, body, id) || made_in_round(body, call, id))
        {
            return None;
        }
        let Fate::Collected { into, .. } = fate(cx.model, body, call, Some(id)) else { return None };
        return Some(Kept { memory, into, grows: false, inner: None });
    }
    if let Some(kept) = kept_by(cx.model, cx.summaries, call) {
        let frames = kept.memory.of_a_frame() && has_frames(cx.model, cx.summaries, body, id);
        let of_round = kept
            .into
            .root_local()
            .is_some_and(|local| is_of_round(body, local, id) && !body.local(local).ty.is_ref());
        let outlives = !frames && !of_round;
        return outlives.then_some(Kept {
            memory: kept.memory,
            into: kept.into,
            grows: false,
            inner: Some(kept.span),
        });
    }
    let receiver = call.receiver()?;
    let name = cx.model.index.ours(&receiver.ty)?;
    let grows = role(name) == Some(Role::FrameMemory) && !name.starts_with("Bounded");
    // A list of this round goes with it.
    if !grows
        || filled(cx.model, call).is_none()
        || has_frames(cx.model, cx.summaries, body, id)
        || made_in_round(body, call, id)
    {
        return None;
    }
    Some(Kept { memory: Memory::Passed, into: receiver.place.clone(), grows: true, inner: None })
}

fn report(cx: &LintCx<'_>, body: &Body, id: LoopId, call: &Call, kept: &Kept, input: &Input) -> Finding {
    let name = name_of(body, &kept.into);
    let label = if kept.grows {
        format!("`{name}` grows with every round")
    } else {
        format!("allocated in every round, and kept in `{name}`")
    };
    let loop_span = keyword(cx.model, body, id);
    let finding = Finding::new(
        &LINT,
        call.span,
        format!("{} decides how much is allocated here: there is no bound, and no budget", input.who),
    )
    .label(label);
    let finding = match kept.inner {
        Some(inner) => finding.also(inner, "what the call allocates"),
        None => finding,
    };
    let finding = match input.span {
        Some(span) => finding.also(span, "this decides how many rounds there are"),
        None => finding.also(loop_span, "this loop ends when its input does"),
    };
    let finding = finding
        .help("give the work a budget: `#[frame_system(tag = .., budget = \"4MB\")]`, or `set_tag_budget` for a tag that is entered here")
        .help(format!("or stop when there is enough, as in `if {name}.len() >= MAX {{ break }}`"));
    finding.confidence(if kept.grows && input.local { Confidence::Low } else { Confidence::Medium })
}

fn name_of(body: &Body, place: &Place) -> String {
    let field = place.fields.iter().rev().find(|field| !matches!(field.as_str(), "*" | "[]"));
    let variable = match place.root {
        Root::Local(local) => body.local(local).name.clone(),
        Root::Static(_) => None,
    };
    field.cloned().or(variable).unwrap_or_else(|| "the list".to_owned())
}
