//! Which functions framealloc can reach: only those are read and get a graph.
//!
//! A file is parsed without what is inside of its functions ([`crate::hir`]). Of those insides, few have to do with
//! framealloc, and the others are neither parsed nor looked into:
//!
//! ```text
//! signatures of all functions --index-->  types with something of ours in them            ours
//!                                              |
//!                                              v
//!            names that lead there  <-->  functions with such a name inside               names
//!                                              |
//!                                              v
//!            methods beside them, and what they call  <-->  what is called from there     here
//! ```
//!
//! # Why nothing is lost
//!
//! A finding is about a function in which something of framealloc is called, or something that calls it.
//!
//! 1. A value of framealloc comes into a function by its parameters, `self` included; from a static; or from a call. The
//!    first is told by types ([`ours`]), the others have a name that is written inside.
//! 2. So has every call: that of framealloc's functions, whose types are imported or begin with the crate's name, and
//!    that of functions which are reached themselves. Those are taken for the same whatever module they are in, so that
//!    no import can hide one; what an import or an alias calls them is followed ([`names`]).
//! 3. What a reached function calls matters to it, although framealloc does not reach it: a call may hand back what it
//!    was given, or wait for a thread. Its graph tells exactly what that is. So do methods of the same type, which may
//!    wait for the threads of each other, and implementations, when a trait's method is called.
//! 4. An item inside of a function is seen by the function only, but for an `impl`: functions with one inside are read
//!    first of all.
//!
//! What comes out of macros that programs define is not followed here, and nowhere else in the linter.

mod names;
mod ours;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;

use crate::hir::{self, Block, Body, ParseError};
use crate::index::{Build, CrateId, FnId, Index, Owner, Ty};
use crate::mir::{self, Callee, Const, FnBody, Op, Operand};
use crate::project::Cfg;
use crate::source::{FileId, Sources};
use names::Names;

/// A function with what is inside of it.
type Parsed = (FnId, FileId, Result<Block, ParseError>);

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    pub(crate) index: Index,
    /// The functions that were asked for, sorted, those without an inside included.
    pub(crate) asked: Vec<FnId>,
    /// Their graphs, by function.
    pub(crate) graphs: Vec<Option<FnBody>>,
    /// Functions whose lowering went wrong: they have no graph.
    pub(crate) gave_up: Vec<FnId>,
    /// Functions that could not be parsed.
    pub(crate) unparsed: Vec<(FileId, u32, String)>,
}

/// Reads what framealloc can reach. `cfgs` are those of the crates, framealloc's included.
pub(crate) fn reach(sources: &Sources, cfgs: &[Cfg], build: Build) -> Reached {
    let mut reading = Reading::new(sources, cfgs, build);
    let mut names = Names::default();
    loop {
        let found = names.reached(reading.build.index(), sources);
        if found.is_empty() {
            break;
        }
        reading.read(&found);
    }
    reading.follow(&names.all_reached())
}

/// Reads everything: what [`reach`] is compared with.
#[cfg(test)]
pub(crate) fn reach_all(sources: &Sources, cfgs: &[Cfg], build: Build) -> Reached {
    let mut reading = Reading::new(sources, cfgs, build);
    loop {
        let all: Vec<FnId> = reading.build.index().functions().map(|(id, _)| id).collect();
        reading.read(&all);
        if reading.settled == all.len() {
            return reading.follow(&all);
        }
    }
}

struct Reading<'a> {
    sources: &'a Sources,
    cfgs: &'a [Cfg],
    build: Build,
    /// How many functions there were when everything was looked up the last time.
    settled: usize,
    /// By function, whether there is a graph of it, as far as there can be.
    asked: Vec<bool>,
    reached: Reached,
}

impl<'a> Reading<'a> {
    fn new(sources: &'a Sources, cfgs: &'a [Cfg], build: Build) -> Self {
        let reached = Reached::default();
        let mut reading = Self { sources, cfgs, build, settled: 0, asked: Vec::new(), reached };
        reading.settle();
        reading
    }

    /// Makes the graphs of functions that were read, and of what matters to them.
    fn follow(mut self, found: &[FnId]) -> Reached {
        let mut next = beside(self.build.index(), found);
        self.lower(found);
        next.extend(found.iter().flat_map(|id| self.called(*id)));
        while !next.is_empty() {
            let asked: Vec<FnId> = next.into_iter().filter(|id| !self.is_asked(*id)).collect();
            self.read(&asked);
            self.lower(&asked);
            next = asked.iter().flat_map(|id| self.called(*id)).collect();
        }
        self.finish()
    }

    fn is_asked(&self, id: FnId) -> bool {
        self.asked.get(id.0 as usize).is_some_and(|asked| *asked)
    }

    /// Reads functions that are not read, and looks up what is inside of them.
    fn read(&mut self, ids: &[FnId]) {
        self.parse(ids);
        self.settle();
    }

    /// Looks up what is new; functions with an `impl` inside are read for that.
    fn settle(&mut self) {
        loop {
            self.build.settle();
            let count = self.build.index().fns.len();
            self.asked.resize(count, false);
            let new = (self.settled as u32..count as u32).map(FnId);
            self.settled = count;
            let with_impl: Vec<FnId> = new.filter(|id| self.has_impl(*id)).collect();
            if with_impl.is_empty() {
                return;
            }
            self.parse(&with_impl);
        }
    }

    fn has_impl(&self, id: FnId) -> bool {
        match &self.build.index().function(id).function.body {
            Some(Body::Unread(span)) => {
                let text = self.sources.get(span.file).slice(*span);
                memchr::memmem::find(text.as_bytes(), b"impl").is_some_and(|_| words::has_word(text, "impl"))
            }
            _ => false,
        }
    }

    fn parse(&mut self, ids: &[FnId]) {
        let index = self.build.index();
        let parsed: Vec<Parsed> = ids.par_iter().filter_map(|id| self.parse_one(index, *id)).collect();
        for (id, file, parsed) in parsed {
            match parsed {
                Ok(block) => self.build.set_body(id, block),
                Err(error) => self.reached.unparsed.push((file, error.offset, error.message)),
            }
        }
    }

    /// What goes wrong inside the parser is an error like any other.
    fn parse_one(&self, index: &Index, id: FnId) -> Option<Parsed> {
        let data = index.function(id);
        let Some(Body::Unread(span)) = &data.function.body else { return None };
        let (text, cfg) = (&self.sources.get(span.file).text, &self.cfgs[data.krate.0 as usize]);
        let parsed = catch_unwind(AssertUnwindSafe(|| hir::lower_body(text, *span, cfg)));
        let parsed = parsed.unwrap_or_else(|_| {
            Err(ParseError { offset: span.start, message: "the parser gave up on this function".to_owned() })
        });
        Some((id, span.file, parsed))
    }

    /// Makes graphs. A function that the lowering gives up on has none; the others have.
    fn lower(&mut self, ids: &[FnId]) {
        let index = self.build.index();
        let lower = |id: &FnId| catch_unwind(AssertUnwindSafe(|| mir::lower_function(index, *id)));
        let lowered: Vec<_> = ids.par_iter().map(lower).collect();
        let reached = &mut self.reached;
        reached.graphs.resize_with(index.fns.len(), || None);
        for (id, graph) in ids.iter().zip(lowered) {
            self.asked[id.0 as usize] = true;
            match graph {
                Ok(graph) => reached.graphs[id.0 as usize] = graph,
                Err(_) => reached.gave_up.push(*id),
            }
        }
    }

    /// What a function calls or names that was not asked for.
    fn called(&self, id: FnId) -> BTreeSet<FnId> {
        let index = self.build.index();
        let mut called = BTreeSet::new();
        match &self.reached.graphs[id.0 as usize] {
            Some(graph) => named(graph, &mut called),
            None => {
                let data = index.function(id);
                if let Some(Owner::Trait(of)) = data.owner {
                    called.extend(index.implementations(of, data.name()));
                }
            }
        }
        called.retain(|id| !self.is_asked(*id));
        called
    }

    fn finish(mut self) -> Reached {
        let asked = (0..self.asked.len() as u32).map(FnId).filter(|id| self.asked[id.0 as usize]);
        self.reached.asked = asked.collect();
        self.reached.graphs.resize_with(self.asked.len(), || None);
        self.reached.gave_up.sort();
        self.reached.index = self.build.finish();
        self.reached
    }
}

/// The methods of the types that these functions are methods of.
fn beside(index: &Index, functions: &[FnId]) -> BTreeSet<FnId> {
    let owner = |id: &FnId| match &index.function(*id).owner {
        Some(Owner::Type(Ty::Adt(id, _))) => Some(*id),
        _ => None,
    };
    let owners: BTreeSet<_> = functions.iter().filter_map(owner).collect();
    let all = index.functions().filter(|(_, data)| data.krate != CrateId::FRAMEALLOC).map(|(id, _)| id);
    all.filter(|id| owner(id).is_some_and(|owner| owners.contains(&owner))).collect()
}

/// The functions that a graph calls, or has as values.
fn named(graph: &FnBody, found: &mut BTreeSet<FnId>) {
    let mut value = |operand: &Operand| {
        if let Some(Const::Fn(id)) = operand.value {
            found.insert(id);
        }
    };
    for (_, op) in graph.bodies.iter().flat_map(mir::Body::ops) {
        match op {
            Op::Call(call) => call.args.iter().for_each(&mut value),
            Op::Move { from, .. } => value(from),
            Op::Aggregate { parts, .. } | Op::Closure { captures: parts, .. } => {
                parts.iter().for_each(&mut value);
            }
            Op::Exit { value: Some(returned), .. } => value(returned),
            Op::Exit { .. } | Op::Use { .. } | Op::Drop { .. } | Op::Await { .. } | Op::Jump { .. } => {}
        }
    }
    for (_, call) in graph.bodies.iter().flat_map(mir::Body::calls) {
        if let Callee::Fn(id) = call.callee {
            found.insert(id);
        }
    }
}
