//! From a type as written to a [`Ty`].

use super::paths::Def;
use super::{AliasData, AliasId, Index, ModId, TraitId, Ty};
use crate::hir::{self, ArrayLen, ExprKind, Generic, Lit, Path, Segment, TypeRef};

/// Where a type is written: which names mean what.
#[derive(Clone, Debug)]
pub(crate) struct TypeScope {
    pub(crate) module: ModId,
    /// Type parameters with their bounds as written.
    pub(crate) generics: Vec<Generic>,
    pub(crate) self_ty: Option<Ty>,
}

/// How many aliases may lead to one another.
const MAX_ALIASES: usize = 16;

impl Index {
    pub(crate) fn ty(&self, scope: &TypeScope, ty: &TypeRef) -> Ty {
        self.ty_at(scope, ty, 0)
    }

    fn ty_at(&self, scope: &TypeScope, ty: &TypeRef, depth: usize) -> Ty {
        let all = |types: &[TypeRef]| types.iter().map(|ty| self.ty_at(scope, ty, depth)).collect();
        match ty {
            TypeRef::Path(path) => self.path_ty(scope, path, depth),
            TypeRef::Ref(inner) => self.ty_at(scope, inner, depth).reference(),
            TypeRef::Tuple(parts) => Ty::Tuple(all(parts)),
            TypeRef::Slice(inner) => Ty::Slice(Box::new(self.ty_at(scope, inner, depth)), None),
            TypeRef::Array(inner, len) => {
                Ty::Slice(Box::new(self.ty_at(scope, inner, depth)), self.array_len(scope, len))
            }
            TypeRef::Fn(params, ret) => Ty::Fn(all(params), Box::new(self.ty_at(scope, ret, depth))),
            TypeRef::Bounds(bounds) => self.bounded("impl", scope, bounds, depth),
            TypeRef::Unknown => Ty::Unknown,
        }
    }

    /// The length of an array: a number, or a constant that is one.
    fn array_len(&self, scope: &TypeScope, len: &ArrayLen) -> Option<u128> {
        let path = match len {
            ArrayLen::Literal(number) => return Some(*number),
            ArrayLen::Named(path) => path,
            ArrayLen::Other => return None,
        };
        let is_parameter =
            path.single().is_some_and(|name| scope.generics.iter().any(|generic| generic.name == name));
        match self.resolve_path(scope.module, path).filter(|_| !is_parameter)? {
            (Def::Static(id), used) if used == path.segments.len() => {
                match &self.static_(id).init.as_ref()?.kind {
                    ExprKind::Lit(Lit::Int(number)) => Some(*number),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn path_ty(&self, scope: &TypeScope, path: &Path, depth: usize) -> Ty {
        if path.qself.is_some() || depth > MAX_ALIASES {
            return Ty::Unknown;
        }
        if let Some(name) = path.single() {
            if name == "Self" {
                return scope.self_ty.clone().unwrap_or_default();
            }
            if let Some(generic) = scope.generics.iter().find(|generic| generic.name == name) {
                return self.bounded(name, scope, &generic.bounds, depth + 1);
            }
        }
        let names: Vec<&str> = path.segments.iter().map(|segment| segment.name.as_str()).collect();
        let last = path.last();
        let args = || last.args.iter().map(|arg| self.ty_at(scope, arg, depth)).collect::<Vec<_>>();
        match self.resolve(scope.module, path.absolute, &names) {
            Some((Def::Adt(id), used)) if used == names.len() => Ty::Adt(id, args()),
            Some((Def::Alias(id), used)) if used == names.len() => {
                let data = &self.aliases[id.0 as usize];
                let args = args();
                let position = |name: &str| data.alias.generics.iter().position(|known| known == name);
                let of = |name: &str| position(name).map(|at| args.get(at).cloned().unwrap_or_default());
                self.alias_at(id, depth + 1).substitute(&of)
            }
            Some((Def::Trait(id), _)) => Ty::Param(last.name.clone(), vec![id]),
            // `Self::Item` and `T::Output` of something known.
            Some((Def::Adt(_) | Def::Alias(_), _)) => Ty::Unknown,
            Some((Def::Foreign(path), _)) => Ty::Foreign(path.last().cloned().unwrap_or_default(), args()),
            _ if names.len() == 1 => Ty::Foreign(last.name.clone(), args()),
            _ => Ty::Unknown,
        }
    }

    /// What an alias stands for, in terms of its own parameters.
    pub(crate) fn alias_ty(&self, id: AliasId) -> Ty {
        self.alias_at(id, 0)
    }

    fn alias_at(&self, id: AliasId, depth: usize) -> Ty {
        let AliasData { module, alias } = &self.aliases[id.0 as usize];
        let generics = alias.generics.iter().map(|name| Generic { name: name.clone(), bounds: Vec::new() });
        let inside = TypeScope { module: *module, generics: generics.collect(), self_ty: None };
        self.ty_at(&inside, &alias.ty, depth)
    }

    /// A parameter or `impl Trait` by its bounds: callable, iterable, or some type with traits.
    fn bounded(&self, name: &str, scope: &TypeScope, bounds: &[Path], depth: usize) -> Ty {
        let mut traits: Vec<TraitId> = Vec::new();
        for bound in bounds {
            let last = bound.last();
            match last.name.as_str() {
                "Fn" | "FnMut" | "FnOnce" => {
                    let params = last.args.iter().map(|arg| self.ty_at(scope, arg, depth)).collect();
                    return Ty::Fn(params, Box::new(self.binding(scope, last, "Output", depth)));
                }
                "Iterator" | "IntoIterator" | "DoubleEndedIterator" | "ExactSizeIterator" => {
                    return Ty::Iter(Box::new(self.binding(scope, last, "Item", depth)));
                }
                "ParallelIterator" | "IndexedParallelIterator" | "IntoParallelIterator" => {
                    return Ty::foreign("ParIter", [self.binding(scope, last, "Item", depth)]);
                }
                "Deref" | "AsRef" | "Borrow" | "Into" => {
                    let target = self.binding(scope, last, "Target", depth);
                    let target = if target == Ty::Unknown {
                        last.args.first().map_or(Ty::Unknown, |arg| self.ty_at(scope, arg, depth))
                    } else {
                        target
                    };
                    if target != Ty::Unknown && last.name == "Deref" {
                        return target.reference();
                    }
                }
                _ => {
                    if let Some((Def::Trait(id), _)) = self.resolve_path(scope.module, bound) {
                        traits.push(id);
                    }
                }
            }
        }
        Ty::Param(name.to_owned(), traits)
    }

    fn binding(&self, scope: &TypeScope, segment: &Segment, name: &str, depth: usize) -> Ty {
        let bound = segment.bindings.iter().find(|(known, _)| known == name);
        bound.map_or(Ty::Unknown, |(_, ty)| self.ty_at(scope, ty, depth))
    }

    pub(crate) fn field_types(&self, scope: &TypeScope, fields: &[hir::Field]) -> Vec<(String, Ty)> {
        fields.iter().map(|field| (field.name.text.clone(), self.ty(scope, &field.ty))).collect()
    }
}
