//! Statements: `let`, and what the attributes of framealloc make of it.

use super::build::Lower;
use super::exprs::more_known;
use super::{Callee, Const, LocalKind, Op, Operand};
use crate::attributes;
use crate::hir::{self, Stmt};
use crate::index::Ty;
use crate::source::Span;

impl Lower<'_> {
    pub(super) fn stmts(&mut self, block: &hir::Block) -> Option<Operand> {
        let last = block.stmts.len().checked_sub(1);
        for (at, stmt) in block.stmts.iter().enumerate() {
            match stmt {
                Stmt::Let(local) => self.local(local),
                Stmt::Expr { expr, semicolon: false } if Some(at) == last => {
                    return Some(self.expr(expr, None));
                }
                Stmt::Expr { expr, .. } => {
                    self.open_scope();
                    let value = self.expr(expr, None);
                    self.use_place(&value);
                    self.close_scope(expr.span);
                }
                Stmt::Item(_) => {}
            }
        }
        None
    }

    /// A place that is mentioned is read.
    pub(super) fn use_place(&mut self, value: &Operand) {
        if value.place.root_local().is_none_or(|local| self.building().body.local(local).name.is_some()) {
            self.emit(Op::Use { place: value.place.clone(), span: value.span });
        }
    }

    fn local(&mut self, local: &hir::Let) {
        let annotated = local.ty.as_ref().map(|ty| self.index.ty(&self.scope, ty));
        let annotated = annotated.filter(|ty| *ty != Ty::Unknown);
        if let Some(attr) = attributes::helper(&local.attrs, "frame_local") {
            let span = attr.span;
            return self.attributed("frame_local", local, annotated, Vec::new(), span);
        }
        if let Some(attr) = attributes::helper(&local.attrs, "retain") {
            let policy = attr.args.first().map(|arg| arg.name.clone()).unwrap_or_default();
            let name = attr.get("name").and_then(attributes::text);
            let bound = match &local.pat {
                hir::Pat::Bind { name, .. } => name.text.clone(),
                _ => String::new(),
            };
            let (span, name) = (attr.span, name.unwrap_or(bound));
            return self.attributed("retain", local, annotated, vec![policy, name], span);
        }
        let Some(init) = &local.init else {
            return self.declare(&local.pat, annotated.unwrap_or_default());
        };
        // What the initialiser borrows lives as long as the variable.
        let mut value = self.expr(init, annotated.as_ref());
        if let Some(ty) = annotated {
            value.ty = more_known(ty, value.ty);
        }
        if let Some(diverge) = &local.diverge {
            let (other, next) = (self.new_block(), self.new_block());
            self.go(&[other, next]);
            self.enter_block(other);
            self.open_scope();
            let never = self.expr(diverge, None);
            self.use_place(&never);
            self.close_scope(diverge.span);
            self.enter_block(next);
        }
        if matches!(local.pat, hir::Pat::Wild)
            && value.place.whole().is_some_and(|local| self.is_temporary(local))
        {
            // `let _ = value;` drops it here.
            let local = value.place.whole().expect("just seen");
            self.emit(Op::Drop { local, span: value.span });
            return;
        }
        self.pattern(&local.pat, value);
    }

    pub(super) fn is_temporary(&mut self, local: super::Local) -> bool {
        self.building().body.local(local).kind == LocalKind::Temporary
    }

    /// `let x: T;`
    fn declare(&mut self, pat: &hir::Pat, ty: Ty) {
        if let hir::Pat::Bind { name, .. } = pat {
            let local = self.add_local(Some(&name.text), ty, name.span, LocalKind::Variable);
            self.bind(&name.text, local);
        }
    }

    /// `#[frame_local] let ..` and `#[retain(..)] let ..`: a call of the attribute makes the variable.
    fn attributed(
        &mut self,
        name: &str,
        local: &hir::Let,
        annotated: Option<Ty>,
        texts: Vec<String>,
        span: Span,
    ) {
        let mut args = Vec::new();
        let mut inner = annotated.clone().unwrap_or_default();
        if let Some(init) = &local.init {
            let value = self.expr(init, annotated.as_ref());
            inner = more_known(inner, value.ty.clone());
            args.push(value);
        }
        for text in texts {
            let text = self.constant(Ty::foreign("str", []), Some(Const::Str(text)), span);
            args.push(text);
        }
        let ty = match (name, self.index.ours_named("FrameBox"), self.index.ours_named("Retained")) {
            ("retain", _, Ty::Adt(id, _)) => Ty::Adt(id, vec![inner]),
            (_, Ty::Adt(id, _), _) if local.init.is_some() => Ty::Adt(id, vec![inner]),
            _ => self.frame_form(&inner),
        };
        let hir::Pat::Bind { name: variable, .. } = &local.pat else { return };
        let dest = self.add_local(Some(&variable.text), ty, variable.span, LocalKind::Variable);
        self.emit(Op::Call(Box::new(super::Call {
            callee: Callee::Macro(name.to_owned()),
            args,
            has_receiver: false,
            dest,
            runs: Vec::new(),
            span: local.span,
            name_span: span,
        })));
        self.bind(&variable.text, dest);
    }

    /// The frame's form of a container.
    fn frame_form(&self, ty: &Ty) -> Ty {
        let Ty::Foreign(name, args) = ty else { return Ty::Unknown };
        let name = match name.as_str() {
            "Vec" => "FrameVec",
            "HashMap" => "FrameMap",
            "HashSet" => "FrameSet",
            "String" => "FrameString",
            _ => "FrameBox",
        };
        match self.index.ours_named(name) {
            Ty::Adt(id, _) => Ty::Adt(id, args.clone()),
            other => other,
        }
    }
}
