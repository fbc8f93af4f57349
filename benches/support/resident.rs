//! Resident memory of this process.

/// Resident bytes of its own, from the kernel's counts of pages; `None` where there are no such counts. Pages of files
/// are left out: what the program's code needs is not what an allocator keeps.
pub fn bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = text.split_whitespace().skip(1).map(str::parse::<u64>);
    let (resident, of_files) = (pages.next()?.ok()?, pages.next()?.ok()?);
    Some((resident - of_files) * 4096)
}
