//! Phase, thread, system and allocator budgets, and what `Warn`, `Fail` and `Panic` do.

use framealloc::diagnostics::{FA310, FA311, FA312, Severity};
use framealloc::{AllocError, Budget, BudgetReset, OnExceed, SmartAlloc, frame_system};
use framealloc_tests::{Fixture, caught, on_thread};

use super::{fill, hard};

fn refused_by(error: &AllocError) -> &str {
    match error {
        AllocError::BudgetExceeded { budget, .. } => budget,
        other => panic!("{other}"),
    }
}

#[test]
fn a_phase_budget_is_per_thread_and_frame() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_phase_budget("update", hard(800));
    for _ in 0..3 {
        alloc.begin_frame();
        let frame = alloc.frame();
        {
            let _update = alloc.phase_scope("update");
            let (count, error) = fill(&frame, 8);
            assert_eq!((count, refused_by(&error)), (100, "phase update"));
        }
        assert!(frame.try_alloc([0_u8; 100]).is_ok(), "outside of the phase");
        let budget = alloc.phase_budget("update").unwrap();
        assert_eq!((budget.used, budget.resets), (800, BudgetReset::PerFrame));
        let _update = alloc.phase_scope("update");
        assert!(frame.try_alloc(1_u8).is_err(), "the same frame, the same budget");
        on_thread(|| {
            let _update = alloc.phase_scope("update");
            assert_eq!(fill(&alloc.frame(), 8).0, 100, "another thread has its own");
        });
        drop(frame);
        assert!(alloc.frame().try_alloc(1_u8).is_err(), "what a phase used is not refunded within the frame");
        alloc.end_frame();
    }
}

#[test]
fn a_thread_frame_budget_counts_what_is_alive() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let early = alloc.frame();
    early.alloc([0_u8; 200]);
    alloc.set_thread_frame_budget(hard(1000));
    assert_eq!(alloc.thread_frame_budget().unwrap().used, 200, "what was alive before counts");
    let frame = alloc.frame();
    let (count, error) = fill(&frame, 8);
    assert_eq!((count, refused_by(&error)), (100, "thread frame"));
    drop(early);
    assert_eq!(fill(&frame, 8).0, 25);
    on_thread(|| {
        assert!(alloc.thread_frame_budget().is_none());
        assert!(alloc.frame().try_alloc([0_u8; 5000]).is_ok());
    });
    drop(frame);
    for _ in 0..50 {
        let frame = alloc.frame();
        assert_eq!(fill(&frame, 8).0, 125, "every frame gets all of it");
        assert_eq!(alloc.thread_frame_budget().unwrap().used, 1000);
    }
    alloc.begin_frame();
    let mut boxes = Vec::new();
    while let Ok(boxed) = alloc.try_frame_box([0_u8; 100]) {
        // fa:allow(FA601): a frame that is kept goes on counting, and that is what comes next
        boxes.push(boxed);
    }
    assert_eq!(boxes.len(), 9);
    alloc.end_frame();
    assert!(alloc.frame().try_alloc([0_u8; 100]).is_err(), "the quarantined frame is alive");
    drop(boxes);
    assert!(alloc.frame().try_alloc([0_u8; 1000]).is_ok());
}

#[test]
fn a_thread_pool_budget_is_refunded_by_frees() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_thread_pool_budget(hard(1000));
    for _ in 0..50 {
        let boxes: Vec<_> = (0..10).map(|n| alloc.try_pool_box([n as u64; 12]).unwrap()).collect();
        assert_eq!(alloc.thread_pool_budget().unwrap().used, 960);
        assert_eq!(refused_by(&alloc.try_pool_box([0_u64; 12]).unwrap_err()), "thread pool");
        assert!(alloc.try_heap_box([0_u8; 2000]).is_ok(), "the heap is not the pool");
        drop(boxes);
        assert_eq!(alloc.thread_pool_budget().unwrap().used, 0);
    }
    let _tag = alloc.tag_scope("t");
    let boxed = alloc.try_pool_box([0_u8; 896]).unwrap();
    assert!(alloc.try_pool_box([0_u8; 200]).is_err(), "whatever the tag");
    on_thread(move || drop(boxed));
    assert!(alloc.thread_pool_budget().unwrap().used > 0, "frees on other threads do not count");
    // fa:allow(FA203): that another thread is not in it is what this is about
    on_thread(|| assert!(alloc.try_pool_box([0_u8; 4000]).is_ok()));
}

#[test]
fn a_thread_pool_budget_counts_what_the_thread_made_before_it() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let early: Vec<_> = (0..5).map(|_| alloc.pool_box([0_u64; 12])).collect();
    let foreign = on_thread(|| (0..20).map(|_| alloc.pool_box([0_u64; 12])).collect::<Vec<_>>());
    alloc.set_thread_pool_budget(hard(960));
    assert_eq!(alloc.thread_pool_budget().unwrap().used, 480);
    let late: Vec<_> = (0..5).map(|_| alloc.try_pool_box([0_u64; 12]).unwrap()).collect();
    assert!(alloc.try_pool_box([0_u64; 12]).is_err());
    drop((early, late));
    drop(foreign);
    assert_eq!(alloc.thread_pool_budget().unwrap().used, 0, "frees of other threads' objects buy nothing");
    let boxes: Vec<_> = (0..10).map(|_| alloc.try_pool_box([0_u64; 12]).unwrap()).collect();
    assert!(alloc.try_pool_box([0_u64; 12]).is_err());
    drop(boxes);
}

#[frame_system(tag = "kinds/hard", budget = 1000, on_exceed = "fail", frame = frame)]
fn hard_system(alloc: &SmartAlloc, nested: u32) -> (usize, String) {
    let (count, error) = fill(frame, 8);
    let inner = if nested > 0 { hard_system(alloc, nested - 1).0 } else { 125 };
    assert_eq!(inner, if nested > 0 { 0 } else { 125 }, "an outer run's budget holds in an inner one");
    (count, refused_by(&error).to_owned())
}

#[frame_system(tag = "kinds/soft", budget = 1000, soft = "50%", frame = frame)]
fn soft_system(alloc: &SmartAlloc, bytes: usize) -> bool {
    frame.try_alloc_layout(std::alloc::Layout::array::<u8>(bytes).unwrap()).is_ok()
}

#[frame_system(tag = "kinds/panics", budget = 1000, on_exceed = "panic", frame = frame)]
fn panicking_system(alloc: &SmartAlloc, bytes: usize) -> bool {
    frame.try_alloc_layout(std::alloc::Layout::array::<u8>(bytes).unwrap()).is_ok()
}

#[test]
fn a_system_budget_is_per_run() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    for _ in 0..5 {
        assert_eq!(hard_system(alloc, 0), (125, "system hard_system".into()));
        assert_eq!(hard_system(alloc, 1), (125, "system hard_system".into()));
    }
    let report = alloc.intent_report();
    let system = report.system("hard_system").unwrap();
    assert_eq!((system.budget, system.peak_bytes, system.headroom), (Some(1000), 1000, Some(0)));
    assert_eq!((system.runs, system.refusals, system.overruns), (15, 15, 0));
    assert_eq!(fixture.reports(&FA312).len(), 1, "once for the place");
}

#[test]
fn a_system_that_only_warns_is_served() {
    let fixture = Fixture::small().unlimited();
    let alloc = &fixture.alloc;
    assert!(soft_system(alloc, 496) && fixture.ring.recent().is_empty());
    assert!(soft_system(alloc, 504));
    let report = &fixture.reports(&FA310)[0];
    assert_eq!((report.system, report.tag.as_deref()), (Some("soft_system"), Some("kinds/soft")));
    assert!(report.message.contains("504 of 1000") && report.message.contains("500"), "{}", report.message);
    assert!(soft_system(alloc, 5000));
    assert_eq!(fixture.reports(&FA311).len(), 1);
    assert!(soft_system(alloc, 1000));
    assert_eq!((fixture.reports(&FA310).len(), fixture.reports(&FA311).len()), (2, 1), "each run anew");
    let report = alloc.intent_report();
    let system = report.system("soft_system").unwrap();
    assert_eq!((system.runs, system.overruns, system.headroom), (4, 1, Some(-4000)));
}

#[test]
fn a_system_that_panics_is_left_behind() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    assert!(panicking_system(alloc, 1000));
    let text = caught(|| panicking_system(alloc, 1001));
    assert!(text.contains("system panicking_system") && text.contains("1000"), "{text}");
    assert_eq!((alloc.current_tag(), alloc.current_phase()), (None, None));
    assert!(panicking_system(alloc, 1000), "the next run starts afresh");
    assert_eq!(alloc.stats().total.frame.live_bytes, 0);
}

#[test]
fn ambient_memory_of_a_system_is_charged_to_it() {
    #[frame_system(tag = "kinds/ambient", budget = 1000, on_exceed = "fail")]
    fn ambient_system(alloc: &SmartAlloc) -> usize {
        let mut boxes = Vec::new();
        while let Ok(boxed) = alloc.try_frame_box([0_u64; 5]) {
            boxes.push(boxed);
        }
        boxes.len()
    }
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    for _ in 0..3 {
        alloc.begin_frame();
        assert_eq!(ambient_system(alloc), 25);
        assert_eq!(alloc.tag_stats("kinds/ambient").unwrap().frame.live_bytes, 1000);
        assert!(alloc.try_frame_box([0_u64; 50]).is_ok(), "outside of the system");
        alloc.end_frame();
    }
}

#[test]
fn each_reaction_has_its_code_and_severity() {
    let fixture = Fixture::small().unlimited();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("warn", Budget::bytes(100).soft(40));
    alloc.set_tag_budget("fail", Budget::bytes(100).soft_percent(50).on_exceed(OnExceed::Fail));
    alloc.set_tag_budget("panic", Budget::bytes(100).on_exceed(OnExceed::Panic));
    let frame = alloc.frame();
    alloc.with_tag("warn", |_| frame.alloc([0_u8; 40]));
    assert_eq!(fixture.codes(), ["FA310"]);
    alloc.with_tag("warn", |_| frame.alloc([0_u8; 64]));
    assert_eq!(fixture.codes(), ["FA310", "FA311"]);
    alloc.with_tag("warn", |_| frame.alloc([0_u8; 64]));
    assert_eq!(fixture.codes().len(), 2, "a crossing is said once");
    let exceeded = &fixture.reports(&FA311)[0];
    assert_eq!((exceeded.tag.as_deref(), exceeded.severity), (Some("warn"), Severity::Warning));
    assert!(exceeded.message.contains("104") && exceeded.message.contains("100"), "{}", exceeded.message);
    fixture.ring.take();

    alloc.with_tag("fail", |_| {
        frame.alloc([0_u8; 96]);
        assert!(caught(|| frame.alloc([0_u8; 96]).len()).contains("96 of 100"));
    });
    let mut codes = fixture.codes();
    codes.sort_unstable();
    assert_eq!(codes, ["FA310", "FA312"]);
    let refused = &fixture.reports(&FA312)[0];
    assert_eq!((refused.tag.as_deref(), refused.severity), (Some("fail"), Severity::Error));
    fixture.ring.take();
    alloc.with_tag("panic", |_| {
        let text = caught(|| frame.try_alloc([0_u8; 104]).is_ok());
        assert!(text.contains("tag panic") && text.contains("104"), "{text}");
    });
    assert_eq!(fixture.codes(), ["FA312"]);
    let warn = alloc.tag_budget("warn").unwrap();
    assert_eq!((warn.used, warn.overruns, warn.refusals, warn.remaining()), (168, 1, 0, 0));
}

#[test]
fn a_budget_crossed_again_is_told_again() {
    let fixture = Fixture::small().unlimited();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("t", Budget::bytes(100));
    for round in 1..=3 {
        let frame = alloc.frame();
        alloc.with_tag("t", |_| frame.alloc([0_u8; 200]));
        drop(frame);
        assert_eq!(fixture.reports(&FA311).len(), round);
    }
    assert_eq!(alloc.tag_budget("t").unwrap().overruns, 3);
}
