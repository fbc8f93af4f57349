//! Every way out: `?`, `return`, the end, a value that never comes, a panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use framealloc::{SmartAlloc, frame_system};

#[frame_system]
fn question_mark(alloc: &SmartAlloc, text: &str) -> Result<u32, std::num::ParseIntError> {
    #[frame_local]
    let number: u32 = text.parse()?;
    Ok(*number)
}

#[frame_system]
fn early(alloc: &SmartAlloc, stop: bool) -> u32 {
    if stop {
        return 1;
    }
    return 2;
}

#[frame_system]
fn never(alloc: &SmartAlloc) -> ! {
    #[frame_local]
    let reason = "stopped";
    panic!("{}", *reason)
}

#[frame_system]
fn unit_tail(alloc: &SmartAlloc, list: &mut Vec<u32>) {
    list.push(1)
}

#[frame_system]
fn block_tail(alloc: &SmartAlloc, n: u32) -> &'static str {
    match n {
        0 => "none",
        _ => "some",
    }
}

#[frame_system]
fn wrong(alloc: &SmartAlloc) -> u32 {
    unreachable!("never called this way")
}

#[frame_system]
fn configured(alloc: &SmartAlloc) -> u32 {
    #[cfg(debug_assertions)]
    {
        1
    }
    #[cfg(not(debug_assertions))]
    {
        2
    }
}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    assert_eq!(question_mark(&alloc, "5"), Ok(5));
    assert!(question_mark(&alloc, "x").is_err());
    assert_eq!(early(&alloc, true) + early(&alloc, false), 3);
    let mut list = Vec::new();
    unit_tail(&alloc, &mut list);
    assert_eq!(block_tail(&alloc, list[0]), "some");
    assert!(configured(&alloc) > 0);
    std::panic::set_hook(Box::new(|_| {}));
    assert!(catch_unwind(AssertUnwindSafe(|| never(&alloc))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| wrong(&alloc))).is_err());
}
