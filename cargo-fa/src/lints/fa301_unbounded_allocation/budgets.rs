//! Which budgets are in force where.

use std::collections::{BTreeSet, HashMap};

use crate::api::{BudgetOf, Fact, Memory};
use crate::flow::budgets_in;
use crate::index::{CrateId, FnId};
use crate::lints::LintCx;
use crate::mir::{Body, Call, Callee, Const};

/// The budgets of the program.
pub(super) struct InForce<'a> {
    cx: &'a LintCx<'a>,
    /// Tags with a budget, as paths from the root.
    tags: BTreeSet<String>,
    /// Some tag gets a budget whose name is not spelled out.
    some_tag: bool,
    /// The whole allocator has one.
    allocator: bool,
    /// Frame memory of a thread has one.
    frames: bool,
    /// Pool memory of a thread has one.
    pool: bool,
    callers: HashMap<FnId, BTreeSet<FnId>>,
}

/// How long a chain of callers may be.
const DEPTH: usize = 6;

impl<'a> InForce<'a> {
    /// Those that can be in one program with `krate`: another target of the package has its own.
    pub(super) fn new(cx: &'a LintCx<'a>, krate: CrateId) -> Self {
        let tags = cx.model.config.budgets.tags.keys().cloned().collect();
        let mut found = Self {
            cx,
            tags,
            some_tag: false,
            allocator: false,
            frames: false,
            pool: false,
            callers: HashMap::new(),
        };
        let index = cx.model.index;
        let krates = (0..index.crates.len()).map(|at| CrateId(at as u32));
        let program: BTreeSet<CrateId> = krates.filter(|other| index.in_one_program(*other, krate)).collect();
        for (id, data) in index.functions() {
            if !program.contains(&data.krate) {
                continue;
            }
            let Some(function) = cx.model.body(id) else { continue };
            for body in &function.bodies {
                for (_, call) in body.calls() {
                    if let Callee::Fn(callee) = call.callee {
                        found.callers.entry(callee).or_default().insert(id);
                    }
                    if !data.when.test {
                        found.note(body, call);
                    }
                }
            }
        }
        found
    }

    fn note(&mut self, body: &Body, call: &Call) {
        for fact in self.cx.model.facts(call) {
            match fact {
                Fact::Budget(_, BudgetOf::Allocator) => self.allocator = true,
                Fact::Budget(_, BudgetOf::ThreadFrames) => self.frames = true,
                Fact::Budget(_, BudgetOf::ThreadPool) => self.pool = true,
                Fact::Budget(_, BudgetOf::Tag) => match tag_of(self.cx, call) {
                    Some(tag) => _ = self.tags.insert(tag.to_owned()),
                    None => self.some_tag = true,
                },
                Fact::Budgets(at) => self.note_list(body, call, *at),
                _ => {}
            }
        }
    }

    fn note_list(&mut self, body: &Body, call: &Call, at: usize) {
        let Some(pairs) = call.given().get(at).and_then(|list| budgets_in(body, list)) else {
            self.some_tag = true;
            return;
        };
        for pair in pairs {
            match pair.and_then(|(tag, ..)| tag.value.as_ref()) {
                Some(Const::Str(tag)) => _ = self.tags.insert(tag.clone()),
                _ => self.some_tag = true,
            }
        }
    }

    /// Whether some budget limits what `call` allocates in `memory`, whoever calls the function.
    pub(super) fn covers(&self, function: FnId, body: &Body, call: &Call, memory: Memory) -> bool {
        // What a tagged allocator's tag is, its maker knows.
        let receiver = call.receiver().and_then(|receiver| self.cx.model.index.ours(&receiver.ty));
        let tagged = receiver == Some("TaggedAllocator") && (self.some_tag || !self.tags.is_empty());
        self.allocator
            || self.frames && memory.of_a_frame()
            || self.pool && memory == Memory::Pool
            || tagged
            || self.enters(body)
            || self.covers_function(function, &mut Vec::new())
    }

    fn covers_function(&self, function: FnId, seen: &mut Vec<FnId>) -> bool {
        if let Some(system) = self.cx.model.system(function)
            && (system.budget.is_some() || self.has_budget(&system.tag))
        {
            return true;
        }
        if self
            .cx
            .model
            .body(function)
            .is_some_and(|function| function.bodies.iter().any(|body| self.enters(body)))
        {
            return true;
        }
        // Its callers may all have one.
        if seen.len() >= DEPTH || seen.contains(&function) {
            return false;
        }
        seen.push(function);
        let callers = self.callers.get(&function);
        let covered =
            callers.is_some_and(|callers| callers.iter().all(|caller| self.covers_function(*caller, seen)));
        seen.pop();
        covered
    }

    /// Whether a body enters a tag that has a budget.
    fn enters(&self, body: &Body) -> bool {
        body.calls().any(|(_, call)| {
            let facts = self.cx.model.facts(call);
            let names = facts.iter().any(|fact| matches!(fact, Fact::Tag(..)));
            let enters = facts.contains(&Fact::Guards) || facts.contains(&Fact::RunsInside);
            names
                && enters
                && match tag_of(self.cx, call) {
                    Some(tag) => self.has_budget(tag),
                    None => self.some_tag || !self.tags.is_empty(),
                }
        })
    }

    /// A tag, one above it, or one that it may be below a current tag.
    fn has_budget(&self, tag: &str) -> bool {
        let below = |path: &String| {
            tag == path
                || tag.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/'))
                || path.strip_suffix(tag).is_some_and(|rest| rest.ends_with('/'))
        };
        self.some_tag || self.tags.iter().any(below)
    }
}

/// The tag that a call names, where it is spelled out.
fn tag_of<'c>(cx: &LintCx<'_>, call: &'c Call) -> Option<&'c str> {
    let at = cx.model.facts(call).iter().find_map(|fact| match fact {
        Fact::Tag(at, _) => Some(*at),
        _ => None,
    })?;
    match &call.given().get(at)?.value {
        Some(Const::Str(tag)) => Some(tag),
        _ => None,
    }
}
