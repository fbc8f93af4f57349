//! What threads hand to each other.

use std::time::Duration;

use framealloc::{DeferredConfig, DeferredProcessing, QueueFullPolicy, TransferHandle};

use super::Act;
use crate::chaos::shelf::{Held, Kept, Outcome, keep_for_all};
use crate::chaos::value::{Value, Verify};

/// A value on its way.
struct Sent(TransferHandle<Value<44>>);

impl Held for Sent {
    fn end(self: Box<Self>, how: u8) -> Outcome {
        if how < 200 {
            self.0.receive().verify();
        }
        Ok(())
    }
}

impl Act {
    pub(super) fn transfer(self) -> Outcome {
        keep_for_all(self.world, Sent(self.alloc.try_frame_box_for_transfer(self.world.value())?));
        Ok(())
    }

    pub(super) fn defer(self) {
        self.alloc.defer_drop(self.world.value::<90>());
    }

    pub(super) fn deferred_box(self) -> Outcome {
        keep_for_all(self.world, Kept(self.alloc.try_deferred_box(self.world.value::<33>())?));
        Ok(())
    }

    pub(super) fn configure_deferred(self, policy: u8, processing: u8) -> Outcome {
        let policy = match policy % 5 {
            0 => QueueFullPolicy::Block,
            1 => QueueFullPolicy::DropOldest,
            2 => QueueFullPolicy::Grow,
            3 => QueueFullPolicy::ProcessNow,
            _ => QueueFullPolicy::Fail,
        };
        let when = match processing % 4 {
            0 => DeferredProcessing::AtFrameBegin,
            1 => DeferredProcessing::AtFrameEnd,
            2 => DeferredProcessing::Incremental(2),
            _ => DeferredProcessing::Explicit,
        };
        let config = DeferredConfig::default()
            .with_max_queue_depth(1 + usize::from(processing / 4 % 5))
            .with_block_timeout(Duration::from_millis(1));
        self.alloc.configure_deferred(config.with_policy(policy).with_processing(when))
    }
}
