//! The client request to callgrind that gives one run under valgrind one count per measured section.
//!
//! A request is a sequence of rotations that changes nothing on a real processor and that valgrind recognises; see
//! "The Client Request mechanism" in valgrind's manual. Elsewhere than on x86-64 the functions do nothing.

use std::ffi::CStr;

/// The first request code of the tool "CT", callgrind.
#[cfg(target_arch = "x86_64")]
const TOOL: usize = (b'C' as usize) << 24 | (b'T' as usize) << 16;

/// Writes everything counted since the last dump to callgrind's output under `name`, and starts again from zero.
#[inline(never)]
pub fn dump(name: &CStr) {
    #[cfg(target_arch = "x86_64")]
    request(TOOL + 3, name.as_ptr() as usize);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = name;
}

#[cfg(target_arch = "x86_64")]
fn request(code: usize, argument: usize) -> usize {
    let arguments = [code, argument, 0, 0, 0, 0];
    let result: usize;
    // SAFETY: the rotations add up to 128 bits and leave `rdi` as it was, `xchg rbx, rbx` does nothing; valgrind reads
    // the six words behind `rax` and writes `rdx`, which is declared as an output.
    unsafe {
        std::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inlateout("rdx") 0_usize => result,
            options(nostack),
        );
    }
    result
}
