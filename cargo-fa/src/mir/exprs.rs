//! Expressions.

use super::build::Lower;
use super::consts::{arithmetic, fold, integer, largest, literal, range};
use super::{Const, Exit, Op, Operand, Place, Root};
use crate::hir::{self, BinOp, BlockKind, Expr, ExprKind};
use crate::index::{Def, FnId, Ty};
use crate::source::Span;

/// Methods whose type is that of the place that they are called for.
const DECIDED_OUTSIDE: [&str; 3] = ["collect", "product", "sum"];

impl Lower<'_> {
    /// The body of a function: its value is returned.
    pub(super) fn body_block(&mut self, block: &hir::Block) {
        let value = self.block(block);
        let value = (value.ty != Ty::UNIT).then_some(value);
        let end = Span { start: block.span.end.saturating_sub(1), ..block.span };
        let span = value.as_ref().map_or(end, |value| value.span);
        self.emit(Op::Exit { kind: Exit::End, value, span });
        self.drop_to(0, block.span);
    }

    /// The statements of a block in a scope of their own. The value is moved out of it.
    pub(super) fn block(&mut self, block: &hir::Block) -> Operand {
        let result = self.temp(Ty::UNIT, block.span);
        self.open_scope();
        let value = self.stmts(block);
        if let Some(value) = value {
            let local = result.place.whole().expect("a temporary");
            *self.local_ty(local) = value.ty.clone();
            let (ty, constant, span) = (value.ty.clone(), value.value.clone(), value.span);
            self.emit(Op::Move { from: value, to: result.place.clone(), span });
            self.close_scope(block.span);
            return Operand { ty, value: constant, span, ..result };
        }
        self.close_scope(block.span);
        result
    }

    /// An expression. A place is not read yet: whoever takes the operand moves or borrows it.
    pub(super) fn expr(&mut self, expr: &Expr, expected: Option<&Ty>) -> Operand {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Path(path) => self.path(path),
            ExprKind::Lit(lit) => {
                let (ty, value) = literal(lit);
                self.constant(ty, value, span)
            }
            ExprKind::Call { callee, args } => self.call(callee, args, span),
            ExprKind::MethodCall { receiver, name, turbofish, args } => {
                let turbofish: Vec<Ty> = turbofish.iter().map(|ty| self.index.ty(&self.scope, ty)).collect();
                // `let all: Vec<_> = items.collect()` asks for the same as `collect::<Vec<_>>()`.
                let wanted = match expected {
                    Some(ty) if turbofish.is_empty() && DECIDED_OUTSIDE.contains(&&*name.text) => {
                        vec![ty.clone()]
                    }
                    _ => turbofish,
                };
                self.method_call(receiver, name, wanted, args, span)
            }
            ExprKind::Field { base, name } => {
                let base = self.expr(base, None);
                let ty = self.index.field(&base.ty, &name.text).unwrap_or_default();
                let mut place = base.place;
                place.fields.push(name.text.clone());
                Operand { place, ty, span, by_ref: false, value: None }
            }
            ExprKind::Index { base, index } => {
                let base = self.expr(base, None);
                let index = self.expr(index, None);
                self.use_place(&index);
                let ty = if matches!(index.ty, Ty::Iter(_)) {
                    match base.ty.peeled() {
                        Ty::Slice(item, _) => Ty::Slice(item.clone(), None),
                        other => other.clone(),
                    }
                } else {
                    self.index.element(&base.ty)
                };
                let mut place = base.place;
                place.fields.push("[]".into());
                Operand { place, ty, span, by_ref: false, value: None }
            }
            ExprKind::Ref(inner) => {
                let inner = self.expr(inner, expected.map(Ty::peeled));
                Operand { ty: inner.ty.reference(), by_ref: true, span, ..inner }
            }
            ExprKind::Deref(inner) => {
                let inner = self.expr(inner, None);
                let ty = self.index.deref(&inner.ty).unwrap_or_default();
                let mut place = inner.place;
                place.fields.push("*".into());
                Operand { place, ty, span, by_ref: false, value: None }
            }
            ExprKind::Unary(inner) => {
                let inner = self.expr(inner, None);
                self.use_place(&inner);
                self.temp(inner.ty.peeled().clone(), span)
            }
            ExprKind::Binary(left, op, right) => self.binary(left, *op, right, span),
            ExprKind::Assign { target, value, compound } => self.assign(target, value, *compound, span),
            ExprKind::Block { block, label, kind } => match kind {
                BlockKind::Async { moves } => self.async_block(block, *moves),
                _ => self.labelled(block, label.as_deref()),
            },
            ExprKind::If { condition, then, otherwise } => {
                self.branch(condition, then, otherwise.as_deref(), span, expected)
            }
            ExprKind::Let { pat, value } => {
                let value = self.expr(value, None);
                self.pattern(pat, value);
                self.temp(Ty::foreign("bool", []), span)
            }
            ExprKind::Match { scrutinee, arms } => self.matching(scrutinee, arms, span, expected),
            ExprKind::Loop { source, body, label } => self.looping(source, body, label.as_deref(), span),
            ExprKind::Break { label, value } => self.leave(label.as_deref(), value.as_deref(), span),
            ExprKind::Continue { label } => self.again(label.as_deref(), span),
            ExprKind::Return(value) => {
                let value = value.as_ref().map(|value| self.expr(value, None));
                self.exit(Exit::Return, value, span)
            }
            ExprKind::Try(inner) => self.question(inner, span),
            ExprKind::Await(inner) => {
                let inner = self.expr(inner, None);
                self.use_place(&inner);
                self.emit(Op::Await { span });
                let ty = if matches!(&inner.ty, Ty::Foreign(name, _) if name == "Future") {
                    inner.ty.arg(0)
                } else {
                    inner.ty
                };
                self.temp(ty, span)
            }
            ExprKind::Closure(closure) => self.closure(closure, span, expected),
            ExprKind::Struct { path, fields, rest } => self.literal(path, fields, rest.as_deref(), span),
            ExprKind::Tuple(parts) => {
                let parts: Vec<Operand> = parts.iter().map(|part| self.expr(part, None)).collect();
                let ty = Ty::Tuple(parts.iter().map(|part| part.ty.clone()).collect());
                let fields = (0..parts.len()).map(|at| at.to_string()).collect();
                self.aggregate(ty, parts, fields, span)
            }
            ExprKind::Array(parts) => {
                let parts: Vec<Operand> = parts.iter().map(|part| self.expr(part, None)).collect();
                let element = parts.first().map(|part| part.ty.clone()).unwrap_or_default();
                let len = parts.len() as u128;
                let array = self.aggregate(Ty::Slice(Box::new(element), None), parts, Vec::new(), span);
                self.with_len(array, Some(len))
            }
            ExprKind::Repeat { value, count } => {
                let value = self.expr(value, None);
                let count = self.expr(count, None);
                self.use_place(&count);
                let ty = Ty::Slice(Box::new(value.ty.clone()), None);
                let array = self.aggregate(ty, vec![value], Vec::new(), span);
                self.with_len(array, integer(count.value.as_ref()))
            }
            ExprKind::Range { start, end, closed } => {
                let parts: Vec<Operand> =
                    [start, end].into_iter().flatten().map(|part| self.expr(part, None)).collect();
                let item = parts.first().map(|part| part.ty.clone()).unwrap_or_default();
                let len = match &parts[..] {
                    [from, to] => range(from.value.as_ref(), to.value.as_ref(), *closed),
                    _ => None,
                };
                let range = self.aggregate(Ty::Iter(Box::new(item)), parts, Vec::new(), span);
                self.with_len(range, len)
            }
            ExprKind::Cast(inner, ty) => {
                let inner = self.expr(inner, None);
                let ty = self.index.ty(&self.scope, ty);
                let cast = self.constant(ty, inner.value.clone(), span);
                // What is cast is copied, and an address still leads to what it is of.
                self.emit(Op::Move { from: Operand { by_ref: true, ..inner }, to: cast.place.clone(), span });
                cast
            }
            ExprKind::Macro { path, args } => self.macro_call(path, args, span),
            ExprKind::Other(parts) => {
                for part in parts {
                    let part = self.expr(part, None);
                    self.use_place(&part);
                }
                self.temp(Ty::Unknown, span)
            }
        }
    }

    /// Parts without a name are elements.
    pub(super) fn aggregate(
        &mut self,
        ty: Ty,
        parts: Vec<Operand>,
        mut fields: Vec<String>,
        span: Span,
    ) -> Operand {
        let whole = self.temp(ty, span);
        let dest = whole.place.whole().expect("a temporary");
        fields.resize(parts.len(), "[]".into());
        self.emit(Op::Aggregate { dest, parts, fields, span });
        whole
    }

    fn path(&mut self, path: &hir::Path) -> Operand {
        let span = path.span;
        if let Some(local) = path.single().and_then(|name| self.variable(name)) {
            return self.read(local, span);
        }
        let all = path.segments.len();
        match self.index.resolve_path(self.scope.module, path) {
            Some((Def::Static(id), used)) if used == all => {
                let data = self.index.static_(id);
                let place = Place { root: Root::Static(id), fields: Vec::new() };
                let value = match data.kind {
                    hir::StaticKind::Const => {
                        data.init.as_ref().and_then(|init| fold(self.index, data.module, init, 0))
                    }
                    _ => None,
                };
                let ty = match data.kind {
                    hir::StaticKind::ThreadLocal => Ty::foreign("LocalKey", [data.ty.clone()]),
                    _ => data.ty.clone(),
                };
                Operand { place, ty, span, by_ref: false, value }
            }
            Some((Def::Variant(id, at), used)) if used == all => {
                let adt = self.index.adt(id);
                let value = Const::Variant(adt.name.text.clone(), adt.variants[at].0.clone());
                self.constant(Ty::Adt(id, Vec::new()), Some(value), span)
            }
            Some((Def::Fn(id), used)) if used == all => self.function_value(id, span),
            Some((Def::Foreign(names), _)) if largest(&names).is_some() => {
                self.constant(Ty::foreign(&names[names.len() - 2], []), largest(&names).map(Const::Int), span)
            }
            Some((Def::Adt(id), used)) if used == all => self.temp(Ty::Adt(id, Vec::new()), span),
            // A method as a value: `EngineAlloc::with_defaults`.
            Some((def, used)) if used + 1 == all => match self.associated(&def, path) {
                Some(id) => self.function_value(id, span),
                None => self.temp(Ty::Unknown, span),
            },
            None => match self.of_self_or_param(path) {
                Some(id) => self.function_value(id, span),
                None => self.temp(Ty::Unknown, span),
            },
            _ => self.temp(Ty::Unknown, span),
        }
    }

    /// A function that is named without being called.
    fn function_value(&mut self, id: FnId, span: Span) -> Operand {
        let data = self.index.function(id);
        let ty = Ty::Fn(data.params.clone(), Box::new(data.ret.clone()));
        self.constant(ty, Some(Const::Fn(id)), span)
    }

    fn binary(&mut self, left: &Expr, op: BinOp, right: &Expr, span: Span) -> Operand {
        let left = self.expr(left, None);
        self.use_place(&left);
        let right = self.expr(right, None);
        self.use_place(&right);
        let value = arithmetic(op, left.value.as_ref(), right.value.as_ref());
        let compares = matches!(op, BinOp::Compare | BinOp::Equal);
        if compares {
            self.block_data().compared.extend([left.place.clone(), right.place]);
        }
        let ty = if compares { Ty::foreign("bool", []) } else { left.ty.peeled().clone() };
        self.constant(ty, value, span)
    }

    fn assign(&mut self, target: &Expr, value: &Expr, compound: bool, span: Span) -> Operand {
        if matches!(&target.kind, ExprKind::Path(path) if path.single() == Some("_")) {
            let value = self.expr(value, None);
            self.use_place(&value);
            return self.temp(Ty::UNIT, span);
        }
        let from = self.expr(value, None);
        let to = self.expr(target, None);
        if compound {
            self.block_data().counted.push(to.place.clone());
            self.use_place(&from);
            self.use_place(&to);
        } else {
            if let Some(local) = to.place.whole() {
                let known = more_known(self.local_ty(local).clone(), from.ty.clone());
                *self.local_ty(local) = known;
            }
            self.emit(Op::Move { from, to: to.place, span });
        }
        self.temp(Ty::UNIT, span)
    }

    /// `T { field: value, ..rest }`
    fn literal(
        &mut self,
        path: &hir::Path,
        fields: &[(hir::Name, Expr)],
        rest: Option<&Expr>,
        span: Span,
    ) -> Operand {
        let mut parts: Vec<Operand> = fields.iter().map(|(_, value)| self.expr(value, None)).collect();
        let resolved = self.index.resolve_path(self.scope.module, path);
        let (ty, declared) = match resolved {
            Some((Def::Variant(id, at), _)) => (self.own_type(id), self.index.adt(id).variants[at].1.clone()),
            Some((Def::Adt(id), _)) => (self.own_type(id), self.index.adt(id).fields.clone()),
            _ if path.single() == Some("Self") => {
                let ty = self.scope.self_ty.clone().unwrap_or_default();
                let fields = self.index.fields_of(&ty, None);
                (ty, fields)
            }
            _ => match self.index.ty(&self.scope, &hir::TypeRef::Path(path.clone())) {
                Ty::Adt(id, _) => (self.own_type(id), self.index.adt(id).fields.clone()),
                other => (other, Vec::new()),
            },
        };
        let mut found = Vec::new();
        for ((name, _), part) in fields.iter().zip(&parts) {
            if let Some((_, field)) = declared.iter().find(|(known, _)| *known == name.text) {
                field.unify(&part.ty, &mut found);
            }
        }
        let ty = fill(&ty, &found);
        if let Some(rest) = rest {
            parts.push(self.expr(rest, None));
        }
        let names = fields.iter().map(|(name, _)| name.text.clone()).collect();
        self.aggregate(ty, parts, names, span)
    }

    pub(super) fn own_type(&self, id: crate::index::AdtId) -> Ty {
        let generics = self.index.adt(id).generics.iter();
        Ty::Adt(id, generics.map(|name| Ty::Param(name.clone(), Vec::new())).collect())
    }
}

/// The type with what is known of its parameters; the others are unknown.
pub(super) fn fill(ty: &Ty, found: &[(String, Ty)]) -> Ty {
    ty.substitute(&|name| {
        Some(found.iter().find(|(known, _)| known == name).map(|(_, ty)| ty.clone()).unwrap_or_default())
    })
}

/// The one of two types that says more.
pub(super) fn more_known(one: Ty, other: Ty) -> Ty {
    match (&one, &other) {
        (Ty::Unknown, _) => other,
        (Ty::Adt(a, left), Ty::Adt(b, right)) if a == b => Ty::Adt(*a, each_more_known(left, right)),
        (Ty::Foreign(a, left), Ty::Foreign(b, right)) if a == b => {
            Ty::Foreign(a.clone(), each_more_known(left, right))
        }
        _ => one,
    }
}

fn each_more_known(left: &[Ty], right: &[Ty]) -> Vec<Ty> {
    let count = left.len().max(right.len());
    let get = |types: &[Ty], at: usize| types.get(at).cloned().unwrap_or_default();
    (0..count).map(|at| more_known(get(left, at), get(right, at))).collect()
}
