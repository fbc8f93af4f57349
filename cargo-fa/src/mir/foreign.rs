//! Calls of what is not in the index: std, rayon, anybody's.

use super::build::Lower;
use super::calls::is_closure;
use super::{Callee, Op, Operand, Place, Ran, Run};
use crate::api;
use crate::hir::{self, Expr};
use crate::index::Ty;
use crate::infer::{self, Args, Known};
use crate::source::Span;

/// Methods that put their last argument into a container.
const FILLS: [&str; 7] = ["extend", "extend_from_slice", "insert", "push", "push_back", "push_front", "set"];
/// Methods of iterators that yield as many items as they are given.
const KEEPS_LEN: [&str; 9] =
    ["cloned", "copied", "enumerate", "inspect", "into_iter", "iter", "iter_mut", "map", "rev"];

impl Lower<'_> {
    pub(super) fn foreign_method(
        &mut self,
        base: Operand,
        name: &hir::Name,
        turbofish: Vec<Ty>,
        args: &[Expr],
        span: Span,
    ) -> Operand {
        let (mut operands, types) = self.plain_args(args);
        let (receiver, known) =
            self.known_method(&base.ty, &name.text, Args { types: &types, turbofish: &turbofish });
        let source = Some(base.place.clone());
        let (ty, mut runs) = self.foreign_closures(known, args, &mut operands, span, source);
        let operands: Vec<Operand> = operands.into_iter().flatten().collect();
        self.refine(&base, &name.text, operands.last());
        let by_ref = base.ty.is_ref() || base.by_ref || !takes_itself(&name.text);
        let callee = Callee::Foreign(format!("{}::{}", self.index.type_name(&receiver), name.text));
        let len = self.len_of(&base).filter(|_| KEEPS_LEN.contains(&&*name.text));
        let mut all = vec![Operand { by_ref, ..base }];
        all.extend(operands);
        runs.iter_mut().for_each(|ran| ran.arg += 1);
        let made = self.finish(callee, all, true, ty, span, name.span);
        self.note_runs(runs);
        self.with_len(made, len)
    }

    /// The arguments that are no closures, with the types of all.
    pub(super) fn plain_args(&mut self, args: &[Expr]) -> (Vec<Option<Operand>>, Vec<Ty>) {
        let lowered: Vec<Option<Operand>> =
            args.iter().map(|arg| (!is_closure(arg)).then(|| self.expr(arg, None))).collect();
        let ty = |operand: &Option<Operand>| {
            operand.as_ref().map(|operand| operand.ty.clone()).unwrap_or_default()
        };
        let types = lowered.iter().map(ty).collect();
        (lowered, types)
    }

    /// What is known of a method of something from elsewhere, dereferencing as far as it takes.
    fn known_method(&self, ty: &Ty, name: &str, args: Args<'_>) -> (Ty, Option<Known>) {
        // Before a container of framealloc is taken for what it dereferences to.
        if name == "clone" && matches!(ty.peeled(), Ty::Adt(..)) {
            return (ty.clone(), Some(Known::returns(self.cloned(ty))));
        }
        let mut receiver = ty.clone();
        for _ in 0..8 {
            if let Some(known) = infer::method(&receiver, name, args) {
                return (receiver, Some(known));
            }
            match self.index.deref(&receiver) {
                Some(next) => receiver = next,
                None => break,
            }
        }
        let cloned = matches!(name, "clone" | "to_owned").then(|| Known::returns(ty.peeled().clone()));
        let items =
            matches!(name, "iter" | "iter_mut" | "into_iter" | "drain").then(|| self.index.iterate(ty));
        let items = items.filter(|item| *item != Ty::Unknown);
        (ty.clone(), cloned.or(items.map(|item| Known::returns(Ty::Iter(Box::new(item))))))
    }

    /// What `clone` makes: a box of framealloc is no `Clone`, its value is.
    fn cloned(&self, ty: &Ty) -> Ty {
        let of = ty.peeled();
        match self.index.ours(of) {
            Some(name) if api::is_cloned_as_value(name) => {
                self.index.deref(of).map(|value| self.cloned(&value)).unwrap_or_default()
            }
            _ => of.clone(),
        }
    }

    /// Lowers the closures among the arguments with what they are called with; the type of the call, and what it runs.
    fn foreign_closures(
        &mut self,
        known: Option<Known>,
        args: &[Expr],
        operands: &mut [Option<Operand>],
        span: Span,
        source: Option<Place>,
    ) -> (Ty, Vec<Ran>) {
        let mut returned = Vec::new();
        let mut runs = Vec::new();
        for called in known.iter().flat_map(|known| &known.closures) {
            let Some(slot) = operands.get_mut(called.index) else { continue };
            let params = called.params(&returned);
            if slot.is_none() {
                let wanted = Ty::Fn(params, Box::default());
                operands[called.index] = Some(self.expr(&args[called.index], Some(&wanted)));
            }
            let ty = operands[called.index].as_ref().map(|operand| operand.ty.clone()).unwrap_or_default();
            runs.push(Ran { arg: called.index, run: called.run });
            if let Ty::Closure(key) = ty.peeled() {
                self.ran(*key, called.run, span, source.clone());
            }
            returned.push(self.ret_of(&ty));
        }
        for (slot, arg) in operands.iter_mut().zip(args) {
            if slot.is_none() {
                let operand = self.expr(arg, None);
                if let Ty::Closure(key) = operand.ty.peeled() {
                    self.ran(*key, Run::Once, span, source.clone());
                }
                *slot = Some(operand);
            }
        }
        (known.map(|known| known.result(&returned)).unwrap_or_default(), runs)
    }

    /// Adds to the call that was made last which of its arguments it runs.
    pub(super) fn note_runs(&mut self, runs: Vec<Ran>) {
        let building = self.building();
        if let Some(Op::Call(call)) = building.body.blocks[building.current.0 as usize].ops.last_mut() {
            call.runs = runs;
        }
    }

    /// A container whose elements nobody named yet is one of what is put into it.
    pub(super) fn refine(&mut self, base: &Operand, name: &str, put: Option<&Operand>) {
        let (Some(local), Some(put)) = (base.place.whole(), put) else { return };
        if !FILLS.contains(&name) || put.ty == Ty::Unknown {
            return;
        }
        let element = if name == "extend" { self.index.iterate(&put.ty) } else { put.ty.clone() };
        match self.local_ty(local) {
            Ty::Adt(_, args) | Ty::Foreign(_, args) => match &mut args[..] {
                [] => args.push(element),
                [.., last] if *last == Ty::Unknown => *last = element,
                _ => {}
            },
            _ => {}
        }
    }

    pub(super) fn call_foreign(
        &mut self,
        names: &[&str],
        args: &[Expr],
        span: Span,
        name_span: Span,
    ) -> Operand {
        let (mut operands, types) = self.plain_args(args);
        let known = infer::function(names, Args { types: &types, turbofish: &[] });
        let calls = known.as_ref().is_none_or(|known| !known.closures.is_empty());
        let (mut ty, runs) = self.foreign_closures(known, args, &mut operands, span, None);
        let operands: Vec<Operand> = operands.into_iter().flatten().collect();
        if !calls && args.iter().any(is_closure) {
            // `Box::new(|| ..)`: now the type of the closure is known.
            let types: Vec<Ty> = operands.iter().map(|operand| operand.ty.clone()).collect();
            let known = infer::function(names, Args { types: &types, turbofish: &[] });
            ty = known.map(|known| known.result(&[])).unwrap_or_default();
        }
        let callee = Callee::Foreign(names.join("::"));
        let made = self.finish(callee, operands, false, ty, span, name_span);
        self.note_runs(runs);
        if names.len() > 1 && matches!(names.last(), Some(&("exit" | "abort"))) {
            self.diverge();
        }
        made
    }
}

/// Whether a method of std uses its receiver up.
fn takes_itself(name: &str) -> bool {
    const BY_VALUE: [&str; 36] = [
        "and",
        "and_then",
        "collect",
        "count",
        "err",
        "expect",
        "expect_err",
        "filter",
        "flatten",
        "fold",
        "for_each",
        "inspect",
        "is_err_and",
        "is_none_or",
        "is_ok_and",
        "is_some_and",
        "join",
        "last",
        "map",
        "map_err",
        "map_or",
        "map_or_else",
        "ok",
        "ok_or",
        "ok_or_else",
        "or",
        "or_else",
        "sum",
        "then",
        "unwrap",
        "unwrap_err",
        "unwrap_or",
        "unwrap_or_default",
        "unwrap_or_else",
        "xor",
        "zip",
    ];
    name.starts_with("into_") || BY_VALUE.contains(&name)
}
