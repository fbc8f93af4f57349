//! Running a program, and making it shorter when it fails.

use std::sync::{Arc, Barrier, Once};
use std::{fmt, panic, thread};

use framealloc::diagnostics::Strict;

use super::here;
use super::left;
use super::op::{Step, random_step};
use super::world::{Script, World};
use crate::{Rng, on_thread, panic_text};

/// How many threads run at once; others come when these are gone.
const WAVE: usize = 3;

/// What the threads of a program do, and under which strict level.
#[derive(Clone)]
pub struct Program {
    pub(super) scripts: Vec<Script>,
    pub(super) strict: Strict,
    /// What owns its memory is ended after the allocators are gone.
    pub(super) outlived: bool,
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "strict {}, outlived {}", self.strict, self.outlived)?;
        for script in &self.scripts {
            write!(f, "\n  a thread, shelf first {}, tidy {}:", script.shelf_first, script.tidy)?;
            for step in &script.steps {
                write!(f, "\n    {:?} on {}", step.op, step.alloc)?;
                if let Some(passes) = step.passes {
                    write!(f, ", passes {passes}")?;
                }
            }
        }
        Ok(())
    }
}

/// A program of so many threads with so many steps each.
pub fn random_program(seed: u64, threads: usize, steps: usize) -> Program {
    let mut rng = Rng::new(seed);
    let strict = match rng.below(6) {
        0 => Strict::Errors,
        1 => Strict::Warnings,
        _ => Strict::Off,
    };
    let (forgets, outlived) = (rng.one_in(8), rng.one_in(4));
    let scripts = (0..threads).map(|_| Script {
        shelf_first: rng.one_in(2),
        tidy: rng.one_in(3),
        steps: (0..steps).map(|_| random_step(&mut rng, forgets)).collect(),
    });
    Program { scripts: scripts.collect(), strict, outlived }
}

/// Runs a program, and panics with the shortest one found when it fails.
///
/// # Panics
///
/// When the program finds the library doing wrong.
#[track_caller]
pub fn check(program: Program) {
    silence_threads_of_programs();
    let blamed = run(&program);
    if blamed.is_empty() {
        return;
    }
    let shortest = shortened(program);
    let again = run(&shortest);
    panic!("{blamed:#?}\nthe shortest program that fails (now with {again:#?}):\n{shortest}");
}

/// What the library did wrong.
fn run(program: &Program) -> Vec<String> {
    let world: *mut World = Box::into_raw(Box::new(on_thread(|| World::new(program))));
    // SAFETY: it is freed below, when its threads are gone and what they left is ended.
    let lent: &'static World = unsafe { &*world };
    lent.scripts.chunks(WAVE).for_each(|wave| run_wave(lent, wave));
    on_thread(|| left::clean(lent));
    on_thread(|| left::check(lent));
    let (mut blamed, leaky) = (lent.blamed(), lent.is_leaky());
    let (counter, orphans) = (lent.counter.clone(), std::mem::take(&mut *lent.shelf()));
    let backends = lent.places.each_ref().map(|place| Arc::clone(&place.backend));
    // SAFETY: by `into_raw`; the threads are gone, and what is forgotten is never touched again.
    drop(unsafe { Box::from_raw(world) });
    blamed.extend(on_thread(|| left::bury_orphans(orphans)));
    if counter.alive() != 0 && !leaky {
        blamed.push(format!("{} values were never dropped", counter.alive()));
    }
    for (at, backend) in backends.iter().enumerate() {
        let counts = backend.counts();
        if counts.live_blocks != 0 && !leaky {
            blamed.push(format!("allocator {at}: memory that never went back: {counts:?}"));
        }
    }
    blamed
}

/// Runs the threads of a wave, which begin together, and waits until they are gone.
fn run_wave(world: &'static World, wave: &'static [Script]) {
    let start = Barrier::new(wave.len());
    thread::scope(|scope| {
        let spawn = |script| {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                here::run(world, script);
            })
        };
        let threads: Vec<_> = wave.iter().map(spawn).collect();
        for thread in threads {
            if let Err(payload) = thread.join() {
                world.blame(format!("a thread panicked: {}", panic_text(&*payload)));
            }
        }
    });
}

/// A shorter program that fails too.
fn shortened(mut program: Program) -> Program {
    for thread in 0..program.scripts.len() {
        let mut size = program.scripts[thread].steps.len();
        while size > 0 {
            let mut at = 0;
            while at < program.scripts[thread].steps.len() {
                let mut fewer = program.clone();
                let steps = &mut fewer.scripts[thread].steps;
                steps.drain(at..(at + size).min(steps.len()));
                if run(&fewer).is_empty() {
                    at += size;
                } else {
                    program = fewer;
                }
            }
            size /= 2;
        }
        for at in 0..program.scripts[thread].steps.len() {
            let mut simpler = program.clone();
            let step: &mut Step = &mut simpler.scripts[thread].steps[at];
            if step.passes.take().is_some() && !run(&simpler).is_empty() {
                program = simpler;
            }
        }
    }
    program
}

/// Prints the panics of other threads as before.
fn silence_threads_of_programs() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let other = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !here::is_silent() {
                other(info);
            }
        }));
    });
}
