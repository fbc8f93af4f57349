//! Values on their way to another thread.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use framealloc::diagnostics::{FA210, Severity, Strict};
use framealloc::{
    AllocConfig, AllocError, Budget, DeferredConfig, OnExceed, PoolBox, SmartAlloc, TaggedAllocator,
    TransferHandle, TransferState,
};
use framealloc_tests::layouts::{Nothing, Page, is_aligned};
use framealloc_tests::{Counted, DropCounter, Fixture, caught, on_thread};

use super::{Log, on_drop};

#[test]
fn handles_go_through_any_channel() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let send = |n| alloc.frame_box_for_transfer(counter.make(n));
    thread::scope(|scope| {
        let (unbounded, from_unbounded) = mpsc::channel();
        let (rendezvous, from_rendezvous) = mpsc::sync_channel(0);
        let queue = Arc::new(Mutex::new(VecDeque::new()));
        let sender = scope.spawn({
            let queue = Arc::clone(&queue);
            move || {
                for n in 0..100 {
                    unbounded.send(send(n)).unwrap();
                    rendezvous.send(Box::new(send(n + 1000))).unwrap();
                    queue.lock().unwrap().push_back(Some(send(n + 2000)));
                }
            }
        });
        let receiver = scope.spawn(move || {
            let mut sum = 0;
            for (n, boxed) in from_rendezvous.iter().enumerate() {
                let plain = from_unbounded.recv().unwrap().receive();
                plain.verify();
                assert_eq!((plain.payload, boxed.receive().payload), (n as u64, n as u64 + 1000));
                sum += 1;
            }
            while let Some(handle) = queue.lock().unwrap().pop_front() {
                sum += u64::from(handle.unwrap().receive().payload >= 2000);
            }
            sum
        });
        let returned = scope.spawn(|| send(7)).join().unwrap();
        assert_eq!(returned.receive().payload, 7);
        sender.join().unwrap();
        assert_eq!(receiver.join().unwrap(), 200);
    });
    assert_eq!(counter.alive(), 0);
    let stats = alloc.transfer_stats();
    assert_eq!((stats.sent, stats.received, stats.crossed), (301, 301, 301));
    assert_eq!((stats.dropped, stats.in_flight, stats.in_flight_bytes), (0, 0, 0));
    assert_eq!(stats.sent_bytes, 301 * size_of::<Counted>() as u64);
    assert!(fixture.codes().iter().all(|code| *code != "FA210"));
    on_thread(|| alloc.shrink_pool());
    assert_eq!(fixture.stats().total.pool.live_objects, 0);
    fixture.assert_all_freed();
}

#[test]
fn the_value_of_a_frame_box_leaves_its_frame() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let handle = on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let boxed = alloc.frame_box(counter.make(1));
        let ambient = alloc.frame_box_for_transfer(boxed);
        alloc.end_frame();
        let scoped = {
            let frame = alloc.frame();
            alloc.frame_box_for_transfer(frame.boxed(counter.make(2)))
        };
        (ambient, scoped)
    });
    assert_eq!((counter.alive(), fixture.codes()), (2, vec![]));
    assert_eq!((handle.0.receive().payload, handle.1.receive().payload), (1, 2));
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}

#[test]
fn awkward_values_arrive() {
    let fixture = Fixture::small();
    let alloc = fixture.alloc.clone();
    let (nothing, page, large, option) = on_thread(|| {
        (
            alloc.frame_box_for_transfer(Nothing),
            alloc.frame_box_for_transfer(Page([3; 4096])),
            alloc.frame_box_for_transfer([7_u8; 1 << 18]),
            alloc.frame_box_for_transfer(Some(Box::new(5))),
        )
    });
    let (nothing, page) = (nothing.receive(), page.receive());
    assert!(is_aligned(&*nothing) && is_aligned(&*page) && page.0 == [3; 4096]);
    assert!(large.receive().iter().all(|byte| *byte == 7));
    assert_eq!(option.receive().into_inner(), Some(Box::new(5)));
    drop((nothing, page, alloc));
    fixture.assert_all_freed();
}

#[test]
fn an_unreceived_value_is_freed_and_reported_where_it_was_sent() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let (send, receive) = mpsc::channel();
    send.send(fixture.alloc.frame_box_for_transfer(counter.make(1))).unwrap();
    let line = line!() - 1;
    on_thread(|| {
        let _tag = fixture.alloc.tag_scope("closing");
        drop(receive);
    });
    assert_eq!(counter.alive(), 0);
    let reports = fixture.reports(&FA210);
    let [report] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!((report.severity, report.location.unwrap().line()), (Severity::Warning, line));
    assert!(report.message.contains("Counted` of 24 bytes"), "{}", report.message);
    assert_eq!(report.tag.as_deref(), Some("closing"));
    let stats = fixture.alloc.transfer_stats();
    assert_eq!((stats.sent, stats.dropped, stats.received, stats.in_flight), (1, 1, 0, 0));
    assert_eq!(fixture.alloc.pool_stats().live_objects, 0);
}

#[test]
fn a_thread_that_never_used_the_allocator_reports_too() {
    let fixture = Fixture::small();
    fixture.alloc.begin_frame();
    let handle = fixture.alloc.frame_box_for_transfer(1_u8);
    thread::spawn(move || drop(handle)).join().unwrap();
    assert_eq!(fixture.reports(&FA210)[0].frame, 1);
    fixture.alloc.end_frame();
}

#[test]
fn strict_mode_panics_when_the_value_is_gone() {
    let counter = DropCounter::default();
    let fixture = Fixture::strict(Strict::Warnings);
    let handle = fixture.alloc.frame_box_for_transfer(counter.make(1));
    let text = caught(|| drop(handle));
    assert!(text.contains("FA210") && text.contains("receive every handle"), "{text}");
    assert_eq!((counter.alive(), fixture.alloc.pool_stats().live_objects), (0, 0));
}

#[test]
fn a_destructor_that_panics_frees_its_memory_and_is_reported() {
    let counter = DropCounter::default();
    counter.panic_every(1);
    for strict in [Strict::Off, Strict::Warnings] {
        let fixture = Fixture::strict(strict);
        let handle = fixture.alloc.frame_box_for_transfer(counter.make(1));
        assert!(caught(|| drop(handle)).contains("destructor"));
        assert_eq!((counter.alive(), fixture.alloc.pool_stats().live_objects), (0, 0));
        assert_eq!((fixture.reports(&FA210).len(), fixture.alloc.transfer_stats().dropped), (1, 1));
    }
}

#[test]
fn a_value_is_received_once() {
    let fixture = Fixture::small();
    let handle = fixture.alloc.frame_box_for_transfer(5);
    assert_eq!(handle.state(), TransferState::Pending);
    assert_eq!(handle.try_receive().as_deref(), Some(&5));
    assert_eq!((handle.state(), handle.try_receive()), (TransferState::Received, None));
    let text = caught(|| handle.receive());
    assert!(text.contains("received already"), "{text}");
    assert_eq!(fixture.codes(), Vec::<&str>::new());
    assert_eq!((fixture.alloc.transfer_stats().received, fixture.alloc.transfer_stats().crossed), (1, 0));
}

#[test]
fn of_many_receivers_one_gets_it() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    for n in 0..200 {
        let handle = Arc::new(fixture.alloc.frame_box_for_transfer(counter.make(n)));
        let got: Vec<Option<PoolBox<Counted>>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| handle.try_receive())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(got.iter().flatten().map(|value| value.payload).collect::<Vec<_>>(), [n]);
    }
    assert_eq!((counter.alive(), fixture.alloc.transfer_stats().received), (0, 200));
}

#[test]
fn bytes_stay_with_the_tag_that_sent() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.set_tag_budget("path", Budget::bytes(1000).on_exceed(OnExceed::Fail));
    let handle = alloc.with_tag("path", |alloc| alloc.frame_box_for_transfer([0_u8; 512]));
    let used =
        |alloc: &SmartAlloc| (alloc.tag_budget("path").unwrap().used, alloc.tag_stats("path").unwrap().pool);
    assert_eq!((used(alloc).0, used(alloc).1.live_bytes), (512, 512));
    let counter = DropCounter::default();
    let refused = alloc
        .with_tag("path", |alloc| alloc.try_frame_box_for_transfer((counter.make(1), [0_u8; 512])).map(drop));
    assert!(matches!(refused, Err(AllocError::BudgetExceeded { .. })), "{refused:?}");
    assert_eq!((counter.made(), counter.alive(), alloc.transfer_stats().sent), (1, 0, 1));
    on_thread(move || {
        let alloc = fixture.alloc.clone();
        let _tag = alloc.tag_scope("render");
        let value = handle.receive();
        assert_eq!(used(&alloc).1.live_objects, 1);
        drop(value);
        assert_eq!((used(&alloc).0, used(&alloc).1.live_bytes), (0, 0));
    });
}

#[test]
fn sinks_that_hand_over_and_end_frames() {
    let counter = DropCounter::default();
    let inner = counter.clone();
    let fixture = Fixture::reacting(move |alloc, report| {
        if report.code.id == "FA210" {
            drop(alloc.frame_box_for_transfer(inner.make(1)));
            alloc.defer_drop(inner.make(2));
            alloc.process_deferred();
            alloc.end_frame();
            alloc.begin_frame();
        }
    });
    on_thread(|| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        alloc.configure_deferred(DeferredConfig::default()).unwrap();
        drop(alloc.frame_box_for_transfer(counter.make(0)));
        alloc.end_frame();
        assert_eq!((counter.alive(), alloc.transfer_stats().in_flight), (0, 0));
        assert!(fixture.reports(&FA210).len() > 1, "the sink's own");
        assert_eq!(alloc.deferred_stats().pending, 0);
    });
    fixture.finish();
}

#[test]
fn a_tagged_allocator_hands_over_under_its_tag() {
    let fixture = Fixture::small();
    let tagged = TaggedAllocator::new(&fixture.alloc, "net");
    let live = || fixture.alloc.tag_stats("net").unwrap().pool.live_objects;
    let handle = tagged.frame_box_for_transfer([0_u8; 100]);
    let again = tagged.try_frame_box_for_transfer(fixture.alloc.frame_box([0_u8; 100])).unwrap();
    let boxed = (tagged.deferred_box([0_u8; 100]), tagged.try_deferred_box(1).unwrap());
    assert_eq!(live(), 4);
    drop((boxed, handle.receive(), again.receive()));
    assert_eq!((live(), fixture.alloc.process_deferred(), live()), (2, 2, 0));
    assert!(fixture.alloc.tag_stats("").is_none_or(|root| root.pool.allocations == 0));
}

#[test]
fn handles_keep_their_allocator() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let backend = Arc::clone(&fixture.backend);
    let (kept, lost) = on_thread(|| {
        let send = |n| fixture.alloc.frame_box_for_transfer(counter.make(n));
        (send(1), send(2))
    });
    let ring = Arc::clone(&fixture.ring);
    drop(fixture);
    let value = kept.receive();
    assert_eq!((value.payload, counter.alive()), (1, 2));
    drop(lost);
    // With the feature `debug`, what was alive when the allocator was dropped is told, too.
    let lost = ring.recent().iter().filter(|report| report.code.id == "FA210").count();
    assert_eq!((counter.alive(), lost), (1, 1));
    drop(value);
    assert_eq!((counter.alive(), backend.counts().live_blocks), (0, 0));
}

#[test]
fn no_memory_is_an_error_and_drops_the_value() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let mut served = 0;
    for nth in 0..20 {
        fixture.backend.fail(nth, 1);
        let sent = catch_unwind(AssertUnwindSafe(|| {
            on_thread(|| {
                let _tag = fixture.alloc.tag_scope(&*format!("t{nth}"));
                fixture.alloc.try_frame_box_for_transfer(counter.make(nth))
            })
        }));
        fixture.backend.heal();
        if let Ok(Ok(handle)) = sent {
            on_thread(|| handle.receive().verify());
            served += 1;
        }
        assert_eq!((counter.alive(), fixture.alloc.transfer_stats().in_flight), (0, 0));
    }
    assert!(served > 0 && fixture.backend.failed() > 0, "{served} {}", fixture.backend.failed());
    fixture.assert_all_freed();
}

#[test]
fn unreceived_values_pass_through_the_deferred_queue() {
    let log = Log::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.configure_deferred(DeferredConfig::default()).unwrap();
    alloc.begin_frame();
    let handle = alloc.frame_box_for_transfer(log.value(1));
    thread::scope(|scope| _ = scope.spawn(|| drop(handle)));
    assert_eq!((log.numbers(), alloc.deferred_stats().pending), (vec![], 1));
    assert_eq!(fixture.reports(&FA210).len(), 1);
    alloc.end_frame();
    assert_eq!((log.numbers(), log.all_here()), (vec![1], true));
    assert_eq!((alloc.deferred_stats().processed, alloc.pool_stats().live_objects), (1, 0));
}

#[test]
fn unreceived_values_without_memory_for_the_queue_go_at_once() {
    let log = Log::default();
    let fixture = Fixture::new(AllocConfig::minimal());
    let alloc = fixture.alloc.clone();
    alloc.configure_deferred(DeferredConfig::default()).unwrap();
    // Too large for a page of the class that a place in the queue has.
    let handle = alloc.frame_box_for_transfer((log.value(1), [0_u8; 1 << 16]));
    fixture.backend.fail(0, u64::MAX);
    thread::spawn(move || drop(handle)).join().unwrap();
    fixture.backend.heal();
    assert_eq!((log.numbers(), alloc.deferred_stats().immediate), (vec![1], 1));
}

#[test]
fn a_handle_in_a_handle_and_a_handle_that_sends_when_it_goes() {
    let counter = DropCounter::default();
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let inner = alloc.frame_box_for_transfer(counter.make(1));
    let outer: TransferHandle<TransferHandle<Counted>> = alloc.frame_box_for_transfer(inner);
    drop(outer);
    assert_eq!((counter.alive(), alloc.transfer_stats().dropped), (0, 2));
    let (again, counter2) = (alloc.clone(), counter.clone());
    drop(alloc.frame_box_for_transfer(on_drop(move || {
        assert_eq!(again.frame_box_for_transfer(counter2.make(2)).receive().payload, 2);
    })));
    assert_eq!((counter.alive(), alloc.transfer_stats().in_flight), (0, 0));
}
