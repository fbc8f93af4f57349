//! Smart pointers, locks, cells and channels.

use super::Run;
use super::known::{Args, Known, foreign, iter, option, or, result, returned};
use crate::ty::Ty;

/// Guards of locks and cells, which deref to their argument.
const GUARDS: [&str; 9] = [
    "Ref",
    "RefMut",
    "MutexGuard",
    "RwLockReadGuard",
    "RwLockWriteGuard",
    "RwLockUpgradableReadGuard",
    "MappedMutexGuard",
    "MappedRwLockReadGuard",
    "MappedRwLockWriteGuard",
];

/// Pointers which deref to their argument, and what derefs to its argument in engines.
const POINTERS: [&str; 14] = [
    "Arc",
    "Rc",
    "Box",
    "Cow",
    "LazyLock",
    "LazyCell",
    "Lazy",
    "Pin",
    "Res",
    "ResMut",
    "Mut",
    "Local",
    "NonSend",
    "AssertUnwindSafe",
];

/// Those that are cloned themselves.
const CLONES: [&str; 5] = ["Arc", "Rc", "Box", "Cow", "Pin"];

/// One step of dereferencing of a type from elsewhere.
pub(crate) fn deref(ty: &Ty) -> Option<Ty> {
    match ty {
        Ty::Foreign(name, _) if GUARDS.contains(&name.as_str()) || POINTERS.contains(&name.as_str()) => {
            Some(ty.arg(0))
        }
        Ty::Foreign(name, _) if name == "String" => Some(Ty::foreign("str", [])),
        Ty::Foreign(name, _) if matches!(name.as_str(), "Vec" | "SmallVec" | "ArrayVec") => {
            super::sequences::element(ty).map(|item| Ty::Slice(Box::new(item), None))
        }
        _ => None,
    }
}

/// A method of a pointer, lock, cell or channel itself; what they deref to is not looked at.
pub(super) fn method(of: &Ty, name: &str, args: Args<'_>) -> Option<Known> {
    let Ty::Foreign(kind, _) = of else { return None };
    let value = of.arg(0);
    let kind = kind.as_str();
    if GUARDS.contains(&kind) {
        return guard(of, name);
    }
    if POINTERS.contains(&kind) {
        return pointer(of, name, value);
    }
    match kind {
        "Weak" => weak(of, name, value),
        "Mutex" | "RwLock" | "ReentrantMutex" => lock(kind, name, value),
        "RefCell" | "Cell" | "UnsafeCell" => cell(kind, name, value),
        "OnceLock" | "OnceCell" => once(name, value),
        "LocalKey" => local(name, value),
        "Sender" | "SyncSender" | "Receiver" => channel(of, name, value),
        _ => None,
    }
    .or_else(|| (name == "clone" && args.types.is_empty()).then(|| Known::returns(of.clone())))
}

/// Guards stand for std's `Result` of them too, because parking_lot's locks return them bare.
fn guard(of: &Ty, name: &str) -> Option<Known> {
    Some(match name {
        "unwrap" | "expect" => Known::returns(of.clone()),
        "unwrap_or_else" => Known::calls(0, Run::Once, [foreign("PoisonError", of.clone())], of.clone()),
        "ok" => Known::returns(option(of.clone())),
        "deref" | "deref_mut" => Known::returns(of.arg(0).reference()),
        // They are not `Clone`, so this is the value's.
        "clone" => Known::returns(of.arg(0)),
        _ => return None,
    })
}

fn pointer(of: &Ty, name: &str, value: Ty) -> Option<Known> {
    Some(Known::returns(match name {
        "clone" if matches!(of, Ty::Foreign(kind, _) if CLONES.contains(&kind.as_str())) => of.clone(),
        "clone" => value,
        "as_ref" | "as_mut" | "deref" | "deref_mut" | "get_mut" => value.reference(),
        "into_inner" | "into_owned" => value,
        _ => return None,
    }))
}

fn weak(of: &Ty, name: &str, value: Ty) -> Option<Known> {
    // `Rc` or `Arc`: they behave alike.
    Some(Known::returns(match name {
        "upgrade" => option(foreign("Arc", value)),
        "clone" => of.clone(),
        _ => return None,
    }))
}

fn lock(kind: &str, name: &str, value: Ty) -> Option<Known> {
    let poison = || Ty::foreign("PoisonError", []);
    Some(Known::returns(match (kind, name) {
        ("Mutex" | "ReentrantMutex", "lock") => foreign("MutexGuard", value),
        ("Mutex", "try_lock") => result(foreign("MutexGuard", value), poison()),
        ("RwLock", "read") => foreign("RwLockReadGuard", value),
        ("RwLock", "write") => foreign("RwLockWriteGuard", value),
        ("RwLock", "try_read") => result(foreign("RwLockReadGuard", value), poison()),
        ("RwLock", "try_write") => result(foreign("RwLockWriteGuard", value), poison()),
        (_, "get_mut") => result(value.reference(), poison()),
        (_, "into_inner") => result(value, poison()),
        _ => return None,
    }))
}

fn cell(kind: &str, name: &str, value: Ty) -> Option<Known> {
    Some(Known::returns(match (kind, name) {
        ("RefCell", "borrow") => foreign("Ref", value),
        ("RefCell", "borrow_mut") => foreign("RefMut", value),
        ("RefCell", "try_borrow") => result(foreign("Ref", value), Ty::Unknown),
        ("RefCell", "try_borrow_mut") => result(foreign("RefMut", value), Ty::Unknown),
        ("RefCell", "replace_with") => {
            return Some(Known::calls(0, Run::Once, [value.clone().reference()], value));
        }
        ("Cell", "get") => value,
        (_, "get_mut") => value.reference(),
        (_, "take" | "replace" | "into_inner") => value,
        (_, "set" | "swap") => Ty::UNIT,
        _ => return None,
    }))
}

fn once(name: &str, value: Ty) -> Option<Known> {
    Some(match name {
        "get" | "get_mut" => Known::returns(option(value.reference())),
        "get_or_init" | "get_mut_or_init" => {
            Known::calls(0, Run::Once, [], or(value, returned(0)).reference())
        }
        "get_or_try_init" => Known::calls(0, Run::Once, [], result(value.reference(), Ty::Unknown)),
        "set" => Known::returns(result(Ty::UNIT, value)),
        "take" | "into_inner" => Known::returns(option(value)),
        "wait" => Known::returns(value.reference()),
        _ => return None,
    })
}

/// A static of `thread_local!`, whose argument is the type that was declared.
fn local(name: &str, value: Ty) -> Option<Known> {
    let inner = value.arg(0);
    Some(match name {
        "with" => Known::calls(0, Run::Once, [value.reference()], returned(0)),
        "try_with" => Known::calls(0, Run::Once, [value.reference()], result(returned(0), Ty::Unknown)),
        "with_borrow" | "with_borrow_mut" => Known::calls(0, Run::Once, [inner.reference()], returned(0)),
        "get" | "take" | "replace" => Known::returns(inner),
        "set" => Known::returns(Ty::UNIT),
        _ => return None,
    })
}

fn channel(of: &Ty, name: &str, value: Ty) -> Option<Known> {
    Some(Known::returns(match name {
        "send" | "try_send" => result(Ty::UNIT, foreign("SendError", value)),
        "recv" | "try_recv" | "recv_timeout" => result(value, Ty::Unknown),
        "iter" | "try_iter" | "into_iter" => iter(value),
        "clone" => of.clone(),
        _ => return None,
    }))
}
