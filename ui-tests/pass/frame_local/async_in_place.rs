//! A future that never leaves the system may use its frame.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use framealloc::{SmartAlloc, frame_system};

#[frame_system]
fn polled(alloc: &SmartAlloc, n: u32) -> Option<usize> {
    let future = pin!(async move {
        #[frame_local]
        let mut list: Vec<u32>;
        list.extend(0..n);
        std::future::ready(list.len()).await
    });
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(count) => Some(count),
        Poll::Pending => None,
    }
}

fn main() {
    assert_eq!(polled(&SmartAlloc::with_defaults(), 3), Some(3));
}
