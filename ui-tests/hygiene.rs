//! The expansion names nothing but its own absolute paths.
//!
//! No prelude, the runtime crate under another name, and everything that the expansion might lean on shadowed by
//! something else. The manifest builds this file once per edition.

#![no_implicit_prelude]

/// `::framealloc` is another crate here: whoever names it gets errors.
extern crate core as framealloc;
pub extern crate framealloc as renamed;

/// A re-export, for `crate = crate::engine::memory`.
pub mod engine {
    pub use ::renamed as memory;
}

/// Names of the prelude and of the expansion, all of them something else.
#[allow(dead_code, non_camel_case_types, unused_macros)]
mod shadows {
    pub struct Option;
    pub struct Some;
    pub struct None;
    pub struct Result;
    pub struct Frame;
    pub struct System;
    pub struct SystemInfo;
    pub struct RetentionPolicy;
    pub mod inventory {}
    pub mod __private {}
    pub fn enter() {}
    pub fn drop() {}

    macro_rules! line {
        () => {
            ::core::compile_error!("the expansion used `line!` of the caller")
        };
    }
    macro_rules! file {
        () => {
            ::core::compile_error!("the expansion used `file!` of the caller")
        };
    }
    macro_rules! module_path {
        () => {
            ::core::compile_error!("the expansion used `module_path!` of the caller")
        };
    }
    #[allow(unused_imports)]
    pub(crate) use {file, line, module_path};
}
#[allow(unused_imports)]
use shadows::*;

use ::std::clone::Clone as _;
use ::std::iter::{Extend as _, Iterator as _};
use ::std::string::String;
use ::std::vec::Vec;

use ::renamed::{SmartAlloc, frame_system};

#[frame_system(
    tag = "hygiene",
    budget = "1MB",
    soft = 4096,
    on_exceed = "warn",
    heap = "allow",
    frame = frame,
    crate = ::renamed
)]
fn renamed_crate(alloc: &SmartAlloc, numbers: &[u32]) -> usize {
    #[frame_local]
    let mut list: Vec<u32>;
    list.extend(numbers.iter().copied());
    #[frame_local(capacity = 4)]
    let map: ::std::collections::HashMap<u32, u32>;
    #[frame_local]
    let mut text: String;
    text.push_str("text");
    #[frame_local]
    let value: usize = 5;
    #[retain(PromoteToScratch("level"))]
    let kept: usize = 6;
    let copy = frame.slice_copy(numbers);
    list.len() + map.len() + text.len() + *value + *kept + copy.len()
}

#[frame_system(crate = crate::engine::memory)]
fn re_exported() -> usize {
    let run = move || {
        #[frame_local]
        let value = 7;
        *value
    };
    run()
}

struct Solver;

impl Solver {
    #[frame_system(crate = ::renamed)]
    fn tail<'a>(&'a self, alloc: &SmartAlloc, list: &'a ::std::cell::RefCell<Vec<u32>>) -> usize {
        #[frame_local]
        let cell = ::std::cell::RefCell::new(1_usize);
        list.borrow().len() + *cell.borrow()
    }
}

macro_rules! system {
    ($name:ident) => {
        #[frame_system(crate = $crate::engine::memory)]
        fn $name(alloc: &SmartAlloc) -> usize {
            #[frame_local]
            let mut list: Vec<u32>;
            list.push(1);
            list.len()
        }
    };
}

system!(by_macro);

#[test]
fn everything_runs() {
    let alloc = SmartAlloc::with_defaults();
    let _entered = alloc.enter();
    ::std::assert_eq!(renamed_crate(&alloc.clone(), &[1, 2]), 2 + 4 + 5 + 6 + 2);
    ::std::assert_eq!(re_exported(), 7);
    let list = ::std::cell::RefCell::new(::std::vec![1, 2]);
    ::std::assert_eq!(Solver.tail(&alloc, &list), 3);
    ::std::assert_eq!(by_macro(&alloc), 1);
}
