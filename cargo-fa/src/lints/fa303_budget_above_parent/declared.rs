//! The budgets that the program and its configuration declare.

use crate::api::{BudgetOf, Fact};
use crate::flow::{budgets_in, bytes};
use crate::index::FnId;
use crate::lints::LintCx;
use crate::mir::{Body, Call, Const, Operand, Place};
use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `set_tag_budget`, `set_budget`, `with_budgets`.
    Call,
    /// `#[frame_system(budget = ..)]`: of one run.
    System,
    /// `[budgets.tags]`.
    File,
}

/// One budget.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    /// A path from the root; empty for the whole allocator.
    pub(super) tag: String,
    pub(super) bytes: u64,
    pub(super) kind: Kind,
    /// `None` in the configuration.
    pub(super) span: Option<Span>,
    pub(super) function: FnId,
    /// The function, and what in it the budget is set on: those with the same are certainly of one allocator.
    pub(super) together: Option<(FnId, Option<Place>)>,
}

/// All budgets whose size is spelled out. What tests set up they mean.
pub(super) fn collect(cx: &LintCx<'_>) -> Vec<Declared> {
    let mut all = Vec::new();
    for (id, data, function) in cx.model.functions() {
        if data.when.test {
            continue;
        }
        for body in &function.bodies {
            for (_, call) in body.calls() {
                of_call(cx, id, body, call, &mut all);
            }
        }
    }
    for (id, data, system) in cx.model.systems() {
        if let Some(budget) = &system.budget
            && let Some(bytes) = budget.bytes
            && !data.when.test
        {
            let (tag, span) = (system.tag.clone(), Some(budget.span));
            all.push(Declared { tag, bytes, kind: Kind::System, span, function: id, together: None });
        }
    }
    for (tag, bytes) in &cx.model.config.budgets.tags {
        all.push(Declared {
            tag: tag.clone(),
            bytes: *bytes,
            kind: Kind::File,
            span: None,
            function: FnId(0),
            together: None,
        });
    }
    all
}

fn of_call(cx: &LintCx<'_>, function: FnId, body: &Body, call: &Call, all: &mut Vec<Declared>) {
    let facts = cx.model.facts(call);
    let mut add = |tag: String, budget: &Operand, span: Span, on: Option<Place>| {
        if let Some(bytes) = bytes(cx.model, body, budget) {
            let together = Some((function, on));
            all.push(Declared { tag, bytes, kind: Kind::Call, span: Some(span), function, together });
        }
    };
    let on = || call.receiver().map(|receiver| receiver.place.clone());
    let named = facts.iter().find_map(|fact| match fact {
        Fact::Tag(at, _) => call.given().get(*at),
        _ => None,
    });
    for fact in facts {
        match fact {
            Fact::Budget(at, BudgetOf::Tag) => {
                let Some(tag) = named.and_then(text) else { continue };
                let Some(budget) = call.given().get(*at) else { continue };
                add(tag, budget, call.name_span.to(call.span), on());
            }
            Fact::Budget(at, BudgetOf::Allocator) => {
                let Some(budget) = call.given().get(*at) else { continue };
                add(String::new(), budget, call.name_span.to(call.span), on());
            }
            Fact::Budgets(at) => {
                let Some(list) = call.given().get(*at) else { continue };
                for (tag, budget, span) in budgets_in(body, list).into_iter().flatten().flatten() {
                    if let Some(tag) = text(tag) {
                        add(tag, budget, span, None);
                    }
                }
            }
            _ => {}
        }
    }
}

fn text(operand: &Operand) -> Option<String> {
    match &operand.value {
        Some(Const::Str(text)) => Some(text.clone()),
        _ => None,
    }
}
