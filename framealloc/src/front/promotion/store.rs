//! A promoted value whose type is forgotten, and how it is found again.

#![expect(unsafe_code, reason = "restores the type of an erased value")]

use core::any::TypeId;
use core::ptr::NonNull;

use crate::heap::HeapBox;
use crate::pool::PoolBox;
use crate::scratch::{ScratchBox, ScratchPool};

/// A value that left its frame, where its policy said.
#[derive(Debug)]
pub enum Promoted<T: 'static> {
    /// In the pool.
    Pool(PoolBox<T>),
    /// In a block of its own.
    Heap(HeapBox<T>),
    /// In a scratch pool.
    Scratch(ScratchBox<T>),
    /// For ever.
    Leaked(&'static mut T),
    /// Its target refused it; here it is, in a box of the standard heap.
    Refused(Box<T>),
}

impl<T: 'static> core::ops::Deref for Promoted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Pool(value) => value,
            Self::Heap(value) => value,
            Self::Scratch(value) => value,
            Self::Leaked(value) => value,
            Self::Refused(value) => value,
        }
    }
}

impl<T: 'static> core::ops::DerefMut for Promoted<T> {
    fn deref_mut(&mut self) -> &mut T {
        match self {
            Self::Pool(value) => value,
            Self::Heap(value) => value,
            Self::Scratch(value) => value,
            Self::Leaked(value) => value,
            Self::Refused(value) => value,
        }
    }
}

#[derive(Clone)]
enum Place {
    Pool,
    Heap,
    Scratch(ScratchPool),
    Leaked,
    Refused,
}

/// A [`Promoted`] of a type that only its `TypeId` tells (R2).
pub(crate) struct Stored {
    value: NonNull<u8>,
    place: Place,
    type_id: TypeId,
    drop: unsafe fn(NonNull<u8>, Place),
}

// SAFETY: R2: only values that are `Send` are stored (see `Stored::new`), and each place may be freed on any thread.
unsafe impl Send for Stored {}

/// # Safety
///
/// `value` and `place` are what `Stored::new::<T>` took apart, and nobody uses them after this.
unsafe fn restore<T: 'static>(value: NonNull<u8>, place: Place) -> Promoted<T> {
    let value = value.cast::<T>();
    // SAFETY: R2: by the caller, the parts are those of a box of exactly this type and place.
    unsafe {
        match place {
            Place::Pool => Promoted::Pool(PoolBox::from_raw(value)),
            Place::Heap => Promoted::Heap(HeapBox::from_raw(value)),
            Place::Scratch(pool) => Promoted::Scratch(ScratchBox::from_parts(value, pool)),
            Place::Leaked => Promoted::Leaked(&mut *value.as_ptr()),
            Place::Refused => Promoted::Refused(Box::from_raw(value.as_ptr())),
        }
    }
}

/// # Safety
///
/// As [`restore`].
unsafe fn drop_stored<T: 'static>(value: NonNull<u8>, place: Place) {
    // SAFETY: R2: as promised by the caller.
    drop(unsafe { restore::<T>(value, place) });
}

impl Stored {
    pub(crate) fn new<T: Send + 'static>(promoted: Promoted<T>) -> Self {
        let (value, place) = match promoted {
            Promoted::Pool(value) => (value.into_raw(), Place::Pool),
            Promoted::Heap(value) => (value.into_raw(), Place::Heap),
            Promoted::Scratch(value) => {
                let (value, pool) = value.into_parts();
                (value, Place::Scratch(pool))
            }
            Promoted::Leaked(value) => (NonNull::from(value), Place::Leaked),
            Promoted::Refused(value) => (NonNull::from(Box::leak(value)), Place::Refused),
        };
        Self { value: value.cast(), place, type_id: TypeId::of::<T>(), drop: drop_stored::<T> }
    }

    pub(crate) fn is<T: 'static>(&self) -> bool {
        self.type_id == TypeId::of::<T>()
    }

    /// The value with its type; the store unchanged when it is another one.
    pub(crate) fn take<T: 'static>(self) -> Result<Promoted<T>, Self> {
        if !self.is::<T>() {
            return Err(self);
        }
        let this = core::mem::ManuallyDrop::new(self);
        // SAFETY: R2: the type was just compared, and `this` is not dropped.
        Ok(unsafe { restore(this.value, this.place.clone_out()) })
    }
}

impl Place {
    /// Moves the place out of a store that is not dropped.
    ///
    /// # Safety
    ///
    /// `self` is not used or dropped after this.
    unsafe fn clone_out(&self) -> Place {
        // SAFETY: R2: by the caller the original is forgotten.
        unsafe { core::ptr::read(self) }
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        let place = core::mem::replace(&mut self.place, Place::Leaked);
        // SAFETY: R2: the store owns the value and is being dropped.
        unsafe { (self.drop)(self.value, place) };
    }
}
