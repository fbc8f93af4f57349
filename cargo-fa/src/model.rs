//! What lints look at: the index, the graphs of the functions that matter, the systems, the settings.

use crate::api::{self, Fact};
use crate::attributes::{self, System};
use crate::config::Config;
use crate::demand::Reached;
use crate::index::{FnData, FnId, Index, Ty};
use crate::mir::{Call, Callee, FnBody};
use crate::source::{SourceFile, Sources, Span};

/// Everything about the linted crates.
#[derive(Debug)]
pub(crate) struct Model<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) index: &'a Index,
    pub(crate) config: &'a Config,
    reached: &'a Reached,
    systems: Vec<Option<System>>,
    /// What is known of each function; nothing of those that are not framealloc's.
    facts: Vec<&'static [Fact]>,
}

impl<'a> Model<'a> {
    pub(crate) fn new(sources: &'a Sources, reached: &'a Reached, config: &'a Config) -> Self {
        let index = &reached.index;
        let systems = index.functions().map(|(_, data)| attributes::system(index, data)).collect();
        let facts_of = |(id, _)| index.api(id).map_or(&[][..], |name| api::facts(&name));
        let facts = index.functions().map(facts_of).collect();
        Self { sources, index, config, reached, systems, facts }
    }

    /// The functions that matter: those that framealloc reaches, and what they call.
    pub(crate) fn asked(&self) -> &'a [FnId] {
        &self.reached.asked
    }

    pub(crate) fn file(&self, span: Span) -> &SourceFile {
        self.sources.get(span.file)
    }

    /// The text of a place.
    pub(crate) fn text(&self, span: Span) -> &str {
        self.file(span).slice(span)
    }

    /// Those functions of the selected crates that have graphs.
    pub(crate) fn functions(&self) -> impl Iterator<Item = (FnId, &FnData, &FnBody)> {
        self.asked().iter().filter_map(|&id| {
            let data = self.index.function(id);
            let selected = self.index.crates[data.krate.0 as usize].selected;
            let body = self.body(id)?;
            selected.then_some((id, data, body))
        })
    }

    pub(crate) fn body(&self, id: FnId) -> Option<&FnBody> {
        self.reached.graphs[id.0 as usize].as_ref()
    }

    /// The functions with `#[frame_system]`, of the selected crates.
    pub(crate) fn systems(&self) -> impl Iterator<Item = (FnId, &FnData, &System)> {
        self.index.functions().filter_map(|(id, data)| {
            let selected = self.index.crates[data.krate.0 as usize].selected;
            let system = self.systems[id.0 as usize].as_ref()?;
            selected.then_some((id, data, system))
        })
    }

    pub(crate) fn system(&self, id: FnId) -> Option<&System> {
        self.systems[id.0 as usize].as_ref()
    }

    /// The function of framealloc that a call names: `SmartAlloc::frame_box`.
    pub(crate) fn api(&self, call: &Call) -> Option<String> {
        match call.callee {
            Callee::Fn(id) => self.index.api(id),
            _ => None,
        }
    }

    /// What is known of the function of framealloc that a call names.
    pub(crate) fn facts(&self, call: &Call) -> &'static [Fact] {
        match call.callee {
            Callee::Fn(id) => self.facts[id.0 as usize],
            _ => &[],
        }
    }

    /// Whether a value of this type keeps memory of a frame: a handle, or something that holds one by value.
    pub(crate) fn holds_frame_memory(&self, ty: &Ty) -> bool {
        self.holds(ty, 0)
    }

    fn holds(&self, ty: &Ty, depth: usize) -> bool {
        if depth > 8 {
            return false;
        }
        match ty {
            Ty::Adt(id, args) => {
                if let Some(name) = self.index.ours(ty) {
                    return api::role(name) == Some(api::Role::FrameMemory);
                }
                // Of the program's own types, those with a handle in a field. Arguments count where a field has them.
                let adt = self.index.adt(*id);
                let of = |name: &str| {
                    let at = adt.generics.iter().position(|generic| generic == name)?;
                    args.get(at).cloned()
                };
                let fields = adt.fields.iter().chain(adt.variants.iter().flat_map(|(_, fields)| fields));
                fields.into_iter().any(|(_, field)| self.holds(&field.substitute(&of), depth + 1))
            }
            Ty::Foreign(_, args) | Ty::Tuple(args) => args.iter().any(|arg| self.holds(arg, depth + 1)),
            Ty::Slice(inner, _) | Ty::Iter(inner) => self.holds(inner, depth + 1),
            Ty::Unknown | Ty::Ref(_) | Ty::Fn(..) | Ty::Closure(_) | Ty::Param(..) => false,
        }
    }
}
