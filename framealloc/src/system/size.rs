//! Sizes declared as constants of any integer type.

#![expect(unsafe_code, reason = "reads an integer whose type is a parameter of a const fn")]

use core::mem;

/// An integer type that a size can be declared in.
#[diagnostic::on_unimplemented(
    message = "a size in bytes is a whole number, `{Self}` is not",
    label = "this should be a constant of an integer type"
)]
pub trait Size: Copy {
    #[doc(hidden)]
    const SIGNED: bool;
}

macro_rules! sizes {
    ($($integer:ty),*) => {$(
        impl Size for $integer {
            const SIGNED: bool = <$integer>::MIN != 0;
        }
    )*};
}

sizes!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

/// A declared size as `u64`; a negative one, or zero, stops the build.
pub const fn bytes<S: Size>(size: S) -> u64 {
    // SAFETY: Y1: each type with this trait is the integer that the arm for its size and sign reads.
    let bytes = unsafe {
        match (size_of::<S>(), S::SIGNED) {
            (1, false) => mem::transmute_copy::<S, u8>(&size) as i128,
            (1, true) => mem::transmute_copy::<S, i8>(&size) as i128,
            (2, false) => mem::transmute_copy::<S, u16>(&size) as i128,
            (2, true) => mem::transmute_copy::<S, i16>(&size) as i128,
            (4, false) => mem::transmute_copy::<S, u32>(&size) as i128,
            (4, true) => mem::transmute_copy::<S, i32>(&size) as i128,
            (_, false) => mem::transmute_copy::<S, u64>(&size) as i128,
            (_, true) => mem::transmute_copy::<S, i64>(&size) as i128,
        }
    };
    assert!(bytes > 0, "a declared size is at least one byte");
    bytes as u64
}
