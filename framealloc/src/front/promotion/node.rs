//! The node of a retained value, and its handle.

#![expect(unsafe_code, reason = "moves values out of frame memory")]

use core::cell::{Cell, UnsafeCell};
use core::fmt;
use core::mem::{ManuallyDrop, size_of};
use core::ops::{Deref, DerefMut};
use core::ptr::{self, NonNull};

use super::store::{Promoted, Stored};
use crate::error::AllocError;
use crate::frame::FrameRef;
use crate::front::thread::ThreadHeap;
use crate::raw::core::{Core, Kind};
use crate::retention::{FailureReason, RetentionPolicy};
use crate::sys::caught::Caught;
use crate::tag::TagId;

/// Who owns the value of a node (R1).
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The node; a handle may use it.
    Held,
    /// The node; the handle has let go.
    Released,
    /// The handle: the frame ended before it did.
    Orphan,
}

/// The part of a node that does not depend on its type.
struct Header {
    next: Cell<*mut Header>,
    state: Cell<State>,
    name: &'static str,
    policy: Cell<RetentionPolicy>,
    bytes: usize,
    /// The tag it was retained under.
    tag: TagId,
    /// Moves the value to where its policy says; `None` when it was dropped.
    settle: unsafe fn(NonNull<Header>, &ThreadHeap) -> Outcome,
}

/// Where a value went, and why not to its target; nothing when it was dropped.
type Outcome = Option<(Stored, Option<FailureReason>)>;

#[repr(C)]
struct Node<T> {
    header: Header,
    /// The `UnsafeCell` makes handles invariant in `T`, as `&mut` is: what is written through one is read as the `T` that
    /// the node was made for.
    value: UnsafeCell<ManuallyDrop<T>>,
}

/// A value in frame memory with a declared future; what `#[retain(..)]` binds.
///
/// Lends the value until it is dropped or released. At the end of the frame the value moves to where its policy says, its
/// destructor does not run in between. In an ambient frame a handle that is still alive then keeps the value, and the
/// promotion is listed as failed.
///
/// ```
/// use framealloc::{Promoted, RetentionPolicy, SmartAlloc};
///
/// let alloc = SmartAlloc::with_defaults();
/// alloc.begin_frame();
/// let mut grid = alloc.frame_retained_named("grid", vec![1, 2], RetentionPolicy::PromoteToPool);
/// grid.push(3);
/// grid.release();
/// let mut result = alloc.end_frame_with_promotions();
/// let Some(Promoted::Pool(grid)) = result.promotions.take::<Vec<i32>>("grid") else { panic!() };
/// assert_eq!(*grid, [1, 2, 3]);
/// ```
pub struct Retained<'f, T: 'static> {
    node: NonNull<Node<T>>,
    frame: FrameRef<'f>,
}

impl<'f, T: Send + 'static> Retained<'f, T> {
    /// Puts `value` into the memory of `frame` and onto its list. Gives the value back when the memory is refused.
    pub(crate) fn new(
        name: &'static str,
        value: T,
        policy: RetentionPolicy,
        frame: FrameRef<'f>,
    ) -> Result<Self, (T, AllocError)> {
        let node = match frame.request_for::<Node<T>>() {
            Ok(node) => node,
            Err(error) => return Err((value, error)),
        };
        let core = frame.core();
        // A sink that was told on the way may have ended the frame (F7): nobody looks at its list any more.
        let over = core.closed.get();
        let header = Header {
            next: Cell::new(core.retained.get().cast()),
            state: Cell::new(if over { State::Orphan } else { State::Held }),
            name,
            policy: Cell::new(policy),
            bytes: size_of::<T>(),
            // SAFETY: F5: the frame keeps its owner alive.
            tag: TagId(unsafe { core.owner.get().as_ref() }.current_payer()),
            settle: settle::<T>,
        };
        // SAFETY: F4: the place is fresh and fits the node, which the frame's list owns from here on (R1).
        unsafe { node.write(Node { header, value: UnsafeCell::new(ManuallyDrop::new(value)) }) };
        if !over {
            core.retained.set(node.as_ptr().cast());
        }
        Ok(Self { node, frame })
    }
}

impl<T: 'static> Retained<'_, T> {
    fn node(&self) -> &Node<T> {
        // SAFETY: F2: the handle counts (ambient) or borrows the frame (scoped), so the node is in live memory.
        unsafe { self.node.as_ref() }
    }

    /// The value.
    pub fn get(&self) -> &T {
        // SAFETY: R1: while the handle lives the value is not moved, and it is lent by the handle alone.
        unsafe { &*self.node().value.get() }
    }

    /// The value, to change.
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: R1: as in `get`, and the handle is borrowed mutably.
        unsafe { &mut *self.node().value.get() }
    }

    /// The name it is taken by.
    pub fn name(&self) -> &'static str {
        self.node().header.name
    }

    /// What happens to it at the end of the frame.
    pub fn policy(&self) -> RetentionPolicy {
        self.node().header.policy.get()
    }

    /// Lets go of the value: it may be promoted from now on. The same as dropping the handle.
    pub fn release(self) {}
}

impl<T: 'static> Drop for Retained<'_, T> {
    fn drop(&mut self) {
        let node = self.node();
        if node.header.state.get() == State::Orphan {
            // SAFETY: R1: the frame ended and left the value to this handle, which is going.
            unsafe { ManuallyDrop::drop(&mut *node.value.get()) };
        } else {
            node.header.state.set(State::Released);
        }
        let _ = &self.frame;
    }
}

impl<T: 'static> Deref for Retained<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.get()
    }
}

impl<T: 'static> DerefMut for Retained<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.get_mut()
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Retained<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// What the end of a frame made of one retained value.
pub(crate) struct Settled {
    pub(crate) name: &'static str,
    pub(crate) policy: RetentionPolicy,
    pub(crate) bytes: usize,
    pub(crate) tag: TagId,
    /// The value, unless it was dropped or is its handle's.
    pub(crate) stored: Option<Stored>,
    pub(crate) failure: Option<FailureReason>,
}

/// Moves the value of a node.
///
/// # Safety
///
/// `header` is that of a `Node<T>` whose value the node owns; the node is not used after this (R1).
unsafe fn settle<T: Send + 'static>(header: NonNull<Header>, target: &ThreadHeap) -> Outcome {
    // SAFETY: R1: by the caller; the value is moved out once.
    let (value, policy) = unsafe {
        let node = header.cast::<Node<T>>();
        (ptr::read(node.as_ref().value.get().cast::<T>()), node.as_ref().header.policy.get())
    };
    let outcome = match policy {
        RetentionPolicy::Discard => {
            drop(value);
            return None;
        }
        RetentionPolicy::Leak => Ok(Promoted::Leaked(Box::leak(Box::new(value)))),
        RetentionPolicy::PromoteToPool => target.promote_to_pool(value).map(Promoted::Pool),
        RetentionPolicy::PromoteToHeap => target.promote_to_heap(value).map(Promoted::Heap),
        RetentionPolicy::PromoteToScratch(name) => {
            target.promote_to_scratch(name, value).map(Promoted::Scratch)
        }
    };
    Some(match outcome {
        Ok(promoted) => (Stored::new(promoted), None),
        Err((value, error)) => {
            (Stored::new(Promoted::Refused(Box::new(value))), Some(reason(&error, size_of::<T>())))
        }
    })
}

fn reason(error: &AllocError, bytes: usize) -> FailureReason {
    match error {
        AllocError::BudgetExceeded { .. } => FailureReason::BudgetExceeded,
        AllocError::CapacityExceeded { capacity } if bytes > *capacity => FailureReason::TooLarge,
        AllocError::CapacityExceeded { .. } => FailureReason::ScratchFull,
        AllocError::LayoutOverflow { .. } => FailureReason::TooLarge,
        _ => FailureReason::OutOfMemory,
    }
}

/// Takes the list of `core` apart, in order of declaration, and calls `done` with what became of each value. With
/// `discard`, every value is dropped. Returns the payload of the first panic, of a destructor or of `done`; the others
/// ran.
pub(crate) fn settle_all(
    core: &Core,
    target: &ThreadHeap,
    discard: bool,
    mut done: impl FnMut(Settled),
) -> Caught {
    let mut list = reverse(core.retained.replace(ptr::null_mut()).cast());
    let scoped = core.kind.get() == Kind::Scoped;
    let mut panic = Caught::default();
    // Reports and the destructors of what no queue takes run in here, and may panic as well.
    let mut settled = |panic: &mut Caught, settled| {
        panic.catch(|| done(settled));
    };
    while let Some(node) = NonNull::new(list) {
        // SAFETY: R1: nodes of the list are in the frame's memory, which is alive until the frame is recycled.
        let header = unsafe { node.as_ref() };
        list = header.next.get();
        let (name, policy, bytes, tag) = (header.name, header.policy.get(), header.bytes, header.tag);
        if header.state.get() == State::Held && !scoped {
            header.state.set(State::Orphan);
            let failure = policy.survives().then_some(FailureReason::HandleAlive);
            settled(&mut panic, Settled { name, policy, bytes, tag, stored: None, failure });
            continue;
        }
        if discard {
            header.policy.set(RetentionPolicy::Discard);
        }
        // SAFETY: R1: the node owns its value: its handle let go, or belonged to a scoped frame that is being dropped.
        let move_value = || unsafe { (header.settle)(node, target) };
        if let Some(outcome) = target.under_tag(tag, &mut panic, move_value) {
            let (stored, failure) = outcome.map_or((None, None), |(stored, failure)| (Some(stored), failure));
            settled(&mut panic, Settled { name, policy, bytes, tag, stored, failure });
        }
    }
    panic
}

/// Hands the list of `from`, a segment that is committed to `to`, over: its values were declared after those of `to`.
pub(crate) fn splice_retained(from: &Core, to: &Core) {
    let list: *mut Header = from.retained.replace(ptr::null_mut()).cast();
    let mut last = list;
    // SAFETY: R1: nodes of the list are in live frame memory.
    while let Some(node) = unsafe { last.as_ref() } {
        if node.next.get().is_null() {
            node.next.set(to.retained.replace(list.cast()).cast());
            return;
        }
        last = node.next.get();
    }
}

fn reverse(mut list: *mut Header) -> *mut Header {
    let mut reversed = ptr::null_mut();
    // SAFETY: R1: nodes of the list are in live frame memory.
    while let Some(node) = unsafe { list.as_ref() } {
        let next = node.next.replace(reversed);
        reversed = list;
        list = next;
    }
    reversed
}
