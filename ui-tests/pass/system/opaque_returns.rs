//! Opaque and boxed return types: closures keep the signature that the type expects.

use std::error::Error;
use std::fmt::Display;

use framealloc::{SmartAlloc, frame_system};

#[frame_system]
fn iterator<'a>(alloc: &SmartAlloc, bodies: &'a [u32]) -> impl Iterator<Item = &'a u32> + use<'a> {
    #[frame_local]
    let mut seen: Vec<u32>;
    seen.extend(bodies);
    bodies.iter().skip(seen.len() - 1)
}

#[frame_system]
fn closure(alloc: &SmartAlloc) -> impl Fn(&str) -> &str + use<> {
    |text| text.trim()
}

#[frame_system]
fn boxed_closure(alloc: &SmartAlloc, by: u32) -> Box<dyn Fn(u32) -> u32> {
    Box::new(move |n| n + by)
}

#[frame_system]
fn coerced(alloc: &SmartAlloc, number: &str) -> Result<Box<dyn Display>, Box<dyn Error>> {
    #[frame_local]
    let parsed: u32 = number.parse()?;
    if *parsed == 0 { Err("zero".into()) } else { Ok(Box::new(*parsed)) }
}

fn main() {
    let alloc = SmartAlloc::with_defaults();
    assert_eq!(iterator(&alloc, &[1, 2]).count(), 1);
    assert_eq!(closure(&alloc)(" a "), "a");
    assert_eq!(boxed_closure(&alloc, 1)(2), 3);
    assert_eq!(coerced(&alloc, "5").unwrap().to_string(), "5");
    assert!(coerced(&alloc, "x").is_err());
}
