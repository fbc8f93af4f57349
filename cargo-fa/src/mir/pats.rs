//! Patterns: which variables they bind to which part.

use super::build::Lower;
use super::{LocalKind, Op, Operand};
use crate::hir::{Pat, Path};
use crate::index::{Def, Ty};
use crate::source::Span;

impl Lower<'_> {
    /// A parameter of a function or closure.
    pub(super) fn param(&mut self, pat: &Pat, ty: Ty, span: Span) {
        if let Pat::Bind { name, sub: None, .. } = pat {
            let local = self.add_local(Some(&name.text), ty, name.span, LocalKind::Param);
            self.building().body.params.push(local);
            self.bind(&name.text, local);
            return;
        }
        let local = self.add_local(None, ty, span, LocalKind::Param);
        self.building().body.params.push(local);
        let whole = self.read(local, span);
        self.pattern(pat, whole);
    }

    /// Binds the variables of `pat` to parts of `from`.
    pub(super) fn pattern(&mut self, pat: &Pat, from: Operand) {
        match pat {
            Pat::Bind { name, by_ref, mutable, sub } => {
                let ty = if *by_ref { from.ty.clone().reference() } else { from.ty.clone() };
                let local = self.add_local(Some(&name.text), ty, name.span, LocalKind::Variable);
                let value = if *mutable { None } else { from.value.clone() };
                let len = if *mutable { None } else { self.len_of(&from) };
                let data = &mut self.building().body.locals[local.0 as usize];
                (data.value, data.len) = (value, len);
                let span = name.span.to(name.span);
                let moved = Operand { by_ref: from.by_ref || *by_ref, ..from.clone() };
                let to = super::Place::local(local);
                self.emit(Op::Move { from: moved, to, span });
                self.bind(&name.text, local);
                if let Some(sub) = sub {
                    self.pattern(sub, Operand { by_ref: true, ..from });
                }
            }
            Pat::Tuple(pats) => self.parts(pats, &from, |at| at.to_string()),
            Pat::Slice(pats) => self.parts(pats, &from, |_| "[]".into()),
            Pat::TupleStruct { path, pats } => {
                let fields = self.variant_fields(path, &from.ty);
                for (at, pat) in pats.iter().enumerate() {
                    let ty = fields.get(at).map(|(_, ty)| ty.clone()).unwrap_or_default();
                    let part = self.part(&from, &at.to_string(), ty);
                    self.pattern(pat, part);
                }
            }
            Pat::Struct { path, fields } => {
                let types = self.variant_fields(path, &from.ty);
                for (name, pat) in fields {
                    let ty = types.iter().find(|(known, _)| known == name).map(|(_, ty)| ty.clone());
                    let part = self.part(&from, name, ty.unwrap_or_default());
                    self.pattern(pat, part);
                }
            }
            Pat::Ref(inner) => {
                let ty = match &from.ty {
                    Ty::Ref(ty) => (**ty).clone(),
                    other => other.clone(),
                };
                self.pattern(inner, Operand { ty, by_ref: true, ..from });
            }
            Pat::Or(pats) => {
                // All of them bind the same names.
                if let Some(first) = pats.first() {
                    self.pattern(first, from);
                }
            }
            Pat::Typed(inner, ty) => {
                let ty = self.index.ty(&self.scope, ty);
                self.pattern(inner, Operand { ty, ..from });
            }
            // A value that nothing binds stays where it is; a temporary goes at the end of its statement.
            Pat::Value | Pat::Wild => {}
        }
    }

    fn parts(&mut self, pats: &[Pat], from: &Operand, name: impl Fn(usize) -> String) {
        for (at, pat) in pats.iter().enumerate() {
            let ty = match from.ty.peeled() {
                Ty::Tuple(parts) => parts.get(at).cloned().unwrap_or_default(),
                Ty::Slice(element, _) => (**element).clone(),
                _ => Ty::Unknown,
            };
            let part = self.part(from, &name(at), ty);
            self.pattern(pat, part);
        }
    }

    /// A part of a value; behind a reference it is one too.
    fn part(&mut self, from: &Operand, field: &str, ty: Ty) -> Operand {
        let behind = from.by_ref || from.ty.is_ref();
        let mut place = from.place.clone();
        place.fields.push(field.to_owned());
        let ty = if behind && !ty.is_ref() && ty != Ty::Unknown { ty.reference() } else { ty };
        Operand { place, ty, span: from.span, by_ref: behind, value: None }
    }

    fn variant_fields(&mut self, path: &Path, ty: &Ty) -> Vec<(String, Ty)> {
        match (self.index.resolve_path(self.scope.module, path), ty.peeled()) {
            (Some((Def::Variant(adt, at), _)), Ty::Adt(of, _)) if adt == *of => {
                self.index.fields_of(ty, Some(at))
            }
            (Some((Def::Adt(_), _)), Ty::Adt(..)) => self.index.fields_of(ty, None),
            // `Some(x)`, `Ok(x)`, `Err(x)`: the variants of std that carry an argument of the type.
            (_, Ty::Foreign(..)) => {
                let argument = match path.last().name.as_str() {
                    "Some" | "Ok" | "Ready" => ty.peeled().arg(0),
                    "Err" => ty.peeled().arg(1),
                    _ => Ty::Unknown,
                };
                vec![("0".into(), argument)]
            }
            _ => Vec::new(),
        }
    }
}
