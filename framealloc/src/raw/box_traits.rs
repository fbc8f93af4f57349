//! The traits every owning box of this crate has by way of the value inside.

#![forbid(unsafe_code)]

/// Implements, for a box type whose `Deref` target is `T`, the traits that only look at the value.
macro_rules! box_traits {
    ($name:ident) => {
        impl<T: ?Sized> ::core::convert::AsRef<T> for $name<T> {
            fn as_ref(&self) -> &T {
                self
            }
        }

        impl<T: ?Sized> ::core::convert::AsMut<T> for $name<T> {
            fn as_mut(&mut self) -> &mut T {
                self
            }
        }

        impl<T: ?Sized> ::core::borrow::Borrow<T> for $name<T> {
            fn borrow(&self) -> &T {
                self
            }
        }

        impl<T: ?Sized> ::core::borrow::BorrowMut<T> for $name<T> {
            fn borrow_mut(&mut self) -> &mut T {
                self
            }
        }

        impl<T: ?Sized + ::core::fmt::Debug> ::core::fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + ::core::fmt::Display> ::core::fmt::Display for $name<T> {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized> ::core::fmt::Pointer for $name<T> {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                let address: *const T = &**self;
                ::core::fmt::Pointer::fmt(&address, f)
            }
        }

        impl<T: ?Sized + PartialEq> PartialEq for $name<T> {
            fn eq(&self, other: &Self) -> bool {
                **self == **other
            }
        }

        impl<T: ?Sized + Eq> Eq for $name<T> {}

        impl<T: ?Sized + PartialOrd> PartialOrd for $name<T> {
            fn partial_cmp(&self, other: &Self) -> Option<::core::cmp::Ordering> {
                (**self).partial_cmp(&**other)
            }
        }

        impl<T: ?Sized + Ord> Ord for $name<T> {
            fn cmp(&self, other: &Self) -> ::core::cmp::Ordering {
                (**self).cmp(&**other)
            }
        }

        impl<T: ?Sized + ::core::hash::Hash> ::core::hash::Hash for $name<T> {
            fn hash<H: ::core::hash::Hasher>(&self, state: &mut H) {
                (**self).hash(state);
            }
        }

        impl<T: ?Sized> Unpin for $name<T> {}
        impl<T: ?Sized + ::core::panic::UnwindSafe> ::core::panic::UnwindSafe for $name<T> {}
        impl<T: ?Sized + ::core::panic::RefUnwindSafe> ::core::panic::RefUnwindSafe for $name<T> {}
    };
}

pub(crate) use box_traits;
