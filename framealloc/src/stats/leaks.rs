//! What is alive although nobody may need it any more.

use core::fmt;
use std::backtrace::Backtrace;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::raw::meter::ObjectKind;

/// An object of the pool or the heap that is alive.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LeakedObject {
    /// Where it is.
    pub kind: ObjectKind,
    /// The path of its tag.
    pub tag: Arc<str>,
    /// Its bytes; in the pool, those of its block.
    pub bytes: usize,
    /// The frame number when it was allocated.
    pub frame: u64,
    /// Where it was allocated, if the allocator was made with `with_backtraces`.
    pub backtrace: Option<Arc<Backtrace>>,
}

/// What an allocator has handed out and not got back; see [`SmartAlloc::leak_report`](crate::SmartAlloc::leak_report).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LeakReport {
    /// Objects of the pool and the heap, oldest first.
    pub objects: Vec<LeakedObject>,
    /// Bytes of frames that are open, or kept by a handle, by the path of their tag.
    pub frames: Vec<(Arc<str>, u64)>,
}

/// Backtraces that the text of a report shows.
const SHOWN: usize = 8;

impl LeakReport {
    /// Whether everything came back.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.frames.is_empty()
    }

    /// One line: `2 pool objects of 192 bytes under ai, 64 frame bytes under render`.
    pub fn summary(&self) -> String {
        let mut sums: BTreeMap<(&str, ObjectKind), (u64, usize)> = BTreeMap::new();
        for object in &self.objects {
            let (objects, bytes) = sums.entry((&object.tag, object.kind)).or_default();
            *objects += 1;
            *bytes += object.bytes;
        }
        let objects = sums.into_iter().map(|((tag, kind), (objects, bytes))| {
            let kind = match kind {
                ObjectKind::Pool => "pool",
                ObjectKind::Heap => "heap",
            };
            let plural = if objects == 1 { "" } else { "s" };
            format!("{objects} {kind} object{plural} of {bytes} bytes under {tag}")
        });
        let frames = self.frames.iter().map(|(tag, bytes)| format!("{bytes} frame bytes under {tag}"));
        objects.chain(frames).collect::<Vec<_>>().join(", ")
    }
}

/// The summary, and where the oldest objects were allocated.
impl fmt::Display for LeakReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())?;
        let traced = self.objects.iter().filter_map(|object| Some((object, object.backtrace.as_ref()?)));
        for (object, backtrace) in traced.take(SHOWN) {
            write!(f, "\n{} bytes under {}, frame {}:\n{backtrace}", object.bytes, object.tag, object.frame)?;
        }
        Ok(())
    }
}
