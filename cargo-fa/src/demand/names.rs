//! The names that lead to framealloc, and the functions in which they are written.
//!
//! | a name leads there when it is | |
//! |---|---|
//! | the crate's | `framealloc` |
//! | imported from it, where it is written | `SmartAlloc`, `fa` of `use framealloc as fa` |
//! | that of a type, alias or static with something of ours in it | `World`, `HEAP` |
//! | that of a function with something of ours in its signature or attributes | `world`, `on_frame` |
//! | that of a function in which such a name is written | `tick` |
//! | that of an attribute of framealloc on a variable | `frame_local` |
//! | what an import calls one of these | `tick_all` of `use crate::tick as tick_all` |
//!
//! `World::new` is another name than `Vec::new`: a word after the name of a type is that type's, unless the type may be
//! called otherwise or the method is a trait's.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;
use rayon::prelude::*;

use super::ours::Ours;
use super::words::{Mention, mentions};
use crate::attributes::HELPERS;
use crate::hir::Imported;
use crate::index::{AdtId, AliasId, CrateId, Def, FnData, FnId, Index, ModId, Owner, Ty};
use crate::source::Sources;

type NameId = u32;

/// What is known of one name.
#[derive(Debug, Default)]
struct Name {
    leads: bool,
    /// Some module imports it from framealloc; it leads there where it resolves to that.
    imported: bool,
    /// A trait's function is called so.
    of_trait: bool,
    /// What imports call it.
    renamed: Vec<NameId>,
    /// The functions in which it is written.
    written_in: Vec<FnId>,
}

/// What is written inside of a function.
enum Written {
    /// A name that leads to framealloc.
    Leads,
    /// Names that may turn out to, each once.
    May(Vec<NameId>),
}

#[derive(Debug, Default)]
pub(super) struct Names {
    ids: HashMap<String, NameId, FixedState>,
    names: Vec<Name>,
    /// Names of types that may be those of others.
    loose: HashSet<String>,
    /// By function.
    reached: Vec<bool>,
    /// Those that were reached since somebody asked.
    found: Vec<FnId>,
    /// Names that were found to lead to framealloc, to be followed.
    work: Vec<NameId>,
    /// How many modules and functions of the index are known.
    known: (usize, usize),
}

impl Names {
    /// The functions that framealloc reaches through what the index has new.
    pub(super) fn reached(&mut self, index: &Index, sources: &Sources) -> Vec<FnId> {
        let ours = Ours::of(index);
        let (modules, functions) = self.known;
        self.known = (index.modules.len(), index.fns.len());
        self.reached.resize(index.fns.len(), false);
        self.add_types(index, &ours);
        for id in (modules..index.modules.len()).map(|at| ModId(at as u32)) {
            self.add_module(index, &ours, id);
        }
        let new = index.functions().skip(functions);
        let new: Vec<(FnId, &FnData)> = new.filter(|(_, data)| data.krate != CrateId::FRAMEALLOC).collect();
        self.add_functions(index, &ours, &new);
        self.add_written(index, sources, &new);
        while let Some(name) = self.work.pop() {
            for function in std::mem::take(&mut self.names[name as usize].written_in) {
                self.reach(index, function);
            }
            for name in std::mem::take(&mut self.names[name as usize].renamed) {
                self.follow(name);
            }
        }
        std::mem::take(&mut self.found)
    }

    /// All that were reached so far.
    pub(super) fn all_reached(&self) -> Vec<FnId> {
        (0..self.reached.len() as u32).map(FnId).filter(|id| self.reached[id.0 as usize]).collect()
    }

    fn id(&mut self, name: &str) -> NameId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = self.names.len() as NameId;
        self.ids.insert(name.to_owned(), id);
        self.names.push(Name::default());
        id
    }

    /// A name leads to framealloc.
    fn lead(&mut self, name: &str) {
        let id = self.id(name);
        self.follow(id);
    }

    fn import(&mut self, name: &str) {
        let id = self.id(name);
        self.names[id as usize].imported = true;
    }

    fn follow(&mut self, id: NameId) {
        if !std::mem::replace(&mut self.names[id as usize].leads, true) {
            self.work.push(id);
        }
    }

    fn reach(&mut self, index: &Index, id: FnId) {
        if std::mem::replace(&mut self.reached[id.0 as usize], true) {
            return;
        }
        self.found.push(id);
        let data = index.function(id);
        self.lead(data.name());
        if let Some(name) = of_type(index, data) {
            self.lead(&name);
        }
    }

    fn add_types(&mut self, index: &Index, ours: &Ours) {
        let foreign = |module| index.module(module).krate != CrateId::FRAMEALLOC;
        for krate in &index.crates {
            let externs = krate.externs.iter().filter(|(_, id)| **id == CrateId::FRAMEALLOC);
            externs.for_each(|(name, _)| self.lead(name));
        }
        for (at, adt) in index.adts.iter().enumerate().filter(|(_, adt)| foreign(adt.module)) {
            if ours.contains(&Ty::Adt(AdtId(at as u32), Vec::new())) {
                self.lead(&adt.name.text);
            }
        }
        for (at, data) in index.aliases.iter().enumerate().filter(|(_, data)| foreign(data.module)) {
            self.loose.insert(data.alias.name.clone());
            if ours.contains(&index.alias_ty(AliasId(at as u32))) {
                self.lead(&data.alias.name);
            }
        }
        for data in index.statics.iter().filter(|data| foreign(data.module)) {
            if ours.contains(&data.ty) {
                self.lead(&data.name.text);
            }
        }
    }

    fn add_module(&mut self, index: &Index, ours: &Ours, id: ModId) {
        let name = index.module(id).path.rsplit("::").next().unwrap_or_default();
        if !is_lower(name) {
            self.loose.insert(name.to_owned());
        }
        for (import, def) in index.imports(id) {
            let is_ours = def.is_some_and(|def| index.crate_of(def) == Some(CrateId::FRAMEALLOC));
            let leads = |id: AdtId| ours.contains(&Ty::Adt(id, Vec::new()));
            match (&import.what, def) {
                (Imported::Name(name), def) => {
                    if is_ours {
                        self.import(name);
                    } else if matches!(def, Some(Def::Variant(id, _)) if leads(*id)) {
                        self.lead(name);
                    }
                    if let Some(last) = import.path.last().filter(|last| *last != name) {
                        let (of, name_id) = (self.id(last), self.id(name));
                        self.names[of as usize].renamed.push(name_id);
                        self.loose.insert(name.clone());
                        if self.names[of as usize].leads {
                            self.follow(name_id);
                        }
                    }
                }
                (Imported::All, Some(Def::Adt(id))) if leads(*id) => {
                    for (name, _) in &index.adt(*id).variants {
                        if is_ours { self.import(name) } else { self.lead(name) }
                    }
                }
                (Imported::All, _) if is_ours => index.api_names().for_each(|name| self.import(name)),
                (Imported::All, _) => {}
            }
        }
    }

    /// Notes the functions' own names, and which of them are reached by what is around their inside.
    fn add_functions(&mut self, index: &Index, ours: &Ours, new: &[(FnId, &FnData)]) {
        for (_, data) in new {
            let id = self.id(data.name());
            self.names[id as usize].of_trait |= matches!(data.owner, Some(Owner::Trait(_)));
            if let Some(name) = of_type(index, data) {
                self.id(&name);
            }
        }
        for (id, data) in new {
            let mut types = data.params.iter().chain([&data.ret]).chain(match &data.owner {
                Some(Owner::Type(ty)) => Some(ty),
                _ => None,
            });
            if types.any(|ty| ours.contains(ty)) || has_attribute(index, data) {
                self.reach(index, *id);
            }
        }
    }

    /// Notes which names are written inside of functions that are not reached yet.
    fn add_written(&mut self, index: &Index, sources: &Sources, new: &[(FnId, &FnData)]) {
        let open = new.par_iter().filter(|(id, _)| !self.reached[id.0 as usize]);
        let written: Vec<(FnId, Written)> =
            open.map(|(id, data)| (*id, self.written(index, sources, data))).collect();
        for (id, written) in written {
            match written {
                Written::Leads => self.reach(index, id),
                Written::May(names) => {
                    for name in names {
                        self.names[name as usize].written_in.push(id);
                        // Another function may have been reached meanwhile.
                        if self.names[name as usize].leads {
                            self.reach(index, id);
                        }
                    }
                }
            }
        }
    }

    fn written(&self, index: &Index, sources: &Sources, data: &FnData) -> Written {
        let Some(body) = &data.function.body else { return Written::May(Vec::new()) };
        let mut names = Vec::new();
        let (mut imports, mut imported) = (false, false);
        for mention in mentions(sources.get(body.span().file).slice(body.span())) {
            imports |= mention.word == "use";
            if mention.attribute && HELPERS.contains(&mention.word) {
                return Written::Leads;
            }
            let Some(id) = self.find(&mention) else { continue };
            let name = &self.names[id as usize];
            // What a path before it leads to, or an import inside, is not looked up.
            imported |= name.imported;
            if name.leads || name.imported && (mention.path.is_some() || is_ours(index, data, mention.word)) {
                return Written::Leads;
            }
            names.push(id);
        }
        if imports && imported {
            return Written::Leads;
        }
        names.sort_unstable();
        names.dedup();
        Written::May(names)
    }

    fn find(&self, mention: &Mention<'_>) -> Option<NameId> {
        let alone = self.ids.get(mention.word).copied();
        let Some((of, path)) = mention.path else { return alone };
        let loose = is_lower(of) || of == "Self" || self.loose.contains(of);
        if loose || alone.is_some_and(|id| self.names[id as usize].of_trait) {
            return alone;
        }
        self.ids.get(path).copied()
    }
}

/// Whether a name is one of framealloc's in the module of a function.
fn is_ours(index: &Index, data: &FnData, name: &str) -> bool {
    let found = index.resolve(data.module, false, &[name]);
    found.is_some_and(|(def, _)| index.crate_of(&def) == Some(CrateId::FRAMEALLOC))
}

fn is_lower(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_uppercase())
}

/// `World::new`
fn of_type(index: &Index, data: &FnData) -> Option<String> {
    let Some(Owner::Type(ty @ (Ty::Adt(..) | Ty::Foreign(..)))) = &data.owner else { return None };
    Some(format!("{}::{}", index.type_name(ty), data.name()))
}

/// Whether a function has an attribute of framealloc.
fn has_attribute(index: &Index, data: &FnData) -> bool {
    let attrs = &data.function.attrs.attrs;
    attrs.iter().any(|attr| matches!(index.resolve_path(data.module, &attr.path), Some((Def::Macro(_), _))))
}
