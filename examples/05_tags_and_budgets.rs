//! Tags say whose memory it is, budgets how much of it there may be, and reports what happened.
//!
//! `cargo run --example 05_tags_and_budgets`

use std::sync::Arc;

use framealloc::diagnostics::RingSink;
use framealloc::{AllocConfig, AllocError, Budget, Bytes, OnExceed, SmartAlloc, frame_system};

/// Decodes a sound, inside a budget of its own for each call.
#[frame_system(tag = "audio", budget = "64KB", soft = "50%", on_exceed = "fail", frame = frame)]
fn decode(alloc: &SmartAlloc, samples: usize) -> Result<f32, AllocError> {
    let decoded = frame.try_slice_from_fn(samples, |n| (n as f32 * 0.01).sin())?;
    Ok(decoded.iter().sum())
}

fn main() {
    // Reports go where the program wants them: here, into a list.
    let reports = Arc::new(RingSink::new(16));
    let config = AllocConfig::default().with_sink(Arc::clone(&reports));
    let alloc = SmartAlloc::new(config).expect("the configuration is valid");

    // A system's budget is for one call.
    assert!(decode(&alloc, 4_000).is_ok());
    assert!(decode(&alloc, 12_000).is_ok(), "above the early warning");
    let refused = decode(&alloc, 20_000).expect_err("80,000 bytes are more than 64 KB");
    println!("{refused}\n");
    assert!(matches!(refused, AllocError::BudgetExceeded { .. }));

    // A tag's budget is for everything alive under it, on all threads, tags below it included.
    alloc.set_tag_budget("world", Budget::bytes(1.megabytes()).on_exceed(OnExceed::Fail));
    let terrain = alloc.with_tag("world/terrain", |alloc| alloc.heap_box([0_u8; 600_000]));
    let trees = alloc.with_tag("world/trees", |alloc| alloc.try_heap_box([0_u8; 600_000]));
    assert!(trees.is_err(), "what is left is less");
    assert!(alloc.would_fit("world", 400_000));
    drop(terrain);

    // A budget that only warns serves the allocation and says so.
    alloc.set_tag_budget("ui", Budget::bytes(4.kilobytes()).on_exceed(OnExceed::Warn));
    alloc.begin_frame();
    alloc.with_tag("ui", |alloc| drop(alloc.frame_slice::<u64>(1000)));
    alloc.end_frame();

    for report in reports.recent() {
        println!("{report}");
    }
    for code in ["FA310", "FA311", "FA312"] {
        assert!(reports.recent().iter().any(|report| report.code.id == code), "{code} was told");
    }
    for tag in alloc.stats().tags {
        println!(
            "{:16} {:>9} bytes ever",
            tag.path,
            tag.inclusive.frame.allocated_bytes + tag.inclusive.heap.allocated_bytes
        );
    }
}
