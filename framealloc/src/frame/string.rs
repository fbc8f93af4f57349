//! Text in frame memory.

#![expect(unsafe_code, reason = "bytes that came from str are UTF-8")]

use core::fmt;
use core::ops::{Deref, DerefMut};
use core::ptr::{self, NonNull};

use super::boxed::FrameBox;
use super::reference::FrameRef;
use super::vec::FrameVec;
use crate::error::AllocError;

/// A growable string in frame memory.
///
/// ```
/// use std::fmt::Write;
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// let frame = alloc.frame();
/// let mut label = frame.string();
/// write!(label, "entity {}", 7)?;
/// label.push('!');
/// assert_eq!(&*label, "entity 7!");
/// # Ok::<(), std::fmt::Error>(())
/// ```
#[derive(Clone, Eq, PartialEq, Hash)]
pub struct FrameString<'f> {
    /// Always UTF-8.
    bytes: FrameVec<'f, u8>,
}

impl<'f> FrameString<'f> {
    /// An empty string in the memory of `frame`. Allocates nothing.
    #[inline]
    pub fn new_in(frame: FrameRef<'f>) -> Self {
        Self { bytes: FrameVec::new_in(frame) }
    }

    /// An empty string with room for `capacity` bytes.
    ///
    /// # Errors
    ///
    /// What the frame's allocation reports.
    pub fn try_with_capacity_in(capacity: usize, frame: FrameRef<'f>) -> Result<Self, AllocError> {
        Ok(Self { bytes: FrameVec::try_with_capacity_in(capacity, frame)? })
    }

    /// Appends `text`.
    ///
    /// # Panics
    ///
    /// When the memory is refused.
    #[inline]
    pub fn push_str(&mut self, text: &str) {
        // U1: the vector takes room when it has filled what it has, and a refusal then would leave half a character.
        self.bytes.reserve(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Appends `text`.
    ///
    /// # Errors
    ///
    /// [`AllocError`] when the memory is refused; the string is unchanged.
    pub fn try_push_str(&mut self, text: &str) -> Result<(), AllocError> {
        self.bytes.try_extend_from_slice(text.as_bytes())
    }

    /// Appends one character.
    ///
    /// # Panics
    ///
    /// When the memory is refused.
    pub fn push(&mut self, character: char) {
        self.push_str(character.encode_utf8(&mut [0; 4]));
    }

    /// Makes the string empty; its room stays.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Bytes it can hold without growing.
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// The text as a boxed `str`. Spare room stays behind in the frame.
    pub fn into_boxed_str(self) -> FrameBox<'f, str> {
        let (start, len, _, frame) = self.bytes.into_vec().into_raw_parts_with_alloc();
        let bytes = ptr::slice_from_raw_parts_mut(start, len);
        // SAFETY: F2: the vector gave its bytes, which are UTF-8, and its count to the box.
        unsafe { FrameBox::from_parts(NonNull::new_unchecked(bytes as *mut str), frame) }
    }
}

impl Deref for FrameString<'_> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        // SAFETY: U1: `bytes` only ever receives whole `str`s.
        unsafe { core::str::from_utf8_unchecked(&self.bytes) }
    }
}

impl DerefMut for FrameString<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut str {
        // SAFETY: U1: `bytes` only ever receives whole `str`s, and `str` keeps them UTF-8.
        unsafe { core::str::from_utf8_unchecked_mut(&mut self.bytes) }
    }
}

impl fmt::Write for FrameString<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}

impl Extend<char> for FrameString<'_> {
    fn extend<I: IntoIterator<Item = char>>(&mut self, characters: I) {
        characters.into_iter().for_each(|character| self.push(character));
    }
}

impl<'t> Extend<&'t str> for FrameString<'_> {
    fn extend<I: IntoIterator<Item = &'t str>>(&mut self, texts: I) {
        texts.into_iter().for_each(|text| self.push_str(text));
    }
}

impl fmt::Debug for FrameString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl fmt::Display for FrameString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl PartialEq<str> for FrameString<'_> {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for FrameString<'_> {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for FrameString<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}
