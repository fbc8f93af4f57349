//! Models of the pin word and of the life of a slot. Run with
//! `RUSTFLAGS="--cfg framealloc_loom" cargo test -p framealloc --lib --release share::loom_tests`.

use super::word::PinWord;
use super::*;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering};
use loom::cell::UnsafeCell;
use loom::thread;
use std::sync::Arc;

/// A value that loom watches: reading it while it is written, or the reverse, fails the model.
struct Watched(UnsafeCell<u32>);

// SAFETY: V2: what the models show.
unsafe impl Sync for Watched {}
// SAFETY: V2: as above.
unsafe impl Send for Watched {}

impl Watched {
    fn new(value: u32) -> Self {
        Self(UnsafeCell::new(value))
    }

    fn read(&self) -> u32 {
        // SAFETY: V2: a pin holds, says the code under test.
        self.0.with(|value| unsafe { *value })
    }

    fn write(&self, new: u32) {
        // SAFETY: V3: the slot is vacant, says the code under test.
        self.0.with_mut(|value| unsafe { *value = new });
    }
}

#[test]
fn readers_see_their_generation_or_nothing() {
    loom::model(|| {
        let shared = Arc::new((PinWord::new(), Watched::new(0)));
        let first = PinWord::new().open();
        // Readers that come before it is open see nothing; nothing but the word tells them that it is.
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || {
                    if shared.0.pin(first) {
                        assert_eq!(shared.1.read(), 1);
                    }
                    // Who makes it vacant may write.
                    let vacant = shared.0.unpin();
                    if vacant {
                        shared.1.write(2);
                    }
                    vacant
                })
            })
            .collect();
        shared.1.write(1);
        assert_eq!(shared.0.open(), first);
        let mine = shared.0.close();
        if mine {
            shared.1.write(2);
        }
        let theirs = readers.into_iter().map(|reader| reader.join().unwrap());
        assert_eq!(theirs.filter(|vacant| *vacant).count() + usize::from(mine), 1, "exactly one");
    });
}

#[test]
fn a_late_reader_of_a_reused_slot_finds_nothing() {
    loom::model(|| {
        let shared = Arc::new((PinWord::new(), Watched::new(0)));
        shared.1.write(1);
        let first = shared.0.open();
        let reader = {
            let shared = shared.clone();
            thread::spawn(move || {
                if shared.0.pin(first) {
                    assert_eq!(shared.1.read(), 1);
                }
                shared.0.unpin()
            })
        };
        let mut vacant = shared.0.close();
        if vacant {
            shared.1.write(2);
            let second = shared.0.open();
            assert!(shared.0.pin(second));
            assert_eq!(shared.1.read(), 2);
            assert!(!shared.0.unpin());
            vacant = shared.0.close();
        }
        assert_ne!(vacant, reader.join().unwrap(), "exactly one");
    });
}

/// A value whose destructor writes to what loom watches.
struct Dropped(Arc<(Watched, AtomicU32)>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.0.write(9);
        self.0.1.fetch_add(1, Ordering::Relaxed);
    }
}

/// One slot, its inbox and its value.
struct Scene {
    slot: Slot,
    inbox: Inbox,
    node: NonNull<Node<Dropped>>,
    seen: Arc<(Watched, AtomicU32)>,
}

// SAFETY: V2, V3: what the models show.
unsafe impl Sync for Scene {}
// SAFETY: V2, V3: as above.
unsafe impl Send for Scene {}

impl Scene {
    fn open() -> (Arc<Self>, u64) {
        let seen = Arc::new((Watched::new(0), AtomicU32::new(0)));
        seen.0.write(1);
        let node = NonNull::from(Box::leak(Box::new(Node::new(Dropped(seen.clone())))));
        let scene = Arc::new(Self { slot: Slot::new(), inbox: Inbox::new(), node, seen });
        // SAFETY: V2, V4: the scene keeps both.
        let generation = unsafe { scene.slot.open(scene.node, &scene.inbox) };
        (scene, generation)
    }

    /// A reader that reads once.
    fn read(self: &Arc<Self>, generation: u64) {
        // SAFETY: V2: opened with this type.
        if let Some(value) = unsafe { self.slot.pin::<Dropped>(generation) } {
            // SAFETY: V2: the pin holds.
            assert_eq!(unsafe { value.as_ref() }.0.0.read(), 1);
        }
        drop(self.slot.unpin());
    }

    fn give_up(&self) {
        // SAFETY: V3: the caller was told that the slot is vacant and its own.
        drop(unsafe { self.slot.take_value() });
    }

    fn drained(&self) -> bool {
        let mut pushed = self.inbox.take_all();
        let found = pushed.next().is_some();
        assert!(pushed.next().is_none(), "pushed once");
        found
    }

    #[track_caller]
    fn assert_dropped_once(&self) {
        assert_eq!(self.seen.1.load(Ordering::Relaxed), 1);
        // SAFETY: V3: the value was dropped and nobody uses the node; its memory came from a box.
        drop(unsafe { Box::from_raw(self.node.as_ptr()) });
    }
}

#[test]
fn the_owner_gives_up_what_readers_pushed() {
    loom::model(|| {
        let (scene, generation) = Scene::open();
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let scene = scene.clone();
                thread::spawn(move || scene.read(generation))
            })
            .collect();
        if scene.slot.close() || scene.drained() {
            scene.give_up();
        }
        readers.into_iter().for_each(|reader| reader.join().unwrap());
        if scene.drained() {
            scene.give_up();
        }
        scene.assert_dropped_once();
    });
}

#[test]
fn an_owner_that_exits_leaves_the_value_to_one_heir() {
    loom::model(|| {
        let (scene, generation) = Scene::open();
        let reader = {
            let scene = scene.clone();
            thread::spawn(move || scene.read(generation))
        };
        if scene.slot.close() {
            scene.give_up();
        } else if scene.drained() {
            scene.give_up();
        } else {
            let memory = Arc::new(());
            scene.slot.set_heir(memory.clone());
            if scene.inbox.abandon().next().is_some() {
                drop(scene.slot.inherit());
            }
            reader.join().unwrap();
            assert_eq!(Arc::strong_count(&memory), 1, "the heir is gone");
            return scene.assert_dropped_once();
        }
        reader.join().unwrap();
        scene.assert_dropped_once();
    });
}

#[test]
fn slots_of_two_readers_are_both_pushed() {
    loom::model(|| {
        let (first, one) = Scene::open();
        let second = {
            // Two slots, one inbox.
            let (scene, _) = Scene::open();
            scene
        };
        assert!(second.slot.close());
        // SAFETY: V2, V4: as in `Scene::open`.
        let two = unsafe { second.slot.open(second.node, &first.inbox) };
        // SAFETY: V2: opened with these types.
        unsafe {
            assert!(first.slot.pin::<Dropped>(one).is_some());
            assert!(second.slot.pin::<Dropped>(two).is_some());
        }
        assert!(!first.slot.close() && !second.slot.close());
        let reader = {
            let second = second.clone();
            thread::spawn(move || drop(second.slot.unpin()))
        };
        drop(first.slot.unpin());
        reader.join().unwrap();
        assert_eq!(first.inbox.take_all().count(), 2);
        first.give_up();
        second.give_up();
        first.assert_dropped_once();
        second.assert_dropped_once();
    });
}
