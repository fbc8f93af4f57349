//! Groups inside groups.

use framealloc::{AllocError, Group, GroupId, SmartAlloc};
use framealloc_tests::{DropCounter, Fixture, caught, on_thread};

#[test]
fn an_inner_group_is_freed_alone_or_with_the_outer_one() {
    let fixture = Fixture::small();
    let counter = DropCounter::default();
    on_thread(|| {
        let groups = fixture.alloc.groups();
        let mut level = groups.create_group("level");
        let hall = level.alloc(counter.make(0));
        let (cellar, attic) = (level.create_group("cellar"), level.create_group("attic"));
        let lamp = level[cellar].alloc(counter.make(1));
        let chest = level[cellar].create_group("chest");
        let coin = level[cellar][chest].alloc(counter.make(2));
        level[attic].alloc_slice(10, |n| counter.make(n as u64));
        let names: Vec<_> = level.groups().map(|(_, group)| group.name().to_owned()).collect();
        assert_eq!(names, ["cellar", "attic"]);
        assert!(level.get(lamp).is_none(), "a group knows its own values only");
        assert_eq!(level[cellar][chest][coin].payload, 2);

        let freed = level.free_group(cellar).unwrap();
        assert_eq!((freed.groups, freed.objects, freed.bytes), (2, 2, 8192));
        assert_eq!(counter.alive(), 11);
        assert_eq!(level.free_group(cellar), Err(AllocError::StaleGroup));
        assert_eq!(level.free_group(chest), Err(AllocError::StaleGroup));
        assert!(level.group(cellar).is_none() && level.group_mut(cellar).is_none());
        let text =
            "group \"level\": the group is gone: it was freed already, or it is nested in another group";
        assert_eq!(caught(|| level[cellar].objects()), text);
        assert_eq!(caught(|| level[cellar].alloc(1)), text);
        level[hall].verify();

        let freed = groups.free_group(level);
        assert_eq!((freed.groups, freed.objects), (2, 11));
        assert_eq!(counter.alive(), 0);
    });
    fixture.assert_all_freed();
}

#[test]
fn inner_destructors_run_before_outer_ones() {
    use std::sync::{Arc, Mutex};
    struct Noted(&'static str, Arc<Mutex<Vec<&'static str>>>);
    impl Drop for Noted {
        fn drop(&mut self) {
            self.1.lock().unwrap().push(self.0);
        }
    }
    let alloc = SmartAlloc::with_defaults();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut outer = alloc.groups().create_group("outer");
    let (a, b) = (outer.create_group("a"), outer.create_group("b"));
    let inmost = outer[a].create_group("inmost");
    outer[a].alloc(Noted("a", order.clone()));
    outer[b].alloc(Noted("b", order.clone()));
    outer[a][inmost].alloc(Noted("inmost", order.clone()));
    outer.alloc(Noted("outer", order.clone()));
    drop(outer);
    let order = order.lock().unwrap();
    let at = |name| order.iter().position(|other| *other == name).unwrap();
    assert!(order.len() == 4 && at("inmost") < at("a") && at("a") < at("outer") && at("b") < at("outer"));
}

#[test]
fn deep_nesting_needs_no_stack() {
    let fixture = Fixture::small();
    let counter = DropCounter::default();
    let depth = if cfg!(miri) { 100 } else { 100_000 };
    on_thread(|| {
        let mut outer = fixture.alloc.groups().create_group("outer");
        let mut inmost: &mut Group = &mut outer;
        for n in 0..depth {
            let id: GroupId = inmost.create_group("inner");
            inmost = &mut inmost[id];
            if n % 1000 == 0 {
                inmost.alloc(counter.make(n));
            }
        }
        assert_eq!(fixture.alloc.groups().free_group(outer).groups, depth + 1);
    });
    assert_eq!(counter.alive(), 0);
    fixture.assert_all_freed();
}
