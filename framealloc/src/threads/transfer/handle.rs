//! The handle that travels.

#![forbid(unsafe_code)]

use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::stats::TransferState;
use crate::diagnostics::{self, Diagnostic};
use crate::frame::FrameBox;
use crate::pool::PoolBox;
use crate::sys::sync::{Mutex, lock};
use crate::threads::{Home, Node, defer, this_thread};

/// A value on its way to another thread, in pool memory.
///
/// The handle is a few words and may go through any channel, queue or shared place; the value stays where it is until the
/// receiver drops it, and its bytes stay charged to the tag that was current when it was sent. A handle that is dropped
/// before anybody received frees its value, and the allocator, which it keeps, reports it (FA210). Made by
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
    /// The value, until somebody takes it (W1).
    value: Mutex<Option<PoolBox<T>>>,
    home: Arc<dyn Home>,
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
        home: Arc<dyn Home>,
        sent_at: &'static Location<'static>,
    ) -> Self {
        home.transfers().count_sent(size_of::<T>() as u64);
        Self { value: Mutex::new(Some(value)), home, sender: this_thread::number(), sent_at, tag }
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
        self.home.transfers().count_received(size_of::<T>() as u64, self.sender != this_thread::number());
        Some(value)
    }

    /// Where the value is. A sender that shares the handle in an `Arc` sees here whether it arrived.
    pub fn state(&self) -> TransferState {
        if lock(&self.value).is_some() { TransferState::Pending } else { TransferState::Received }
    }
}

impl<T: Send + UnwindSafe + 'static> UnwindSafe for TransferHandle<T> {}
impl<T: Send + 'static> RefUnwindSafe for TransferHandle<T> {}

impl<T: Send + 'static> Drop for TransferHandle<T> {
    fn drop(&mut self) {
        let value = lock(&self.value).take();
        if let Some(value) = value {
            lose(value, &*self.home, self.tag, self.sent_at);
        }
    }
}

/// Frees a value that nobody received, by way of the deferred queue if that is in use, and reports it.
fn lose<T: Send + 'static>(
    value: PoolBox<T>,
    home: &dyn Home,
    tag: u16,
    sent_at: &'static Location<'static>,
) {
    struct Report<'a, T>(&'a dyn Home, &'static Location<'static>, PhantomData<T>);

    impl<T> Drop for Report<'_, T> {
        fn drop(&mut self) {
            self.0.report(&|| unreceived::<T>(self.1));
        }
    }

    home.transfers().count_dropped(size_of::<T>() as u64);
    // After the value is gone, also when its destructor panics.
    let _report = Report::<T>(home, sent_at, PhantomData);
    if !home.queue().is_in_use() {
        return drop(value);
    }
    match home.pool(tag).try_box(MaybeUninit::uninit()) {
        Ok(node) => {
            // Not refusable, so nothing comes back.
            let _ = defer(home, node.write(Node::new(value)), false);
        }
        Err(_) => {
            home.queue().count_without_memory(false);
            drop(value);
        }
    }
}

fn unreceived<T>(sent_at: &'static Location<'static>) -> Diagnostic {
    let message = format!(
        "a `{}` of {} bytes was boxed for transfer and dropped unreceived",
        core::any::type_name::<T>(),
        size_of::<T>()
    );
    Diagnostic::new(&diagnostics::FA210, message).with_location(sent_at).with_suggestion(
        "receive every handle, also those left in a channel that is closed, or send a plain value",
    )
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
