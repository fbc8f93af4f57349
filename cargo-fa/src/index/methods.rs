//! From a type and a name to the function.

use crate::infer::{self, Args};

use super::{AdtId, FnId, Index, Owner, Ty};

/// How many times a receiver is dereferenced before one gives up.
const MAX_DEREFS: usize = 8;

/// A method, and what the parameters of its type are.
#[derive(Clone, Debug)]
pub(crate) struct Method {
    pub(crate) function: FnId,
    pub(crate) generics: Vec<(String, Ty)>,
}

impl Index {
    /// One step of auto-dereferencing: through references, smart pointers, and `Deref` of known types.
    pub(crate) fn deref(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Ref(inner) => Some((**inner).clone()),
            Ty::Adt(id, args) => {
                let adt = self.adt(*id);
                let target = adt.deref.as_ref()?;
                Some(target.substitute(&|name| self.adt_arg(*id, args, name)))
            }
            other => infer::deref(other),
        }
    }

    fn adt_arg(&self, id: AdtId, args: &[Ty], name: &str) -> Option<Ty> {
        let at = self.adt(id).generics.iter().position(|generic| generic == name)?;
        Some(args.get(at).cloned().unwrap_or_default())
    }

    /// The method `name` of `ty` or of what it derefs to.
    pub(crate) fn method(&self, ty: &Ty, name: &str) -> Option<Method> {
        let mut receiver = ty.clone();
        for _ in 0..MAX_DEREFS {
            // A type's own method comes before one of a trait that the program implements for it.
            if infer::method(&receiver, name, Args::default()).is_some() {
                return None;
            }
            if let Some(function) = self.inherent(&receiver, name) {
                let data = self.function(function);
                let mut generics = Vec::new();
                if let Some(Owner::Type(owner)) = &data.owner {
                    owner.unify(&receiver, &mut generics);
                }
                return Some(Method { function, generics });
            }
            receiver = self.deref(&receiver)?;
        }
        None
    }

    /// The function `name` of a type itself, its traits included.
    pub(crate) fn inherent(&self, ty: &Ty, name: &str) -> Option<FnId> {
        let of_traits = |traits: &[super::TraitId]| {
            traits.iter().find_map(|id| self.traits[id.0 as usize].methods.get(name).copied())
        };
        match ty {
            Ty::Adt(id, _) => {
                let adt = self.adt(*id);
                adt.methods.get(name).copied().or_else(|| of_traits(&adt.traits))
            }
            Ty::Param(_, traits) => of_traits(traits),
            Ty::Foreign(foreign, _) => self.foreign_methods.get(&(foreign.clone(), name.to_owned())).copied(),
            _ => None,
        }
    }

    /// The methods `name` of the types that implement a trait.
    pub(crate) fn implementations(&self, id: super::TraitId, name: &str) -> impl Iterator<Item = FnId> {
        let of = self.adts.iter().filter(move |adt| adt.traits.contains(&id));
        of.filter_map(move |adt| adt.methods.get(name).copied())
    }

    /// The type of a field, through dereferencing.
    pub(crate) fn field(&self, ty: &Ty, name: &str) -> Option<Ty> {
        let mut base = ty.clone();
        for _ in 0..MAX_DEREFS {
            match &base {
                Ty::Tuple(parts) => {
                    return name.parse::<usize>().ok().and_then(|at| parts.get(at).cloned());
                }
                Ty::Adt(id, args) => {
                    let fields = &self.adt(*id).fields;
                    if let Some((_, field)) = fields.iter().find(|(known, _)| known == name) {
                        return Some(field.substitute(&|name| self.adt_arg(*id, args, name)));
                    }
                }
                _ => {}
            }
            base = self.deref(&base)?;
        }
        None
    }

    /// What a `for` loop over a value of this type yields.
    pub(crate) fn iterate(&self, ty: &Ty) -> Ty {
        let mut base = ty.clone();
        for _ in 0..MAX_DEREFS {
            if let Ty::Adt(id, args) = base.peeled()
                && let Some(item) = &self.adt(*id).item
            {
                let item = item.substitute(&|name| self.adt_arg(*id, args, name));
                return if ty.is_ref() && !item.is_ref() { item.reference() } else { item };
            }
            let item = infer::iterate(&base);
            if item != Ty::Unknown {
                return item;
            }
            let lent = base.is_ref();
            match self.deref(&base) {
                // What a reference leads to is lent, however many steps further it is.
                Some(next) if lent && !matches!(next, Ty::Ref(_)) => match self.deref(&next) {
                    Some(further) => base = further.reference(),
                    None => return Ty::Unknown,
                },
                Some(next) => base = next,
                None => return Ty::Unknown,
            }
        }
        Ty::Unknown
    }

    /// What `value[..]` is.
    pub(crate) fn element(&self, ty: &Ty) -> Ty {
        match self.iterate(ty.peeled()) {
            Ty::Tuple(parts)
                if parts.len() == 2
                    && matches!(ty.peeled(), Ty::Foreign(name, _) if name.ends_with("Map")) =>
            {
                parts[1].clone()
            }
            item => item,
        }
    }

    /// The name of a type, for calls of what is not in the index.
    pub(crate) fn type_name(&self, ty: &Ty) -> String {
        match ty.peeled() {
            Ty::Adt(id, _) => self.adt(*id).name.text.clone(),
            Ty::Foreign(name, _) => name.clone(),
            Ty::Slice(..) => "slice".into(),
            Ty::Iter(_) => "Iterator".into(),
            _ => "_".into(),
        }
    }

    /// The types of a variant's or struct's fields.
    pub(crate) fn fields_of(&self, ty: &Ty, variant: Option<usize>) -> Vec<(String, Ty)> {
        let Ty::Adt(id, args) = ty.peeled() else { return Vec::new() };
        let adt = self.adt(*id);
        let fields = variant.map_or(&adt.fields, |at| &adt.variants[at].1);
        let filled = fields.iter().map(|(name, field)| {
            (name.clone(), field.substitute(&|generic| self.adt_arg(*id, args, generic)))
        });
        filled.collect()
    }
}
