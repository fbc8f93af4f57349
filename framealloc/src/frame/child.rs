//! Frames inside a frame, and results that leave them.

#![expect(unsafe_code, reason = "opens the core of a child frame")]

use core::marker::PhantomData;
use core::ops::Deref;

use super::boxed::FrameBox;
use super::reference::or_fail;
use super::scoped::Frame;
use crate::error::AllocError;

/// A frame whose memory goes before its parent's; derefs to [`Frame`].
///
/// ```
/// use framealloc::SmartAlloc;
///
/// let alloc = SmartAlloc::with_defaults();
/// let frame = alloc.frame();
/// let best = {
///     let scratch = frame.child();
///     let costs = scratch.slice_from_fn(100, |i| (i * 37) % 101);
///     frame.alloc(*costs.iter().min().unwrap())
/// };
/// assert_eq!(*best, 0);
/// ```
#[derive(Debug)]
pub struct ChildFrame<'p> {
    frame: Frame,
    parent: PhantomData<&'p Frame>,
}

impl Deref for ChildFrame<'_> {
    type Target = Frame;

    #[inline(always)]
    fn deref(&self) -> &Frame {
        &self.frame
    }
}

impl Frame {
    /// Opens a frame whose memory may go before this one's.
    #[inline]
    #[track_caller]
    pub fn child(&self) -> ChildFrame<'_> {
        or_fail!(self.try_child())
    }

    /// Opens a frame whose memory may go before this one's.
    ///
    /// # Errors
    ///
    /// [`AllocError::OutOfMemory`] when there is no memory for its first chunk.
    #[inline]
    pub fn try_child(&self) -> Result<ChildFrame<'_>, AllocError> {
        // SAFETY: F3, F5: the frame is on its thread, and its owner is alive; the core is fresh.
        let frame = unsafe { Frame::from_core(self.core().owner.get().as_ref().open_child()?) };
        Ok(ChildFrame { frame, parent: PhantomData })
    }

    /// Runs `work` in a child frame and moves its result into this one; all other memory of the attempt is given back,
    /// whether it succeeds or not.
    ///
    /// The result cannot point into the child: its type is chosen outside the child's lifetime.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let frame = alloc.frame();
    /// let sum = frame.speculate(|attempt| -> Result<u64, &str> {
    ///     let terms = attempt.slice_from_fn(1000, |i| i as u64);
    ///     Ok(terms.iter().sum())
    /// })?;
    /// assert_eq!(*sum, 499_500);
    /// # Ok::<(), &str>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What `work` returns.
    #[inline]
    pub fn speculate<'f, T, E>(
        &'f self,
        work: impl for<'s> FnOnce(&'s ChildFrame<'s>) -> Result<T, E>,
    ) -> Result<FrameBox<'f, T>, E> {
        let value = work(&self.child())?;
        Ok(self.boxed(value))
    }

    /// As [`Frame::speculate`], with memory that is not there as an error of `work`'s kind.
    ///
    /// ```
    /// use framealloc::{AllocError, SmartAlloc};
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// let frame = alloc.frame();
    /// let cells = frame.try_speculate(|attempt| -> Result<usize, AllocError> {
    ///     Ok(attempt.try_slice_copy(&[1_u32, 2, 3])?.len())
    /// })?;
    /// assert_eq!(*cells, 3);
    /// # Ok::<(), AllocError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What `work` returns, and the [`AllocError`] of the child frame or of the place for the result.
    #[inline]
    pub fn try_speculate<'f, T, E: From<AllocError>>(
        &'f self,
        work: impl for<'s> FnOnce(&'s ChildFrame<'s>) -> Result<T, E>,
    ) -> Result<FrameBox<'f, T>, E> {
        let value = work(&self.try_child()?)?;
        Ok(self.try_boxed(value)?)
    }

    /// As [`Frame::speculate`], for a slice in the child: its elements are copied.
    ///
    /// # Errors
    ///
    /// What `work` returns.
    pub fn speculate_slice<T: Copy, E>(
        &self,
        work: impl for<'s> FnOnce(&'s ChildFrame<'s>) -> Result<&'s [T], E>,
    ) -> Result<&mut [T], E> {
        let child = self.child();
        let slice = work(&child)?;
        Ok(self.slice_copy(slice))
    }

    /// As [`Frame::speculate`], for text in the child: it is copied.
    ///
    /// # Errors
    ///
    /// What `work` returns.
    pub fn speculate_str<E>(
        &self,
        work: impl for<'s> FnOnce(&'s ChildFrame<'s>) -> Result<&'s str, E>,
    ) -> Result<&mut str, E> {
        let child = self.child();
        let text = work(&child)?;
        Ok(self.str(text))
    }
}
