//! A backend that meets a tag, a phase or a system while its thread makes a place for the same one: the thread then had two
//! of it, each with a budget of its own.

use framealloc::{AllocConfig, Budget, OnExceed, SmartAlloc, frame_system};
use framealloc_tests::model::bury;
use framealloc_tests::{Meddler, on_thread};

#[test]
fn a_phase_has_one_budget() {
    let (alloc, backend) = Meddler::serving(AllocConfig::default(), |alloc| {
        let _phase = alloc.phase_scope("phase");
        drop(alloc.frame_box([0_u8; 1000]));
    });
    on_thread(|| {
        // The index holds 16 and grows with the next one.
        (0..20).for_each(|phase| alloc.set_phase_budget(&phase.to_string(), 1_usize << 20));
        alloc.set_phase_budget("phase", Budget::bytes(1024).on_exceed(OnExceed::Fail));
        let frame = alloc.frame();
        let phase = alloc.phase_scope("0");
        backend.arm();
        {
            let _phase = alloc.phase_scope("phase");
            assert!(!backend.is_armed());
            assert_eq!(alloc.phase_budget("phase").unwrap().used, 1000);
            assert!(frame.try_alloc([0_u8; 1000]).is_err());
        }
        drop(phase);
    });
}

#[frame_system(tag = "many")]
fn many(alloc: &SmartAlloc) {}

#[test]
fn a_system_is_on_one_thread() {
    let (alloc, backend) = Meddler::serving(AllocConfig::default(), many);
    on_thread(|| {
        let threads = || {
            let report = alloc.intent_report();
            report
                .systems
                .iter()
                .filter(|system| system.tag == "many")
                .map(|system| system.threads)
                .sum::<u64>()
        };
        assert_eq!(threads(), 0);
        alloc.begin_frame();
        backend.arm();
        many(&alloc);
        assert!(!backend.is_armed());
        assert_eq!(threads(), 1);
        alloc.end_frame();
    });
}

#[test]
fn a_tag_is_charged_once() {
    let (alloc, backend) = Meddler::serving(AllocConfig::default(), |alloc| {
        bury(alloc.with_tag(alloc.tag("tag"), |alloc| alloc.pool_box([0_u8; 64])));
    });
    on_thread(|| {
        (0..20).for_each(|tag| _ = alloc.tag(&tag.to_string()));
        on_thread(|| alloc.set_tag_budget("tag", 1_usize << 20));
        drop(alloc.tag_scope("0"));
        backend.arm();
        drop(alloc.tag_scope(alloc.tag("tag")));
        assert!(!backend.is_armed());
        assert_eq!(alloc.tag_budget("tag").unwrap().used, 64);
    });
}
