//! Sizes in every form: strings with units, literals, arithmetic, constants of any integer type.

use framealloc::{SmartAlloc, frame_system};

const SMALL: usize = 64 * 1024;
const LARGE: u64 = 1 << 33;

#[frame_system(budget = "8MB", soft = "6 MiB")]
fn strings(alloc: &SmartAlloc) {}

#[frame_system(budget = 65_536, soft = 0x8000)]
fn literals(alloc: &SmartAlloc) {}

#[frame_system(budget = 8 * 1024 * 1024 * 1024, soft = (1 << 30) - 1)]
fn arithmetic(alloc: &SmartAlloc) {}

#[frame_system(budget = SMALL, soft = SMALL / 2)]
fn of_usize(alloc: &SmartAlloc) {}

#[frame_system(budget = LARGE, soft = limits::SOFT)]
fn of_u64(alloc: &SmartAlloc) {}

#[frame_system(budget = limits::double(4096))]
fn of_function(alloc: &SmartAlloc) {}

mod limits {
    pub const SOFT: u32 = 4096;

    pub const fn double(bytes: u64) -> u64 {
        bytes * 2
    }
}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    strings(&alloc);
    literals(&alloc);
    arithmetic(&alloc);
    of_usize(&alloc);
    of_u64(&alloc);
    of_function(&alloc);
}
