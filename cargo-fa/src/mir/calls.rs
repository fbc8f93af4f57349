//! What a call names, its arguments, its type.

use super::build::Lower;
use super::exprs::fill;
use super::{Call, Callee, Const, Exit, Op, Operand, Place, Ran, Run, RunSite};
use crate::api;
use crate::hir::{self, Expr, ExprKind};
use crate::index::{BodyKey, Def, FnId, Ty};
use crate::infer::{self, Args, Known};
use crate::source::Span;

/// Macros that end in a panic.
const PANICS: [&str; 4] = ["panic", "todo", "unimplemented", "unreachable"];
/// Methods that put their last argument into a container.
const FILLS: [&str; 7] = ["extend", "extend_from_slice", "insert", "push", "push_back", "push_front", "set"];
/// Methods of iterators that yield as many items as they are given.
const KEEPS_LEN: [&str; 9] =
    ["cloned", "copied", "enumerate", "inspect", "into_iter", "iter", "iter_mut", "map", "rev"];

/// What is known of a call before its arguments are looked at.
struct Expected {
    params: Vec<Ty>,
    /// Parameters of types that are known already.
    generics: Vec<(String, Ty)>,
}

impl Lower<'_> {
    pub(super) fn call(&mut self, callee: &Expr, args: &[Expr], span: Span) -> Operand {
        let ExprKind::Path(path) = &callee.kind else {
            let function = self.expr(callee, None);
            let args = self.args(args, &[]);
            let ty = self.ret_of(&function.ty);
            return self.finish(Callee::Unknown, args, false, ty, span, callee.span);
        };
        if let Some(local) = path.single().and_then(|name| self.variable(name)) {
            return self.call_variable(local, args, span, callee.span);
        }
        let all = path.segments.len();
        match self.index.resolve_path(self.scope.module, path) {
            Some((Def::Fn(id), used)) if used == all => return self.call_fn(id, path, args, span),
            Some((Def::Adt(id), used)) if used == all => {
                let declared = self.index.adt(id).fields.clone();
                return self.construct(id, &declared, None, args, span);
            }
            Some((Def::Variant(id, at), used)) if used == all => {
                let (name, declared) = self.index.adt(id).variants[at].clone();
                return self.construct(id, &declared, Some(name), args, span);
            }
            Some((Def::Foreign(names), _)) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                return self.call_foreign(&names, args, span, callee.span);
            }
            Some((def, used)) if used + 1 == all => {
                if let Some(id) = self.associated(&def, path) {
                    return self.call_fn(id, path, args, span);
                }
            }
            _ if path.single() == Some("Self") => {
                if let Some(Ty::Adt(id, _)) = self.scope.self_ty.clone() {
                    let declared = self.index.adt(id).fields.clone();
                    return self.construct(id, &declared, None, args, span);
                }
            }
            None => {
                if let Some(id) = self.of_self_or_param(path) {
                    return self.call_fn(id, path, args, span);
                }
            }
            _ => {}
        }
        let names: Vec<&str> = path.segments.iter().map(|segment| segment.name.as_str()).collect();
        self.call_foreign(&names, args, span, callee.span)
    }

    /// The function `Type::name` for the type before the last name of the path.
    pub(super) fn associated(&self, def: &Def, path: &hir::Path) -> Option<FnId> {
        let ty = match def {
            Def::Trait(id) => Ty::Param(String::new(), vec![*id]),
            Def::Adt(_) | Def::Alias(_) => {
                let segments = path.segments[..path.segments.len() - 1].to_vec();
                self.index.ty(&self.scope, &hir::TypeRef::Path(hir::Path { segments, ..path.clone() }))
            }
            _ => return None,
        };
        self.index.inherent(&ty, &path.last().name)
    }

    /// `Self::name`, `T::name`, `<T>::name`.
    pub(super) fn of_self_or_param(&self, path: &hir::Path) -> Option<FnId> {
        let ty = match (&path.qself, path.segments.len()) {
            (Some(qself), _) => self.index.ty(&self.scope, qself),
            (None, 2) => {
                let segments = path.segments[..1].to_vec();
                self.index.ty(&self.scope, &hir::TypeRef::Path(hir::Path { segments, ..path.clone() }))
            }
            _ => return None,
        };
        self.index.inherent(&ty, &path.last().name)
    }

    fn call_variable(&mut self, local: super::Local, args: &[Expr], span: Span, name_span: Span) -> Operand {
        let ty = self.local_ty(local).clone();
        let params = match &ty {
            Ty::Fn(params, _) => params.clone(),
            _ => Vec::new(),
        };
        let args = self.args(args, &params);
        let callee = match &ty {
            Ty::Closure(key) => {
                self.ran(*key, Run::Once, span, None);
                Callee::Closure(*key)
            }
            _ => Callee::Value(local),
        };
        let ret = self.ret_of(&ty);
        self.emit(Op::Use { place: Place::local(local), span: name_span });
        self.finish(callee, args, false, ret, span, name_span)
    }

    fn ret_of(&self, ty: &Ty) -> Ty {
        match ty.peeled() {
            Ty::Fn(_, ret) => (**ret).clone(),
            Ty::Closure(key) => {
                self.bodies[key.0 as usize].as_ref().map(|body| body.ret.clone()).unwrap_or_default()
            }
            _ => Ty::Unknown,
        }
    }

    /// A function by its path; the receiver of a method is its first argument then.
    fn call_fn(&mut self, id: FnId, path: &hir::Path, args: &[Expr], span: Span) -> Operand {
        let data = self.index.function(id);
        let mut generics = Vec::new();
        let turbofish: Vec<Ty> = path.last().args.iter().map(|ty| self.index.ty(&self.scope, ty)).collect();
        let own = data.function.generics.iter().map(|generic| generic.name.clone());
        generics.extend(own.zip(turbofish.iter().cloned()));
        let expected = Expected { params: data.params.clone(), generics };
        let ret = data.ret.clone();
        let (operands, generics) = self.checked_args(args, expected, &|_| Run::Once, span, None);
        let ret = fill(&ret, &generics);
        self.finish(Callee::Fn(id), operands, false, ret, span, path.span)
    }

    pub(super) fn method_call(
        &mut self,
        receiver: &Expr,
        name: &hir::Name,
        turbofish: Vec<Ty>,
        args: &[Expr],
        span: Span,
    ) -> Operand {
        let base = self.expr(receiver, None);
        if let Some(method) = self.index.method(&base.ty, &name.text) {
            let data = self.index.function(method.function);
            let mut generics = method.generics;
            let own = data.function.generics.iter().map(|generic| generic.name.clone());
            generics.extend(own.zip(turbofish.iter().cloned()));
            let skip = usize::from(data.has_self);
            let expected = Expected { params: data.params.iter().skip(skip).cloned().collect(), generics };
            let (ret, by_value) = (data.ret.clone(), data.by_value);
            let source = Some(base.place.clone());
            let per_item = self.index.api(method.function).is_some_and(|api| api.contains("from_fn"));
            let run = if per_item { Run::PerItem } else { Run::Once };
            let (mut operands, generics) = self.checked_args(args, expected, &|_| run, span, source);
            let by_ref = base.by_ref || !by_value || base.ty.is_ref();
            operands.insert(0, Operand { by_ref, ..base });
            let ret = fill(&ret, &generics);
            return self.finish(Callee::Fn(method.function), operands, true, ret, span, name.span);
        }
        self.foreign_method(base, name, turbofish, args, span)
    }

    fn foreign_method(
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
    fn plain_args(&mut self, args: &[Expr]) -> (Vec<Option<Operand>>, Vec<Ty>) {
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
    fn note_runs(&mut self, runs: Vec<Ran>) {
        let building = self.building();
        if let Some(Op::Call(call)) = building.body.blocks[building.current.0 as usize].ops.last_mut() {
            call.runs = runs;
        }
    }

    /// A container whose elements nobody named yet is one of what is put into it.
    fn refine(&mut self, base: &Operand, name: &str, put: Option<&Operand>) {
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

    fn call_foreign(&mut self, names: &[&str], args: &[Expr], span: Span, name_span: Span) -> Operand {
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

    /// A tuple struct or variant.
    fn construct(
        &mut self,
        id: crate::index::AdtId,
        declared: &[(String, Ty)],
        variant: Option<String>,
        args: &[Expr],
        span: Span,
    ) -> Operand {
        let params: Vec<Ty> = declared.iter().map(|(_, ty)| ty.clone()).collect();
        let parts = self.args(args, &params);
        let mut found = Vec::new();
        for (param, part) in params.iter().zip(&parts) {
            param.unify(&part.ty, &mut found);
        }
        let ty = fill(&self.own_type(id), &found);
        let value = variant.map(|variant| Const::Variant(self.index.adt(id).name.text.clone(), variant));
        let fields = declared.iter().map(|(name, _)| name.clone()).collect();
        Operand { value, ..self.aggregate(ty, parts, fields, span) }
    }

    fn args(&mut self, args: &[Expr], params: &[Ty]) -> Vec<Operand> {
        let expected = Expected { params: params.to_vec(), generics: Vec::new() };
        let at = args.first().map_or(Span { file: self.file(), start: 0, end: 0 }, |arg| arg.span);
        self.checked_args(args, expected, &|_| Run::Once, at, None).0
    }

    fn file(&mut self) -> crate::source::FileId {
        self.building().body.span.file
    }

    /// Lowers arguments against parameters: closures last, because the others tell what they are called with.
    fn checked_args(
        &mut self,
        args: &[Expr],
        mut expected: Expected,
        run: &dyn Fn(usize) -> Run,
        span: Span,
        source: Option<Place>,
    ) -> (Vec<Operand>, Vec<(String, Ty)>) {
        let mut operands: Vec<Option<Operand>> = vec![None; args.len()];
        for closures in [false, true] {
            for (at, arg) in args.iter().enumerate().filter(|(_, arg)| is_closure(arg) == closures) {
                let param = expected.params.get(at).cloned().unwrap_or_default();
                let wanted = fill(&param, &expected.generics);
                let operand = self.expr(arg, Some(&wanted));
                if let Ty::Closure(key) = operand.ty.peeled() {
                    self.ran(*key, run(at), span, source.clone());
                    if let Ty::Fn(_, ret) = param.peeled() {
                        let found = self.ret_of(&operand.ty);
                        ret.unify(&found, &mut expected.generics);
                    }
                }
                param.unify(&operand.ty, &mut expected.generics);
                operands[at] = Some(operand);
            }
        }
        (operands.into_iter().flatten().collect(), expected.generics)
    }

    /// Notes what runs a closure.
    fn ran(&mut self, key: BodyKey, run: Run, span: Span, source: Option<Place>) {
        let at = self.building().key;
        if let Some(Some(body)) = self.bodies.get_mut(key.0 as usize) {
            body.runs.push(RunSite { run, at, span, source });
        }
    }

    fn finish(
        &mut self,
        callee: Callee,
        args: Vec<Operand>,
        has_receiver: bool,
        ty: Ty,
        span: Span,
        name_span: Span,
    ) -> Operand {
        let args = args.into_iter().map(|arg| Operand { by_ref: arg.by_ref || arg.ty.is_ref(), ..arg });
        let args = args.collect();
        let result = self.temp(ty, span);
        let dest = result.place.whole().expect("a temporary");
        let call = Call { callee, args, has_receiver, dest, runs: Vec::new(), span, name_span };
        self.emit(Op::Call(Box::new(call)));
        result
    }

    pub(super) fn macro_call(&mut self, path: &hir::Path, args: &[Expr], span: Span) -> Operand {
        let name = path.last().name.clone();
        let operands: Vec<Operand> = args.iter().map(|arg| self.expr(arg, None)).collect();
        if name == "vec" {
            let element = operands.first().map(|part| part.ty.clone()).unwrap_or_default();
            return self.aggregate(Ty::foreign("Vec", [element]), operands, Vec::new(), span);
        }
        // A formatting macro borrows; of another one nobody knows.
        let borrowed = operands.into_iter().map(|operand| Operand { by_ref: true, ..operand });
        let borrowed = borrowed.collect();
        let ty = if name == "format" { Ty::foreign("String", []) } else { Ty::Unknown };
        let made = self.finish(Callee::Macro(name.clone()), borrowed, false, ty, span, path.span);
        match name.as_str() {
            "bail" => return self.exit(Exit::Return, None, span),
            "ensure" => {
                let (fails, goes_on) = (self.new_block(), self.new_block());
                self.go(&[goes_on, fails]);
                self.enter_block(fails);
                self.exit(Exit::Return, None, span);
                self.enter_block(goes_on);
            }
            other if PANICS.contains(&other) => self.diverge(),
            _ => {}
        }
        made
    }
}

fn is_closure(arg: &Expr) -> bool {
    matches!(arg.kind, ExprKind::Closure(_))
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
