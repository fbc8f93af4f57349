//! A resource from its reservation to its data.

use std::error::Error;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use framealloc::{SmartAlloc, StreamError, StreamPriority};
use framealloc_tests::{Fixture, caught, on_thread};

#[test]
fn data_arrives_in_pieces_and_is_reached_when_it_is_whole() {
    let fixture = Fixture::default();
    on_thread(|| {
        let streaming = fixture.alloc.streaming();
        let id = streaming.reserve(10, StreamPriority::Normal).unwrap();
        assert_eq!(streaming.access(id).unwrap_err(), StreamError::NotLoaded { loaded: 0, size: 10 });
        streaming.write(id, &[1; 3]).unwrap();
        let mut load = streaming.begin_load(id).unwrap();
        assert_eq!((load.loaded(), load.size(), load.unfilled()), (3, 10, &mut [0; 7][..]));
        assert_eq!(streaming.begin_load(id).unwrap_err(), StreamError::InUse);
        assert_eq!(streaming.access(id).unwrap_err(), StreamError::InUse);
        assert_eq!(streaming.evict(id).unwrap_err(), StreamError::InUse);
        load.unfilled()[..2].fill(2);
        load.report_progress(2).unwrap();
        let too_long = StreamError::TooLong { loaded: 5, written: 6, size: 10 };
        assert_eq!((load.write(&[3; 6]), load.report_progress(6)), (Err(too_long.clone()), Err(too_long)));
        assert_eq!(load.finish_load(), Err(StreamError::NotLoaded { loaded: 5, size: 10 }));
        assert_eq!(streaming.progress(id).unwrap().loaded, 5);
        let mut load = streaming.begin_load(id).unwrap();
        assert_eq!(Write::write(&mut load, &[3; 9]).unwrap(), 5, "what fits");
        assert_eq!(load.write(&[]), Ok(()));
        load.finish_load().unwrap();
        assert_eq!(*streaming.access(id).unwrap(), [1, 1, 1, 2, 2, 3, 3, 3, 3, 3]);
        assert_eq!(streaming.begin_load(id).unwrap_err(), StreamError::AlreadyLoaded);
        assert!(streaming.progress(id).unwrap().is_finished);
        streaming.evict(id).unwrap();
        assert_eq!(streaming.access(id).unwrap_err(), StreamError::Evicted);
        assert_eq!(streaming.finish_load(id), Err(StreamError::Evicted));
        assert_eq!(streaming.stats().used_bytes, 0, "asking does not take memory again");
        assert!(streaming.begin_load(id).unwrap().unfilled().iter().all(|byte| *byte == 0));
        assert!(streaming.release(id) && !streaming.release(id));
        assert_eq!((streaming.access(id).unwrap_err(), streaming.progress(id)), (StreamError::Stale, None));
        assert_eq!(streaming.finish_load(id), Err(StreamError::Stale));
    });
    fixture.assert_all_freed();
}

#[test]
fn nothing_can_be_streamed_too() {
    let alloc = SmartAlloc::with_defaults();
    let id = alloc.streaming().reserve(0, StreamPriority::Low).unwrap();
    alloc.streaming().finish_load(id).unwrap();
    assert!(alloc.streaming().access(id).unwrap().is_empty());
    assert!(matches!(
        alloc.streaming().reserve(usize::MAX, StreamPriority::Low),
        Err(framealloc::AllocError::LayoutOverflow { .. })
    ));
    assert_eq!(alloc.streaming().stats().used_bytes, 0);
}

#[test]
fn another_allocators_resource_is_none() {
    let (ours, theirs) = (SmartAlloc::with_defaults(), SmartAlloc::with_defaults());
    let id = ours.streaming().reserve(1, StreamPriority::Low).unwrap();
    assert_eq!(theirs.streaming().access(id).unwrap_err(), StreamError::Stale);
    assert!(!theirs.streaming().release(id) && theirs.streaming().evict(id).is_err());
    assert!(theirs.streaming().begin_load(id).is_err() && theirs.streaming().progress(id).is_none());
}

#[test]
fn data_outlives_its_resource_and_the_allocator() {
    let fixture = Fixture::default();
    let data = on_thread(|| {
        let streaming = fixture.alloc.streaming();
        let id = streaming.reserve(4096, StreamPriority::Normal).unwrap();
        streaming.write(id, &[9; 4096]).unwrap();
        streaming.finish_load(id).unwrap();
        let data = streaming.access(id).unwrap();
        assert_eq!(streaming.evict(id).unwrap_err(), StreamError::InUse);
        assert!(streaming.release(id));
        assert_eq!(streaming.stats().used_bytes, 4096, "somebody still has it");
        data
    });
    let Fixture { alloc, backend, .. } = fixture;
    drop(alloc);
    assert!(data.iter().all(|byte| *byte == 9) && data.clone().len() == 4096);
    drop(data);
    assert_eq!(backend.counts().live_bytes, 0);
}

#[test]
fn a_load_that_is_released_under_way_ends_without_harm() {
    let fixture = Fixture::default();
    on_thread(|| {
        let streaming = fixture.alloc.streaming();
        let ids = [(); 3].map(|()| streaming.reserve(100, StreamPriority::High).unwrap());
        let loads = ids.map(|id| streaming.begin_load(id).unwrap());
        assert!(ids.iter().all(|id| streaming.release(*id)));
        assert_eq!(streaming.stats().used_bytes, 300);
        let [mut finished, dropped, forgotten] = loads;
        finished.write(&[0; 100]).unwrap();
        assert_eq!(finished.finish_load(), Err(StreamError::Stale));
        drop(dropped);
        assert_eq!(streaming.stats().used_bytes, 100);
        let leaked = Box::leak(Box::new(forgotten));
        leaked.write(&[1; 100]).unwrap();
        assert_eq!(streaming.stats().used_bytes, 100, "it may still be written to");
    });
    assert!(fixture.live_bytes() > 0);
}

#[test]
fn callbacks_hear_of_loads_and_evictions() {
    let fixture = Fixture::default();
    on_thread(|| {
        let streaming = fixture.alloc.streaming();
        streaming.set_budget(300);
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (loads, evictions) = (heard.clone(), heard.clone());
        let on_loaded =
            streaming.on_loaded(move |event| loads.lock().unwrap().push(("loaded", event.id, event.bytes)));
        let on_evicted = streaming
            .on_evicted(move |event| evictions.lock().unwrap().push(("evicted", event.id, event.bytes)));
        let load = |bytes| {
            let id = streaming.reserve(bytes, StreamPriority::Normal).unwrap();
            streaming.write(id, &vec![1; bytes]).unwrap();
            streaming.finish_load(id).unwrap();
            id
        };
        let (a, b, c) = (load(100), load(150), load(200));
        let expected = [
            ("loaded", a, 100),
            ("loaded", b, 150),
            ("evicted", a, 100),
            ("evicted", b, 150),
            ("loaded", c, 200),
        ];
        assert_eq!(*heard.lock().unwrap(), expected);
        assert!(streaming.remove_on_loaded(on_loaded) && streaming.remove_on_evicted(on_evicted));
        assert!(!streaming.remove_on_evicted(on_evicted));
        let other = streaming.on_evicted(|_| ());
        assert!(!streaming.remove_on_loaded(other) && streaming.remove_on_evicted(other));
        load(300);
        assert_eq!(heard.lock().unwrap().len(), 5);
    });
    fixture.assert_all_freed();
}

#[test]
fn a_callback_may_use_the_streaming_and_may_panic() {
    let fixture = Fixture::default();
    let told = Arc::new(AtomicU64::new(0));
    on_thread(|| {
        let streaming = fixture.alloc.streaming();
        streaming.set_budget(300);
        let (alloc, count) = (fixture.alloc.clone(), told.clone());
        let panics = streaming.on_evicted(|event| panic!("{} bytes went", event.bytes));
        let meddles = streaming.on_evicted(move |event| {
            count.fetch_add(1, Ordering::Relaxed);
            let streaming = alloc.streaming();
            assert_eq!(streaming.access(event.id).unwrap_err(), StreamError::Evicted);
            let id = streaming.reserve(10, StreamPriority::Low).unwrap();
            assert!(streaming.release(id) && streaming.release(event.id));
        });
        let load = |bytes| {
            let id = streaming.reserve(bytes, StreamPriority::Normal).unwrap();
            streaming.write(id, &vec![1; bytes]).unwrap();
            streaming.finish_load(id).unwrap();
        };
        load(140);
        load(140);
        assert_eq!(caught(|| load(280)), "140 bytes went");
        assert_eq!((told.load(Ordering::Relaxed), streaming.stats().used_bytes), (2, 0));
        assert!(streaming.remove_on_evicted(panics));
        load(280);
        load(250);
        assert_eq!((told.load(Ordering::Relaxed), streaming.stats().used_bytes), (3, 250));
        // It holds the allocator.
        assert!(streaming.remove_on_evicted(meddles));
    });
    fixture.assert_all_freed();
}

#[test]
fn errors_say_what_and_how_much() {
    let alloc = SmartAlloc::with_defaults();
    alloc.streaming().set_budget(100);
    let error = StreamError::from(alloc.streaming().reserve(101, StreamPriority::High).unwrap_err());
    assert_eq!(
        error.to_string(),
        "the resource cannot be loaded again: budget of streaming exceeded: 0 of 100 bytes are used and 101 more \
         were asked for"
    );
    assert!(error.source().is_some() && StreamError::Stale.source().is_none());
    let id = alloc.streaming().reserve(7, StreamPriority::default()).unwrap();
    let load = alloc.streaming().begin_load(id).unwrap();
    assert_eq!(format!("{load:?}"), "StreamLoad(0 of 7 bytes)");
    let texts = [
        StreamError::Evicted,
        StreamError::AlreadyLoaded,
        StreamError::InUse,
        StreamError::NotLoaded { loaded: 3, size: 7 },
        StreamError::TooLong { loaded: 3, written: 5, size: 7 },
    ]
    .map(|error| error.to_string());
    for (text, part) in
        texts.iter().zip(["begin_load", "evict", "guard", "3 of 7", "5 bytes more than the 3"])
    {
        assert!(text.contains(part), "{text}");
    }
}
