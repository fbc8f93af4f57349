//! The allocator, as values that go to other threads see it.

use super::Shared;
use crate::diagnostics::Diagnostic;
use crate::front::thread::local;
use crate::pool::PoolAlloc;
use crate::threads::{DeferredQueue, Home, TransferCounters};

impl Home for Shared {
    fn queue(&self) -> &DeferredQueue {
        &self.deferred
    }

    fn transfers(&self) -> &TransferCounters {
        &self.transfers
    }

    fn pool(&self, tag: u16) -> PoolAlloc {
        PoolAlloc::new(self.pool.clone(), tag)
    }

    #[cold]
    #[inline(never)]
    fn report(&self, make: &dyn Fn() -> Diagnostic) {
        crate::tracking::exempt(|| {
            let here = local::with_existing(self, |heap| heap.report(make()));
            if here.is_none() {
                self.deliver(make().with_frame(self.clock.number()));
            }
        });
    }

    fn is_exiting(&self) -> bool {
        local::is_exiting()
    }
}
