//! What is kept, whatever it is.

use std::cell::RefCell;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

use framealloc::AllocError;

use super::here;
use super::judge;
use super::value::Verify;
use super::world::{MOST, World};
use crate::model::bury;

pub(super) type Outcome = Result<(), AllocError>;

/// Something that is kept, and what can be done with it.
pub(super) trait Held {
    fn verify(&self) {}

    /// Whether it borrows from its allocator, and so goes before it.
    fn is_lent(&self) -> bool {
        false
    }

    /// Uses it in one of several ways.
    fn touch(&mut self, _how: u8) -> Outcome {
        Ok(())
    }

    /// Ends it in one of several ways.
    fn end(self: Box<Self>, _how: u8) -> Outcome {
        Ok(())
    }
}

/// A pointer of any kind to something whose contents are known.
pub(super) struct Kept<P>(pub(super) P);

impl<P: Deref<Target: Verify>> Held for Kept<P> {
    fn verify(&self) {
        self.0.verify();
    }
}

/// A [`Kept`] that borrows.
pub(super) struct Lent<P>(pub(super) P);

impl<P: Deref<Target: Verify>> Held for Lent<P> {
    fn verify(&self) {
        self.0.verify();
    }

    fn is_lent(&self) -> bool {
        true
    }
}

/// A guard, or something else that is only there.
pub(super) struct Plain<T>(pub(super) T);

impl<T> Held for Plain<T> {}

/// What a thread keeps for itself; ended as a destructor of a thread-local when the thread leaves it.
struct Shelf(RefCell<Vec<Box<dyn Held>>>);

thread_local! {
    static SHELF: Shelf = const { Shelf(RefCell::new(Vec::new())) };
}

impl Drop for Shelf {
    fn drop(&mut self) {
        for held in self.0.take() {
            end_quietly(held);
        }
    }
}

/// Makes the shelf now, which orders the destructors of thread-locals.
pub(super) fn touch() {
    SHELF.with(|_| ());
}

/// Ends what is on the shelf.
pub(super) fn clear() {
    while let Some(held) = take(0) {
        end_quietly(held);
    }
}

fn end_quietly(held: Box<dyn Held>) {
    held.verify();
    let ended = catch_unwind(AssertUnwindSafe(|| held.end(0)));
    if let (Some(world), Err(payload)) = (here::world(), ended) {
        judge::panic(world, "the end of the shelf", payload);
    }
}

fn take(n: u8) -> Option<Box<dyn Held>> {
    let pick = |shelf: &Shelf| {
        let mut list = shelf.0.borrow_mut();
        let at = usize::from(n).checked_rem(list.len())?;
        Some(list.swap_remove(at))
    };
    SHELF.try_with(pick).ok().flatten()
}

/// Takes the first of a list that has grown too long; the caller drops it when the list is free again.
pub(super) fn oldest_of_many<T>(list: &mut Vec<T>) -> Option<T> {
    (list.len() > MOST).then(|| list.swap_remove(0))
}

/// Keeps it for this thread.
pub(super) fn keep(held: impl Held + 'static) {
    put(Box::new(held));
}

fn put(held: Box<dyn Held>) {
    let mut held = Some(held);
    let over = SHELF.try_with(|shelf| {
        let mut list = shelf.0.borrow_mut();
        list.extend(held.take());
        oldest_of_many(&mut list)
    });
    drop((over, held));
}

/// Keeps it for all threads.
pub(super) fn keep_for_all(world: &World, held: impl Held + Send + 'static) {
    put_for_all(world, Box::new(held));
}

fn put_for_all(world: &World, held: Box<dyn Held + Send>) {
    let over = {
        let mut list = world.shelf();
        list.push(held);
        oldest_of_many(&mut list)
    };
    drop(over);
}

fn take_from_all(world: &World, n: u8) -> Option<Box<dyn Held + Send>> {
    let mut list = world.shelf();
    let at = usize::from(n).checked_rem(list.len())?;
    Some(list.swap_remove(at))
}

/// Uses something that is kept, here or for all.
pub(super) fn touch_one(world: &World, n: u8, how: u8) -> Outcome {
    if n.is_multiple_of(2) {
        let Some(mut held) = take(n / 2) else { return Ok(()) };
        held.verify();
        let outcome = held.touch(how);
        put(held);
        outcome
    } else {
        let Some(mut held) = take_from_all(world, n / 2) else { return Ok(()) };
        held.verify();
        let outcome = held.touch(how);
        put_for_all(world, held);
        outcome
    }
}

/// Ends something that is kept, here or for all.
pub(super) fn end_one(world: &World, n: u8, how: u8) -> Outcome {
    let held =
        if n.is_multiple_of(2) { take(n / 2) } else { take_from_all(world, n / 2).map(|held| held as _) };
    held.map_or(Ok(()), |held| {
        held.verify();
        held.end(how)
    })
}

/// Forgets something that is kept.
pub(super) fn forget_one(world: &World, n: u8) {
    let held =
        if n.is_multiple_of(2) { take(n / 2) } else { take_from_all(world, n / 2).map(|held| held as _) };
    if let Some(held) = held {
        world.has_forgotten();
        bury(held);
    }
}
