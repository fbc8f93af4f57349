//! Requests to AddressSanitizer and to valgrind's memcheck.
//!
//! AddressSanitizer's functions exist where the program is built with it, which the build script finds out
//! (`sanitizer/asan_interface.h` documents them). A request to valgrind is a sequence of rotations that changes nothing on
//! a real processor and that valgrind recognises ("The Client Request mechanism" in its manual, codes of
//! `memcheck/memcheck.h`); it is there on x86-64 Linux and costs about ten instructions outside of valgrind.

#![expect(unsafe_code, reason = "calls the sanitizer and valgrind")]

/// The bytes must not be used.
#[inline]
pub(super) fn forbid(start: *mut u8, bytes: usize) {
    #[cfg(framealloc_asan)]
    // SAFETY: F4: the bytes lie in one block; the call changes nothing but the sanitizer's notes about them.
    unsafe {
        __asan_poison_memory_region(start.cast(), bytes);
    }
    valgrind(MAKE_MEM_NOACCESS, start, bytes);
}

/// The bytes may be used; what they hold means nothing.
#[inline]
pub(super) fn allow(start: *mut u8, bytes: usize) {
    #[cfg(framealloc_asan)]
    // SAFETY: F4: as in `forbid`.
    unsafe {
        __asan_unpoison_memory_region(start.cast(), bytes);
    }
    valgrind(MAKE_MEM_UNDEFINED, start, bytes);
}

#[cfg(framealloc_asan)]
unsafe extern "C" {
    fn __asan_poison_memory_region(start: *const core::ffi::c_void, bytes: usize);
    fn __asan_unpoison_memory_region(start: *const core::ffi::c_void, bytes: usize);
}

/// The first request code of the tool "MC", memcheck.
const MEMCHECK: usize = (b'M' as usize) << 24 | (b'C' as usize) << 16;
const MAKE_MEM_NOACCESS: usize = MEMCHECK;
const MAKE_MEM_UNDEFINED: usize = MEMCHECK + 1;

/// Whether the program runs under valgrind.
#[cfg(all(test, not(framealloc_asan)))]
pub(super) fn on_valgrind() -> bool {
    const RUNNING_ON_VALGRIND: usize = 0x1001;
    valgrind(RUNNING_ON_VALGRIND, core::ptr::null_mut(), 0) != 0
}

/// Makes the request; returns valgrind's answer, 0 elsewhere.
#[inline]
fn valgrind(request: usize, start: *mut u8, bytes: usize) -> usize {
    let mut result = 0;
    #[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
    {
        let arguments = [request, start.expose_provenance(), bytes, 0, 0, 0];
        // SAFETY: F4: the rotations add up to 128 bits and leave `rdi` as it was, `xchg rbx, rbx` does nothing; valgrind
        // reads the six words behind `rax` and writes `rdx`, which is declared as an output, and changes nothing but its
        // notes about the bytes.
        unsafe {
            core::arch::asm!(
                "rol rdi, 3",
                "rol rdi, 13",
                "rol rdi, 61",
                "rol rdi, 51",
                "xchg rbx, rbx",
                in("rax") arguments.as_ptr(),
                inlateout("rdx") result,
                options(nostack),
            );
        }
    }
    let _ = (request, start, bytes, &mut result);
    result
}
