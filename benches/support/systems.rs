//! Functions with declared intent, for what entering and leaving one costs and for what it does not.

use std::hint::black_box;

use framealloc::{SmartAlloc, frame_system};

use crate::work::Value64;

/// Does nothing.
#[inline(never)]
#[frame_system(tag = "empty", phase = "bench", budget = "64MB")]
pub fn empty(alloc: &SmartAlloc) {
    black_box(());
}

/// Allocates one value.
#[inline(never)]
#[frame_system(tag = "single", phase = "bench", budget = "64MB", frame = frame)]
pub fn single(alloc: &SmartAlloc, value: &Value64) {
    black_box(frame.alloc(*value));
}

/// Allocates `count` values, under a budget that only reports.
#[inline(never)]
#[frame_system(tag = "many", phase = "bench", budget = "64MB", frame = frame)]
pub fn many(alloc: &SmartAlloc, count: usize, value: &Value64) {
    for _ in 0..count {
        black_box(frame.alloc(*value));
    }
}

/// Allocates `count` values, under a budget that can refuse.
#[inline(never)]
#[frame_system(tag = "refusing", phase = "bench", budget = "64MB", on_exceed = "fail", frame = frame)]
pub fn many_refusing(alloc: &SmartAlloc, count: usize, value: &Value64) {
    for _ in 0..count {
        black_box(frame.alloc(*value));
    }
}
