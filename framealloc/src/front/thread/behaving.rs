//! What the behaviour filter is told, while it is on.

#![expect(unsafe_code, reason = "reads the payers of a frame's records")]

use core::ptr;
use core::ptr::NonNull;
use std::sync::Arc;

use super::ThreadHeap;
use super::nodes::TagNode;
use crate::behavior::Quarantine;
use crate::diagnostics::{self, Diagnostic};
use crate::raw::core::Core;
use crate::tag::TagId;
use crate::tracking::exempt;

impl ThreadHeap {
    /// Names a use of a core of this thread.
    fn key_of(&self, core: &Core) -> (usize, u64) {
        (ptr::from_ref(self).addr(), core.serial.get())
    }

    /// A pool object of `tag` was made on this thread.
    #[cold]
    #[inline(never)]
    pub(super) fn note_pool_object(&self, tag: TagId, block: NonNull<u8>) {
        let frame = self.frame_number();
        exempt(|| self.shared.behavior.pool_made(frame, tag.0, block.addr().get()));
    }

    /// A frame ended that `handles` keep alive. It is settled.
    #[cold]
    #[inline(never)]
    pub(super) fn note_kept(&self, core: &Core, handles: u64) {
        let records = core.records.iter().map(|slot| slot.get()).filter(|record| !record.payer.is_null());
        let most = records.max_by_key(|record| record.bytes);
        // SAFETY: F3: the payer of a record is a tag node of this heap.
        let tag = most.map_or(self.current_tag(), |record| unsafe { &*record.payer.cast::<TagNode>() }.tag);
        let quarantine = Quarantine { tag: tag.0, frame: self.frame_number(), handles };
        exempt(|| self.shared.behavior.kept(self.key_of(core), quarantine));
    }

    /// The last handle of an ended frame went.
    #[cold]
    #[inline(never)]
    pub(super) fn note_let_go(&self, core: &Core) {
        exempt(|| self.shared.behavior.let_go(self.key_of(core)));
    }

    /// A frame of this thread is over. If it is the driver's and the filter is on, reports what is new; in strict mode that
    /// panics.
    #[inline(always)]
    pub(super) fn judge_frame(&self) {
        if self.drives() && self.shared.behavior.is_on() {
            self.judge_drivers_frame();
        }
    }

    #[cold]
    #[inline(never)]
    fn judge_drivers_frame(&self) {
        exempt(|| {
            let frame = self.frame_number();
            let path = |tag: u16| -> Arc<str> { self.shared.tags.path(TagId(tag)) };
            let allocations = self.shared.registry.frame_allocations(frame);
            for issue in self.shared.behavior.judge(frame, allocations, path) {
                let Some(code) = diagnostics::explain(issue.code) else { continue };
                let report = Diagnostic::new(code, issue.message).with_suggestion(issue.suggestion);
                self.report(report.with_tag(issue.tag));
            }
        });
    }
}
