//! The growable array in frame memory.

#![forbid(unsafe_code)]

use core::fmt;
use core::ops::{Deref, DerefMut};

use allocator_api2::vec::{IntoIter, Vec};

use super::fallible::Fallible;
use super::reference::FrameRef;
use super::reference::or_fail;
use crate::error::AllocError;

/// A growable array in frame memory: `allocator-api2`'s `Vec` over a [`FrameRef`].
///
/// Everything that `Vec` does is there through `Deref`. Growth is in place while the array is the frame's last
/// allocation; otherwise the old storage stays behind until the frame ends, so reserve where the size is known.
///
/// ```
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// let frame = alloc.frame();
/// let mut pairs = frame.vec();
/// pairs.push((1, 2));
/// pairs.extend([(3, 4), (5, 6)]);
/// pairs.try_push((7, 8))?;
/// assert_eq!(pairs.iter().map(|pair| pair.0).sum::<i32>(), 16);
/// # Ok::<(), framealloc::AllocError>(())
/// ```
pub struct FrameVec<'f, T>(Vec<T, FrameRef<'f>>);

impl<'f, T> FrameVec<'f, T> {
    /// An empty array in the memory of `frame`. Allocates nothing.
    #[inline]
    pub fn new_in(frame: FrameRef<'f>) -> Self {
        Self(Vec::new_in(frame))
    }

    /// An empty array with room for `capacity` elements.
    ///
    /// # Errors
    ///
    /// What the frame's allocation reports.
    pub fn try_with_capacity_in(capacity: usize, frame: FrameRef<'f>) -> Result<Self, AllocError> {
        let mut vec = Self::new_in(frame);
        vec.try_reserve(capacity)?;
        Ok(vec)
    }

    /// An empty array with room for `capacity` elements.
    ///
    /// # Panics
    ///
    /// When the memory is refused.
    #[track_caller]
    pub fn with_capacity_in(capacity: usize, frame: FrameRef<'f>) -> Self {
        or_fail!(Self::try_with_capacity_in(capacity, frame))
    }

    /// Collects `items`, reserving what the iterator announces.
    ///
    /// # Panics
    ///
    /// When the memory is refused.
    pub fn from_iter_in(items: impl IntoIterator<Item = T>, frame: FrameRef<'f>) -> Self {
        let mut vec = Self::new_in(frame);
        vec.0.extend(items);
        vec
    }

    /// Makes room for `additional` more elements.
    ///
    /// # Errors
    ///
    /// [`AllocError`] says whether memory, a budget or the address space ran out; the array is unchanged.
    pub fn try_reserve(&mut self, additional: usize) -> Result<(), AllocError> {
        let fallible = Fallible::name(self.0.allocator());
        self.0.try_reserve(additional).map_err(|_| fallible.error::<T>(additional))
    }

    /// Appends `value`.
    ///
    /// # Errors
    ///
    /// As [`FrameVec::try_reserve`]; `value` is dropped then.
    #[inline]
    pub fn try_push(&mut self, value: T) -> Result<(), AllocError> {
        if self.0.len() == self.0.capacity() {
            self.try_reserve(1)?;
        }
        self.0.push(value);
        Ok(())
    }

    /// Appends copies of `values`.
    ///
    /// # Errors
    ///
    /// As [`FrameVec::try_reserve`].
    pub fn try_extend_from_slice(&mut self, values: &[T]) -> Result<(), AllocError>
    where
        T: Clone,
    {
        self.try_reserve(values.len())?;
        self.0.extend_from_slice(values);
        Ok(())
    }

    /// The `allocator-api2` vector itself.
    pub fn into_vec(self) -> Vec<T, FrameRef<'f>> {
        self.0
    }
}

impl<'f, T> Deref for FrameVec<'f, T> {
    type Target = Vec<T, FrameRef<'f>>;

    #[inline(always)]
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> DerefMut for FrameVec<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T: Clone> Clone for FrameVec<'_, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: fmt::Debug> fmt::Debug for FrameVec<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: PartialEq<U>, U> PartialEq<FrameVec<'_, U>> for FrameVec<'_, T> {
    fn eq(&self, other: &FrameVec<'_, U>) -> bool {
        self.0[..] == other.0[..]
    }
}

impl<T: PartialEq<U>, U> PartialEq<[U]> for FrameVec<'_, T> {
    fn eq(&self, other: &[U]) -> bool {
        self.0[..] == *other
    }
}

impl<T: PartialEq<U>, U, const N: usize> PartialEq<[U; N]> for FrameVec<'_, T> {
    fn eq(&self, other: &[U; N]) -> bool {
        self.0[..] == *other
    }
}

impl<T: Eq> Eq for FrameVec<'_, T> {}

impl<T: core::hash::Hash> core::hash::Hash for FrameVec<'_, T> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.0[..].hash(state);
    }
}

impl<T> Extend<T> for FrameVec<'_, T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        self.0.extend(items);
    }
}

impl<'s, T: Copy + 's> Extend<&'s T> for FrameVec<'_, T> {
    fn extend<I: IntoIterator<Item = &'s T>>(&mut self, items: I) {
        self.0.extend(items.into_iter().copied());
    }
}

impl<'f, T> IntoIterator for FrameVec<'f, T> {
    type Item = T;
    type IntoIter = IntoIter<T, FrameRef<'f>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'v, T> IntoIterator for &'v FrameVec<'_, T> {
    type Item = &'v T;
    type IntoIter = core::slice::Iter<'v, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'v, T> IntoIterator for &'v mut FrameVec<'_, T> {
    type Item = &'v mut T;
    type IntoIter = core::slice::IterMut<'v, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter_mut()
    }
}

impl core::fmt::Write for FrameVec<'_, u8> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

#[cfg(feature = "serde")]
impl<T: serde::Serialize> serde::Serialize for FrameVec<'_, T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0[..].serialize(serializer)
    }
}
