//! Slots: how a value in one thread's frame memory is read on other threads, and given up exactly once.
//!
//! ```text
//!  handle (slot, generation)          owner's thread                        readers' threads
//!        │ read: pin                        │ open, close                         │ unpin
//!        ▼                                  ▼                                     ▼
//!  Slot ┌──────────────────────────┬────────────┐   the last unpin of a closed slot pushes it
//!       │ generation, state (40)   │ pins (24)  │──────────────────────────────────────┐
//!       ├──────────────────────────┴────────────┤                                      ▼
//!       │ node ─► [ destructor | value ]        │                                   Inbox of the owner,
//!       └───────────────────────────────────────┘   in the owner's frame memory     which the owner drains
//!
//!  vacant ──open──► open ──close, unpinned──► vacant, the owner gives the value up at once
//!                    └────close, pinned────► closed ──last unpin──► vacant, in the inbox
//! ```
//!
//! | type | role |
//! |---|---|
//! | [`PinWord`](word::PinWord) | generation, state and pins in 64 bits |
//! | [`Slot`] | one shared value: its word, its node, whose it is |
//! | [`Inbox`] | slots that readers gave back to their owner |
//! | [`SlotTable`] | the slots of one allocator, at addresses that stay |
//! | [`Node`], [`Owned`](node::Owned) | a value behind its destructor; the duty to run it |
//!
//! # Invariants
//!
//! * **V1** A slot stays at its address until the table is dropped, so a pointer to it may be followed as long as the
//!   allocator lives, whatever generation it is of. Nothing but the word is read before a pin holds.
//! * **V2** A pin holds if the slot was open in the generation of the handle when it was taken. While pins hold, the
//!   slot's node is initialised, is not moved, and is lent only as shared.
//! * **V3** Exactly one caller makes a closed slot vacant: `close` when nobody has pinned it, otherwise the `unpin` that
//!   took the last pin away. Who did so owns the node; nobody else reads or writes the slot but for its word until it is
//!   opened again. Late readers count themselves on the word and are as good as others for making it vacant.
//! * **V4** A slot's inbox lives as long as the slot is open or closed: its owner's heap holds it, which the slot keeps by
//!   the count on its core; after the owner's exit the slot's heir holds it.
//! * **V5** An inbox that is abandoned takes no slot. Each closed slot has its heir before its inbox is abandoned, so who
//!   fails to push finds the heir and gives the value up instead of the owner, after which the heir is dropped.
//! * **V6** `until`, `core`, `next` and `previous` of a slot belong to the thread that took it from the table, from its exit
//!   on to who inherits it, and in the table to the holder of its lock.
//!
//! # Safety
//!
//! - *A handle outlives its value, its thread, its allocator*: a generation is open once, and an allocator's id is never
//!   used again; a stale handle counts itself on the word of a slot that is still there (V1), and takes the count away.
//! - *A guard is forgotten*: its pin stays, so the slot is never vacant, the value is never dropped and its frame's memory
//!   never used again. When the allocator goes nobody can look any more, and the rest of it goes too.
//! - *A destructor panics or calls back*: a value is given up when its slot is vacant, in no list, and may be open again.
//! - *The owner exits while others read*: V5; the last reader of each frame gives its chunks back, or its last handle in a
//!   thread-local that goes later.

#![expect(unsafe_code, reason = "slots and nodes are raw memory")]

mod inbox;
mod node;
mod slot;
mod table;
mod word;

#[cfg(all(framealloc_loom, test))]
mod loom_tests;
#[cfg(all(test, not(framealloc_loom)))]
mod tests;

pub(crate) use inbox::Inbox;
pub(crate) use node::Node;
pub(crate) use slot::{Chain, Slot};
pub(crate) use table::SlotTable;
