//! What is known of std's types.
use crate::index::Ty;
/// One step of dereferencing of a type from elsewhere.
pub(crate) fn deref(ty: &Ty) -> Option<Ty> {
    match ty {
        Ty::Foreign(name, args) if matches!(name.as_str(), "Arc" | "Rc" | "Box" | "Ref" | "RefMut" | "MutexGuard" | "RwLockReadGuard" | "RwLockWriteGuard" | "Cow" | "LazyLock" | "LazyCell" | "Pin" | "Res" | "ResMut") => args.first().cloned(),
        _ => None,
    }
}
