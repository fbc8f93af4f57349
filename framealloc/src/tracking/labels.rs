//! Whose a block is: labels, and what is alive under each.

use core::cell::Cell;
use core::ops::Range;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::counters::{exempt, is_exempt};

/// Ordinary heap blocks that are alive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveBlocks {
    /// Their bytes.
    pub bytes: u64,
    /// Their number.
    pub blocks: u64,
}

/// The label of blocks whose thread used no allocator, and of those that found the table full.
const NOBODY: u16 = 0;
/// The label of blocks that are not counted (T3).
const UNCOUNTED: u16 = u16::MAX;
const LABELS: usize = UNCOUNTED as usize;

/// What is alive under one label.
struct Alive {
    bytes: AtomicU64,
    blocks: AtomicU64,
}

impl Alive {
    fn read(&self) -> LiveBlocks {
        LiveBlocks { bytes: self.bytes.load(Ordering::Relaxed), blocks: self.blocks.load(Ordering::Relaxed) }
    }
}

/// By label. Its pages are not touched before they are used.
static ALIVE: [Alive; LABELS] =
    [const { Alive { bytes: AtomicU64::new(0), blocks: AtomicU64::new(0) } }; LABELS];

/// The era of now: the number of marks so far.
static ERA: AtomicU64 = AtomicU64::new(0);

/// Whether a block was ever labelled.
static LIVE: AtomicBool = AtomicBool::new(false);

/// Whose a label is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Owner {
    allocator: u64,
    era: u64,
    tag: u16,
}

/// The owners of the labels 1 to `used`.
struct Book {
    owners: [Owner; LABELS],
    used: usize,
}

static BOOK: Mutex<Book> =
    Mutex::new(Book { owners: [const { Owner { allocator: 0, era: 0, tag: 0 } }; LABELS], used: 0 });

impl Book {
    fn owned(&self) -> impl Iterator<Item = (u16, &Owner)> {
        (1..=self.used).map(|label| (label as u16, &self.owners[label]))
    }

    /// The label of `owner`: the one it has, else one whose era is over and which counts nothing (T6), else a new one.
    fn label(&mut self, owner: Owner) -> u16 {
        let now = ERA.load(Ordering::SeqCst);
        let mut over = None;
        for (label, known) in self.owned() {
            if *known == owner {
                return label;
            }
            let counts = || ALIVE[usize::from(label)].blocks.load(Ordering::SeqCst) != 0;
            if over.is_none() && known.era < now && !counts() {
                over = Some(label);
            }
        }
        let label = match over {
            Some(label) => label,
            None if self.used + 1 < LABELS => {
                self.used += 1;
                self.used as u16
            }
            None => return NOBODY,
        };
        self.owners[usize::from(label)] = owner;
        label
    }
}

/// Locks the table. Only under `exempt` (T3).
fn book() -> MutexGuard<'static, Book> {
    BOOK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The label that a thread found for one tag, and the era it is for.
#[derive(Debug)]
pub(crate) struct LabelCache {
    era: Cell<u64>,
    label: Cell<u16>,
}

impl LabelCache {
    pub(crate) const fn new() -> Self {
        Self { era: Cell::new(u64::MAX), label: Cell::new(NOBODY) }
    }
}

/// Who pays for what the thread allocates now.
pub(crate) struct Payer<'a> {
    pub(crate) allocator: u64,
    pub(crate) tag: u16,
    pub(crate) cache: &'a LabelCache,
}

impl Payer<'_> {
    #[inline]
    fn label(&self, era: u64) -> u16 {
        if self.cache.era.get() != era {
            self.look_up(era);
        }
        self.cache.label.get()
    }

    #[cold]
    fn look_up(&self, era: u64) {
        let owner = Owner { allocator: self.allocator, era, tag: self.tag };
        self.cache.label.set(exempt(|| book().label(owner)));
        self.cache.era.set(era);
    }
}

/// Knows what its thread does.
pub(crate) trait LabelSource {
    /// Who pays now. Neither allocates nor unwinds nor runs foreign code.
    fn payer(&self) -> Payer<'_>;
}

thread_local! {
    static SOURCE: Cell<Option<NonNull<dyn LabelSource>>> = const { Cell::new(None) };
}

/// From now on `source` says who pays on this thread.
///
/// # Safety
///
/// `source` lives until [`clear_source`] is called with it on this thread (T5).
pub(crate) unsafe fn set_source(source: NonNull<dyn LabelSource>) {
    SOURCE.set(Some(source));
}

/// `source` does not say who pays any more.
pub(crate) fn clear_source(source: NonNull<dyn LabelSource>) {
    if SOURCE.get().is_some_and(|set| set.addr() == source.addr()) {
        SOURCE.set(None);
    }
}

/// Counts a block of `bytes` for whoever pays on this thread; returns its label.
#[inline]
pub(super) fn charge(bytes: usize) -> u16 {
    if !LIVE.load(Ordering::Relaxed) {
        LIVE.store(true, Ordering::Relaxed);
    }
    if is_exempt() {
        return UNCOUNTED;
    }
    loop {
        let era = ERA.load(Ordering::SeqCst);
        // SAFETY: T5: what is named lives.
        let label = SOURCE.get().map_or(NOBODY, |source| unsafe { source.as_ref() }.payer().label(era));
        let alive = &ALIVE[usize::from(label)];
        alive.blocks.fetch_add(1, Ordering::SeqCst);
        alive.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        // T6: the label may have been given to another owner before it was counted.
        if label == NOBODY || ERA.load(Ordering::SeqCst) == era {
            return label;
        }
        credit(label, bytes);
    }
}

/// A block of `bytes` under `label` is gone.
#[inline]
pub(super) fn credit(label: u16, bytes: usize) {
    if label != UNCOUNTED {
        let alive = &ALIVE[usize::from(label)];
        alive.bytes.fetch_sub(bytes as u64, Ordering::Relaxed);
        alive.blocks.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A block under `label` has another size.
#[inline]
pub(super) fn resize(label: u16, old: usize, new: usize) {
    if label != UNCOUNTED {
        ALIVE[usize::from(label)].bytes.fetch_add((new as u64).wrapping_sub(old as u64), Ordering::Relaxed);
    }
}

/// Begins an era; returns its number. What was allocated in earlier ones has smaller numbers.
pub(crate) fn begin_era() -> u64 {
    ERA.fetch_add(1, Ordering::SeqCst) + 1
}

/// Adds what is alive of `allocator` and was allocated in `eras` to `sums`, which are indexed by tag.
pub(crate) fn add_live(allocator: u64, eras: Range<u64>, sums: &mut [LiveBlocks]) {
    exempt(|| {
        for (label, owner) in book().owned() {
            if owner.allocator == allocator
                && eras.contains(&owner.era)
                && let Some(sum) = sums.get_mut(usize::from(owner.tag))
            {
                let LiveBlocks { bytes, blocks } = ALIVE[usize::from(label)].read();
                sum.bytes = sum.bytes.wrapping_add(bytes);
                sum.blocks = sum.blocks.wrapping_add(blocks);
            }
        }
    });
}

/// Whether a [`Tracking`](super::Tracking) in the mode [`Live`](super::Live) has served a block in this program.
#[must_use]
pub fn is_live() -> bool {
    LIVE.load(Ordering::Relaxed)
}

/// What is alive and belongs to no tag of any allocator: it was allocated on threads that had used none, or while 65534
/// labels (a tag between two marks) had blocks alive.
#[must_use]
pub fn unattributed() -> LiveBlocks {
    ALIVE[usize::from(NOBODY)].read()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAGS: [u16; 3] = [0, 1, 2];

    fn label(tag: u16, allocator: u64) -> u16 {
        let cache = LabelCache::new();
        Payer { allocator, tag, cache: &cache }.label(ERA.load(Ordering::SeqCst))
    }

    #[test]
    fn labels_that_count_nothing_are_given_out_again_after_their_era() {
        let allocator = u64::MAX;
        let first = TAGS.map(|tag| label(tag, allocator));
        assert_eq!(first, TAGS.map(|tag| label(tag, allocator)), "an owner keeps its label");
        ALIVE[usize::from(first[0])].blocks.fetch_add(1, Ordering::SeqCst);
        begin_era();
        let second: Vec<u16> = (0..100).map(|tag| label(tag, allocator)).collect();
        assert!(!second.contains(&first[0]), "it counts a block");
        begin_era();
        let before = book().used;
        for tag in 0..100 {
            label(tag, allocator);
        }
        assert_eq!(book().used, before, "no new label was needed");
        ALIVE[usize::from(first[0])].blocks.fetch_sub(1, Ordering::SeqCst);
    }

    #[test]
    fn a_full_table_gives_to_nobody() {
        // A table is larger than the stack of a test.
        let thread = std::thread::Builder::new().stack_size(16 * size_of::<Book>());
        thread.spawn(fill_a_table).unwrap().join().unwrap();
    }

    fn fill_a_table() {
        let era = ERA.load(Ordering::SeqCst) + 1000;
        let owner = |allocator| Owner { allocator, era, tag: 0 };
        let mut book = Book { owners: [owner(1); LABELS], used: LABELS - 2 };
        assert_eq!(usize::from(book.label(owner(2))), LABELS - 1);
        assert_eq!(book.label(owner(3)), NOBODY);
        assert_eq!(usize::from(book.label(owner(2))), LABELS - 1);
    }
}
