//! The end of retained values: each goes where its policy says.

#![expect(unsafe_code, reason = "fills memory of the pool and the heap")]

use core::alloc::Layout;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::ThreadHeap;
use super::nodes::TagNode;
use crate::diagnostics::{self, Diagnostic};
use crate::error::AllocError;
use crate::events::EventKind;
use crate::front::promotion::{Settled, settle_all};
use crate::heap::{self, HeapBox};
use crate::pool::{self, PoolBox};
use crate::raw::core::Core;
use crate::raw::owning_box::Unseen;
use crate::scratch::ScratchBox;
use crate::sys::caught::Caught;
use crate::tag::TagId;

/// What there is to say about a value that did not get where it should.
fn failure_text(settled: &Settled) -> Option<String> {
    let reason = settled.failure?;
    Some(format!("`{}` was not promoted ({}): {reason}", settled.name, settled.policy))
}

impl ThreadHeap {
    /// Moves the retained values of `core`, whose frame is ending. While the thread unwinds they are dropped.
    ///
    /// Returns the panic of the first destructor or report, for the caller to resume when its own work is done.
    #[cold]
    #[inline(never)]
    pub(super) fn settle_retained(&self, core: &Core) -> Caught {
        let phase = self.shared.phases.name(self.current_phase());
        let frame = self.frame_number();
        let mut promoted = 0;
        let mut refused = 0;
        let mut panic = crate::tracking::exempt(|| {
            settle_all(core, self, std::thread::panicking(), |settled| {
                let worked = settled.stored.is_some() && settled.failure.is_none();
                promoted += u64::from(worked);
                if worked && self.shared.behavior.is_on() {
                    self.shared.behavior.promoted(frame, settled.name, settled.tag.0, settled.bytes);
                }
                let failure = failure_text(&settled);
                let tag = self.shared.tags.path(settled.tag);
                let Settled { name, policy, bytes, failure: reason, .. } = settled;
                if let Err(settled) = self.shared.promotions.push(settled, frame, &tag, &phase) {
                    refused += 1;
                    drop(settled);
                }
                self.tell_subscribers(|| EventKind::Settled {
                    name,
                    tag: tag.clone(),
                    policy,
                    bytes,
                    failure: reason,
                });
                if let Some(message) = failure {
                    self.report(Diagnostic::new(&diagnostics::FA609, message).with_suggestion(
                        "take the value back with `promotions.take_failed`, or release the handle before the frame ends",
                    ));
                }
            })
        });
        self.count_promotions(promoted);
        if refused > 0 {
            let capacity = self.shared.config.promotion_queue;
            let message =
                format!("{refused} promoted values were dropped: {capacity} wait to be taken already");
            let report = Diagnostic::new(&diagnostics::FA609, message).with_suggestion(
                "call `end_frame_with_promotions` or `take_promotions` every frame, or raise `with_promotion_queue`",
            );
            panic.catch(|| self.report(report));
        }
        panic
    }

    /// Runs `work` with what it allocates charged to `tag`. Panics go to `panic`, also those of reports about what was
    /// charged before and meanwhile.
    pub(crate) fn under_tag<R>(&self, tag: TagId, panic: &mut Caught, work: impl FnOnce() -> R) -> Option<R> {
        let enter = || if tag == self.current_tag() { None } else { self.enter_tag(tag).ok() };
        // A report that panics leaves nothing half done, and is not made twice.
        let entered = panic.catch(enter).or_else(|| panic.catch(enter));
        let result = panic.catch(work);
        if let Some(key) = entered.flatten() {
            panic.catch(|| self.close_tag(key));
            // SAFETY: F5: the guard's keep; the frame that is ending keeps the heap.
            unsafe { self.unkeep() };
        }
        result
    }

    /// Memory of the pool for `layout`, charged to the current tag.
    ///
    /// # Errors
    ///
    /// Out of memory, or the budget that refused.
    #[inline(always)]
    pub(crate) fn pool_memory(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        match self.pool.alloc(layout) {
            Some(block) => Ok(block),
            None => self.pool_memory_slow(layout),
        }
    }

    #[cold]
    #[inline(never)]
    fn pool_memory_slow(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        // A pool that no set was made for yet has not followed the switches, and its ledgers tell no later budget.
        self.notice_budgets();
        self.select_pool();
        let (node, bytes) = (self.tag_node(), pool::charged_bytes(layout) as u64);
        let alloc = || self.pool.alloc_of(node.tag.0, layout);
        let mut block = None;
        // Also where there is no budget: one may be read while the backend is called.
        self.charge_object(node, bytes, true, || {
            let made = alloc().or_else(|| if self.reclaim() { alloc() } else { None });
            // SAFETY: P1: nobody has seen the block.
            block = made.map(|made| unsafe { Unseen::new(made, pool::free_any) });
            block.is_some()
        })?;
        let block = block.ok_or_else(|| AllocError::out_of_memory(layout))?.take();
        if self.shared.behavior.is_on() {
            self.note_pool_object(node.tag, block);
        }
        Ok(block)
    }

    /// Memory of the heap for `layout`, charged to the current tag.
    ///
    /// # Errors
    ///
    /// Out of memory, or the budget that refused.
    #[inline]
    pub(crate) fn heap_memory(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        let (bytes, node) = (layout.size() as u64, self.tag_node());
        if node.budgeted.get() {
            return self.budgeted_heap_memory(layout);
        }
        match self.heap_block(node.tag.0, layout) {
            Some(block) => {
                self.count_unbudgeted(node, bytes);
                Ok(block)
            }
            None => Err(AllocError::out_of_memory(layout)),
        }
    }

    /// Counts a heap object of a tag that had no budget when it was begun. One that was read meanwhile, because the backend
    /// used the allocator, was told nothing of the object.
    #[inline(always)]
    fn count_unbudgeted(&self, node: &TagNode, bytes: u64) {
        node.count_heap(bytes);
        if node.budgeted.get() {
            self.charge_late(node, bytes);
        }
    }

    #[cold]
    #[inline(never)]
    fn charge_late(&self, node: &TagNode, bytes: u64) {
        self.charge_path(node, bytes);
    }

    #[inline(always)]
    fn heap_block(&self, tag: u16, layout: Layout) -> Option<NonNull<u8>> {
        self.shared.heap.allocate(tag, layout).or_else(|| self.heap_block_of_idle_memory(tag, layout))
    }

    #[cold]
    #[inline(never)]
    fn heap_block_of_idle_memory(&self, tag: u16, layout: Layout) -> Option<NonNull<u8>> {
        if self.reclaim() { self.shared.heap.allocate(tag, layout) } else { None }
    }

    #[cold]
    #[inline(never)]
    fn budgeted_heap_memory(&self, layout: Layout) -> Result<NonNull<u8>, AllocError> {
        // SAFETY: H1: nobody has seen the block.
        let unseen = |block| unsafe { Unseen::new(block, heap::free_any) };
        let block = self.charged(layout, |tag| self.shared.heap.allocate(tag, layout).map(unseen))?;
        Ok(block.take())
    }

    /// What `take` finds for the current tag, with `layout` charged to it as heap memory. When it finds nothing, idle memory
    /// goes back to the backend and it is asked once more. What was found and is dropped is freed: a report may panic.
    ///
    /// # Errors
    ///
    /// Out of memory when `take` finds nothing, or the budget that refused.
    pub(crate) fn charged<R>(
        &self,
        layout: Layout,
        take: impl Fn(u16) -> Option<R>,
    ) -> Result<R, AllocError> {
        let (bytes, node) = (layout.size() as u64, self.tag_node());
        let tag = node.tag.0;
        let take = || take(tag).or_else(|| if self.reclaim() { take(tag) } else { None });
        let taken = if node.budgeted.get() {
            let mut taken = None;
            self.charge_object(node, bytes, false, || {
                taken = take();
                taken.is_some()
            })?;
            taken
        } else {
            take().inspect(|_| self.count_unbudgeted(node, bytes))
        };
        taken.ok_or_else(|| AllocError::out_of_memory(layout))
    }

    /// `value` in the pool, or back.
    pub(crate) fn promote_to_pool<T>(&self, value: T) -> Result<PoolBox<T>, (T, AllocError)> {
        // SAFETY: F4: the pool's memory is fresh and of the layout that was asked for.
        let place =
            unsafe { PoolBox::try_place(MaybeUninit::<T>::uninit(), |layout| self.pool_memory(layout)) };
        match place {
            Ok(place) => Ok(place.write(value)),
            Err(error) => Err((value, error)),
        }
    }

    /// `value` in a block of the heap, or back.
    pub(crate) fn promote_to_heap<T>(&self, value: T) -> Result<HeapBox<T>, (T, AllocError)> {
        // SAFETY: F4: the heap's memory is fresh and of the layout that was asked for.
        let place =
            unsafe { HeapBox::try_place(MaybeUninit::<T>::uninit(), |layout| self.heap_memory(layout)) };
        match place {
            Ok(place) => Ok(place.write(value)),
            Err(error) => Err((value, error)),
        }
    }

    /// `value` in the scratch pool `name`, or back.
    pub(crate) fn promote_to_scratch<T>(
        &self,
        name: &str,
        value: T,
    ) -> Result<ScratchBox<T>, (T, AllocError)> {
        let supply = || self.shared.supply.for_tag(self.current_tag().0);
        let pool = self.shared.scratch.get_or_create(name, supply);
        match pool.room(Layout::new::<T>()) {
            // SAFETY: S2: the room is fresh, fits, and was counted for this box.
            Ok(place) => Ok(unsafe {
                place.cast::<T>().write(value);
                ScratchBox::from_parts(place.cast(), pool)
            }),
            Err(error) => Err((value, error)),
        }
    }
}
