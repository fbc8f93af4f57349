//! What the feature `debug` adds to each object: the tools know when its block may be used, the meter knows that it is
//! alive. Without the feature nothing of this exists.

use super::class::{Class, LARGE, block_size};
use super::depot::Depot;
use super::page::{LargeHeader, header_of};
use crate::raw::meter::ObjectKind;
use crate::raw::poison;
use core::ptr::NonNull;

/// An object of `class` begins at `block`.
pub(super) fn made(depot: &Depot, tag: u16, class: Class, block: NonNull<u8>) {
    // SAFETY: P2: the object is outside, so its header is readable.
    let bytes = unsafe { bytes_of(class, block) };
    if class != LARGE {
        poison::handed_out(block.as_ptr(), bytes);
    }
    if let Some(meter) = depot.any_meter() {
        meter.object_made(ObjectKind::Pool, block.addr().get(), tag, bytes);
    }
}

/// The object at `block` is gone: its block is out of bounds.
///
/// # Safety
///
/// - `block` is an object of a pool, of this class, which belongs to the caller and is not used any more.
pub(super) unsafe fn gone(class: Class, block: NonNull<u8>) {
    // SAFETY: P1, P2 and P5: by the caller the object is outside until now, so header, group and depot are alive, and
    // nobody reads its bytes.
    unsafe {
        let bytes = bytes_of(class, block);
        if let Some(meter) = (*(*(*header_of(block)).group).depot).any_meter() {
            meter.object_gone(block.addr().get());
        }
        if class != LARGE {
            poison::recycled(block.as_ptr(), bytes);
        }
    }
}

/// # Safety
///
/// - `block` is a live object of `class`.
unsafe fn bytes_of(class: Class, block: NonNull<u8>) -> usize {
    if class == LARGE {
        // SAFETY: P2: by the caller; large objects have this header.
        unsafe { (*header_of(block).cast::<LargeHeader>()).size }
    } else {
        block_size(class)
    }
}
