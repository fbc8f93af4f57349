//! The objects of the pool and the heap that are alive, with the feature `debug`.

use std::backtrace::Backtrace;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::raw::meter::ObjectKind;
use crate::sys::sync::{Mutex, lock};
use crate::tag::TagId;
use crate::tracking;

/// One object.
#[derive(Clone)]
pub(crate) struct Object {
    pub(crate) kind: ObjectKind,
    pub(crate) tag: TagId,
    pub(crate) bytes: usize,
    pub(crate) frame: u64,
    pub(crate) backtrace: Option<Arc<Backtrace>>,
}

/// By address. What this allocates is not counted as the program's (T3), and neither a backtrace nor the freeing of one
/// happens under the lock.
pub(crate) struct LiveObjects {
    objects: Mutex<BTreeMap<usize, Object>>,
    backtraces: bool,
}

impl LiveObjects {
    pub(super) fn new(backtraces: bool) -> Self {
        Self { objects: Mutex::new(BTreeMap::new()), backtraces }
    }

    pub(super) fn made(&self, address: usize, kind: ObjectKind, tag: TagId, bytes: usize, frame: u64) {
        tracking::exempt(|| {
            let backtrace = self.backtraces.then(|| Arc::new(Backtrace::force_capture()));
            lock(&self.objects).insert(address, Object { kind, tag, bytes, frame, backtrace });
        });
    }

    pub(super) fn gone(&self, address: usize) {
        tracking::exempt(|| {
            let object = lock(&self.objects).remove(&address);
            drop(object);
        });
    }

    /// Those of now, oldest first.
    pub(crate) fn list(&self) -> Vec<Object> {
        let mut list: Vec<Object> = tracking::exempt(|| lock(&self.objects).values().cloned().collect());
        list.sort_by_key(|object| object.frame);
        list
    }
}
