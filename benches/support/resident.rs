//! Resident memory of this process.

/// Resident bytes, from the kernel's count of pages; `None` where there is no such count.
pub fn bytes() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let resident: u64 = pages.split_whitespace().nth(1)?.parse().ok()?;
    Some(resident * 4096)
}
