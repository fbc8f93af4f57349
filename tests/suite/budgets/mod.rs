//! Budgets: never a byte more, and the last byte to whoever asks for it.

mod callers;
mod changes;
mod kinds;
mod limits;
mod passing;
mod stress;
mod threads;

use framealloc::{AllocError, Budget, Frame, OnExceed};

/// A budget that refuses.
fn hard(bytes: usize) -> Budget {
    Budget::bytes(bytes).on_exceed(OnExceed::Fail)
}

/// Allocates blocks of `size` bytes until one is refused; returns how many there were, and the refusal.
fn fill(frame: &Frame, size: usize) -> (usize, AllocError) {
    let layout = std::alloc::Layout::array::<u8>(size).expect("a valid layout");
    for count in 0.. {
        if let Err(error) = frame.try_alloc_layout(layout) {
            return (count, error);
        }
    }
    unreachable!("the budget refuses some time")
}
