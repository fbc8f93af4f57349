//! Which types have something of framealloc in them.

use crate::index::{CrateId, Index, Ty};

/// The structs, unions and enums that lead to a value of framealloc: through fields, and fields of these; by
/// dereferencing; by iterating.
#[derive(Debug, Default)]
pub(super) struct Ours {
    adts: Vec<bool>,
}

impl Ours {
    pub(super) fn of(index: &Index) -> Self {
        let is_ours = |module| index.module(module).krate == CrateId::FRAMEALLOC;
        let mut ours = Self { adts: index.adts.iter().map(|adt| is_ours(adt.module)).collect() };
        loop {
            let mut changed = false;
            for (at, adt) in index.adts.iter().enumerate().filter(|(_, adt)| !is_ours(adt.module)) {
                let fields = adt.fields.iter().chain(adt.variants.iter().flat_map(|(_, fields)| fields));
                let mut types = fields.map(|(_, ty)| ty).chain(&adt.deref).chain(&adt.item);
                if !ours.adts[at] && types.any(|ty| ours.contains(ty)) {
                    (ours.adts[at], changed) = (true, true);
                }
            }
            if !changed {
                return ours;
            }
        }
    }

    /// Whether a value of this type has one of framealloc in it, or hands one to a closure.
    pub(super) fn contains(&self, ty: &Ty) -> bool {
        let any = |types: &[Ty]| types.iter().any(|ty| self.contains(ty));
        match ty {
            Ty::Adt(id, args) => self.adts[id.0 as usize] || any(args),
            Ty::Foreign(_, args) | Ty::Tuple(args) => any(args),
            Ty::Ref(inner) | Ty::Slice(inner, _) | Ty::Iter(inner) => self.contains(inner),
            Ty::Fn(params, ret) => any(params) || self.contains(ret),
            Ty::Unknown | Ty::Closure(_) | Ty::Param(..) => false,
        }
    }
}
