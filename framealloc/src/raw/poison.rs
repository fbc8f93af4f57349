//! What the tools are told about memory: which bytes may be used now.
//!
//! ```text
//!                 handed_out                  recycled: overwritten, then
//!   out of bounds ──────────► may be used ──────────────────────────────► out of bounds
//!        ▲                                                                     │ reclaimed
//!        └── withheld: a fresh chunk                                           ▼
//!                                                      may be used by the backend again
//! ```
//!
//! Without the feature `debug` nothing of this exists: the functions are empty. With it, recycled bytes are overwritten
//! with [`PATTERN`], so that a stale value is seen to be stale; and where the program is built with AddressSanitizer or
//! runs under valgrind's memcheck, using bytes that are out of bounds is reported by them.

#![expect(unsafe_code, reason = "overwrites recycled memory")]

/// What recycled bytes are overwritten with.
#[cfg(feature = "debug")]
pub(crate) const PATTERN: u8 = 0xDD;

/// The `bytes` from `start` are fresh from the backend and not handed out yet.
#[inline(always)]
pub(crate) fn withheld(start: *mut u8, bytes: usize) {
    #[cfg(feature = "debug")]
    super::tools::forbid(start, bytes);
    let _ = (start, bytes);
}

/// The `bytes` from `start` belong to a user from now on; what they hold means nothing.
#[inline(always)]
pub(crate) fn handed_out(start: *mut u8, bytes: usize) {
    #[cfg(feature = "debug")]
    super::tools::allow(start, bytes);
    let _ = (start, bytes);
}

/// The `bytes` from `start` were handed out, and belong to their user no longer.
///
/// # Safety
///
/// The bytes lie in one chunk or block that the caller may write to, and nobody reads them before they are written.
#[inline(always)]
pub(crate) unsafe fn recycled(start: *mut u8, bytes: usize) {
    #[cfg(feature = "debug")]
    {
        // Some may have been given back before and be out of bounds.
        super::tools::allow(start, bytes);
        // SAFETY: F2: by the caller.
        unsafe { start.write_bytes(PATTERN, bytes) };
        super::tools::forbid(start, bytes);
    }
    let _ = (start, bytes);
}

/// The `bytes` from `start` go back to the backend.
#[inline(always)]
pub(crate) fn reclaimed(start: *mut u8, bytes: usize) {
    handed_out(start, bytes);
}
