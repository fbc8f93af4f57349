//! The backend has no memory, or a destructor of the caller panics: nothing is lost.

use framealloc::{AllocError, StreamError, StreamPriority};
use framealloc_tests::{Fixture, caught, fail_at_each_request, on_thread};

/// Streams a little; how many reservations and loads were refused.
fn program(fixture: &Fixture) -> u64 {
    let streaming = fixture.alloc.streaming();
    streaming.set_budget(20_000);
    let mut refused = 0;
    let mut ids = Vec::new();
    for n in 0..20_usize {
        match streaming.reserve(3000, StreamPriority::Normal) {
            Ok(id) => ids.push((n, id)),
            Err(AllocError::OutOfMemory { .. }) => refused += 1,
            Err(other) => panic!("{other}"),
        }
        if let Some((n, id)) = ids.last() {
            match streaming.begin_load(*id) {
                Ok(mut load) => {
                    load.write(&[*n as u8; 3000]).unwrap();
                    load.finish_load().unwrap();
                }
                Err(StreamError::AlreadyLoaded) => {}
                Err(StreamError::Refused(AllocError::OutOfMemory { .. })) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
    }
    for (n, id) in &ids {
        match streaming.access(*id) {
            Ok(data) => assert!(data.iter().all(|byte| *byte == *n as u8)),
            Err(error) => {
                assert_eq!(error, StreamError::Evicted);
                match streaming.write(*id, &[1; 10]) {
                    Ok(()) => streaming.evict(*id).unwrap(),
                    Err(StreamError::Refused(AllocError::OutOfMemory { .. })) => refused += 1,
                    Err(other) => panic!("{other}"),
                }
            }
        }
    }
    assert!(streaming.stats().used_bytes <= 20_000);
    ids.into_iter().for_each(|(_, id)| assert!(streaming.release(id)));
    assert_eq!((streaming.stats().used_bytes, fixture.alloc.stats().total.live_bytes()), (0, 0));
    refused
}

fn run(nth: u64, count: u64) -> u64 {
    let fixture = Fixture::small();
    let failed = on_thread(|| {
        // What the thread itself needs is not what is tested.
        fixture.alloc.stats();
        fixture.backend.fail(nth, count);
        let refused = program(&fixture);
        fixture.backend.heal();
        assert_eq!(refused, fixture.backend.failed());
        assert_eq!(program(&fixture), 0, "it works again");
        fixture.backend.failed()
    });
    fixture.assert_all_freed();
    failed
}

#[test]
fn one_failure_at_each_request() {
    fail_at_each_request(20, |nth| run(nth, 1));
}

#[test]
fn no_memory_from_each_request_on() {
    fail_at_each_request(20, |nth| run(nth, u64::MAX));
}

#[test]
fn a_panic_while_loading_keeps_what_was_loaded() {
    let fixture = Fixture::default();
    on_thread(|| {
        let streaming = fixture.alloc.streaming();
        let id = streaming.reserve(100, StreamPriority::Normal).unwrap();
        let text = caught(|| {
            let mut load = streaming.begin_load(id).unwrap();
            load.write(&[5; 60]).unwrap();
            panic!("the reader failed");
        });
        assert_eq!((text.as_str(), streaming.progress(id).unwrap().loaded), ("the reader failed", 60));
        streaming.write(id, &[6; 40]).unwrap();
        streaming.finish_load(id).unwrap();
        assert_eq!(streaming.access(id).unwrap()[59..61], [5, 6]);
    });
    fixture.assert_all_freed();
}
