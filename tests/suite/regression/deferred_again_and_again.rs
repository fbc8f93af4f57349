//! Values that defer themselves again until a moment that comes later, as those that a device still uses do. Where the queue
//! was full, the thread that made room ran them for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use framealloc::{DeferredConfig, QueueFullPolicy, SmartAlloc};
use framealloc_tests::Fixture;

#[derive(Clone, Default)]
struct Device {
    is_done: Arc<AtomicBool>,
    asked: Arc<AtomicU64>,
}

struct InUse(SmartAlloc, Device);

impl Drop for InUse {
    fn drop(&mut self) {
        let Self(alloc, device) = self;
        // Ends the test where it would not end.
        let is_late = device.asked.fetch_add(1, Ordering::Relaxed) > 1000;
        if !device.is_done.load(Ordering::Relaxed) && !is_late {
            alloc.defer_drop(InUse(alloc.clone(), device.clone()));
        }
    }
}

#[test]
fn a_full_queue_of_values_that_come_back() {
    for policy in [QueueFullPolicy::DropOldest, QueueFullPolicy::Block, QueueFullPolicy::ProcessNow] {
        let fixture = Fixture::default();
        let (alloc, device) = (&fixture.alloc, Device::default());
        let config = DeferredConfig::default().with_max_queue_depth(2).with_policy(policy);
        alloc.configure_deferred(config).unwrap();
        (0..4).for_each(|_| alloc.defer_drop(InUse(alloc.clone(), device.clone())));
        assert!(device.asked.load(Ordering::Relaxed) < 20, "{policy:?}: asked until it gave up");
        assert_eq!(alloc.deferred_stats().pending, 4, "{policy:?}");
        device.is_done.store(true, Ordering::Relaxed);
        assert_eq!((alloc.process_deferred(), alloc.deferred_stats().pending), (4, 0), "{policy:?}");
    }
}
