//! Everything that the crates define, by name: modules, types, functions, statics.
//!
//! framealloc itself is crate 0 of the index; its signatures come with the linter ([`crate::api`]). Types from elsewhere
//! are known by their names only.
//!
//! | module | role |
//! |---|---|
//! | `build` | fills the index from trees |
//! | `paths` | from a path as written to what it names |
//! | `types` | from a type as written to a [`Ty`] |
//! | `methods` | from a type and a name to the function |

mod build;
mod methods;
mod paths;
mod types;

use std::collections::{BTreeSet, HashMap};

pub(crate) use crate::ty::{AdtId, AliasId, BodyKey, CrateId, FnId, ModId, StaticId, TraitId, Ty};
pub(crate) use build::Build;
pub(crate) use paths::Def;
pub(crate) use types::TypeScope;

use crate::hir;
use crate::source::FileId;

/// A module.
#[derive(Debug)]
pub(crate) struct ModuleData {
    pub(crate) krate: CrateId,
    pub(crate) parent: Option<ModId>,
    /// `crate::physics::broad`, with the crate's name for the root.
    pub(crate) path: String,
    /// What it defines or imports by name; several defs when a type and a function share it.
    names: HashMap<String, Vec<Def>>,
    /// Imports that are not resolved yet or name something elsewhere.
    imports: Vec<hir::Import>,
    /// What they name, one by one.
    imported: Vec<Option<Def>>,
    /// It is the inside of a function: names that it lacks are looked for outside of it.
    inner: bool,
    pub(crate) when: hir::When,
    /// The file that it is in, when no `mod` leads to it: perhaps a program of its own.
    pub(crate) orphan: Option<FileId>,
}

/// A struct, union or enum.
#[derive(Debug)]
pub(crate) struct AdtData {
    pub(crate) module: ModId,
    pub(crate) name: hir::Name,
    pub(crate) generics: Vec<String>,
    /// Those of all variants for an enum.
    pub(crate) fields: Vec<(String, Ty)>,
    pub(crate) variants: Vec<(String, Vec<(String, Ty)>)>,
    /// What it derefs to, in terms of its own parameters.
    pub(crate) deref: Option<Ty>,
    /// What it yields when iterated by value.
    pub(crate) item: Option<Ty>,
    /// It has a destructor of its own.
    pub(crate) drops: bool,
    /// It is a `std::io::Read`.
    pub(crate) reads: bool,
    methods: HashMap<String, FnId>,
    traits: Vec<TraitId>,
}

#[derive(Debug)]
pub(crate) struct AliasData {
    pub(crate) module: ModId,
    pub(crate) alias: hir::Alias,
}

/// A function or method.
#[derive(Debug)]
pub(crate) struct FnData {
    pub(crate) krate: CrateId,
    pub(crate) module: ModId,
    /// `physics::World::step`: module path, type, name.
    pub(crate) path: String,
    /// The type or trait that it belongs to.
    pub(crate) owner: Option<Owner>,
    pub(crate) function: hir::Function,
    /// What the names of types in it mean.
    pub(crate) scope: TypeScope,
    /// `self` first when there is one.
    pub(crate) params: Vec<Ty>,
    pub(crate) ret: Ty,
    /// `self` is taken by value.
    pub(crate) by_value: bool,
    pub(crate) has_self: bool,
    pub(crate) when: hir::When,
}

impl FnData {
    pub(crate) fn name(&self) -> &str {
        &self.function.name.text
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Type(Ty),
    Trait(TraitId),
}

#[derive(Debug)]
pub(crate) struct StaticData {
    pub(crate) module: ModId,
    pub(crate) name: hir::Name,
    pub(crate) kind: hir::StaticKind,
    pub(crate) ty: Ty,
    pub(crate) init: Option<hir::Expr>,
}

#[derive(Debug)]
pub(crate) struct TraitData {
    pub(crate) module: ModId,
    pub(crate) name: String,
    pub(crate) methods: HashMap<String, FnId>,
}

/// The tables.
#[derive(Debug, Default)]
pub(crate) struct Index {
    pub(crate) modules: Vec<ModuleData>,
    pub(crate) adts: Vec<AdtData>,
    pub(crate) aliases: Vec<AliasData>,
    pub(crate) fns: Vec<FnData>,
    pub(crate) statics: Vec<StaticData>,
    pub(crate) traits: Vec<TraitData>,
    /// Per crate: its root and what it calls other crates.
    pub(crate) crates: Vec<CrateData>,
    /// Methods of traits that are implemented for types from elsewhere, by the type's name.
    foreign_methods: HashMap<(String, String), FnId>,
}

#[derive(Debug)]
pub(crate) struct CrateData {
    pub(crate) name: String,
    pub(crate) root: ModId,
    pub(crate) externs: HashMap<String, CrateId>,
    pub(crate) selected: bool,
}

impl Index {
    pub(crate) fn module(&self, id: ModId) -> &ModuleData {
        &self.modules[id.0 as usize]
    }

    pub(crate) fn adt(&self, id: AdtId) -> &AdtData {
        &self.adts[id.0 as usize]
    }

    pub(crate) fn function(&self, id: FnId) -> &FnData {
        &self.fns[id.0 as usize]
    }

    pub(crate) fn static_(&self, id: StaticId) -> &StaticData {
        &self.statics[id.0 as usize]
    }

    pub(crate) fn functions(&self) -> impl Iterator<Item = (FnId, &FnData)> {
        self.fns.iter().enumerate().map(|(index, data)| (FnId(index as u32), data))
    }

    /// The name of a type of framealloc: `FrameBox`.
    pub(crate) fn ours(&self, ty: &Ty) -> Option<&str> {
        let Ty::Adt(id, _) = ty.peeled() else { return None };
        let adt = self.adt(*id);
        (self.module(adt.module).krate == CrateId::FRAMEALLOC).then_some(adt.name.text.as_str())
    }

    /// A type of framealloc without arguments.
    pub(crate) fn ours_named(&self, name: &str) -> Ty {
        let root = self.crates[0].root;
        match self.resolve(root, false, &[name]) {
            Some((Def::Adt(id), _)) => Ty::Adt(id, Vec::new()),
            _ => Ty::Unknown,
        }
    }

    /// What a module imports, with what that names.
    pub(crate) fn imports(&self, id: ModId) -> impl Iterator<Item = (&hir::Import, Option<&Def>)> {
        let module = self.module(id);
        module.imports.iter().zip(&module.imported).map(|(import, def)| (import, def.as_ref()))
    }

    /// The crate of what a path names; `None` for what is elsewhere.
    pub(crate) fn crate_of(&self, def: &Def) -> Option<CrateId> {
        let module = match def {
            Def::Mod(id) => *id,
            Def::Adt(id) | Def::Variant(id, _) => self.adt(*id).module,
            Def::Alias(id) => self.aliases[id.0 as usize].module,
            Def::Fn(id) => self.function(*id).module,
            Def::Static(id) => self.static_(*id).module,
            Def::Trait(id) => self.traits[id.0 as usize].module,
            Def::Macro(_) => return Some(CrateId::FRAMEALLOC),
            Def::Foreign(_) => return None,
        };
        Some(self.module(module).krate)
    }

    /// The names that `use framealloc::*` brings.
    pub(crate) fn api_names(&self) -> impl Iterator<Item = &str> {
        let root = self.module(self.crates[0].root);
        root.names.keys().map(String::as_str).chain(paths::MACROS)
    }

    /// Whether two crates can be in one program: one depends on the other, or a third on both.
    pub(crate) fn in_one_program(&self, one: CrateId, other: CrateId) -> bool {
        one == other || {
            let mut programs = (0..self.crates.len()).map(|at| self.linked(CrateId(at as u32)));
            programs.any(|all| all.contains(&one) && all.contains(&other))
        }
    }

    /// A crate with what it depends on.
    fn linked(&self, krate: CrateId) -> BTreeSet<CrateId> {
        let mut found = BTreeSet::from([krate]);
        let mut next = vec![krate];
        while let Some(krate) = next.pop() {
            for &other in self.crates[krate.0 as usize].externs.values() {
                if found.insert(other) {
                    next.push(other);
                }
            }
        }
        found
    }

    /// What a path in the source names.
    pub(crate) fn resolve_path(&self, module: ModId, path: &hir::Path) -> Option<(Def, usize)> {
        let names: Vec<&str> = path.segments.iter().map(|segment| segment.name.as_str()).collect();
        self.resolve(module, path.absolute, &names)
    }

    /// For a method or function of framealloc: `SmartAlloc::frame_box`, `FrameBox::into_inner`.
    pub(crate) fn api(&self, id: FnId) -> Option<String> {
        let data = self.function(id);
        if data.krate != CrateId::FRAMEALLOC {
            return None;
        }
        Some(match &data.owner {
            Some(Owner::Type(ty)) => format!("{}::{}", self.ours(ty)?, data.name()),
            Some(Owner::Trait(id)) => format!("{}::{}", self.traits[id.0 as usize].name, data.name()),
            None => data.name().to_owned(),
        })
    }
}
