//! Which errors, panics and reports are explained by what a program does.

use std::any::Any;
use std::thread::Result as Caught;

use framealloc::AllocError;
use framealloc::diagnostics::Diagnostic;

use super::here::{self, Bomb};
use super::op::{Op, Step};
use super::shelf::Outcome;
use super::world::World;
use crate::panic_text;

/// What came out of a step.
pub(super) fn outcome(world: &World, step: Step, outcome: Caught<Outcome>) {
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            if !may_fail(world, &error) {
                world.blame(format!("{step:?} failed: {error}"));
            }
        }
        Err(payload) => panic(world, &format!("{step:?}"), payload),
    }
}

fn may_fail(world: &World, error: &AllocError) -> bool {
    match error {
        AllocError::OutOfMemory { .. } => world.places.iter().any(|place| place.backend.failed() > 0),
        AllocError::BudgetExceeded { .. } => world.has(|step| step.op.may_refuse()),
        AllocError::HandlesAlive { .. } => true,
        AllocError::StaleCheckpoint => {
            world.has(|step| matches!(step.op, Op::Checkpoint | Op::CheckpointGuard))
        }
        AllocError::CapacityExceeded { .. } => world.has(|step| matches!(step.op, Op::OwnScratch)),
        _ => false,
    }
}

/// A panic that came out of `what`.
pub(super) fn panic(world: &World, what: &str, payload: Box<dyn Any + Send>) {
    if payload.is::<Bomb>() {
        return;
    }
    let text = panic_text(&*payload);
    let no_memory = text.starts_with("out of memory");
    let explained =
        is_of_a_setting(&text) || no_memory && world.places.iter().any(|place| place.backend.failed() > 0);
    if !explained {
        world.blame(format!("{what} panicked: {text}"));
    }
}

/// Whether a panic is one that a budget or the strict level asked for.
pub(super) fn is_of_a_setting(text: &str) -> bool {
    ["budget of", "error[", "warning["].iter().any(|start| text.starts_with(start))
}

/// A report that was made.
pub(super) fn report(report: &Diagnostic) {
    let Some(world) = here::world() else { return };
    let explains = |op: &Op| match report.code.id {
        "BF001" | "BF002" | "BF003" => matches!(op, Op::Filter(true)),
        "BF004" | "FA501" => matches!(op, Op::System(..)),
        "FA001" => op.is_ambient(),
        "FA002" => matches!(op, Op::End),
        "FA003" => matches!(op, Op::Begin),
        "FA210" => matches!(op, Op::Transfer),
        "FA211" => matches!(op, Op::ConfigureDeferred(..)),
        "FA310" | "FA311" | "FA312" => op.may_refuse(),
        "FA601" => op.is_ambient(),
        "FA609" => matches!(op, Op::Retain(_) | Op::System(..)),
        _ => false,
    };
    if !world.has(|step| explains(&step.op)) {
        world.blame(format!("nothing explains {report}"));
    }
}
