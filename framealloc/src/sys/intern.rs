//! Names that are compared by number: a flat table of strings, each kept once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use foldhash::fast::FixedState;

/// A table of strings that only grows. Looking up a known name takes a read lock and hashes it; a new name allocates.
#[derive(Debug)]
pub(crate) struct Names {
    inner: RwLock<Inner>,
    most: u32,
}

#[derive(Debug)]
struct Inner {
    ids: HashMap<Arc<str>, u32, FixedState>,
    names: Vec<Arc<str>>,
}

impl Names {
    /// A table that holds `first` as number 0 and at most `most` names besides. `first` is not found by name.
    pub(crate) fn new(first: &str, most: u32) -> Self {
        let inner = Inner { ids: HashMap::with_hasher(FixedState::default()), names: vec![first.into()] };
        Self { inner: RwLock::new(inner), most }
    }

    /// The number of `name`, if it is known.
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.read().ids.get(name).copied()
    }

    /// The number of `name`, which is added when it is new; `None` when the table is full.
    pub(crate) fn intern(&self, name: &str) -> Option<u32> {
        if let Some(id) = self.find(name) {
            return Some(id);
        }
        let shared: Arc<str> = name.into();
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(&id) = inner.ids.get(name) {
            return Some(id);
        }
        let id = u32::try_from(inner.names.len()).ok().filter(|id| *id <= self.most)?;
        inner.names.push(Arc::clone(&shared));
        inner.ids.insert(shared, id);
        Some(id)
    }

    /// The name of `id`; `None` for a number that was never handed out.
    pub(crate) fn get(&self, id: u32) -> Option<Arc<str>> {
        self.read().names.get(id as usize).cloned()
    }

    /// How many names there are, the first included: every number below this is valid, now and later.
    pub(crate) fn len(&self) -> usize {
        self.read().names.len()
    }

    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_number() {
        let names = Names::new("(none)", 2);
        assert_eq!((names.intern("a"), names.intern("b"), names.intern("a")), (Some(1), Some(2), Some(1)));
        assert_eq!((names.intern("c"), names.find("c"), names.find("b")), (None, None, Some(2)));
        assert_eq!(
            (names.get(0).as_deref(), names.get(2).as_deref(), names.get(3)),
            (Some("(none)"), Some("b"), None)
        );
        assert_eq!((names.len(), names.find("(none)")), (3, None));
    }

    #[test]
    fn threads_agree() {
        let names = Names::new("", 1000);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    (0..100).for_each(|n| {
                        let id = names.intern(&n.to_string()).unwrap();
                        assert_eq!(names.get(id).as_deref(), Some(&*n.to_string()));
                    });
                });
            }
        });
        assert_eq!(names.len(), 101);
    }
}
