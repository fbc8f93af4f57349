//! The slots of one allocator.

use core::alloc::Layout;
use core::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::slot::{Chain, Slot};
use crate::backend::AllocatorBackend;
use crate::error::AllocError;
use crate::sys::caught::Caught;

/// Slots a block holds, and at most what a thread takes at a time.
const PER_BLOCK: usize = 32;

#[repr(C)]
struct Block {
    next: *mut Block,
    slots: [Slot; PER_BLOCK],
}

struct State {
    blocks: *mut Block,
    spare: Chain,
}

// SAFETY: V6: blocks and spare slots are reached under the table's lock alone, but for the slots' words.
unsafe impl Send for State {}

/// Slots at addresses that stay until the table is dropped (V1). Threads take a few at a time and give them back when
/// they exit.
pub(crate) struct SlotTable {
    state: Mutex<State>,
    backend: Arc<dyn AllocatorBackend>,
}

impl SlotTable {
    pub(crate) fn new(backend: Arc<dyn AllocatorBackend>) -> Self {
        Self { state: Mutex::new(State { blocks: ptr::null_mut(), spare: Chain::EMPTY }), backend }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A few vacant slots, at least one.
    #[cold]
    pub(crate) fn take(&self) -> Result<Chain, AllocError> {
        let mut chain = Chain::EMPTY;
        {
            let mut state = self.lock();
            let spare = core::iter::from_fn(|| state.spare.pop()).take(PER_BLOCK);
            // SAFETY: V1: slots of the table are live.
            spare.for_each(|slot| chain.push(unsafe { slot.as_ref() }));
        }
        if let Some(slot) = chain.pop() {
            // SAFETY: V1: as above.
            chain.push(unsafe { slot.as_ref() });
            return Ok(chain);
        }
        let layout = Layout::new::<Block>();
        let block =
            self.backend.allocate(layout).ok_or_else(|| AllocError::out_of_memory(layout))?.cast::<Block>();
        // SAFETY: V6: the block is fresh, large enough and aligned; its slots are the caller's until the lock below.
        unsafe {
            block.write(Block { next: ptr::null_mut(), slots: core::array::from_fn(|_| Slot::new()) });
            block.as_ref().slots.iter().for_each(|slot| chain.push(slot));
            let mut state = self.lock();
            (*block.as_ptr()).next = state.blocks;
            state.blocks = block.as_ptr();
        }
        Ok(chain)
    }

    /// Takes vacant slots back. One whose generations are used up is never handed out again.
    pub(crate) fn give(&self, mut chain: Chain) {
        let mut state = self.lock();
        while let Some(slot) = chain.pop() {
            // SAFETY: V1: slots of the table are live.
            let slot = unsafe { slot.as_ref() };
            if !slot.is_worn() {
                state.spare.push(slot);
            }
        }
    }
}

impl Drop for SlotTable {
    fn drop(&mut self) {
        let mut block = self.state.get_mut().unwrap_or_else(PoisonError::into_inner).blocks;
        let mut panic = Caught::default();
        while let Some(current) = NonNull::new(block) {
            // SAFETY: V1: the table's blocks came from the backend with this layout. No reader is left, because each borrows
            // the allocator; a slot that still has an heir was pinned by a guard that was forgotten, and is given up here.
            unsafe {
                block = current.as_ref().next;
                for slot in &current.as_ref().slots {
                    panic.catch(|| drop(slot.inherit()));
                }
                current.drop_in_place();
                self.backend.deallocate(current.cast(), Layout::new::<Block>());
            }
        }
        panic.resume();
    }
}
