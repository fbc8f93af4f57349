//! An allocator under a tag.

#![forbid(unsafe_code)]

use core::fmt;

use super::scopes::{IntoTag, TagGuard};
use super::smart_alloc::SmartAlloc;
use crate::error::AllocError;
use crate::frame::{FrameBox, FrameMap, FrameSet, FrameString, FrameVec};
use crate::heap::HeapBox;
use crate::pool::PoolBox;
use crate::tag::Tag;

/// An owned handle to an allocator that charges everything to one tag; for a subsystem that keeps its own.
///
/// Each call enters the tag and leaves it again, which costs two switches; inside a loop take a
/// [`scope`](TaggedAllocator::scope).
///
/// ```
/// use framealloc::{SmartAlloc, TaggedAllocator};
///
/// let alloc = SmartAlloc::with_defaults();
/// let physics = TaggedAllocator::new(&alloc, "physics");
/// let body = physics.pool_box([0_f32; 4]);
/// assert_eq!(alloc.tag_stats("physics").unwrap().pool.live_objects, 1);
/// # drop(body);
/// ```
#[derive(Clone)]
pub struct TaggedAllocator {
    alloc: SmartAlloc,
    tag: Tag,
}

impl TaggedAllocator {
    /// `alloc` under `tag`; text nests in the tag that is current now.
    ///
    /// # Panics
    ///
    /// As [`SmartAlloc::tag_scope`].
    #[track_caller]
    pub fn new(alloc: &SmartAlloc, tag: impl IntoTag) -> Self {
        match tag.__resolve(alloc) {
            Ok(tag) => Self { alloc: alloc.clone(), tag },
            Err(error) => crate::frame::fail(error),
        }
    }

    /// Enters the tag until the guard is dropped.
    #[inline]
    #[track_caller]
    pub fn scope(&self) -> TagGuard<'_> {
        self.alloc.tag_scope(self.tag)
    }

    /// The allocator.
    pub fn alloc(&self) -> &SmartAlloc {
        &self.alloc
    }

    /// The tag.
    pub fn tag(&self) -> Tag {
        self.tag
    }
}

macro_rules! under_tag {
    ($($(#[$doc:meta])* fn $name:ident<$($param:ident $(: $bound:path)?),*>($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        impl TaggedAllocator {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name<$($param $(: $bound)?),*>(&self $(, $arg: $type)*) -> $result {
                let _scope = self.scope();
                self.alloc.$name($($arg),*)
            }
        )*}
    };
}

under_tag! {
    /// [`SmartAlloc::frame_box`] under the tag.
    fn frame_box<T>(value: T) -> FrameBox<'_, T>;
    /// [`SmartAlloc::try_frame_box`] under the tag.
    fn try_frame_box<T>(value: T) -> Result<FrameBox<'_, T>, AllocError>;
    /// [`SmartAlloc::frame_slice`] under the tag.
    fn frame_slice<T: Default>(len: usize) -> FrameBox<'_, [T]>;
    /// [`SmartAlloc::frame_vec_with_capacity`] under the tag. Growth beyond it is charged to the tag that is current then.
    fn frame_vec_with_capacity<T>(capacity: usize) -> FrameVec<'_, T>;
    /// [`SmartAlloc::frame_vec`]; growth is charged to the tag that is current then.
    fn frame_vec<T>() -> FrameVec<'_, T>;
    /// [`SmartAlloc::frame_map`]; growth is charged to the tag that is current then.
    fn frame_map<K, V>() -> FrameMap<'_, K, V>;
    /// [`SmartAlloc::frame_set`]; growth is charged to the tag that is current then.
    fn frame_set<K>() -> FrameSet<'_, K>;
    /// [`SmartAlloc::frame_string`]; growth is charged to the tag that is current then.
    fn frame_string<>() -> FrameString<'_>;
    /// [`SmartAlloc::pool_box`] under the tag.
    fn pool_box<T>(value: T) -> PoolBox<T>;
    /// [`SmartAlloc::try_pool_box`] under the tag.
    fn try_pool_box<T>(value: T) -> Result<PoolBox<T>, AllocError>;
    /// [`SmartAlloc::heap_box`] under the tag.
    fn heap_box<T>(value: T) -> HeapBox<T>;
    /// [`SmartAlloc::try_heap_box`] under the tag.
    fn try_heap_box<T>(value: T) -> Result<HeapBox<T>, AllocError>;
}

impl fmt::Debug for TaggedAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaggedAllocator").field("alloc", &self.alloc).field("tag", &self.tag).finish()
    }
}
