//! The handle that travels.

#![forbid(unsafe_code)]

use core::fmt;
use core::panic::Location;
use std::sync::Arc;

use super::hub::{TransferHub, unreceived};
use super::stats::TransferState;
use crate::frame::FrameBox;
use crate::pool::PoolBox;
use crate::sys::sync::{Mutex, lock};
use crate::threads::this_thread;

/// A value on its way to another thread, in pool memory.
///
/// The handle is a few words and may go through any channel, queue or shared place; the value stays where it is until the
/// receiver drops it, and its bytes stay charged to the tag that was current when it was sent. A handle that is dropped
/// before anybody received frees its value, and the allocator reports it (FA201). Made by
/// [`SmartAlloc::frame_box_for_transfer`](crate::SmartAlloc::frame_box_for_transfer).
///
/// ```
/// use framealloc::{SmartAlloc, TransferHandle};
/// use std::sync::mpsc;
///
/// let alloc = SmartAlloc::with_defaults();
/// let (send, receive) = mpsc::channel::<TransferHandle<Vec<u32>>>();
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         let path = alloc.frame_box(vec![3, 1, 4]);
///         send.send(alloc.frame_box_for_transfer(path)).unwrap();
///     });
///     let path = receive.recv().unwrap().receive();
///     assert_eq!(*path, [3, 1, 4]);
/// });
/// assert_eq!(alloc.transfer_stats().crossed, 1);
/// ```
pub struct TransferHandle<T: Send + 'static> {
    /// The value, until somebody takes it (T1).
    value: Mutex<Option<PoolBox<T>>>,
    hub: Arc<TransferHub>,
    /// The thread that sent it.
    sender: u64,
    sent_at: &'static Location<'static>,
    tag: u16,
}

impl<T: Send + 'static> TransferHandle<T> {
    /// Sends `value`, which is charged to `tag`.
    pub(crate) fn new(
        value: PoolBox<T>,
        tag: u16,
        hub: Arc<TransferHub>,
        sent_at: &'static Location<'static>,
    ) -> Self {
        hub.count_sent(size_of::<T>() as u64);
        Self { value: Mutex::new(Some(value)), hub, sender: this_thread::number(), sent_at, tag }
    }

    /// Takes the value. It does not move; its box may be dropped on any thread.
    ///
    /// # Panics
    ///
    /// When [`try_receive`](Self::try_receive) took it before.
    #[track_caller]
    pub fn receive(self) -> PoolBox<T> {
        self.try_receive().expect("the value was received already, by `try_receive`")
    }

    /// Takes the value; `None` when it was taken before. Of several threads that share the handle one gets it.
    pub fn try_receive(&self) -> Option<PoolBox<T>> {
        let value = lock(&self.value).take()?;
        self.hub.count_received(size_of::<T>() as u64, self.sender != this_thread::number());
        Some(value)
    }

    /// Where the value is. A sender that shares the handle in an `Arc` sees here whether it arrived.
    pub fn state(&self) -> TransferState {
        if lock(&self.value).is_some() { TransferState::Pending } else { TransferState::Received }
    }
}

impl<T: Send + 'static> Drop for TransferHandle<T> {
    fn drop(&mut self) {
        let value = lock(&self.value).take();
        if let Some(value) = value {
            let location = self.sent_at;
            self.hub.lose(value, self.tag, &|| unreceived::<T>(location));
        }
    }
}

impl<T: Send + 'static> fmt::Debug for TransferHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransferHandle").field("state", &self.state()).finish_non_exhaustive()
    }
}

/// What can be sent to another thread: a value that is `Send` and borrows nothing, or one in a [`FrameBox`], which is
/// moved out of its frame.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be boxed for transfer to another thread",
    label = "this is not `Send`, or borrows something that may be gone when it is received",
    note = "send an owned `Send` value, or a `FrameBox` of one: the value is moved out of the frame"
)]
pub trait Transferable<T> {
    /// The value itself.
    fn into_value(self) -> T;
}

impl<T: Send + 'static> Transferable<T> for T {
    fn into_value(self) -> T {
        self
    }
}

impl<T: Send + 'static> Transferable<T> for FrameBox<'_, T> {
    fn into_value(self) -> T {
        self.into_inner()
    }
}
