//! What is known of std's types.
use crate::index::{Index, Ty};
use crate::mir::Run;

pub(crate) enum Known {
    Returns(Ty),
    Closure { index: usize, params: Vec<Ty>, run: Run, result: ResultOf },
}
pub(crate) enum ResultOf {
    Fixed(Ty),
}
impl ResultOf {
    pub(crate) fn of(&self, receiver: &Ty, ret: Ty) -> Ty {
        let _ = (receiver, ret);
        let Self::Fixed(ty) = self;
        ty.clone()
    }
}
pub(crate) fn method(index: &Index, ty: &Ty, name: &str, args: usize) -> Option<Known> {
    let _ = (index, ty, name, args);
    None
}
pub(crate) fn function(path: &[&str], args: usize) -> Option<Known> {
    let _ = (path, args);
    None
}
pub(crate) fn constructor(path: &[&str], args: &[Ty]) -> Ty {
    let _ = (path, args);
    Ty::Unknown
}
pub(crate) fn element(index: &Index, ty: &Ty) -> Ty {
    let _ = (index, ty);
    Ty::Unknown
}
pub(crate) fn iterate(index: &Index, ty: &Ty) -> Ty {
    let _ = (index, ty);
    Ty::Unknown
}
pub(crate) fn borrows(ty: &Ty, name: &str) -> bool {
    let _ = (ty, name);
    true
}
pub(crate) fn type_name(index: &Index, ty: &Ty) -> String {
    let _ = (index, ty);
    String::new()
}
/// One step of dereferencing of a type from elsewhere.
pub(crate) fn deref(ty: &Ty) -> Option<Ty> {
    match ty {
        Ty::Foreign(name, args) if matches!(name.as_str(), "Arc" | "Rc" | "Box" | "Ref" | "RefMut" | "MutexGuard" | "RwLockReadGuard" | "RwLockWriteGuard" | "Cow" | "LazyLock" | "LazyCell" | "Pin" | "Res" | "ResMut") => args.first().cloned(),
        _ => None,
    }
}
