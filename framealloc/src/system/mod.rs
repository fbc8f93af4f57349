//! What `#[frame_system]` declares: one static descriptor per system, found at link time.
//!
//! A descriptor says what a system's memory is for. The runtime measures each run against it, and reports compare
//! declared with measured, each with its source location.
//!
//! # Invariants
//!
//! * **Y1** Each type that implements [`size::Size`] is the primitive integer of its size and sign.

mod size;

use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};
use std::sync::Mutex;

use crate::budget::{OnExceed, SoftLimit};
pub use size::bytes;

/// What a system may do with the ordinary heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum HeapUse {
    /// Anything.
    #[default]
    Allow,
    /// A run that touches the heap is reported (BF004).
    Warn,
    /// A run that touches the heap panics when it ends (BF004).
    Deny,
}

/// The declaration of one system, as written in its attribute.
#[derive(Clone, Copy, Debug)]
pub struct SystemInfo {
    /// The function's name.
    pub name: &'static str,
    /// The module it is in.
    pub module: &'static str,
    /// The file it is in.
    pub file: &'static str,
    /// The line of the attribute.
    pub line: u32,
    /// The tag its memory is charged to: a path from the root.
    pub tag: &'static str,
    /// The phase it runs in.
    pub phase: &'static str,
    /// Bytes one run may have alive at once.
    pub budget: Option<u64>,
    /// When to warn before the budget is reached.
    pub soft: SoftLimit,
    /// What happens when the budget is exceeded.
    pub on_exceed: OnExceed,
    /// What the system may do with the ordinary heap.
    pub heap: HeapUse,
}

/// A system: its declaration and the number it is known by in this process.
pub struct System {
    info: SystemInfo,
    /// 0 until the system is first met; its index plus one afterwards.
    slot: AtomicU32,
}

impl System {
    /// The descriptor of `info`; the attribute puts it in a static.
    pub const fn new(info: SystemInfo) -> Self {
        Self { info, slot: AtomicU32::new(0) }
    }

    /// What was declared.
    #[inline(always)]
    pub const fn info(&self) -> &SystemInfo {
        &self.info
    }

    /// The system's number in this process, if it has one yet.
    #[inline(always)]
    pub(crate) fn known_index(&'static self) -> Option<usize> {
        (self.slot.load(Ordering::Relaxed) as usize).checked_sub(1)
    }

    /// The system's number in this process; the first call gives it one.
    #[inline(always)]
    pub(crate) fn index(&'static self) -> usize {
        match self.slot.load(Ordering::Relaxed) {
            0 => self.register(),
            slot => slot as usize - 1,
        }
    }

    #[cold]
    fn register(&'static self) -> usize {
        let mut met = MET.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if self.slot.load(Ordering::Relaxed) == 0 {
            met.push(self);
            let count = u32::try_from(met.len()).expect("a program has fewer than four billion systems");
            self.slot.store(count, Ordering::Relaxed);
        }
        self.slot.load(Ordering::Relaxed) as usize - 1
    }

    /// Every system of the process: those found at link time, and those that have run.
    pub(crate) fn all() -> Vec<&'static System> {
        inventory::iter::<&'static System>.into_iter().for_each(|system| {
            system.index();
        });
        MET.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info.fmt(f)
    }
}

static MET: Mutex<Vec<&'static System>> = Mutex::new(Vec::new());

inventory::collect!(&'static System);
