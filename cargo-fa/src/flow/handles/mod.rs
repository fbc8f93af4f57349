//! Handles of ambient frames: where each is from when it is made until it is gone, through variables, fields, containers,
//! closures and the functions of the program.
//!
//! ```text
//! let list = alloc.frame_vec();    made: the call; held by `list`
//! self.lists.push(list);           held by `self.lists`, put there by this call
//! alloc.end_frame();               its frame has ended, and something holds it: an escape
//! ```
//!
//! What a function does with handles that it is given or makes is its [`Effects`]; callers apply them. Places are followed
//! without elements and dereferences: a container is one place, a reference another name for what it leads to.
//!
//! | module | role |
//! |---|---|
//! | `state` | what is held where |
//! | `track` | how operations change it |
//! | `calls` | how calls do |
//! | `effects` | what functions and closures do, seen from outside |
//! | `escapes` | the handles that outlive their frame |

mod calls;
mod effects;
mod escapes;
mod state;
mod track;

use std::sync::Arc;

pub(crate) use effects::Handles;
pub(crate) use escapes::{Escape, How, escapes};

use crate::api::{self, Memory, Role};
use crate::index::{CrateId, Ty};
use crate::mir::Local;
use crate::model::Model;
use crate::source::Span;

/// Which handle, seen from a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Origin {
    /// Made by the call with this destination.
    Made(Local),
    /// Made inside of what this call runs: the n-th that comes out of it.
    Inside(Local, usize),
    /// Came in with a parameter or a captured variable.
    Input(Local),
}

/// What is known of a handle since it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) span: Span,
    /// Its type: `FrameBox`.
    pub(crate) ty: String,
    /// A name of a shared value: it does not keep the frame, but nothing is behind it when the frame is over.
    pub(crate) shared: bool,
    /// Retained, with this policy where the source tells it.
    pub(crate) retained: bool,
    pub(crate) discarded: bool,
}

/// How a handle got to where it is, when it was put there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) span: Span,
    pub(crate) kind: SiteKind,
    /// What it was put into, as the source names it: `self.visible`.
    pub(crate) into: String,
    /// The path of the function that does it.
    pub(crate) item: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SiteKind {
    /// Assigned to a variable, or to a field of one.
    Assigned,
    /// Put into a container.
    Contained,
    /// Captured by a closure that was put somewhere.
    Captured,
}

/// Types that lend what they are guards or entries of.
const LENDERS: [&str; 14] = [
    "Entry",
    "Iter",
    "IterMut",
    "MappedMutexGuard",
    "MappedRwLockReadGuard",
    "MappedRwLockWriteGuard",
    "MutexGuard",
    "OccupiedEntry",
    "Ref",
    "RefMut",
    "RwLockReadGuard",
    "RwLockUpgradableReadGuard",
    "RwLockWriteGuard",
    "VacantEntry",
];

/// For each type of the index, whether a value of it can have a handle in it, its type arguments aside.
fn types_that_carry(model: &Model<'_>) -> Vec<bool> {
    let adts = &model.index.adts;
    let mut known = vec![false; adts.len()];
    for (at, adt) in adts.iter().enumerate() {
        if model.index.module(adt.module).krate == CrateId::FRAMEALLOC {
            let role = api::role(&adt.name.text);
            known[at] = matches!(role, Some(Role::FrameMemory | Role::Name(Memory::Shared)));
        }
    }
    // What holds what holds one: as deep as types are nested.
    for _ in 0..8 {
        let mut changed = false;
        for (at, adt) in adts.iter().enumerate() {
            let ours = model.index.module(adt.module).krate == CrateId::FRAMEALLOC;
            let mut fields = adt.fields.iter().chain(adt.variants.iter().flat_map(|(_, fields)| fields));
            if !known[at] && !ours && fields.any(|(_, field)| carries(&known, &adt.generics, field)) {
                known[at] = true;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    known
}

/// Whether a value of this type can have a handle in it: one, something with one in a field, a closure, a `T` that is not
/// one of `own`.
fn carries(known: &[bool], own: &[String], ty: &Ty) -> bool {
    let any = |types: &[Ty]| types.iter().any(|ty| carries(known, own, ty));
    match ty {
        Ty::Adt(id, args) => known.get(id.0 as usize).copied().unwrap_or(false) || any(args),
        Ty::Foreign(name, args) => !LENDERS.contains(&name.as_str()) && any(args),
        Ty::Tuple(parts) => any(parts),
        Ty::Slice(inner, _) | Ty::Iter(inner) => carries(known, own, inner),
        Ty::Param(name, _) => !own.contains(name),
        Ty::Fn(..) | Ty::Closure(_) => true,
        Ty::Unknown | Ty::Ref(_) => false,
    }
}

/// Whether a value of this type is a way to what it was made from.
fn lends(ty: &Ty) -> bool {
    match ty {
        Ty::Ref(_) => true,
        Ty::Foreign(name, args) => LENDERS.contains(&name.as_str()) || args.iter().any(lends),
        Ty::Iter(inner) => lends(inner),
        Ty::Tuple(parts) => parts.iter().any(lends),
        _ => false,
    }
}

/// Whether a value of this type may have a closure in it.
fn callable(ty: &Ty) -> bool {
    match ty {
        Ty::Fn(..) | Ty::Closure(_) | Ty::Param(..) => true,
        Ty::Adt(_, args) | Ty::Foreign(_, args) | Ty::Tuple(args) => args.iter().any(callable),
        Ty::Slice(inner, _) | Ty::Iter(inner) | Ty::Ref(inner) => callable(inner),
        Ty::Unknown => false,
    }
}

/// The name of the first type of frame memory in `ty`.
fn handle_name(model: &Model<'_>, ty: &Ty) -> String {
    fn find(model: &Model<'_>, ty: &Ty) -> Option<String> {
        match ty {
            Ty::Adt(_, args) => {
                model.index.ours(ty).map(str::to_owned).or_else(|| args.iter().find_map(|ty| find(model, ty)))
            }
            Ty::Foreign(_, args) | Ty::Tuple(args) => args.iter().find_map(|ty| find(model, ty)),
            Ty::Slice(inner, _) | Ty::Iter(inner) | Ty::Ref(inner) => find(model, inner),
            _ => None,
        }
    }
    find(model, ty).unwrap_or_else(|| "handle".into())
}

type Sited = Option<Arc<Site>>;
