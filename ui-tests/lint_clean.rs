//! Every form of the macros under every lint that their output could trip, all forbidden.
//!
//! An ordinary test target, so that `cargo clippy --all-targets` checks the generated code too. `forbid` also proves
//! that the expansion needs no `#[allow]` of its own.
//!
//! One lint cannot be forbidden: `inventory::submit!` brings an `#[allow(non_upper_case_globals)]`.

#![forbid(unsafe_code, unsafe_op_in_unsafe_fn)]
#![forbid(
    non_camel_case_types,
    non_snake_case,
    non_ascii_idents,
    unused,
    future_incompatible,
    let_underscore,
    rust_2018_idioms
)]
#![forbid(rust_2021_compatibility, rust_2024_compatibility, keyword_idents)]
#![forbid(
    ambiguous_negative_literals,
    closure_returning_async_block,
    deprecated_in_future,
    explicit_outlives_requirements,
    ffi_unwind_calls,
    let_underscore_drop,
    macro_use_extern_crate,
    meta_variable_misuse,
    missing_abi,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    redundant_imports,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unreachable_pub,
    unsafe_attr_outside_unsafe,
    unused_extern_crates,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![forbid(clippy::all, clippy::pedantic, clippy::nursery)]
#![forbid(
    clippy::absolute_paths,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::as_conversions,
    clippy::as_underscore,
    clippy::clone_on_ref_ptr,
    clippy::dbg_macro,
    clippy::else_if_without_else,
    clippy::exit,
    clippy::expect_used,
    clippy::fn_to_numeric_cast_any,
    clippy::indexing_slicing,
    clippy::inline_asm_x86_intel_syntax,
    clippy::let_underscore_must_use,
    clippy::let_underscore_untyped,
    clippy::lossy_float_literal,
    clippy::mem_forget,
    clippy::mod_module_files,
    clippy::multiple_unsafe_ops_per_block,
    clippy::mutex_atomic,
    clippy::panic,
    clippy::panic_in_result_fn,
    clippy::partial_pub_fields,
    clippy::pattern_type_mismatch,
    clippy::pub_without_shorthand,
    clippy::ref_patterns,
    clippy::redundant_type_annotations,
    clippy::rest_pat_in_fully_bound_structs,
    clippy::same_name_method,
    clippy::self_named_module_files,
    clippy::semicolon_inside_block,
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::str_to_string,
    clippy::todo,
    clippy::undocumented_unsafe_blocks,
    clippy::unimplemented,
    clippy::unnecessary_safety_comment,
    clippy::unneeded_field_pattern,
    clippy::unreachable,
    clippy::unseparated_literal_suffix,
    clippy::unwrap_in_result,
    clippy::unwrap_used,
    clippy::use_debug,
    clippy::verbose_file_reads,
    clippy::wildcard_enum_match_arm
)]

use std::collections::HashMap;
use std::fmt::Display;

use framealloc::{Frame, FrameVec, SmartAlloc, frame_system};

/// Bytes that constants allow.
const LIMIT: u64 = 4096;

/// Nothing but the tag's default.
#[frame_system]
fn bare() {}

/// Every argument.
#[frame_system(
    tag = "physics/broad",
    phase = "update",
    budget = "8MB",
    soft = "50%",
    on_exceed = "fail",
    heap = "allow",
    frame = frame,
    alloc = alloc
)]
fn everything(alloc: &SmartAlloc) -> u64 {
    frame.bytes_used()
}

/// Sizes in every form.
#[frame_system(budget = LIMIT, soft = LIMIT / 2)]
fn constants(alloc: &SmartAlloc) {}

/// Sizes in every form.
#[frame_system(budget = 4 * 1024 * 1024 * 1024, soft = "1GB")]
fn literals(alloc: SmartAlloc) {
    drop(alloc);
}

/// Every container without an initialiser, and values with one.
#[frame_system]
fn containers(alloc: &SmartAlloc, words: &[&'static str]) -> usize {
    const STEP: usize = 1;
    #[frame_local]
    let mut list: Vec<u32>;
    #[frame_local(capacity = 16)]
    let mut reserved: Vec<u32>;
    #[frame_local]
    let mut map: HashMap<&str, usize>;
    #[frame_local(capacity = words.len())]
    let mut set: std::collections::HashSet<&str>;
    #[frame_local]
    let mut text: String;
    #[frame_local(capacity = 8)]
    let slice: Box<[u32]>;
    #[frame_local]
    let value = 5_usize;
    #[frame_local]
    let mut typed: &dyn Display = &7;
    #[retain(Discard)]
    let kept = 6_usize;
    #[retain(PromoteToPool, name = "named")]
    let mut named: u64 = 8;
    *named += 1;
    list.push(1);
    reserved.push(1);
    text.push_str("text");
    *typed = &*value;
    for word in words {
        #[frame_local]
        let mut letters: Vec<char>;
        letters.extend(word.chars());
        let _: Option<usize> = map.insert(*word, letters.len());
        let _: bool = set.insert(*word);
    }
    let sizes = list.len() + reserved.len() + map.len() + set.len() + text.len() + slice.len();
    sizes + *kept + STEP + usize::from(*named == 9) + typed.to_string().len()
}

/// Generic, with lifetimes and an opaque return type.
#[frame_system(tag = "generic")]
fn generic<'a, T: Display + 'a, const N: usize>(
    alloc: &SmartAlloc,
    values: &'a [T; N],
) -> impl Iterator<Item = &'a T> + use<'a, T, N> {
    #[frame_local]
    let mut names: FrameVec<'_, usize> = alloc.frame_vec();
    names.extend(values.iter().map(|value| value.to_string().len()));
    values.iter().skip(names.len())
}

/// A parameter that only the macro uses.
#[frame_system]
fn child_of(frame: &Frame) -> Result<u32, String> {
    #[frame_local]
    let value: u32 = "5".parse().map_err(|_| String::from("no number"))?;
    Ok(*value)
}

/// Diverging tails.
#[frame_system]
fn diverging(alloc: &SmartAlloc, stop: bool) -> u32 {
    if stop {
        return 1;
    }
    loop {
        if !stop {
            break 2;
        }
    }
}

/// A closure that is moved.
#[frame_system]
fn closures(alloc: &SmartAlloc) -> usize {
    let factor = 2;
    let count = move |n: usize| {
        #[frame_local]
        let mut list: Vec<usize>;
        list.extend(0..n);
        list.len() * factor
    };
    count(2) + count(3)
}

/// Something with methods.
#[derive(Debug, Clone, Copy, Default)]
struct Solver {
    rounds: u32,
}

/// Methods of a trait.
trait Solve {
    /// With a body.
    #[frame_system(tag = "solve")]
    fn solve(&self, alloc: &SmartAlloc) -> u32 {
        #[frame_local]
        let value = self.rounds();
        *value
    }

    /// Without one.
    fn rounds(&self) -> u32;
}

impl Solve for Solver {
    #[frame_system(tag = "rounds", alloc = SmartAlloc::with_defaults())]
    fn rounds(&self) -> u32 {
        self.rounds
    }
}

#[test]
fn everything_runs() {
    let alloc = SmartAlloc::with_defaults();
    let guard = alloc.enter();
    bare();
    assert_eq!(everything(&alloc), 0);
    constants(&alloc);
    literals(alloc.clone());
    assert_eq!(containers(&alloc, &["one", "three"]), 1 + 1 + 2 + 2 + 4 + 8 + 6 + 1 + 1 + 1);
    assert_eq!(generic(&alloc, &[1, 2]).count(), 0);
    assert_eq!(child_of(&alloc.frame()), Ok(5));
    assert_eq!(diverging(&alloc, false), 2);
    assert_eq!(closures(&alloc), 10);
    assert_eq!(Solver { rounds: 3 }.solve(&alloc), 3);
    drop(guard);
}
