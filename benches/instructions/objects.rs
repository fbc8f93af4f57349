//! P8, P17, P20: one object made and freed.

use std::alloc::{GlobalAlloc, Layout, System};

use framealloc::{SmartAlloc, Tracking};
use framealloc_benches::arena::Stateless;
use framealloc_benches::frames::{Heap, NAME, Pool};
use framealloc_benches::objects::{FreeList, Malloc, Objects};
use framealloc_benches::work::{pairs, value64};

use crate::Runner;

/// The system's allocator under the wrapper that attributes what it serves.
struct Tracked;

static TRACKING: Tracking<System> = Tracking::new(System);

// SAFETY: forwards every call to a global allocator.
unsafe impl GlobalAlloc for Tracked {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { TRACKING.alloc(layout) }
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { TRACKING.dealloc(block, layout) }
    }
}

impl Stateless for Tracked {
    const NAME: &'static str = NAME;
    const INSTANCE: Tracked = Tracked;
}

pub fn run(runner: &Runner) {
    let alloc = SmartAlloc::with_defaults();
    objects(runner, "P8", &FreeList::new(64));
    objects(runner, "P8", &Pool(alloc.clone()));
    for id in ["P8", "P17", "P20"] {
        objects(runner, id, &Malloc(System));
    }
    #[cfg(feature = "contenders")]
    objects(runner, "P8", &Malloc(mimalloc::MiMalloc));
    #[cfg(feature = "contenders")]
    objects(runner, "P8", &Malloc(tikv_jemallocator::Jemalloc));
    objects(runner, "P20", &Heap(alloc.clone()));

    let _current = alloc.enter();
    objects(runner, "P17", &Malloc(Tracked));
}

fn objects<O: Objects>(runner: &Runner, id: &str, objects: &O) {
    let value = value64();
    runner.per_item(id, O::NAME, |items| pairs(objects, items, &value));
}
