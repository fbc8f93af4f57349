//! Handles name what they were made for, and nothing else.

use std::cell::Cell;
use std::collections::HashSet;
use std::mem::swap;

use framealloc::{Group, GroupHandle, SmartAlloc};
use framealloc_tests::{DropCounter, caught, on_thread};

#[test]
fn values_are_read_and_changed_through_handles() {
    let alloc = SmartAlloc::with_defaults();
    let mut group = alloc.groups().create_group("level");
    let (name, sizes) = (group.alloc(String::from("harbour")), group.alloc_slice(4, |n| n as u64));
    let cell = group.alloc(Cell::new(1));
    group[name].push('!');
    group[sizes][2] = 20;
    *group.get_mut(cell).unwrap() = Cell::new(2);
    assert_eq!((group[name].as_str(), &group[sizes]), ("harbour!", &[0, 1, 20, 3][..]));
    assert_eq!(group.get_mut(cell).unwrap().get(), 2);
    assert_eq!((group.name(), group.objects(), group.bytes_held()), ("level", 6, 4096));
    assert!(group.bytes_used() >= 24 + 32 + 8);
    let set: HashSet<GroupHandle<u64>> = [group.alloc(1_u64), group.alloc(1)].into_iter().collect();
    assert_eq!(set.len(), 2, "two values, two handles");
}

#[test]
fn a_handle_of_a_freed_group_names_nothing_in_any_other() {
    let alloc = SmartAlloc::with_defaults();
    let counter = DropCounter::default();
    let mut stale = Vec::new();
    for round in 0..100 {
        let mut group = alloc.groups().create_group("level");
        let handle = group.alloc(counter.make(round));
        for old in &stale {
            assert!(group.get(*old).is_none() && group.get_mut(*old).is_none() && !group.contains(*old));
        }
        assert_eq!(group[handle].payload, round);
        stale.push(handle);
        alloc.groups().free_group(group);
    }
    let mut group = alloc.groups().create_group("now");
    for text in [caught(|| group[stale[0]].payload), caught(|| group[stale[0]].payload = 1)] {
        assert_eq!(
            text,
            "the handle names no value of group \"now\": its group was freed, or is another one; use `get` to ask"
        );
    }
    assert_eq!(counter.alive(), 0);
}

#[test]
fn swapped_groups_take_their_values_along() {
    let alloc = SmartAlloc::with_defaults();
    let (mut a, mut b) = (alloc.groups().create_group("a"), alloc.groups().create_group("b"));
    let (in_a, in_b) = (a.alloc(1_u32), b.alloc(2_u32));
    swap(&mut a, &mut b);
    assert_eq!((b[in_a], a[in_b], a.get(in_a)), (1, 2, None));
    let inner = a.create_group("inner");
    let deep = a[inner].alloc(3_u32);
    let mut taken = std::mem::replace(&mut a[inner], alloc.groups().create_group("other"));
    assert_eq!((taken[deep], a.group(inner).is_none()), (3, true), "the id went with the group");
    taken[deep] = 4;
    let other = a.groups().next().unwrap().0;
    swap(&mut taken, &mut a[other]);
    assert_eq!(a[inner][deep], 4);
    drop(taken);
    assert_eq!(a[inner][deep], 4);
}

#[test]
fn groups_move_and_are_shared_between_threads() {
    fn shareable<T: Send + Sync>() {}
    shareable::<Group>();
    shareable::<GroupHandle<Cell<u8>>>();
    let alloc = SmartAlloc::with_defaults();
    let counter = DropCounter::default();
    let mut group = alloc.groups().create_group("level");
    let words = group.alloc_slice(1000, |n| n as u64);
    let value = group.alloc(counter.make(5));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                assert_eq!(group[words].iter().sum::<u64>(), 499_500);
                group[value].verify();
            });
        }
    });
    let group = on_thread(move || {
        let more = group.alloc(counter.make(6));
        assert_eq!(group[more].payload, 6);
        group
    });
    assert_eq!(on_thread(move || SmartAlloc::with_defaults().groups().free_group(group)).objects, 1002);
}

#[test]
fn groups_outlive_their_allocator() {
    let counter = DropCounter::default();
    let alloc = SmartAlloc::with_defaults();
    let mut group = alloc.groups().create_group("level");
    let early = group.alloc(counter.make(1));
    drop(alloc);
    let late = group.alloc_slice(1000, |n| counter.make(n as u64));
    assert_eq!((group[early].payload, group[late][999].payload), (1, 999));
    drop(group);
    assert_eq!(counter.alive(), 0);
}
