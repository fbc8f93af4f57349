//! The box in frame memory.
//!
//! Not `allocator-api2`'s box, because that one returns its block on every drop, and giving a block back to a bump
//! pointer means comparing, clamping and recording the high-water mark (F6): ten instructions that buy nothing where
//! the whole frame goes at once. Dropping a `FrameBox` drops the value and decrements the count of handles.

#![expect(unsafe_code, reason = "owns a value behind a raw pointer")]

use core::any::Any;
use core::borrow::{Borrow, BorrowMut};
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr::{self, NonNull};

use super::reference::FrameRef;

/// Owns a `T` in frame memory and drops it; the memory goes with the frame.
///
/// Two words for a sized `T`. Dropping runs the destructor and decrements the frame's count of handles. `T` may be a
/// slice, a `str`, or a trait object (see [`unsize_frame_box!`](crate::unsize_frame_box)).
///
/// ```
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// let frame = alloc.frame();
/// let mut names = frame.boxed(vec!["a".to_string()]);
/// names.push("b".to_string());
/// assert_eq!(names.into_inner().len(), 2);
/// ```
pub struct FrameBox<'f, T: ?Sized> {
    value: NonNull<T>,
    frame: FrameRef<'f>,
    owns: PhantomData<T>,
}

/// A boxed slice in frame memory.
pub type FrameSlice<'f, T> = FrameBox<'f, [T]>;

impl<T: ?Sized + UnwindSafe> UnwindSafe for FrameBox<'_, T> {}
impl<T: ?Sized + RefUnwindSafe> RefUnwindSafe for FrameBox<'_, T> {}

impl<'f, T: ?Sized> FrameBox<'f, T> {
    /// The box of the value at `value`.
    ///
    /// # Safety
    ///
    /// `value` points to an initialised `T` in memory of `frame` (or is dangling and `T` is zero-sized), which nobody
    /// else owns.
    #[inline(always)]
    pub(crate) unsafe fn from_parts(value: NonNull<T>, frame: FrameRef<'f>) -> Self {
        Self { value, frame, owns: PhantomData }
    }

    #[inline(always)]
    pub(crate) fn into_parts(self) -> (NonNull<T>, FrameRef<'f>) {
        let this = ManuallyDrop::new(self);
        // SAFETY: F2: `this` is never used or dropped again, so the reference is moved out once.
        (this.value, unsafe { ptr::read(&this.frame) })
    }

    /// The pointer to the value. Writing through it is subject to the rules of `&mut T`.
    pub fn as_mut_ptr(&mut self) -> *mut T {
        self.value.as_ptr()
    }

    /// Turns the box into one of a type that `T` coerces to; used by `unsize_frame_box!`.
    ///
    /// # Safety
    ///
    /// `unsize` returns what it is given, coerced. The check of the address does not tell zero-sized values apart, which
    /// all may have one address.
    ///
    /// # Panics
    ///
    /// When `unsize` returns something that does not begin where the value does.
    #[doc(hidden)]
    pub unsafe fn __unsize<U: ?Sized>(
        self,
        unsize: impl FnOnce(NonNull<T>) -> NonNull<U>,
    ) -> FrameBox<'f, U> {
        let value = unsize(self.value);
        assert!(ptr::addr_eq(value.as_ptr(), self.value.as_ptr()), "unsizing keeps the address");
        let (_, frame) = self.into_parts();
        // SAFETY: F2: by the caller it is the value itself, which has no other owner.
        unsafe { FrameBox::from_parts(value, frame) }
    }
}

impl<T> FrameBox<'_, T> {
    /// Moves the value out. Its bytes stay in the frame until the frame ends.
    #[inline]
    pub fn into_inner(self) -> T {
        let (value, frame) = self.into_parts();
        // SAFETY: F2: the box owned the value and is gone; the memory is alive because `frame` counts.
        let inner = unsafe { value.read() };
        // Before the value is returned, which would be lost if a report panicked.
        drop(frame);
        inner
    }
}

/// Turns a [`FrameBox<T>`](crate::FrameBox) into a box of a trait object or slice that `T` coerces to.
///
/// Stable Rust has no coercion for boxes of libraries; the macro spells it out.
///
/// ```
/// use framealloc::{FrameBox, SmartAlloc, unsize_frame_box};
///
/// let alloc = SmartAlloc::with_defaults();
/// let frame = alloc.frame();
/// let shape: FrameBox<'_, dyn std::fmt::Debug> = unsize_frame_box!(frame.boxed(7_u32));
/// assert_eq!(format!("{shape:?}"), "7");
/// ```
///
/// It makes trait objects and slices only. A reference in the box is not followed: the box would own what it borrows.
///
/// ```compile_fail,E0605
/// use framealloc::{FrameBox, SmartAlloc, unsize_frame_box};
///
/// struct Token;
/// let alloc = SmartAlloc::with_defaults();
/// let frame = alloc.frame();
/// let mut pair = frame.boxed((0_u64, Token));
/// let lent = frame.boxed(&mut pair.1);
/// let stolen: FrameBox<'_, Token> = unsize_frame_box!(lent);
/// ```
#[macro_export]
macro_rules! unsize_frame_box {
    ($boxed:expr $(,)?) => {
        match $boxed {
            // SAFETY: F2: by the caller's contract: the only coercion of a `NonNull` to another is unsizing, which returns
            // what it is given. (A reference would be dereferenced as well: to somebody else's value, or to a part.)
            boxed => unsafe { $crate::FrameBox::__unsize(boxed, |value| value as _) },
        }
    };
}

impl<'f> FrameBox<'f, dyn Any> {
    /// The box of the concrete type, or the box unchanged when the value is of another type.
    pub fn downcast<T: Any>(self) -> Result<FrameBox<'f, T>, Self> {
        if !self.is::<T>() {
            return Err(self);
        }
        let (value, frame) = self.into_parts();
        // SAFETY: F2: the value is a `T`, as was just checked, and moves with its owner.
        Ok(unsafe { FrameBox::from_parts(value.cast(), frame) })
    }
}

impl<T: ?Sized> Drop for FrameBox<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: F2: the box owns the value, and `frame` is dropped after this, also when the destructor panics.
        unsafe { ptr::drop_in_place(self.value.as_ptr()) };
    }
}

impl<T: ?Sized> Deref for FrameBox<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: F2: the box owns an initialised value in live memory.
        unsafe { self.value.as_ref() }
    }
}

impl<T: ?Sized> DerefMut for FrameBox<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: F2: the box owns an initialised value in live memory, and is borrowed mutably.
        unsafe { self.value.as_mut() }
    }
}

impl<T: ?Sized> AsRef<T> for FrameBox<'_, T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized> AsMut<T> for FrameBox<'_, T> {
    fn as_mut(&mut self) -> &mut T {
        self
    }
}

impl<T: ?Sized> Borrow<T> for FrameBox<'_, T> {
    fn borrow(&self) -> &T {
        self
    }
}

impl<T: ?Sized> BorrowMut<T> for FrameBox<'_, T> {
    fn borrow_mut(&mut self) -> &mut T {
        self
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for FrameBox<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for FrameBox<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + PartialEq> PartialEq for FrameBox<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: ?Sized + Eq> Eq for FrameBox<'_, T> {}

impl<T: ?Sized + PartialOrd> PartialOrd for FrameBox<'_, T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (**self).partial_cmp(&**other)
    }
}

impl<T: ?Sized + Ord> Ord for FrameBox<'_, T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl<T: ?Sized + Hash> Hash for FrameBox<'_, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<'b, T> IntoIterator for &'b FrameBox<'_, [T]> {
    type Item = &'b T;
    type IntoIter = core::slice::Iter<'b, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'b, T> IntoIterator for &'b mut FrameBox<'_, [T]> {
    type Item = &'b mut T;
    type IntoIter = core::slice::IterMut<'b, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(feature = "serde")]
impl<T: ?Sized + serde::Serialize> serde::Serialize for FrameBox<'_, T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}
