//! What a program holds: frames, and handles into them, into the ambient frame, the pool and the heap.

use std::collections::BTreeMap;
use std::mem::MaybeUninit;

use framealloc::{
    ChildFrame, Frame, FrameBox, FrameMap, FrameVec, HeapAlloc, HeapBox, PoolAlloc, PoolBox, Retained,
};

use super::blocks::{Blocks, Pattern};
use crate::Counted;
use crate::layouts::{Line, Page};

/// Whose memory a handle is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The scoped frame with this number.
    Frame(u64),
    /// The ambient segment with this number.
    Ambient(u64),
    /// Pool or heap.
    Object,
}

pub(super) struct Handle {
    /// The allocator it is of.
    pub(super) alloc: usize,
    pub(super) owner: Owner,
    pub(super) kind: Kind,
}

/// A handle of each kind, with what it should hold.
pub(super) enum Kind {
    Boxed(FrameBox<'static, Counted>),
    Block(FrameBox<'static, [MaybeUninit<u8>]>, Pattern),
    Vec(FrameVec<'static, u64>, Vec<u64>),
    Map(FrameMap<'static, u64, u64>, BTreeMap<u64, u64>),
    Retained(Retained<'static, Counted>),
    Pool(PoolBox<Counted>),
    PoolLine(PoolBox<Line>),
    PoolPage(PoolBox<Page>),
    PoolLarge(PoolBox<[u64; 6000]>),
    PoolVec(allocator_api2::vec::Vec<u64, PoolAlloc>, Vec<u64>),
    Heap(HeapBox<Counted>),
    HeapVec(allocator_api2::vec::Vec<u64, HeapAlloc>, Vec<u64>),
    HeapPage(HeapBox<Page>),
}

fn of<T>(value: &T) -> (*const u8, usize, usize) {
    (std::ptr::from_ref(value).cast(), size_of::<T>(), align_of::<T>())
}

impl Kind {
    /// The memory it has: address, length and alignment.
    fn memory(&self) -> (*const u8, usize, usize) {
        match self {
            Self::Boxed(boxed) => of(&**boxed),
            Self::Block(_, pattern) => (pattern.start(), pattern.len(), 1),
            Self::Vec(vec, _) => (vec.as_ptr().cast(), vec.capacity() * 8, 8),
            Self::PoolVec(vec, _) => (vec.as_ptr().cast(), vec.capacity() * 8, 8),
            Self::HeapVec(vec, _) => (vec.as_ptr().cast(), vec.capacity() * 8, 8),
            // A map's storage is its own affair; its contents are checked.
            Self::Map(..) => (std::ptr::without_provenance(1), 0, 1),
            Self::Retained(retained) => of(retained.get()),
            Self::Pool(boxed) => of(&**boxed),
            Self::PoolLine(boxed) => of(&**boxed),
            Self::PoolPage(boxed) => of(&**boxed),
            Self::PoolLarge(boxed) => of(&**boxed),
            Self::Heap(boxed) => of(&**boxed),
            Self::HeapPage(boxed) => of(&**boxed),
        }
    }

    #[track_caller]
    pub(super) fn enter(&self, blocks: &mut Blocks) {
        let (start, len, align) = self.memory();
        blocks.enter(start, len, align);
    }

    #[track_caller]
    pub(super) fn leave(&self, blocks: &mut Blocks) {
        let (start, len, _) = self.memory();
        blocks.leave(start, len);
    }

    /// Bytes that it has at least, in its frame.
    pub(super) fn bytes(&self) -> u64 {
        self.memory().1 as u64
    }

    #[track_caller]
    pub(super) fn verify(&self) {
        match self {
            Self::Boxed(boxed) => boxed.verify(),
            Self::Block(boxed, pattern) => {
                assert_eq!(boxed.len(), pattern.len());
                pattern.verify();
            }
            Self::Vec(vec, model) => assert!(vec[..] == model[..], "{vec:?} is not {model:?}"),
            Self::PoolVec(vec, model) => assert!(vec[..] == model[..], "{vec:?} is not {model:?}"),
            Self::HeapVec(vec, model) => assert!(vec[..] == model[..], "{vec:?} is not {model:?}"),
            Self::Map(map, model) => {
                assert_eq!(map.len(), model.len());
                assert!(model.iter().all(|(key, value)| map.get(key) == Some(value)));
            }
            Self::Retained(retained) => retained.verify(),
            Self::Pool(boxed) => boxed.verify(),
            Self::Heap(boxed) => boxed.verify(),
            Self::PoolLine(boxed) => assert!(boxed.0 == [0x5a; 64]),
            Self::PoolPage(boxed) => assert!(boxed.0 == [0xa5; 4096]),
            Self::HeapPage(boxed) => assert!(boxed.0 == [0x55; 4096]),
            Self::PoolLarge(boxed) => assert!(boxed.iter().enumerate().all(|(n, value)| n as u64 == *value)),
        }
    }

    /// Whether it is an object of the pool, and whether one of the heap.
    pub(super) fn is_object(&self) -> (bool, bool) {
        match self {
            Self::Pool(_) | Self::PoolLine(_) | Self::PoolPage(_) | Self::PoolLarge(_) => (true, false),
            Self::PoolVec(vec, _) => (vec.capacity() > 0, false),
            Self::Heap(_) | Self::HeapPage(_) | Self::HeapVec(..) => (false, true),
            _ => (false, false),
        }
    }

    /// Whether it grows and shrinks.
    pub(super) fn is_container(&self) -> bool {
        matches!(self, Self::Vec(..) | Self::Map(..) | Self::PoolVec(..) | Self::HeapVec(..))
    }

    /// Whether a counted value goes with it when it is forgotten.
    pub(super) fn counts(&self) -> bool {
        matches!(self, Self::Boxed(_) | Self::Pool(_) | Self::Heap(_) | Self::Retained(_))
    }
}

/// An open scoped frame. Fields are dropped in this order; blocks are raw.
pub(super) struct Scope {
    pub(super) id: u64,
    pub(super) alloc: usize,
    pub(super) parent: Option<u64>,
    pub(super) frame: ScopeFrame,
    /// Blocks that were lent as references.
    pub(super) blocks: Vec<Pattern>,
    /// Bytes by tag path.
    pub(super) records: BTreeMap<String, i64>,
}

pub(super) enum ScopeFrame {
    Frame(Box<Frame>),
    Child(Box<ChildFrame<'static>>),
}

impl Scope {
    pub(super) fn frame(&self) -> &'static Frame {
        let frame: *const Frame = match &self.frame {
            ScopeFrame::Frame(frame) => &**frame,
            ScopeFrame::Child(child) => &***child,
        };
        // SAFETY: boxed, so it stays where it is; the world drops what borrows it first.
        unsafe { &*frame }
    }
}
