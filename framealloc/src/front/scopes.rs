//! Tags and phases: what memory is for, and when.

#![expect(unsafe_code, reason = "closes guards of the heap they keep")]

use core::fmt;
use core::marker::PhantomData;
use std::sync::Arc;

use super::smart_alloc::SmartAlloc;
use super::thread::{GuardKey, ThreadHeap, Unkeep};
use crate::error::AllocError;
use crate::frame::{FrameMemoryStaysOnItsThread, fail};
use crate::phase::PhaseId;
use crate::tag::{Tag, TagId};

/// Names a tag: text, which nests in the current tag, or a [`Tag`], which is a path from the root.
pub trait IntoTag: sealed::Sealed {
    /// The id, if it is known without a look-up.
    #[doc(hidden)]
    #[inline(always)]
    fn __known(&self, _alloc: &SmartAlloc) -> Option<KnownTag> {
        None
    }

    #[doc(hidden)]
    fn __resolve(&self, alloc: &SmartAlloc) -> Result<Tag, AllocError>;
}

/// A tag's number; opaque outside this crate.
#[doc(hidden)]
pub struct KnownTag(TagId);

mod sealed {
    pub trait Sealed {}
    impl Sealed for str {}
    impl Sealed for String {}
    impl Sealed for crate::tag::Tag {}
    impl<T: Sealed + ?Sized> Sealed for &T {}
}

impl IntoTag for str {
    fn __resolve(&self, alloc: &SmartAlloc) -> Result<Tag, AllocError> {
        let id = crate::tracking::exempt(|| alloc.shared.tags.child(alloc.heap().current_tag(), self))?;
        Ok(Tag { id, allocator: alloc.shared.id })
    }
}

impl IntoTag for String {
    fn __resolve(&self, alloc: &SmartAlloc) -> Result<Tag, AllocError> {
        self.as_str().__resolve(alloc)
    }
}

impl IntoTag for Tag {
    #[inline(always)]
    fn __known(&self, alloc: &SmartAlloc) -> Option<KnownTag> {
        (self.allocator == alloc.shared.id).then_some(KnownTag(self.id))
    }

    #[inline(always)]
    fn __resolve(&self, alloc: &SmartAlloc) -> Result<Tag, AllocError> {
        if self.allocator == alloc.shared.id {
            Ok(*self)
        } else {
            Err(AllocError::Unsupported {
                what: "a `Tag` of another allocator; make one with `alloc.tag(..)`",
            })
        }
    }
}

impl<T: IntoTag + ?Sized> IntoTag for &T {
    #[inline(always)]
    fn __known(&self, alloc: &SmartAlloc) -> Option<KnownTag> {
        (**self).__known(alloc)
    }

    #[inline(always)]
    fn __resolve(&self, alloc: &SmartAlloc) -> Result<Tag, AllocError> {
        (**self).__resolve(alloc)
    }
}

impl SmartAlloc {
    /// Looks a tag up by its path from the root, `physics/broad_phase`, so that entering it costs no look-up by name.
    ///
    /// # Panics
    ///
    /// When the path is empty or has an empty part, or there are more than 65,535 tags.
    #[track_caller]
    pub fn tag(&self, path: &str) -> Tag {
        match crate::tracking::exempt(|| self.shared.tags.child(TagId::UNTAGGED, path)) {
            Ok(id) => Tag { id, allocator: self.shared.id },
            Err(error) => fail(error),
        }
    }

    /// Charges what this thread allocates to a tag until the guard is dropped. Text nests in the current tag.
    ///
    /// Cost: about 29 instructions with a [`Tag`] when nothing was allocated since the last switch, about 100 more for each
    /// frame that was used since. Allocations do not look at the tag.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let _render = alloc.tag_scope("render");
    /// {
    ///     let _shadows = alloc.tag_scope("shadows");
    ///     assert_eq!(&*alloc.tag_path(), "render/shadows");
    /// }
    /// assert_eq!(alloc.current_tag().as_deref(), Some("render"));
    /// ```
    ///
    /// # Panics
    ///
    /// When the name is empty, the [`Tag`] is another allocator's, or there is no memory for the guard.
    #[inline(always)]
    #[track_caller]
    pub fn tag_scope(&self, tag: impl IntoTag) -> TagGuard<'_> {
        let known = tag.__known(self).and_then(|tag| self.heap().enter_tag_quickly(tag.0));
        let key = match known {
            Some(key) => key,
            None => self.enter_tag_slow(tag.__resolve(self)),
        };
        TagGuard { key, alloc: PhantomData, not_send: PhantomData }
    }

    #[inline(never)]
    #[track_caller]
    fn enter_tag_slow(&self, tag: Result<Tag, AllocError>) -> GuardKey {
        match tag.and_then(|tag| self.heap().enter_tag(tag.id)) {
            Ok(key) => key,
            Err(error) => fail(error),
        }
    }

    /// Runs `work` with what this thread allocates charged to a tag. What `work` makes of the allocator may leave it.
    #[track_caller]
    pub fn with_tag<'a, R>(&'a self, tag: impl IntoTag, work: impl FnOnce(&'a SmartAlloc) -> R) -> R {
        let _guard = self.tag_scope(tag);
        work(self)
    }

    /// The last part of this thread's current tag.
    pub fn current_tag(&self) -> Option<Arc<str>> {
        let tag = self.heap().current_tag();
        (tag != TagId::UNTAGGED).then(|| self.shared.tags.name(tag))
    }

    /// The path of this thread's current tag; `(untagged)` when there is none.
    pub fn tag_path(&self) -> Arc<str> {
        self.shared.tags.path(self.heap().current_tag())
    }

    /// Counts what this thread allocates in frames for a phase until the guard is dropped.
    ///
    /// # Panics
    ///
    /// When the name is empty, there are more than 65,535 phases, or there is no memory for the guard.
    #[track_caller]
    pub fn phase_scope(&self, name: &str) -> PhaseGuard<'_> {
        match self.enter_phase(name) {
            Ok(key) => PhaseGuard { key, alloc: PhantomData, not_send: PhantomData },
            Err(error) => fail(error),
        }
    }

    fn enter_phase(&self, name: &str) -> Result<GuardKey, AllocError> {
        let phase = crate::tracking::exempt(|| self.shared.phases.intern(name))?;
        self.heap().enter_phase(phase)
    }

    /// Begins a phase that [`SmartAlloc::end_phase`] ends. Phases nest.
    ///
    /// # Panics
    ///
    /// As [`SmartAlloc::phase_scope`].
    #[track_caller]
    pub fn begin_phase(&self, name: &str) {
        match self.enter_phase(name) {
            Ok(key) => self.heap().begun_phase(key),
            Err(error) => fail(error),
        }
    }

    /// Ends the phase that was begun last and has not ended. Does nothing if there is none.
    pub fn end_phase(&self) {
        self.heap().end_begun_phase();
    }

    /// The current phase of this thread.
    pub fn current_phase(&self) -> Option<Arc<str>> {
        let phase = self.heap().current_phase();
        (phase != PhaseId::NONE).then(|| self.shared.phases.name(phase))
    }
}

macro_rules! scope_guard {
    ($(#[$doc:meta])* $name:ident, $id:ty, $enter:ident, $quick:expr, $close:ident) => {
        $(#[$doc])*
        pub struct $name<'a> {
            key: GuardKey,
            alloc: PhantomData<&'a SmartAlloc>,
            not_send: PhantomData<dyn FrameMemoryStaysOnItsThread>,
        }

        impl $name<'_> {
            /// Enters by id. The guard keeps what it needs of the allocator.
            pub(super) fn enter(alloc: &SmartAlloc, id: $id) -> Result<Self, AllocError> {
                let key = alloc.heap().$enter(id)?;
                Ok(Self { key, alloc: PhantomData, not_send: PhantomData })
            }

            /// Takes the key by value, so that a guard can stay in registers.
            ///
            /// # Safety
            ///
            /// The key is that of a guard that is being dropped.
            #[inline(never)]
            unsafe fn close(key: GuardKey) {
                // SAFETY: F5: the guard keeps the heap until the end of this function.
                let heap = unsafe { key.heap.as_ref() };
                // SAFETY: F5: the guard's keep, given up although a report panics.
                let _unkeep = unsafe { Unkeep::new(heap) };
                heap.$close(key);
            }
        }

        impl Drop for $name<'_> {
            #[inline(always)]
            fn drop(&mut self) {
                let quick: fn(&ThreadHeap, GuardKey) -> bool = $quick;
                // SAFETY: F5: the guard keeps the heap.
                if !quick(unsafe { self.key.heap.as_ref() }, self.key) {
                    // SAFETY: F5: this guard is being dropped.
                    unsafe { Self::close(self.key) };
                }
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

scope_guard! {
    /// Ends a tag's scope when it is dropped, and every scope that was entered after it.
    TagGuard, TagId, enter_tag, ThreadHeap::close_tag_quickly, close_tag
}

scope_guard! {
    /// Ends a phase when it is dropped, and every scope that was entered after it.
    PhaseGuard, PhaseId, enter_phase, |_, _| false, close_guard
}
