//! Containers behave as the standard library's, over frames, pool and heap.

use std::any::Any;
use std::cell::Cell;
use std::collections::{BTreeMap, HashMap as StdMap};
use std::fmt::{Debug, Display, Write};
use std::hash::{Hash, Hasher};

use framealloc::{AllocError, Budget, Frame, FrameBox, OnExceed, SmartAlloc, unsize_frame_box};
use framealloc_tests::fixture::leaves_nothing;
use framealloc_tests::layouts::Line;
use framealloc_tests::{Counted, DropCounter, Fixture, Rng, caught, on_thread};

#[test]
fn vectors_follow_a_model() {
    let fixture = Fixture::small();
    let frame = fixture.alloc.frame();
    let mut rng = Rng::new(5);
    let (mut vec, mut model) = (frame.vec::<u32>(), Vec::new());
    // Something else is allocated in between, so that growth is in place only sometimes.
    for _ in 0..5000 {
        let value = rng.next_u64() as u32;
        match rng.below(12) {
            0..=4 => {
                vec.push(value);
                model.push(value);
            }
            5 => assert_eq!(vec.pop(), model.pop()),
            6 if !model.is_empty() => {
                let at = rng.below(model.len());
                assert_eq!(vec.remove(at), model.remove(at));
            }
            7 => {
                let at = rng.below(model.len() + 1);
                vec.insert(at, value);
                model.insert(at, value);
            }
            8 => {
                vec.extend([value; 7]);
                model.extend([value; 7]);
            }
            9 => {
                vec.retain(|value| value % 3 != 0);
                model.retain(|value| value % 3 != 0);
                vec.shrink_to_fit();
            }
            10 => drop(frame.alloc(value)),
            _ => {
                vec.sort_unstable();
                model.sort_unstable();
            }
        }
        assert_eq!(vec, model[..]);
    }
    assert_eq!((vec.clone(), format!("{vec:?}")), (vec.clone(), format!("{model:?}")));
    assert!(vec.iter().rev().eq(model.iter().rev()) && (&vec).into_iter().eq(&model));
    assert_eq!(vec.into_iter().collect::<Vec<_>>(), model);
}

#[test]
fn maps_and_sets_follow_a_model() {
    let fixture = Fixture::small();
    let frame = fixture.alloc.frame();
    let mut rng = Rng::new(6);
    let (mut map, mut model) = (frame.map::<u16, u64>(), BTreeMap::new());
    let mut set = frame.set::<u16>();
    for _ in 0..5000 {
        let (key, value) = (rng.below(300) as u16, rng.next_u64());
        match rng.below(5) {
            0 | 1 => assert_eq!(map.insert(key, value), model.insert(key, value)),
            2 => assert_eq!(map.remove(&key), model.remove(&key)),
            3 => *map.entry(key).or_insert(0) = *model.entry(key).insert_entry(value).get(),
            _ => assert_eq!(map.get(&key), model.get(&key)),
        }
        set.extend([key]);
        assert_eq!(map.len(), model.len());
    }
    let mut entries: Vec<_> = map.iter().map(|(key, value)| (*key, *value)).collect();
    entries.sort_unstable();
    assert!(entries.into_iter().eq(model.clone()));
    map.iter_mut().for_each(|(_, value)| *value = 1);
    assert!(map.values().all(|value| *value == 1) && map.clone() == map);
    assert!(model.keys().all(|key| set.contains(key)) && set.len() <= 300);
    assert_eq!(map.into_iter().count(), model.len());
}

#[test]
fn maps_iterate_in_the_same_order_on_every_run() {
    // The numbers are those of every run, machine and allocator state; hash seeds are fixed.
    let order = || {
        let alloc = SmartAlloc::with_defaults();
        let frame = alloc.frame();
        let mut map = frame.map();
        map.extend((0..1000_u64).map(|n| (n * 7919 % 10_007, n)));
        let mut set = frame.set();
        set.extend((0..100).map(|n| format!("key {n}")));
        let keys: Vec<u64> = map.keys().copied().collect();
        (keys, set.iter().cloned().collect::<Vec<String>>())
    };
    let first = order();
    assert_eq!(first, on_thread(order));
    assert_eq!(first, order());
    let hash = first.0.iter().fold(0_u64, |hash, key| hash.wrapping_mul(31).wrapping_add(*key));
    assert_ne!(
        hash,
        (0..1000_u64).map(|n| n * 7919 % 10_007).fold(0, |h: u64, k| h.wrapping_mul(31).wrapping_add(k))
    );
}

#[test]
fn bounded_containers_say_when_they_are_full() {
    let counter = DropCounter::default();
    leaves_nothing(framealloc::AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let mut vec = alloc.frame_vec_bounded(3);
        let before = alloc.stats().total.frame.allocations;
        (0..3).for_each(|n| vec.push(counter.make(n)).unwrap());
        let back = vec.push(counter.make(9)).unwrap_err();
        assert_eq!((back.payload, vec.len(), vec.bound(), vec.is_full()), (9, 3, 3, true));
        assert_eq!(vec.pop().unwrap().payload, 2);
        assert!(vec.push(back).is_ok());
        vec[0].payload.clone_from(&0);
        vec.clear();
        assert_eq!(counter.alive(), 0);
        let mut map = alloc.frame_map_bounded(2);
        let filled = alloc.stats().total.frame.allocations;
        assert_eq!((map.insert(1, 'a'), map.insert(2, 'b')), (Ok(None), Ok(None)));
        assert_eq!((map.insert(3, 'c'), map.insert(2, 'd')), (Err((3, 'c')), Ok(Some('b'))));
        assert_eq!((map.remove(&1), map.insert(3, 'c')), (Some('a'), Ok(None)));
        // Inserting and removing for ever stays in the room that was reserved.
        for n in 0..10_000 {
            map.clear();
            map.insert(n, 'x').unwrap();
            map.insert(n + 1, 'y').unwrap();
            assert!(map.insert(n + 3, 'z').is_err());
        }
        assert_eq!(alloc.stats().total.frame.allocations, filled, "nothing grew");
        assert!(filled > before);
        assert_eq!(alloc.frame_vec_bounded(0).push(1), Err(1));
        assert_eq!(alloc.frame_map_bounded(0).insert(1, 2), Err((1, 2)));
        let mut units = alloc.frame_vec_bounded(2);
        assert_eq!((units.push(()), units.push(()), units.push(())), (Ok(()), Ok(()), Err(())));
        drop((vec, map, units));
        alloc.end_frame();
    });
}

#[test]
fn bounded_maps_stay_bounded_under_churn() {
    // Erasing leaves tombstones behind; a map that never holds more than its bound must not grow because of them.
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.begin_frame();
    let mut map = alloc.frame_map_bounded(100);
    let before = alloc.stats().total.frame.allocations;
    for n in 0..100_000_u64 {
        if map.len() == 100 {
            assert_eq!(map.remove(&(n - 100)), Some(n));
        }
        map.insert(n, n + 100).unwrap();
    }
    assert_eq!(alloc.stats().total.frame.allocations, before);
    drop(map);
    alloc.end_frame();
}

#[test]
fn strings_and_formatting() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let frame = alloc.frame();
    let mut text = frame.string();
    for n in 0..1000 {
        write!(text, "{n},").unwrap();
    }
    text.extend(['ä', '…']);
    text.extend(["and", " so on"]);
    text.try_push_str("!").unwrap();
    assert!(text.starts_with("0,1,2,") && text.ends_with("999,ä…and so on!"));
    assert_eq!(text.to_string(), *text);
    text.make_ascii_uppercase();
    let boxed: FrameBox<'_, str> = text.into_boxed_str();
    assert!(boxed.ends_with("AND SO ON!"));
    assert_eq!(frame.format(format_args!("{:>5}|{:<5}", 1, "x")), "    1|x    ");
    assert_eq!((frame.str(""), frame.str("straße")), (&mut *String::new(), &mut *String::from("straße")));
    assert_eq!(format!("{:>6}", frame.string()), "      ");
    struct Lies;
    impl Display for Lies {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            Err(std::fmt::Error)
        }
    }
    assert!(caught(|| frame.format(format_args!("{Lies}")).len()).contains("formatting trait"));
}

#[test]
fn boxes_of_traits_slices_and_text() {
    trait Shape {
        fn area(&self) -> u32;
    }
    struct Square(u32, Counted);
    impl Shape for Square {
        fn area(&self) -> u32 {
            self.1.verify();
            self.0 * self.0
        }
    }
    let counter = DropCounter::default();
    leaves_nothing(framealloc::AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let frame = alloc.frame();
        let shapes: Vec<FrameBox<'_, dyn Shape>> = (0..10)
            .map(|n| {
                let square = Square(n, counter.make(1));
                if n % 2 == 0 {
                    unsize_frame_box!(frame.boxed(square))
                } else {
                    unsize_frame_box!(alloc.frame_box(square))
                }
            })
            .collect();
        assert_eq!(shapes.iter().map(|shape| shape.area()).sum::<u32>(), 285);
        drop(shapes);
        assert_eq!(counter.alive(), 0);
        let any: FrameBox<'_, dyn Any> = unsize_frame_box!(frame.boxed(counter.make(5)));
        let any = any.downcast::<String>().unwrap_err();
        assert_eq!(any.downcast::<Counted>().unwrap().into_inner().payload, 5);
        let slice: FrameBox<'_, [u8]> = unsize_frame_box!(frame.boxed([1_u8, 2, 3]));
        assert_eq!(slice.iter().sum::<u8>(), 6);
        let nothing: FrameBox<'_, dyn Debug> = unsize_frame_box!(frame.boxed(()));
        assert_eq!(format!("{nothing:?}"), "()");
        let mut boxed = frame.boxed(Line([1; 64]));
        boxed.0[3] = 9;
        assert_eq!(boxed.into_inner().0[3], 9);
        assert!(*frame.boxed(3) < *frame.boxed(4) && frame.boxed(3) == alloc.frame_box(3));
        let pool = frame.boxed(counter.make(6)).into_pool(alloc);
        let heap = pool.into_heap(alloc);
        assert_eq!(heap.into_inner().payload, 6);
        alloc.end_frame();
    });
    assert_eq!(counter.alive(), 0);
}

#[test]
fn uninitialised_and_batches() {
    let counter = DropCounter::default();
    leaves_nothing(framealloc::AllocConfig::minimal(), |fixture| {
        let alloc = &fixture.alloc;
        alloc.begin_frame();
        let one = alloc.frame_alloc::<Counted>().write(counter.make(1));
        let many = alloc.frame_alloc_batch::<Counted>(50).write_with(|n| counter.make(n as u64));
        let [a, b] = alloc.frame_alloc_2::<u32>().map(|place| place.write(7));
        let four = alloc.frame_alloc_4::<u64>().map(|place| place.write(8));
        let eight = alloc.frame_alloc_8::<u16>().map(|place| place.write(9));
        let array = alloc.frame_array([counter.make(1), counter.make(2)]);
        assert_eq!((one.payload, many[49].payload, *a + *b, array[1].payload), (1, 49, 14, 2));
        let address = |boxed: &FrameBox<'_, u16>| std::ptr::from_ref(&**boxed).addr();
        assert!(eight.windows(2).all(|pair| address(&pair[0]) + 2 == address(&pair[1])));
        assert_eq!((address(&eight[0]) % 64, four.iter().map(|four| **four).sum::<u64>()), (0, 32));
        assert!(matches!(
            alloc.try_frame_alloc_batch::<u64>(usize::MAX / 4),
            Err(AllocError::LayoutOverflow { .. })
        ));
        assert!(caught(|| alloc.frame_alloc_batch::<u64>(usize::MAX / 4).len()).contains("address space"));
        let pool = alloc.pool_alloc::<Counted>().write(counter.make(3));
        let heap = alloc.heap_alloc::<Counted>().write(counter.make(4));
        assert_eq!((pool.payload, heap.payload), (3, 4));
        drop(alloc.frame_alloc::<Counted>());
        let frame = alloc.frame();
        assert_eq!(*frame.uninit::<u64>().write(5), 5);
        assert_eq!(frame.uninit_slice::<u64>(4).len(), 4);
        drop((one, many, array, pool, heap, (a, b), four, eight));
        alloc.end_frame();
    });
    assert_eq!(counter.alive(), 0);
}

/// A key whose hash allocates in the same frame, by an infallible form, while its map's `try_` form is under way.
struct Hungry<'f> {
    key: u64,
    frame: &'f Frame,
    hashed: &'f Cell<u64>,
}

impl PartialEq for Hungry<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Hungry<'_> {}

impl Hash for Hungry<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut scratch = self.frame.vec();
        scratch.extend(0..self.key % 20);
        let mut tried = self.frame.vec::<u8>();
        let _maybe = tried.try_reserve(10);
        assert_eq!(scratch.len() as u64, self.key % 20);
        self.hashed.set(self.hashed.get() + 1);
        self.key.hash(state);
    }
}

#[test]
fn a_hash_that_allocates_during_try_insert() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let frame = alloc.frame();
    let hashed = Cell::new(0);
    let mut map = frame.map();
    for key in 0..500 {
        map.try_insert(Hungry { key, frame: &frame, hashed: &hashed }, key).unwrap();
    }
    assert!(hashed.get() > 500 && map.iter().all(|(key, value)| key.key == *value));
    // Where the budget ends, the map returns an error and the hash's own vector panics: neither aborts.
    alloc.set_thread_frame_budget(Budget::bytes(frame.bytes_used() as usize + 600).on_exceed(OnExceed::Fail));
    let mut ended = [0, 0];
    for key in 500..2000 {
        let key = Hungry { key, frame: &frame, hashed: &hashed };
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| map.try_insert(key, 0))) {
            Ok(Ok(_)) => {}
            Ok(Err(AllocError::BudgetExceeded { .. })) => ended[0] += 1,
            Ok(Err(other)) => panic!("{other}"),
            Err(payload) => {
                assert!(framealloc_tests::panic_text(&*payload).contains("thread frame"));
                ended[1] += 1;
            }
        }
    }
    assert!(ended[0] + ended[1] > 0, "{ended:?}");
    // The container that was being tried is still usable, and infallible forms of others still panic.
    let text = caught(|| frame.vec_with_capacity::<u8>(10_000).len());
    assert!(text.contains("thread frame"), "{text}");
}

#[test]
fn try_twins_agree_with_their_infallible_forms() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    alloc.begin_frame();
    assert_eq!(*alloc.try_frame_box(1).unwrap(), 1);
    assert_eq!(*alloc.try_frame_slice::<u8>(3).unwrap(), [0; 3]);
    assert_eq!(alloc.try_frame_vec_with_capacity::<u8>(9).unwrap().capacity(), 9);
    assert_eq!(alloc.try_frame_vec_bounded::<u8>(9).unwrap().bound(), 9);
    assert_eq!(alloc.try_frame_map_bounded::<u8, u8>(9).unwrap().bound(), 9);
    assert_eq!(alloc.try_frame_alloc::<u8>().unwrap().write(3).into_inner(), 3);
    assert_eq!(alloc.try_frame_alloc_batch::<u8>(4).unwrap().len(), 4);
    let frame = alloc.try_frame().unwrap();
    assert_eq!(*frame.try_alloc(1).unwrap(), 1);
    assert_eq!(*frame.try_alloc_with(|| 2).unwrap(), 2);
    assert_eq!(frame.try_slice_copy(&[1, 2]).unwrap(), [1, 2]);
    assert_eq!(frame.try_slice_from_fn(3, |n| n).unwrap(), [0, 1, 2]);
    assert_eq!(*frame.try_boxed(5).unwrap(), 5);
    drop(frame);
    alloc.set_budget(Budget::bytes(0).on_exceed(OnExceed::Fail));
    let frame = alloc.frame();
    let mut made = 0;
    assert!(frame.try_alloc_with(|| made += 1).is_ok(), "nothing takes nothing");
    assert!(
        frame
            .try_alloc_with(|| {
                made += 1;
                [0_u8; 8]
            })
            .is_err()
    );
    assert!(
        frame
            .try_slice_from_fn(3, |n| {
                made += 1;
                n
            })
            .is_err()
    );
    assert_eq!(made, 1, "closures do not run when the place is refused");
    let counter = DropCounter::default();
    assert!(alloc.try_frame_box(counter.make(1)).is_err() && frame.try_boxed(counter.make(2)).is_err());
    assert!(alloc.try_pool_box(counter.make(3)).is_err() && alloc.try_heap_box(counter.make(4)).is_err());
    assert_eq!((counter.made(), counter.alive()), (4, 0), "refused values are dropped");
    alloc.end_frame();
}

#[test]
fn everything_serialises_as_what_it_holds() {
    let alloc = SmartAlloc::with_defaults();
    alloc.begin_frame();
    let frame = alloc.frame();
    let mut vec = frame.vec();
    vec.extend([1, 2]);
    let mut map = frame.map();
    map.insert("k", vec.clone());
    let mut set = frame.set();
    set.insert(4);
    let mut text = frame.string();
    text.push_str("x\"y");
    let json = |value: &dyn erased::Json| value.json();
    assert_eq!(json(&vec), "[1,2]");
    assert_eq!(json(&map), "{\"k\":[1,2]}");
    assert_eq!((json(&set), json(&text)), ("[4]".into(), "\"x\\\"y\"".into()));
    assert_eq!((json(&frame.boxed(5)), json(&alloc.frame_slice::<u8>(2))), ("5".into(), "[0,0]".into()));
    let stats = serde_json::to_value(alloc.stats().total).unwrap();
    assert!(stats["frame"]["live_bytes"].as_u64().unwrap() > 0);
    let tags = serde_json::to_value(&alloc.stats().tags).unwrap();
    assert_eq!(tags[0]["path"], "(untagged)");
    assert!(serde_json::to_value(alloc.intent_report()).unwrap()["systems"].is_array());
    let as_std: StdMap<String, Vec<u32>> = serde_json::from_str(&json(&map)).unwrap();
    assert_eq!(as_std["k"], [1, 2]);
    drop(vec);
    alloc.end_frame();
}

mod erased {
    pub(super) trait Json {
        fn json(&self) -> String;
    }

    impl<T: serde::Serialize> Json for T {
        fn json(&self) -> String {
            serde_json::to_string(self).expect("it serialises")
        }
    }
}
