//! Which public types may cross threads, for values that may and values that may not.

use core::cell::Cell;
use core::marker::PhantomData;
use std::rc::Rc;
use std::sync::MutexGuard;

use framealloc::diagnostics::{Diagnostics, RingSink, StrictGuard};
use framealloc::{
    Acquired, AllocConfig, BoundedMap, BoundedVec, Checkpoint, CheckpointGuard, ChildFrame, DeferredBox,
    EnterGuard, Frame, FrameBarrier, FrameBox, FrameHandle, FrameMap, FramePipeline, FrameRef, FrameSet,
    FrameString, FrameVec, Group, GroupHandle, Groups, Handle, HandleMut, HandleRef, Handles, HeapAlloc,
    HeapBox, ObjectHandle, Participant, PhaseGuard, PoolAlloc, PoolBox, PoolHandle, Promoted,
    PromotionResult, Promotions, ReadGuard, Retained, ScratchAllocator, ScratchBox, ScratchPool,
    ScratchRegistry, ScratchScope, SmartAlloc, StreamData, StreamLoad, Streaming, Subscription, SystemFrame,
    Tag, TagGuard, TaggedAllocator, TaskContext, TaskGuard, TransferHandle, TypedPool,
};

/// Whether each type is (`Send`, `Sync`).
macro_rules! send_sync {
    ($($type:ty),* $(,)?) => {{
        #[allow(dead_code, reason = "each list has one answer")]
        trait No {
            const SEND: bool = false;
            const SYNC: bool = false;
        }
        impl<T> No for Of<T> {}
        struct Of<T>(PhantomData<T>);
        #[allow(dead_code, reason = "each list has one answer")]
        impl<T: Send> Of<T> {
            const SEND: bool = true;
        }
        #[allow(dead_code, reason = "each list has one answer")]
        impl<T: Sync> Of<T> {
            const SYNC: bool = true;
        }
        [$((stringify!($type), (<Of<$type>>::SEND, <Of<$type>>::SYNC))),*]
    }};
}

#[track_caller]
fn all<const N: usize>(types: [(&str, (bool, bool)); N], expected: (bool, bool)) {
    for (name, is) in types {
        assert_eq!(is, expected, "(Send, Sync) of {name}");
    }
}

/// `Sync`, not `Send`.
type Guard = MutexGuard<'static, u8>;

#[test]
fn what_belongs_to_a_thread_stays_there() {
    let types = send_sync!(
        Frame,
        ChildFrame<'static>,
        SystemFrame,
        FrameRef<'static>,
        FrameBox<'static, u8>,
        FrameBox<'static, [u8]>,
        FrameBox<'static, ()>,
        FrameVec<'static, u8>,
        FrameMap<'static, u8, u8>,
        FrameSet<'static, u8>,
        FrameString<'static>,
        BoundedVec<'static, u8>,
        BoundedMap<'static, u8, u8>,
        Retained<'static, u8>,
        TagGuard<'static>,
        PhaseGuard<'static>,
        EnterGuard,
        Checkpoint,
        CheckpointGuard<'static>,
        StrictGuard<'static>,
        TaskGuard,
        ScratchScope<'static>,
        // What the containers turn into.
        allocator_api2::vec::IntoIter<u8, FrameRef<'static>>,
        allocator_api2::vec::Drain<'static, u8, FrameRef<'static>>,
        allocator_api2::boxed::Box<[u8], FrameRef<'static>>,
        hashbrown::hash_map::IntoIter<u8, u8, FrameRef<'static>>,
        hashbrown::hash_map::Drain<'static, u8, u8, FrameRef<'static>>,
        hashbrown::hash_map::OccupiedEntry<'static, u8, u8, (), FrameRef<'static>>,
    );
    all(types, (false, false));
}

#[test]
fn what_owns_a_value_is_what_the_value_is() {
    macro_rules! owners {
        ($value:ty) => {
            send_sync!(
                PoolBox<$value>,
                HeapBox<$value>,
                ScratchBox<$value>,
                Promoted<$value>,
                TypedPool<$value>
            )
        };
    }
    // Its value is `Send` always.
    all(send_sync!(DeferredBox<u8>), (true, true));
    all(send_sync!(DeferredBox<Cell<u8>>), (true, false));
    all(owners!(u8), (true, true));
    all(owners!(Cell<u8>), (true, false));
    all(owners!(Guard), (false, true));
    all(owners!(Rc<u8>), (false, false));
}

/// Whoever has the handle may take the value, so lending the handle is sending the value.
#[test]
fn what_lends_to_one_user_at_a_time_needs_send() {
    all(send_sync!(PoolHandle<u8>, PoolHandle<Cell<u8>>), (true, true));
    all(send_sync!(TransferHandle<u8>, TransferHandle<Cell<u8>>), (true, true));
    all(send_sync!(PoolHandle<Guard>, PoolHandle<Rc<u8>>), (false, false));
    all(send_sync!(Acquired<u8>), (true, true));
    all(send_sync!(Acquired<Cell<u8>>), (true, false));
    all(send_sync!(Acquired<Guard>, Acquired<Rc<u8>>), (false, false));
}

/// Objects behind handles are `Send`, so that only what lends them to several threads asks for more.
#[test]
fn what_borrows_an_object_is_what_its_reference_is() {
    all(send_sync!(HandleRef<'static, u8>, HandleMut<'static, u8>), (true, true));
    all(send_sync!(HandleRef<'static, [u8]>, HandleMut<'static, [u8]>), (true, true));
    all(send_sync!(HandleRef<'static, Cell<u8>>), (false, false));
    all(send_sync!(HandleMut<'static, Cell<u8>>), (true, false));
}

/// Values that are shared are `Send` and `Sync`; a group's are `Send`, and it lends only those that are `Sync` while it is
/// shared itself.
#[test]
fn what_lends_shared_values_may_go_anywhere() {
    all(send_sync!(ReadGuard<'static, u8>, FrameHandle<u8>, FramePipeline<u8, 2>, Group), (true, true));
    all(send_sync!(ScratchAllocator), (true, false));
}

#[test]
fn what_is_shared_may_go_anywhere() {
    let types = send_sync!(
        SmartAlloc,
        TaggedAllocator,
        PoolAlloc,
        HeapAlloc,
        ScratchPool,
        Handle<Rc<u8>>,
        Handles<'static>,
        ObjectHandle<Rc<u8>>,
        FrameHandle<Rc<u8>>,
        GroupHandle<Rc<u8>>,
        Groups<'static>,
        ScratchRegistry,
        Subscription,
        Tag,
        TaskContext,
        Streaming<'static>,
        StreamData,
        StreamLoad<'static>,
        AllocConfig,
        FrameBarrier,
        Participant,
        Diagnostics,
        RingSink,
    );
    all(types, (true, true));
    // The values inside are `Send` only.
    all(send_sync!(Promotions, PromotionResult), (true, false));
}
