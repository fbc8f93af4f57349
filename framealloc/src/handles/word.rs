//! The state of one object in one atomic word: its generation, who borrows it, whether it may move.
//!
//! ```text
//!  63            31 30      19 18       3   2        1         0
//! ├─ generation ───┼── pins ──┼─ readers ┼ moving ┼ writer ┼ condemned ┤
//! ```
//!
//! A vacant slot is condemned and has no pins, readers, writer or mover; its generation is the next object's.

#![forbid(unsafe_code)]

use crate::sys::sync::{AtomicU64, Ordering};

const CONDEMNED: u64 = 1;
const WRITER: u64 = 1 << 1;
const MOVING: u64 = 1 << 2;
const READER: u64 = 1 << 3;
const READERS: u64 = 0xffff << 3;
const PIN: u64 = 1 << 19;
const PINS: u64 = 0xfff << 19;
const GENERATION_SHIFT: u32 = 31;
/// The last generation; a slot that reached it is used no more.
const LAST_GENERATION: u64 = u64::MAX >> GENERATION_SHIFT;

/// Why a borrow or a pin was not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The object is gone, or its handle was freed.
    Stale,
    /// Somebody borrows it in a way that excludes this, or as often as can be counted.
    InUse,
    /// It is being moved: whoever waits for the lock of the space finds it moved.
    Moving,
}

/// Who is to drop the object and vacate the slot.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nobody, for now.
    Stays,
    /// The caller: the object is condemned, and the caller was the last to let go of it.
    YoursToEnd,
}

pub(super) struct Word(AtomicU64);

impl Word {
    /// The word of a slot that was never used.
    pub(super) fn vacant() -> Self {
        Self(AtomicU64::new(CONDEMNED))
    }

    /// Makes a vacant slot that of a live object; returns its generation. The caller alone knows of the slot.
    pub(super) fn publish(&self) -> u64 {
        let generation = self.generation();
        self.0.store(generation << GENERATION_SHIFT, Ordering::Release);
        generation
    }

    /// Makes the slot of an object that ended vacant; whether it may be used again.
    pub(super) fn vacate(&self) -> bool {
        let next = (self.generation() + 1).min(LAST_GENERATION);
        self.0.store((next << GENERATION_SHIFT) | CONDEMNED, Ordering::Release);
        // The last generation is never published: no handle has it.
        next < LAST_GENERATION
    }

    /// The generation of the object that is here, or of the next one.
    pub(super) fn generation(&self) -> u64 {
        self.0.load(Ordering::Relaxed) >> GENERATION_SHIFT
    }

    /// Whether a live object of this generation is here.
    pub(super) fn is_live(&self, generation: u64) -> bool {
        let word = self.0.load(Ordering::Acquire);
        word >> GENERATION_SHIFT == generation && word & CONDEMNED == 0
    }

    /// Counts one reader.
    pub(super) fn read(&self, generation: u64) -> Result<(), Refusal> {
        self.change(generation, |word| match word & (WRITER | READERS) {
            READERS => Err(Refusal::InUse),
            held if held & WRITER != 0 => Err(Refusal::InUse),
            _ => Ok(word + READER),
        })
    }

    /// Admits the one writer.
    pub(super) fn write(&self, generation: u64) -> Result<(), Refusal> {
        self.change(generation, |word| match word & (WRITER | READERS) {
            0 => Ok(word | WRITER),
            _ => Err(Refusal::InUse),
        })
    }

    /// Counts one pin. A borrow does not hinder it.
    pub(super) fn pin(&self, generation: u64) -> Result<(), Refusal> {
        self.change(generation, |word| if word & PINS == PINS { Err(Refusal::InUse) } else { Ok(word + PIN) })
    }

    /// Begins to move the object, unless somebody borrows or pins it. The caller holds the lock of the space.
    pub(super) fn start_move(&self) -> bool {
        let word = self.0.load(Ordering::Relaxed);
        word & (CONDEMNED | WRITER | MOVING | READERS | PINS) == 0
            && self.0.compare_exchange(word, word | MOVING, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Whether [`Word::start_move`] would succeed now.
    pub(super) fn is_idle(&self) -> bool {
        self.0.load(Ordering::Relaxed) & (CONDEMNED | WRITER | MOVING | READERS | PINS) == 0
    }

    /// The object was moved.
    pub(super) fn end_move(&self) -> Fate {
        fate(self.0.fetch_and(!MOVING, Ordering::AcqRel) & !MOVING)
    }

    /// One reader less.
    pub(super) fn end_read(&self) -> Fate {
        fate(self.0.fetch_sub(READER, Ordering::AcqRel) - READER)
    }

    /// No writer any more.
    pub(super) fn end_write(&self) -> Fate {
        fate(self.0.fetch_and(!WRITER, Ordering::AcqRel) & !WRITER)
    }

    /// One pin less, also of a condemned object; `None` when it has none, or is gone.
    pub(super) fn unpin(&self, generation: u64) -> Option<Fate> {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            if word >> GENERATION_SHIFT != generation || word & PINS == 0 {
                return None;
            }
            match self.0.compare_exchange_weak(word, word - PIN, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Some(fate(word - PIN)),
                Err(now) => word = now,
            }
        }
    }

    /// Ends the object for its handles; `None` when it has ended before.
    pub(super) fn condemn(&self, generation: u64) -> Option<Fate> {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            if word >> GENERATION_SHIFT != generation || word & CONDEMNED != 0 {
                return None;
            }
            match self.0.compare_exchange_weak(word, word | CONDEMNED, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return Some(fate(word | CONDEMNED)),
                Err(now) => word = now,
            }
        }
    }

    fn change(&self, generation: u64, next: impl Fn(u64) -> Result<u64, Refusal>) -> Result<(), Refusal> {
        let mut word = self.0.load(Ordering::Relaxed);
        loop {
            if word >> GENERATION_SHIFT != generation || word & CONDEMNED != 0 {
                return Err(Refusal::Stale);
            }
            if word & MOVING != 0 {
                return Err(Refusal::Moving);
            }
            match self.0.compare_exchange_weak(word, next(word)?, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }
}

/// Each change of a condemned word lets go of something, so exactly one of them leaves nothing held.
fn fate(after: u64) -> Fate {
    let held = WRITER | MOVING | READERS | PINS;
    if after & CONDEMNED != 0 && after & held == 0 { Fate::YoursToEnd } else { Fate::Stays }
}

#[cfg(all(test, not(framealloc_loom)))]
mod tests {
    use super::*;

    fn live() -> (Word, u64) {
        let word = Word::vacant();
        let generation = word.publish();
        (word, generation)
    }

    #[test]
    fn borrows_exclude_each_other_and_pins_only_moves() {
        let (word, it) = live();
        assert_eq!((word.read(it), word.read(it), word.write(it)), (Ok(()), Ok(()), Err(Refusal::InUse)));
        assert!(!word.start_move() && !word.is_idle());
        assert_eq!((word.end_read(), word.end_read()), (Fate::Stays, Fate::Stays));
        assert_eq!((word.pin(it), word.write(it)), (Ok(()), Ok(())));
        assert_eq!((word.read(it), word.write(it)), (Err(Refusal::InUse), Err(Refusal::InUse)));
        assert_eq!(word.end_write(), Fate::Stays);
        assert!(!word.start_move());
        assert_eq!((word.unpin(it), word.unpin(it)), (Some(Fate::Stays), None));
        assert!(word.start_move());
        assert_eq!((word.read(it), word.pin(it)), (Err(Refusal::Moving), Err(Refusal::Moving)));
        assert_eq!(word.end_move(), Fate::Stays);
    }

    #[test]
    fn whoever_lets_go_last_ends_a_condemned_object() {
        let (word, it) = live();
        assert_eq!((word.read(it), word.pin(it)), (Ok(()), Ok(())));
        assert_eq!((word.condemn(it), word.condemn(it)), (Some(Fate::Stays), None));
        assert_eq!((word.read(it), word.pin(it)), (Err(Refusal::Stale), Err(Refusal::Stale)));
        assert_eq!((word.end_read(), word.unpin(it)), (Fate::Stays, Some(Fate::YoursToEnd)));
        assert_eq!(word.unpin(it), None);

        let (word, it) = live();
        assert!(word.start_move());
        assert_eq!((word.condemn(it), word.end_move()), (Some(Fate::Stays), Fate::YoursToEnd));
    }

    #[test]
    fn counts_stop_at_their_ends() {
        let (word, it) = live();
        assert!((0..0xffff).all(|_| word.read(it).is_ok()) && (0..0xfff).all(|_| word.pin(it).is_ok()));
        assert_eq!((word.read(it), word.pin(it)), (Err(Refusal::InUse), Err(Refusal::InUse)));
        assert!((0..0xffff).all(|_| word.end_read() == Fate::Stays));
        assert!((0..0xfff).all(|_| word.unpin(it) == Some(Fate::Stays)));
        assert!(word.is_idle() && word.is_live(it));
    }

    #[test]
    fn a_slot_retires_before_its_generation_wraps() {
        let word = Word(AtomicU64::new(((LAST_GENERATION - 2) << GENERATION_SHIFT) | CONDEMNED));
        let it = word.publish();
        assert_eq!((it, word.condemn(it)), (LAST_GENERATION - 2, Some(Fate::YoursToEnd)));
        assert!(word.vacate() && !word.is_live(it));
        let last = word.publish();
        assert_eq!((last, word.condemn(last)), (LAST_GENERATION - 1, Some(Fate::YoursToEnd)));
        assert!(!word.vacate() && !word.is_live(LAST_GENERATION));
        assert_eq!(word.read(LAST_GENERATION), Err(Refusal::Stale));
    }
}

#[cfg(all(test, framealloc_loom))]
mod loom_tests {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;

    /// What a thread does; whether it was told to end the object.
    fn reader(word: &Word, it: u64) -> bool {
        word.read(it).is_ok() && word.end_read() == Fate::YoursToEnd
    }

    fn mover(word: &Word) -> bool {
        word.start_move() && word.end_move() == Fate::YoursToEnd
    }

    fn pinner(word: &Word, it: u64) -> bool {
        word.pin(it).is_ok() && word.unpin(it) == Some(Fate::YoursToEnd)
    }

    #[test]
    fn a_freed_object_is_ended_once() {
        loom::model(|| {
            let word = Arc::new(Word::vacant());
            let it = word.publish();
            let (reads, moves) = (word.clone(), word.clone());
            let reads = thread::spawn(move || u32::from(reader(&reads, it)) + u32::from(pinner(&reads, it)));
            let moves = thread::spawn(move || u32::from(mover(&moves)));
            let freed = u32::from(word.condemn(it) == Some(Fate::YoursToEnd));
            assert_eq!(freed + reads.join().unwrap() + moves.join().unwrap(), 1);
        });
    }
}
