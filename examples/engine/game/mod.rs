//! The frame loop.
//!
//! ```text
//! main     begin_frame │ move, broad phase │ find paths │ solve, voices, │ (digest)   │ level of detail │ end_frame
//!                      │                   │     │      │ follow paths   │            │                 │
//! workers              │                   │ find paths │                │ audio mix  │                 │
//!                      │                   │ narrow     │                │ visibility │                 │
//!                      │                   │ phase      │                │            │                 │
//! ```
//!
//! What crosses threads or frames is owned by [`Game`], behind locks and with reserved capacity; paths cross in handles.
//! What lives until the end of the frame is in ambient frame memory: contacts. The rest is frame-local to its system.
//!
//! | file | role |
//! |---|---|
//! | `mod.rs` | one frame |
//! | `session.rs` | many frames, timed and counted, with their workers |
//! | `stopwatch.rs` | the time in each system |
//! | `record.rs` | what a session reports |

mod record;
mod session;
mod stopwatch;

pub use record::{Counts, Digests, MOST_WORKERS, Progress, Run, Settings};
pub use session::{WARM_UP, run, with_session};
pub use stopwatch::NAMES as SYSTEM_NAMES;

use std::sync::{LockResult, Mutex, PoisonError, RwLock};

use self::stopwatch::{Stopwatch, System};
use crate::memory::{Buffer, Runtime};
use crate::quiet::Panic;
use crate::scene::{REQUESTS_PER_FRAME, Scene, World};
use crate::systems::audio::{MAX_VOICES, Ring, Voice};
use crate::systems::lod::{BUILDS, LodCache, LodMesh};
use crate::systems::narrow_phase::{Contact, MANIFOLD, Other, SLICES};
use crate::systems::path::Path;
use crate::systems::visibility::DrawCommand;
use crate::workers::{Crew, Job};

/// What threads share.
struct Game<'s, R: Runtime> {
    runtime: &'s R,
    scene: &'s Scene,
    world: RwLock<World>,
    found: [Mutex<Vec<Contact>>; SLICES],
    /// Paths on their way from the threads that found them, part by part.
    paths: [Mutex<Vec<R::Transfer<Path>>>; PARTS],
    audio: Mutex<Audio<R>>,
    draw_list: Mutex<Vec<DrawCommand>>,
    watch: Stopwatch,
}

struct Audio<R: Runtime> {
    voices: Vec<R::Pooled<Voice>>,
    ring: R::Heaped<Ring>,
}

/// What only the main thread touches.
struct Main<R: Runtime> {
    cache: LodCache<R::Pooled<LodMesh>>,
    finished: Vec<R::Pooled<LodMesh>>,
    digests: Digests,
    counts: Counts,
}

impl<R: Runtime> Main<R> {
    fn new(scene: &Scene) -> Self {
        Self {
            cache: LodCache::new(scene.tiles.len()),
            finished: Vec::with_capacity(BUILDS),
            digests: Digests::default(),
            counts: Counts::default(),
        }
    }
}

/// Parts into which the paths of a frame are divided. The first is the main thread's own.
const PARTS: usize = 2;

static COLLIDE: [Job; SLICES + 1] = {
    let mut jobs = [Job::FindPaths(1); SLICES + 1];
    let mut slice = 0;
    while slice < SLICES {
        jobs[slice] = Job::NarrowPhase(slice);
        slice += 1;
    }
    jobs
};
static PRESENT: [Job; 2] = [Job::MixAudio, Job::Visibility];
/// Stages of a frame: how often all threads meet.
pub const STAGES: u64 = 2;

impl<'s, R: Runtime> Game<'s, R> {
    fn new(runtime: &'s R, scene: &'s Scene, bodies: usize) -> Self {
        let found = || Mutex::new(Vec::with_capacity((bodies / SLICES + 1) * (MANIFOLD + 8)));
        Self {
            runtime,
            scene,
            world: RwLock::new(World::new(scene, bodies)),
            found: std::array::from_fn(|_| found()),
            paths: std::array::from_fn(|_| Mutex::new(Vec::with_capacity(REQUESTS_PER_FRAME))),
            audio: Mutex::new(Audio {
                voices: Vec::with_capacity(MAX_VOICES),
                ring: runtime.heaped(Ring::new()),
            }),
            draw_list: Mutex::new(Vec::with_capacity(scene.tiles.len() + bodies)),
            watch: Stopwatch::default(),
        }
    }

    /// One frame; returns the number of contacts.
    ///
    /// # Errors
    /// A panic of a worker; panics of the main thread pass through.
    fn frame(&self, crew: &mut Crew, main: &mut Main<R>) -> Result<usize, Panic> {
        let (runtime, watch) = (self.runtime, &self.watch);
        runtime.begin_frame();
        {
            let world = &mut *held(self.world.write());
            world.advance(self.scene);
            world.request_paths(self.scene);
            watch.time(System::BroadPhase, || runtime.broad_phase(&world.bodies, &mut world.pairs));
            main.counts.pairs += world.pairs.len() as u64;
        }
        crew.run(&COLLIDE, |job| self.execute(job), || self.execute(Job::FindPaths(0)))?;
        let contacts = self.solve();
        self.follow(main);
        watch.time(System::StartVoices, || {
            runtime.start_voices(contacts.items(), &mut held(self.audio.lock()).voices);
        });
        crew.run(&PRESENT, |job| self.execute(job), || self.digest_contacts(main, contacts.items()))?;
        let count = contacts.len();
        let frame = held(self.world.read()).frame;
        {
            let list = held(self.draw_list.lock());
            main.cache.mark_seen(&list, frame);
            watch.time(System::BuildLods, || {
                runtime.build_lods(self.scene, &list, &main.cache, &mut main.finished)
            });
        }
        // Frame memory is given back before the frame ends.
        drop(contacts);
        runtime.end_frame(&mut main.finished);
        for mesh in main.finished.drain(..) {
            mesh.digest(&mut main.digests.meshes);
            main.counts.meshes += 1;
            main.cache.insert(mesh, frame);
        }
        Ok(count)
    }

    /// A parallel job, on whichever thread.
    fn execute(&self, job: Job) {
        let (runtime, scene, watch) = (self.runtime, self.scene, &self.watch);
        let world = held(self.world.read());
        match job {
            Job::NarrowPhase(slice) => {
                let mut found = held(self.found[slice].lock());
                found.clear();
                watch.time(System::NarrowPhase, || {
                    runtime.narrow_phase(scene, &world.bodies, &world.pairs, slice, &mut found);
                });
            }
            Job::FindPaths(part) => {
                let (requests, mut paths) = (&world.requests, held(self.paths[part].lock()));
                let [from, to] = [part, part + 1].map(|part| requests.len() * part / PARTS);
                for &request in &requests[from..to] {
                    paths.push(watch.time(System::FindPath, || runtime.find_path(&scene.nav, request)));
                }
            }
            Job::MixAudio => {
                let audio = &mut *held(self.audio.lock());
                watch.time(System::Mix, || runtime.mix(&mut audio.voices, &mut audio.ring));
            }
            Job::Visibility => {
                let mut list = held(self.draw_list.lock());
                watch.time(System::Visibility, || {
                    runtime.visibility(scene, &world.bodies, &world.camera, &mut list);
                });
            }
        }
    }

    fn solve(&self) -> R::List<'s, Contact> {
        let found = self.found.each_ref().map(|found| held(found.lock()));
        let bodies = &mut held(self.world.write()).bodies;
        self.watch
            .time(System::Solve, || self.runtime.solve(bodies, found.each_ref().map(|found| &found[..])))
    }

    /// Receives the paths, in the order in which they were asked for, and sends each agent to a cell a little ahead.
    fn follow(&self, main: &mut Main<R>) {
        let agents = &mut held(self.world.write()).agents;
        for part in &self.paths {
            for sent in held(part.lock()).drain(..) {
                let path = self.runtime.receive(sent);
                let ahead = path.cells().get(2).or(path.cells().last());
                agents[path.agent as usize].waypoint = ahead.map(|&cell| self.scene.nav.center(cell));
                let cost = path.cost.unwrap_or(u32::MAX);
                main.digests.path_costs.mix(u64::from(path.agent) << 32 | u64::from(cost));
                main.counts.paths += u64::from(path.cost.is_some());
                main.counts.path_cost += u64::from(path.cost.unwrap_or(0));
            }
        }
    }

    /// What is gone when the frame ends.
    fn digest_contacts(&self, main: &mut Main<R>, contacts: &[Contact]) {
        let touched = &mut main.digests.contacts;
        for contact in contacts {
            let (kind, other) = match contact.other {
                Other::Triangle(triangle) => (0, triangle),
                Other::Body(body) => (1, body),
            };
            touched.mix(u64::from(contact.body) << 33 | u64::from(other) << 1 | kind);
            touched.mix_f32(contact.depth);
        }
        main.counts.contacts += contacts.len() as u64;
    }

    /// What stays after the frame: positions, and what would go to the graphics card and the loudspeakers.
    fn digest_output(&self, main: &mut Main<R>) {
        for body in &held(self.world.read()).bodies {
            main.digests.positions.mix_vec3(body.position);
        }
        let list = held(self.draw_list.lock());
        for command in list.iter() {
            main.digests.draw_lists.mix(command.key ^ u64::from(command.detail));
            command.transform.iter().for_each(|&row| main.digests.draw_lists.mix_vec3(row));
        }
        main.counts.drawn += list.len() as u64;
        let audio = held(self.audio.lock());
        for pair in audio.ring.last_block().chunks_exact(2) {
            main.digests.samples.mix(pair[0] as u16 as u64 | (pair[1] as u16 as u64) << 16);
        }
        main.counts.voices += audio.voices.len() as u64;
    }
}

/// The lock's content, even after a panic: the run ends then, and the content is not used again.
fn held<T>(lock: LockResult<T>) -> T {
    lock.unwrap_or_else(PoisonError::into_inner)
}
