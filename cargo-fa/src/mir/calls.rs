//! What a call names, its arguments, its type.

use super::build::Lower;
use super::exprs::fill;
use super::{Call, Callee, Const, Exit, Op, Operand, Place, Run, RunSite};
use crate::hir::{self, Expr, ExprKind};
use crate::index::{BodyKey, Def, FnId, Ty};
use crate::source::Span;

/// Macros that end in a panic.
const PANICS: [&str; 4] = ["panic", "todo", "unimplemented", "unreachable"];

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

    pub(super) fn ret_of(&self, ty: &Ty) -> Ty {
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
    pub(super) fn ran(&mut self, key: BodyKey, run: Run, span: Span, source: Option<Place>) {
        let at = self.building().key;
        if let Some(Some(body)) = self.bodies.get_mut(key.0 as usize) {
            body.runs.push(RunSite { run, at, span, source });
        }
    }

    pub(super) fn finish(
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

pub(super) fn is_closure(arg: &Expr) -> bool {
    matches!(arg.kind, ExprKind::Closure(_))
}
