//! What `#[frame_system]` expands to: one call on entering, one guard.

#![expect(unsafe_code, reason = "closes the guard and the frame of the heap it keeps")]

use core::fmt;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::NonNull;
use std::sync::Arc;

use super::smart_alloc::SmartAlloc;
use super::thread::{GuardKey, ThreadHeap, Unkeep};
use crate::diagnostics::{self, Diagnostic, Severity};
use crate::frame::{ChildFrame, Frame, fail};
use crate::raw::core::Core;
use crate::sys::caught::Caught;
use crate::system::{HeapUse, System};
use crate::tracking;

/// What a system can take its allocator from.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an allocator that a `#[frame_system]` can use",
    label = "this should be a `SmartAlloc` or a `Frame`",
    note = "name another expression with `#[frame_system(alloc = ..)]`, or call `alloc.enter()` around the system"
)]
///
/// # Safety
///
/// - What `__heap` returns is the heap of this thread in some allocator, and is kept for as long as `self` is borrowed.
pub unsafe trait AllocSource {
    #[doc(hidden)]
    fn __heap(&self) -> HeapOf;
}

/// The heap of this thread in some allocator; opaque outside this crate.
#[doc(hidden)]
pub struct HeapOf(pub(super) NonNull<ThreadHeap>);

// SAFETY: F5: the thread keeps its heap, and until its exit is done everything that is entered; the handle is the allocator.
unsafe impl AllocSource for SmartAlloc {
    #[inline(always)]
    fn __heap(&self) -> HeapOf {
        HeapOf(self.heap_ptr())
    }
}

// SAFETY: F5: an open frame keeps its heap.
unsafe impl AllocSource for Frame {
    #[inline(always)]
    fn __heap(&self) -> HeapOf {
        // Every core is opened by a thread heap, which is its owner.
        HeapOf(self.core().owner.get().cast())
    }
}

// SAFETY: F5: an open frame keeps its heap.
unsafe impl AllocSource for ChildFrame<'_> {
    #[inline(always)]
    fn __heap(&self) -> HeapOf {
        (**self).__heap()
    }
}

// SAFETY: F5: an open frame keeps its heap.
unsafe impl AllocSource for SystemFrame {
    #[inline(always)]
    fn __heap(&self) -> HeapOf {
        HeapOf(self.key.heap)
    }
}

macro_rules! source_through {
    ($($pointer:ty),*) => {$(
        // SAFETY: F5: the source inside keeps its heap, and is borrowed as long.
        unsafe impl<A: AllocSource + ?Sized> AllocSource for $pointer {
            #[inline(always)]
            fn __heap(&self) -> HeapOf {
                (**self).__heap()
            }
        }
    )*};
}

source_through!(&A, &mut A, Arc<A>, Box<A>);

/// A running system: its frame, and its tag, phase and budget until it is dropped.
///
/// Derefs to [`Frame`]. `#[frame_system]` binds one at the top of the function.
pub struct SystemFrame {
    frame: ManuallyDrop<Frame>,
    key: GuardKey,
}

impl Deref for SystemFrame {
    type Target = Frame;

    #[inline(always)]
    fn deref(&self) -> &Frame {
        &self.frame
    }
}

/// Enters `system` in the allocator of `source`.
///
/// # Panics
///
/// When there is no memory for the system's frame.
#[inline(always)]
#[track_caller]
pub fn enter<A: AllocSource + ?Sized>(source: &A, system: &'static System) -> SystemFrame {
    enter_heap(source.__heap().0, system)
}

/// Enters `system` in the current allocator of this thread.
///
/// # Panics
///
/// When the thread has no current allocator, or there is no memory for the system's frame.
#[inline(always)]
#[track_caller]
pub fn enter_current(system: &'static System) -> SystemFrame {
    match SmartAlloc::current_heap() {
        Some(heap) => enter_heap(heap, system),
        None => no_current(system),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn no_current(system: &'static System) -> ! {
    panic!(
        "system `{}` has no allocator: give it a parameter `alloc: &SmartAlloc`, or call `alloc.enter()` on this thread \
         (or `alloc.install()` once) before it runs",
        system.info().name
    )
}

#[inline(always)]
#[track_caller]
fn enter_heap(heap: NonNull<ThreadHeap>, system: &'static System) -> SystemFrame {
    // SAFETY: F5: the source keeps the heap for this call; the system's frame keeps it afterwards.
    match unsafe { heap.as_ref() }.enter_quickly(system) {
        // SAFETY: F2: the core was just opened for this frame.
        Some((key, core)) => unsafe { SystemFrame::new(key, core) },
        None => enter_slow(heap, system),
    }
}

#[inline(never)]
#[track_caller]
fn enter_slow(heap: NonNull<ThreadHeap>, system: &'static System) -> SystemFrame {
    // SAFETY: F5: as in `enter_heap`.
    let heap = unsafe { heap.as_ref() };
    heap.keep();
    // An event that is told on the way may drop the guard by which this thread entered the allocator.
    // SAFETY: F5: the keep of the line above; the heap is not used after it is given up.
    let _unkeep = unsafe { Unkeep::new(heap) };
    match heap.enter_system(system) {
        // SAFETY: F2: the core was just opened for this frame.
        Ok((key, core)) => unsafe { SystemFrame::new(key, core) },
        Err(error) => fail(error),
    }
}

impl Drop for SystemFrame {
    #[inline(always)]
    fn drop(&mut self) {
        let core = NonNull::from(self.frame.core());
        // SAFETY: F5: the frame keeps the heap until it is dropped. F2: the frame is closed here or in `leave`, once;
        // nothing borrows it, because `self` is being dropped.
        unsafe {
            if !self.key.heap.as_ref().leave_quickly(core.as_ref(), self.key) {
                leave(core, self.key);
            }
        }
    }
}

impl SystemFrame {
    /// # Safety
    ///
    /// Entering a system gave `key` and opened `core`, which no other frame was made of.
    #[inline(always)]
    unsafe fn new(key: GuardKey, core: NonNull<Core>) -> Self {
        // SAFETY: F2: by the caller.
        Self { frame: ManuallyDrop::new(unsafe { Frame::from_core(core) }), key }
    }
}

/// Leaves a system: charges, promotes, reports. Takes the parts of the system's frame by value, so that it need not be in
/// memory while the system runs.
///
/// # Safety
///
/// The `SystemFrame` of `core` and `key` is being dropped, and its frame was not.
#[inline(never)]
unsafe fn leave(core: NonNull<Core>, key: GuardKey) {
    // SAFETY: F5: the frame keeps the heap until it is dropped. F2: by the caller.
    unsafe {
        if key.heap.as_ref().leave_used(core.as_ref(), key) {
            return;
        }
    }
    // SAFETY: F5: as above.
    let heap = unsafe { key.heap.as_ref() };
    heap.enter_level();
    // SAFETY: F2: by the caller. It is dropped last, also when a report panics.
    let frame = unsafe { Frame::from_core(core) };
    let watched = heap.watched_run(key);
    let panic = heap.before_leaving(frame.core());
    heap.close_run(key);
    let offence = watched.and_then(|(system, calls)| judge(heap, system, calls));
    heap.count_system_frame();
    drop(frame);
    if panic.is_some() || offence.is_some() {
        raise(panic, offence);
    }
}

/// Goes on with the panic of a destructor, or panics about heap use, unless the thread unwinds already.
#[cold]
fn raise(panic: Caught, offence: Option<String>) {
    panic.resume();
    if let Some(text) = offence
        && !std::thread::panicking()
    {
        panic!("{text}");
    }
}

/// Reports what a run did with the ordinary heap although its declaration says otherwise; returns the text to panic with.
#[cold]
#[inline(never)]
fn judge(heap: &ThreadHeap, system: &'static System, calls: u64) -> Option<String> {
    tracking::exempt(|| judge_uncounted(heap, system, calls))
}

fn judge_uncounted(heap: &ThreadHeap, system: &'static System, calls: u64) -> Option<String> {
    let info = system.info();
    if !tracking::is_installed() {
        let message = format!(
            "system `{}` declares `heap = ..`, but `Tracking` is not the global allocator, so nothing is counted",
            info.name
        );
        heap.report(Diagnostic::new(&diagnostics::FA501, message).with_system(info.name).with_suggestion(
            "add `#[global_allocator] static HEAP: Tracking<System> = Tracking::new(System);`",
        ));
        return None;
    }
    if calls == 0 {
        return None;
    }
    let message = format!(
        "system `{}` ({}:{}) called the ordinary heap {calls} times in one run",
        info.name, info.file, info.line
    );
    let denied = info.heap == HeapUse::Deny;
    let severity = if denied { Severity::Error } else { Severity::Warning };
    let shared = &heap.shared;
    if shared.behavior.is_on() {
        shared.behavior.heap_used(shared.clock.number(), info.name, info.tag, &message);
    }
    heap.report(
        Diagnostic::new(&diagnostics::BF004, message.clone())
            .with_severity(severity)
            .with_system(info.name)
            .with_tag(info.tag)
            .with_suggestion("use #[frame_local] containers, or reserve outside of the hot path"),
    );
    denied.then_some(message)
}

impl fmt::Debug for SystemFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemFrame").field("frame", &*self.frame).finish()
    }
}
