//! What is out of reach from outside: full words, worn slots, abandoned inboxes.

use super::word::PinWord;
use super::*;
use crate::backend::{CountingBackend, SystemBackend};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

#[test]
fn a_word_goes_round() {
    let word = PinWord::new();
    assert!(!word.is_open() && !word.is_worn());
    let generation = word.open();
    assert!(word.is_open() && word.pin(generation) && word.pin(generation));
    assert!(!word.close() && !word.is_open());
    assert!(!word.pin(generation), "closed: no new reader");
    assert!(!word.unpin() && !word.unpin());
    assert!(word.unpin(), "the last one makes it vacant");
    assert!(!word.pin(generation) && !word.unpin(), "vacant: a late reader leaves no trace");
    let again = word.open();
    assert!(again > generation && !word.pin(generation) && !word.unpin() && word.pin(again));
    assert!(!word.unpin() && word.close());
}

#[test]
fn a_read_past_half_the_range_does_not_hold() {
    let word = PinWord::new();
    let generation = word.open();
    word.set_pins(PinWord::MOST_PINS - 1);
    assert!(word.pin(generation));
    assert!(!word.pin(generation), "half of the range is taken");
    assert!(!word.unpin());
    assert!(!word.unpin());
    assert!(word.pin(generation), "and free again");
    word.set_pins(1);
    assert!(!word.close() && word.unpin());
}

#[test]
fn a_word_wears_out() {
    let word = PinWord::nearly_worn();
    let last = word.open();
    assert!(word.pin(last) && !word.is_worn());
    assert!(!word.close() && word.unpin() && word.is_worn());
    assert!(!word.pin(last) && !word.unpin(), "no handle fits a worn slot");
}

/// Counts drops, and panics if told to.
struct Loud<'a>(&'a AtomicU64, bool);

impl Drop for Loud<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
        assert!(!self.1, "a destructor panics");
    }
}

fn table() -> (SlotTable, Arc<CountingBackend<SystemBackend>>) {
    let backend = Arc::new(CountingBackend::new(SystemBackend::new()));
    (SlotTable::new(backend.clone()), backend)
}

fn first(chain: &mut Chain) -> NonNull<Slot> {
    chain.pop().expect("a table gives at least one slot")
}

#[test]
fn a_worn_slot_is_never_handed_out_again() {
    let (table, _) = table();
    let mut chain = table.take().unwrap();
    // SAFETY: V1: the table lives to the end of the test.
    let worn = unsafe { first(&mut chain).as_ref() };
    worn.word.set_worn();
    chain.push(worn);
    table.give(chain);
    let mut seen = 0;
    let mut rest = table.take().unwrap();
    while let Some(slot) = rest.pop() {
        assert!(!core::ptr::eq(slot.as_ptr(), worn));
        seen += 1;
    }
    assert_eq!(seen, 31);
}

#[test]
fn an_abandoned_inbox_leaves_the_value_to_the_last_reader() {
    let drops = AtomicU64::new(0);
    let mut node = Node::new(Loud(&drops, false));
    let inbox = Arc::new(Inbox::new());
    let (table, _) = table();
    let mut chain = table.take().unwrap();
    // SAFETY: V1: the table lives to the end of the test.
    let slot = unsafe { first(&mut chain).as_ref() };
    // SAFETY: V2, V4: node and inbox live to the end of the test.
    let generation = unsafe { slot.open(NonNull::from(&mut node), &inbox) };
    // SAFETY: V2: opened with this type.
    assert!(unsafe { slot.pin::<Loud<'_>>(generation) }.is_some());
    assert!(!slot.close());
    let heir = Arc::new(());
    slot.set_heir(heir.clone());
    assert!(inbox.abandon().next().is_none());
    let inheritance = slot.unpin().expect("nobody else gives it up");
    assert_eq!((drops.load(Ordering::Relaxed), Arc::strong_count(&heir)), (0, 2));
    drop(inheritance);
    assert_eq!((drops.load(Ordering::Relaxed), Arc::strong_count(&heir)), (1, 1));
    assert!(slot.inherit().is_none(), "once");
}

#[test]
fn a_table_gives_up_what_forgotten_guards_kept_although_destructors_panic() {
    let drops = AtomicU64::new(0);
    let mut nodes = [false, true, false].map(|panics| Node::new(Loud(&drops, panics)));
    let inbox = Arc::new(Inbox::new());
    let heir = Arc::new(());
    let (table, backend) = table();
    let mut chain = table.take().unwrap();
    for node in &mut nodes {
        // SAFETY: V1, V2, V4: table, nodes and inbox live until the table is dropped.
        unsafe {
            let slot = first(&mut chain).as_ref();
            let generation = slot.open(NonNull::from(node), &inbox);
            assert!(slot.pin::<Loud<'_>>(generation).is_some());
            assert!(!slot.close());
            slot.set_heir(heir.clone());
        }
    }
    table.give(chain);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(table))).is_err());
    assert_eq!((drops.load(Ordering::Relaxed), Arc::strong_count(&heir)), (3, 1));
    assert_eq!(backend.counts().live_bytes, 0);
}
