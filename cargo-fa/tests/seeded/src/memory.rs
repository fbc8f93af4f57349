//! The engine's memory: what the other modules import instead of the allocator's own names.

use std::sync::OnceLock;

use framealloc::Budget;
pub use framealloc::{FrameBox as Temp, PoolBox as Pooled, SmartAlloc as EngineAlloc};

/// A list that lives until the end of the frame.
pub type TempList<'a, T> = framealloc::FrameVec<'a, T>;

pub const KIB: usize = 1 << 10;
pub const MIB: usize = 1 << 20;

static ENGINE: OnceLock<EngineAlloc> = OnceLock::new();

/// The allocator of code that is handed none: callbacks of the platform, the audio thread.
pub fn engine() -> &'static EngineAlloc {
    ENGINE.get_or_init(EngineAlloc::with_defaults)
}

/// The engine's allocators.
#[derive(Debug, Default)]
pub struct Heaps {
    pub frame: EngineAlloc,
}

impl Heaps {
    pub fn new() -> Self {
        Self::default()
    }

    /// For what is gone at the end of the frame.
    pub fn scratch(&self) -> &EngineAlloc {
        &self.frame
    }

    pub fn open(&self) {
        self.frame.begin_frame();
    }

    pub fn close(&self) {
        self.frame.end_frame();
    }

    pub fn with<R>(&self, work: impl FnOnce(&EngineAlloc) -> R) -> R {
        work(&self.frame)
    }
}

/// Short names for what is used in every second line.
pub trait Scratch {
    fn temp<T>(&self, value: T) -> Temp<'_, T>;
    fn temp_list<T>(&self, capacity: usize) -> TempList<'_, T>;
}

impl Scratch for EngineAlloc {
    fn temp<T>(&self, value: T) -> Temp<'_, T> {
        self.frame_box(value)
    }

    fn temp_list<T>(&self, capacity: usize) -> TempList<'_, T> {
        self.frame_vec_with_capacity(capacity)
    }
}

/// Puts a value into the frame of the caller.
pub fn scratch_box<T>(alloc: &EngineAlloc, value: T) -> Temp<'_, T> {
    alloc.frame_box(value) //~ ok FA601
}

/// What the subsystems have agreed on.
pub fn install_budgets(alloc: &EngineAlloc) {
    alloc.set_tag_budget("physics", Budget::bytes(8 * MIB));
    alloc.set_tag_budget("physics/broad", Budget::bytes(12 * MIB)); //~ FA303

    alloc.set_tag_budget("render", Budget::bytes(16 * MIB));
    alloc.set_tag_budget("render/opaque", Budget::bytes(10 * MIB));
    alloc.set_tag_budget("render/shadows", Budget::bytes(6 * MIB)); //~ ok FA303

    alloc.set_tag_budget("audio", Budget::bytes(512 * KIB).soft_percent(90));
    alloc.set_tag_budget("streaming", Budget::bytes(32 * MIB));
}
