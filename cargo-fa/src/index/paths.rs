//! From a path as written to what it names.

use super::{AdtId, AliasId, CrateId, FnId, Index, ModId, StaticId, TraitId};
use crate::hir::{Import, Imported};

/// What a path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Def {
    Mod(ModId),
    Adt(AdtId),
    /// A variant, by its position.
    Variant(AdtId, usize),
    Alias(AliasId),
    Fn(FnId),
    Static(StaticId),
    Trait(TraitId),
    /// A macro or attribute of framealloc.
    Macro(String),
    /// Something elsewhere, by its full path: `std::sync::Barrier`.
    Foreign(Vec<String>),
}

/// How many imports may lead to one another.
const MAX_ROUNDS: usize = 16;
/// The attributes and macros of framealloc that lints know.
pub(super) const MACROS: [&str; 7] =
    ["fa_assert", "fa_debug", "fa_diagnostic", "frame_local", "frame_system", "retain", "unsize_frame_box"];

/// What a name must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    /// A module, type or trait: something with names in it.
    Type,
    Any,
}

impl Index {
    /// What `path` names in `module`. The second value counts the segments that were used: the rest are associated items.
    pub(crate) fn resolve(&self, module: ModId, absolute: bool, path: &[&str]) -> Option<(Def, usize)> {
        let (first, rest) = path.split_first()?;
        let space = |rest: &[&str]| if rest.is_empty() { Space::Any } else { Space::Type };
        let start = if absolute {
            self.extern_crate(module, first).unwrap_or_else(|| Def::Foreign(vec![(*first).to_owned()]))
        } else {
            self.first_name(module, first, space(rest))?
        };
        let mut def = start;
        for (index, name) in rest.iter().enumerate() {
            let after = &rest[index + 1..];
            def = match def {
                Def::Mod(inside) => match self.super_or_name(inside, name, space(after)) {
                    Some(next) => next,
                    // The signatures of framealloc are one flat list: its module names lead nowhere else.
                    None if self.module(inside).krate == CrateId::FRAMEALLOC => Def::Mod(inside),
                    None => return None,
                },
                Def::Adt(adt) => {
                    let variant = self.adt(adt).variants.iter().position(|(variant, _)| variant == name);
                    return Some(
                        variant.map_or((Def::Adt(adt), index + 1), |at| (Def::Variant(adt, at), index + 2)),
                    );
                }
                Def::Foreign(mut known) => {
                    known.push((*name).to_owned());
                    Def::Foreign(known)
                }
                other => return Some((other, index + 1)),
            };
        }
        Some((def, path.len()))
    }

    fn super_or_name(&self, module: ModId, name: &str, space: Space) -> Option<Def> {
        match name {
            "super" => self.named_parent(module).map(Def::Mod),
            "self" => Some(Def::Mod(module)),
            _ => self.name_in(module, name, space),
        }
    }

    /// The module around, functions not counted.
    fn named_parent(&self, module: ModId) -> Option<ModId> {
        let data = self.module(module);
        let parent = data.parent?;
        if data.inner { self.named_parent(parent) } else { Some(parent) }
    }

    fn named_self(&self, module: ModId) -> ModId {
        let data = self.module(module);
        match data.parent {
            Some(parent) if data.inner => self.named_self(parent),
            _ => module,
        }
    }

    fn first_name(&self, module: ModId, name: &str, space: Space) -> Option<Def> {
        let data = self.module(module);
        match name {
            "crate" | "$crate" => return Some(Def::Mod(self.crates[data.krate.0 as usize].root)),
            "self" => return Some(Def::Mod(self.named_self(module))),
            "super" => return self.named_parent(self.named_self(module)).map(Def::Mod),
            _ => {}
        }
        if let Some(def) = self.name_in(module, name, space) {
            return Some(def);
        }
        if data.inner {
            return self.first_name(data.parent?, name, space);
        }
        self.extern_crate(module, name).or_else(|| {
            // A crate of the standard library, or one that nobody follows: only as the start of a path.
            (space == Space::Type && name.starts_with(char::is_lowercase))
                .then(|| Def::Foreign(vec![name.to_owned()]))
        })
    }

    fn extern_crate(&self, module: ModId, name: &str) -> Option<Def> {
        let krate = self.module(module).krate;
        let id = *self.crates[krate.0 as usize].externs.get(name)?;
        Some(Def::Mod(self.crates[id.0 as usize].root))
    }

    fn name_in(&self, module: ModId, name: &str, space: Space) -> Option<Def> {
        self.name_among(module, name, space, &mut Vec::new())
    }

    /// The same, apart from the modules that were `seen`: globs may lead in circles.
    fn name_among(&self, module: ModId, name: &str, space: Space, seen: &mut Vec<ModId>) -> Option<Def> {
        if seen.contains(&module) {
            return None;
        }
        seen.push(module);
        let data = self.module(module);
        let fits = |def: &&Def| {
            space == Space::Any || matches!(def, Def::Mod(_) | Def::Adt(_) | Def::Alias(_) | Def::Trait(_))
        };
        if let Some(def) = data.names.get(name).and_then(|defs| defs.iter().find(fits)) {
            return Some(def.clone());
        }
        if data.krate == CrateId::FRAMEALLOC && MACROS.contains(&name) {
            return Some(Def::Macro(name.to_owned()));
        }
        let imports = || data.imports.iter().zip(&data.imported);
        let named =
            imports().filter(|(import, _)| matches!(&import.what, Imported::Name(known) if known == name));
        if let Some(def) = named.filter_map(|(_, def)| def.as_ref()).next() {
            return Some(def.clone());
        }
        let globs = imports().filter(|(import, _)| import.what == Imported::All);
        globs.filter_map(|(_, def)| self.through_glob(def.as_ref()?, name, space, seen)).next()
    }

    /// Looks up what the imports of the modules from `first` on name. An import may need others: those are asked again
    /// until nothing changes.
    pub(super) fn resolve_imports(&mut self, first: usize) {
        for module in &mut self.modules[first..] {
            module.imported = vec![None; module.imports.len()];
        }
        for _ in 0..MAX_ROUNDS {
            let mut changed = false;
            for at in first..self.modules.len() {
                let found = |import| self.import(ModId(at as u32), import);
                let imported: Vec<Option<Def>> = self.modules[at].imports.iter().map(found).collect();
                changed |= imported != self.modules[at].imported;
                self.modules[at].imported = imported;
            }
            if !changed {
                return;
            }
        }
    }

    /// What an import names. Its path starts at the module, or at a crate.
    fn import(&self, module: ModId, import: &Import) -> Option<Def> {
        let path: Vec<&str> = import.path.iter().map(String::as_str).collect();
        // `use name;` and `use name as other;` would find themselves.
        if path.len() == 1 && import.what != Imported::All && !matches!(path[0], "crate" | "self" | "super") {
            return Some(
                self.extern_crate(module, path[0]).unwrap_or_else(|| Def::Foreign(import.path.clone())),
            );
        }
        let (def, used) = self.resolve(module, import.absolute, &path)?;
        (used == path.len()).then_some(def)
    }

    fn through_glob(&self, target: &Def, name: &str, space: Space, seen: &mut Vec<ModId>) -> Option<Def> {
        match target {
            Def::Mod(inside) => self.name_among(*inside, name, space, seen),
            Def::Adt(adt) => {
                let at = self.adt(*adt).variants.iter().position(|(variant, _)| variant == name)?;
                Some(Def::Variant(*adt, at))
            }
            _ => None,
        }
    }
}
