//! Names that are also used by the expansion or by containers.

use framealloc::{SmartAlloc, frame_system};

#[allow(non_camel_case_types)]
mod user {
    #[derive(Clone, Copy)]
    pub struct Frame(pub u32);
    pub struct System;
    pub struct Registered;
}
use user::{Frame, Registered, System};

#[frame_system(alloc = alloc)]
fn names(alloc: &SmartAlloc, value: u32, enter: Frame) -> u32 {
    let _ = (System, Registered);
    #[frame_local]
    let frame: Frame = enter;
    #[frame_local]
    let value: u32 = value;
    #[frame_local]
    let mut vec: Vec<u32>;
    vec.push(*value);
    let value = *value + frame.0;
    #[frame_local]
    let value: u32 = value;
    *value + vec[0]
}

fn main() {
    assert_eq!(names(&SmartAlloc::with_defaults(), 1, Frame(2)), 4);
}
