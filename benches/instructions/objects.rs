//! P8, P17, P20: one object made and freed.

use std::alloc::{GlobalAlloc, Layout, System};

use framealloc::tracking::Live;
use framealloc::{SmartAlloc, Tracking};
use framealloc_benches::arena::Stateless;
use framealloc_benches::frames::{Heap, NAME, Pool};
use framealloc_benches::objects::{FreeList, Malloc, Objects};
use framealloc_benches::work::{pairs, value64};

use crate::Runner;

/// The system's allocator under the wrapper that attributes what it serves.
struct Tracked;
/// The same in the mode that knows what is alive.
struct TrackedLive;

static TRACKING: Tracking<System> = Tracking::new(System);
static LIVE: Tracking<System, Live> = Tracking::new(System);

macro_rules! forward {
    ($name:ident to $to:ident) => {
        // SAFETY: forwards every call to a global allocator.
        unsafe impl GlobalAlloc for $name {
            unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
                // SAFETY: as the caller promises.
                unsafe { $to.alloc(layout) }
            }
            unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
                // SAFETY: as the caller promises.
                unsafe { $to.dealloc(block, layout) }
            }
        }

        impl Stateless for $name {
            const NAME: &'static str = NAME;
            const INSTANCE: $name = $name;
        }
    };
}

forward!(Tracked to TRACKING);
forward!(TrackedLive to LIVE);

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
    objects(runner, "P17.live", &Malloc(TrackedLive));
}

fn objects<O: Objects>(runner: &Runner, id: &str, objects: &O) {
    let value = value64();
    runner.per_item(id, O::NAME, |items| pairs(objects, items, &value));
}
