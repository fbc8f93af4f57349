//! Running one operation.

mod frames;
mod handover;
mod objects;
mod settings;
mod stores;

use framealloc::SmartAlloc;

use super::here;
use super::op::{Op, Step};
use super::shelf::{self, Outcome};
use super::world::{Place, World};

/// Where an operation acts.
#[derive(Clone, Copy)]
pub(super) struct Act {
    world: &'static World,
    place: &'static Place,
    alloc: &'static SmartAlloc,
}

pub(super) fn act(world: &'static World, step: Step) -> Outcome {
    let place = &world.places[usize::from(step.alloc)];
    let act = Act { world, place, alloc: &place.alloc };
    match step.op {
        Op::Begin => act.alloc.begin_frame(),
        Op::End => act.alloc.end_frame(),
        Op::OpenFrame => return act.open_frame(),
        Op::ScopedFrame(len) => return act.scoped_frame(len.into()),
        Op::Speculate(len, ok) => return act.speculate(len.into(), ok),
        Op::AmbientBox => return act.ambient_box(),
        Op::AmbientBlock(len) => return act.ambient_block(len.into()),
        Op::AmbientVec(len) => return act.ambient_vec(len.into()),
        Op::AmbientRef => shelf::keep(shelf::Plain(act.alloc.try_frame_ref()?)),
        Op::Checkpoint => return act.checkpoint(),
        Op::CheckpointGuard => return act.checkpoint_guard(),
        Op::Retain(policy) => return act.retain(policy),
        Op::TakePromotions => act.take_promotions(),
        Op::Share(frames) => return act.share(frames.into()),
        Op::ReadShared(n) => act.read_shared(n),
        Op::Tag(n) => act.tag(n),
        Op::Phase(n) => shelf::keep(shelf::Plain(act.alloc.phase_scope(["p", "q"][usize::from(n % 2)]))),
        Op::Enter => shelf::keep(shelf::Plain(act.alloc.enter())),
        Op::Capture => act.capture(),
        Op::System(depth, len) => return act.system(depth % 3, len.into()),
        Op::Pool(size) => return act.pool(size),
        Op::Heap => return act.heap(),
        Op::Container(n) => act.container(n),
        Op::TypedPool => act.typed_pool(),
        Op::Keyed(key, how) => return act.keyed((key % 8).into(), how),
        Op::Group => act.group(),
        Op::ScratchBox(n) => return act.scratch_box(n),
        Op::ScratchScope(n, len) => return act.scratch_scope(n, len.into()),
        Op::ScratchReset => return act.alloc.scratch_registry().reset(),
        Op::OwnScratch => return act.own_scratch(),
        Op::NewHandle => return act.new_handle(),
        Op::UseHandle(n, how) => act.use_handle(n, how),
        Op::Defragment(budget) => {
            act.alloc.handles().defragment(budget.into());
        }
        Op::NewStream(size, priority) => return act.new_stream(size.into(), priority),
        Op::UseStream(n, how) => act.use_stream(n, how),
        Op::StreamBudget(bytes) => act.alloc.streaming().set_budget(usize::from(bytes) * 2),
        Op::Transfer => return act.transfer(),
        Op::Defer => act.defer(),
        Op::DeferredBox => return act.deferred_box(),
        Op::ProcessDeferred(most) => {
            act.alloc.process_deferred_up_to(most.into());
        }
        Op::ConfigureDeferred(policy, processing) => return act.configure_deferred(policy, processing),
        Op::Touch(n, how) => return shelf::touch_one(world, n, how),
        Op::Drop(n, how) => return shelf::end_one(world, n, how),
        Op::Forget(n) => shelf::forget_one(world, n),
        Op::Budget(whose, bytes, reaction) => act.budget(whose, bytes as usize, reaction),
        Op::Look(n) => act.look(n),
        Op::Check => act.check(),
        Op::Subscribe => act.subscribe(),
        Op::Strict(level) => act.strict(level),
        Op::Shrink => _ = act.alloc.shrink_pool(),
        Op::Filter(true) => act.alloc.enable_behavior_filter(),
        Op::Filter(false) => act.alloc.disable_behavior_filter(),
        Op::Fail(nth, count) => act.place.backend.fail(nth.into(), count.into()),
        Op::Heal => act.place.backend.heal(),
        Op::Bomb(nth) => here::arm(nth),
    }
    Ok(())
}
