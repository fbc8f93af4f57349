//! A backend for the models of loom: it sees a block that comes back twice, one that comes back while a thread that
//! nothing orders before still uses it, and a call by way of an owner that is gone.

use super::{AllocatorBackend, SystemBackend};
use core::alloc::Layout;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};
use loom::cell::UnsafeCell;
use loom::sync::atomic::AtomicU32;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Memory of the system, none of which is used twice before the backend goes.
pub(crate) struct WatchedBackend {
    /// Layouts, and whether the block is out, by address. No model sees this lock; nothing switches threads under it.
    blocks: Mutex<BTreeMap<usize, (NonNull<u8>, Layout, bool)>>,
    /// What loom watches in the place of the bytes at an address that was touched.
    touched: Mutex<BTreeMap<usize, UnsafeCell<()>>>,
    /// A point where loom switches threads, in each call that gives back.
    returns: AtomicU32,
    /// Whether the handle is gone.
    closed: AtomicBool,
}

/// What the owner of the memory has: the backend for as long as the owner is there.
pub(crate) struct WatchedHandle(Arc<WatchedBackend>);

// SAFETY: M1: the blocks are the system's, and the maps that know them are locked.
unsafe impl Send for WatchedBackend {}
// SAFETY: M1: as for Send.
unsafe impl Sync for WatchedBackend {}

impl WatchedBackend {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            blocks: Mutex::default(),
            touched: Mutex::default(),
            returns: AtomicU32::new(0),
            closed: AtomicBool::new(false),
        })
    }

    /// The backend for its owner; there is one.
    pub(crate) fn handle(self: &Arc<Self>) -> Arc<WatchedHandle> {
        Arc::new(WatchedHandle(self.clone()))
    }

    /// Says that the caller writes to what begins at `address`: fails the model when another thread did, and nothing
    /// orders the two.
    pub(crate) fn touch(&self, address: NonNull<u8>) {
        let mut touched = self.touched.lock().unwrap();
        let cell = touched.entry(address.addr().get()).or_insert_with(|| UnsafeCell::new(()));
        cell.with_mut(|_| ());
    }

    /// How many blocks of `size` bytes are out.
    pub(crate) fn live(&self, size: usize) -> usize {
        let blocks = self.blocks.lock().unwrap();
        blocks.values().filter(|(_, layout, out)| *out && layout.size() == size).count()
    }

    /// Fails the model when a block is out.
    pub(crate) fn assert_returned(&self) {
        let blocks = self.blocks.lock().unwrap();
        let lost: Vec<_> = blocks.values().filter(|(_, _, out)| *out).map(|(_, layout, _)| layout).collect();
        assert!(lost.is_empty(), "never came back: {lost:?}");
    }
}

// SAFETY: M1: blocks are the system's, which go back with their layouts when the watched backend goes. The models keep it
// until everything is back.
unsafe impl AllocatorBackend for WatchedHandle {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        let block = SystemBackend::new().allocate(layout)?;
        self.0.blocks.lock().unwrap().insert(block.addr().get(), (block, layout, true));
        Some(block)
    }

    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        let memory = &*self.0;
        memory.returns.fetch_add(1, Ordering::Relaxed);
        assert!(!memory.closed.load(Ordering::Relaxed), "the owner went during the call");
        let address = ptr.addr().get();
        for cell in memory.touched.lock().unwrap().range(address..address + layout.size()) {
            cell.1.with_mut(|_| ());
        }
        let mut blocks = memory.blocks.lock().unwrap();
        let (_, taken_as, out) = blocks.get_mut(&address).expect("a block of this backend");
        assert_eq!(*taken_as, layout);
        assert!(core::mem::replace(out, false), "a block of {layout:?} came back twice");
        // SAFETY: the block is still the system's; the caller uses it no more, and who does finds nonsense.
        unsafe { ptr.write_bytes(0xDD, layout.size().min(4096)) };
    }
}

impl Drop for WatchedHandle {
    fn drop(&mut self) {
        self.0.closed.store(true, Ordering::Relaxed);
    }
}

impl Drop for WatchedBackend {
    fn drop(&mut self) {
        for (block, layout, _) in self.blocks.get_mut().unwrap().values() {
            // SAFETY: M1: the block was taken with this layout and not given back; the owner of the backend is gone.
            unsafe { SystemBackend::new().deallocate(*block, *layout) };
        }
    }
}
