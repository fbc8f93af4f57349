//! Many frames of one game.

use std::time::Instant;

use super::stopwatch::Laps;
use super::{Game, Main, Progress, Run, Settings, held};
use crate::memory::Runtime;
use crate::quiet::{self, Panic};
use crate::scene::Scene;
use crate::tally::Tally;
use crate::workers::{Crew, with_workers, worker_name};

/// Frames after which everything has its final size: from here on no annotated system may call the heap.
pub const WARM_UP: usize = 60;

/// A game with its workers, and the record of its frames.
pub struct Session<'g, R: Runtime> {
    game: &'g Game<'g, R>,
    crew: Crew,
    settings: Settings,
    main: Main<R>,
    run: Run,
    warm_heap_calls: Option<u64>,
    warm_laps: Laps,
    contacts: usize,
}

/// Runs a whole game.
///
/// # Errors
/// A panic of any thread: a budget that refuses, memory that ran out, or a bug.
pub fn run<R: Runtime>(runtime: &R, scene: &Scene, settings: Settings) -> Result<Run, Panic> {
    with_session(runtime, scene, settings, |mut session| {
        (0..settings.frames).try_for_each(|_| session.step())?;
        Ok(session.finish())
    })?
}

/// Starts a game with its workers and lends it to `body`, which decides when it takes its steps.
///
/// # Errors
/// A panic while the game is set up.
pub fn with_session<R: Runtime, T>(
    runtime: &R,
    scene: &Scene,
    settings: Settings,
    body: impl FnOnce(Session<'_, R>) -> T,
) -> Result<T, Panic> {
    let game = quiet::catch(|| Game::new(runtime, scene, settings.bodies))?;
    Ok(with_workers(settings.workers, &|job| game.execute(job), |crew| {
        body(Session {
            game: &game,
            crew,
            settings,
            main: Main::new(scene),
            run: Run::with_capacity(settings.frames),
            warm_heap_calls: None,
            warm_laps: Laps::default(),
            contacts: 0,
        })
    }))
}

impl<R: Runtime> Session<'_, R> {
    /// Runs one frame.
    ///
    /// # Errors
    /// A panic of any thread.
    pub fn step(&mut self) -> Result<(), Panic> {
        let before = self.everyone();
        let start = Instant::now();
        self.contacts = quiet::catch(|| self.game.frame(&mut self.crew, &mut self.main))??;
        let time = start.elapsed();
        self.run.heap.push(self.everyone() - before);
        self.run.times.push(time);
        self.game.digest_output(&mut self.main);
        if self.run.times.len() == WARM_UP && self.settings.frames > WARM_UP {
            self.warm_heap_calls = Some(self.game.runtime.system_heap_calls());
            self.warm_laps = self.game.watch.laps();
        }
        Ok(())
    }

    /// What the last frame was like.
    pub fn progress(&self) -> Progress {
        Progress {
            frame: self.run.times.len(),
            frames: self.settings.frames,
            contacts: self.contacts,
            drawn: held(self.game.draw_list.lock()).len(),
            voices: held(self.game.audio.lock()).voices.len(),
            time: self.run.times.last().copied().unwrap_or_default(),
        }
    }

    /// Ends the game.
    pub fn finish(self) -> Run {
        let steady = self.warm_heap_calls.map(|warm| self.game.runtime.system_heap_calls() - warm);
        let laps = self.game.watch.laps();
        Run {
            digests: self.main.digests,
            counts: self.main.counts,
            worker_frame_bytes: self.worker_frame_bytes(),
            barrier: self.crew.barrier_stats(),
            steady_heap_calls: steady,
            system_nanoseconds: std::array::from_fn(|system| laps[system] - self.warm_laps[system]),
            ..self.run
        }
    }

    fn worker_frame_bytes(&self) -> Vec<u64> {
        let threads = self.game.runtime.frame_bytes_by_thread();
        let of = |name: String| threads.iter().find(|thread| thread.0 == name).map_or(0, |thread| thread.1);
        (0..self.settings.workers).map(|number| of(worker_name(number))).collect()
    }

    /// The counters of the main thread and the workers, added up.
    fn everyone(&self) -> Tally {
        let mut all = Tally::of_this_thread();
        self.crew.tallies().for_each(|tally| all += tally);
        all
    }
}
