//! What is left in the end, which is nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};

use framealloc::diagnostics::Strict;
use framealloc::{AllocStats, SmartAlloc};

use super::here;
use super::judge;
use super::op::TAGS;
use super::shelf::Held;
use super::world::{Place, World, lock};
use crate::panic_text;

/// Ends what is shared, on a thread whose only work this is.
pub(super) fn clean(world: &'static World) {
    here::enter(world);
    world.places.iter().for_each(|place| place.backend.heal());
    let _strict = world.places.each_ref().map(|place| place.alloc.diagnostics().strict_guard(Strict::Off));
    // What destructors give back may be more of the same, and a budget may panic when a destructor is put off.
    for _ in 0..3 {
        let (ended, kept): (Vec<_>, Vec<_>) =
            world.shelf().drain(..).partition(|held| held.is_lent() || !world.outlived);
        world.shelf().extend(kept);
        for held in ended {
            held.verify();
            attempt(world, || drop(held));
        }
        world.places.iter().for_each(|place| attempt(world, || clean_place(place)));
    }
}

fn attempt(world: &World, work: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(work)) {
        judge::panic(world, "the end", payload);
    }
}

fn clean_place(place: &Place) {
    let alloc = &place.alloc;
    while alloc.is_frame_active() {
        alloc.end_frame();
    }
    for handle in std::mem::take(&mut *lock(&place.handles)) {
        alloc.handles().free(handle);
    }
    for stream in std::mem::take(&mut *lock(&place.streams)) {
        alloc.streaming().release(stream);
    }
    for key in 0..8 {
        drop(place.keyed.remove(key));
    }
    while alloc.deferred_stats().pending > 0 {
        alloc.process_deferred();
    }
    drop(alloc.take_promotions());
    for name in ["p", "q"] {
        drop(alloc.scratch_registry().remove(name));
    }
}

/// What an allocator still has when all is ended and every thread is gone.
pub(super) fn check(world: &World) {
    if world.is_leaky() || !world.shelf().is_empty() {
        return;
    }
    for (at, place) in world.places.iter().enumerate() {
        let stats = place.alloc.stats();
        let wrong = |what: &str, found: u64| {
            if found != 0 {
                world.blame(format!("allocator {at}: {what} are {found} in the end"));
            }
        };
        wrong("objects behind handles", stats.handles.objects);
        wrong("bytes of streams", stats.streaming.used_bytes);
        wrong("objects of the pool", stats.pool.live_objects);
        for tag in &stats.tags {
            wrong(&format!("frame bytes of {}", tag.path), tag.frame.live_bytes);
            wrong(&format!("pool bytes of {}", tag.path), tag.pool.live_bytes);
            wrong(&format!("heap bytes of {}", tag.path), tag.heap.live_bytes);
            let traffic = tag.traffic.live_bytes.filter(|_| &*tag.path != "(untagged)");
            wrong(&format!("bytes of the global allocator under {}", tag.path), traffic.unwrap_or(0));
        }
        for (budget, used) in budgets(&place.alloc) {
            wrong(&format!("bytes charged to the budget of {budget}"), used);
        }
        let transfers = place.alloc.transfer_stats();
        wrong("transfers in flight", transfers.in_flight);
        wrong("transfers that went nowhere", transfers.sent.abs_diff(transfers.received + transfers.dropped));
        let deferred = place.alloc.deferred_stats();
        wrong(
            "deferred values that went nowhere",
            deferred.deferred.abs_diff(deferred.processed + deferred.early),
        );
        wrong("threads", stats.threads.iter().filter(|thread| !is_this(&thread.name)).count() as u64);
    }
}

/// Ends what has outlived its allocator, on a thread that is in no world. Returns what went wrong.
pub(super) fn bury_orphans(orphans: Vec<Box<dyn Held + Send>>) -> Vec<String> {
    here::be_silent();
    let bury = |orphan: Box<dyn Held + Send>| {
        let buried = catch_unwind(AssertUnwindSafe(|| {
            orphan.verify();
            drop(orphan);
        }));
        let text = buried.err().map(|payload| panic_text(&*payload));
        text.filter(|text| !judge::is_of_a_setting(text)).map(|text| format!("after its allocator: {text}"))
    };
    orphans.into_iter().filter_map(bury).collect()
}

fn is_this(name: &str) -> bool {
    let this = std::thread::current();
    this.name() == Some(name) || name == format!("{:?}", this.id())
}

fn budgets(alloc: &SmartAlloc) -> impl Iterator<Item = (&'static str, u64)> {
    let whole = alloc.budget().map(|budget| ("the allocator", budget.used));
    let tags = TAGS.iter().filter_map(|tag| alloc.tag_budget(tag).map(|budget| (*tag, budget.used)));
    whole.into_iter().chain(tags.collect::<Vec<_>>())
}

/// What the statistics say of themselves in between, when nothing is half done.
pub(super) fn check_sums(world: &World, place: &Place) {
    let stats: AllocStats = place.alloc.stats();
    let sum = |part: fn(&framealloc::TagStats) -> u64| stats.tags.iter().map(part).sum::<u64>();
    let frame = (sum(|tag| tag.frame.live_bytes), stats.total.frame.live_bytes);
    let pool = (sum(|tag| tag.pool.live_bytes), stats.total.pool.live_bytes);
    let heap = (sum(|tag| tag.heap.live_bytes), stats.total.heap.live_bytes);
    if [frame, pool, heap].iter().any(|(tags, total)| tags != total) {
        world.blame(format!(
            "tags and total: {frame:?} of frames, {pool:?} of the pool, {heap:?} of the heap"
        ));
    }
    let live = |path: &str| {
        let tag = stats.tags.iter().find(|tag| &*tag.path == path);
        tag.map_or(0, |tag| tag.inclusive.live_bytes())
    };
    for (name, used) in budgets(&place.alloc) {
        let live = if name == "the allocator" { stats.total.live_bytes() } else { live(name) };
        if used != live && !world.is_leaky() {
            world.blame(format!("the budget of {name} counts {used} bytes, {live} are alive"));
        }
    }
}
