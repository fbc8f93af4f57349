//! Random programs on several threads, allocators and budgets, which leave every account at nothing.

use std::alloc::Layout;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread;

use allocator_api2::vec::Vec as AllocVec;
use framealloc::{AllocConfig, Budget, Frame, HeapAlloc, HeapBox, PoolAlloc, PoolBox, SmartAlloc};
use framealloc_tests::{Fixture, Rng, on_thread, panic_text};

use super::hard;

const TAGS: [&str; 7] = ["a", "a/b", "a/b/c", "d", "d/e", "f", "g"];

/// The tag whose budget is there before any memory is, and its limit.
const FIRST: &str = "first";
const LIMIT: usize = 60_000;

/// What lives longer than a frame and moves between threads.
enum Object {
    Pool(#[expect(dead_code, reason = "is dropped")] PoolBox<[u8; 96]>),
    Page(#[expect(dead_code, reason = "is dropped")] PoolBox<[u8; 5000]>),
    Heap(#[expect(dead_code, reason = "is dropped")] HeapBox<[u8; 200]>),
    PoolVec(#[expect(dead_code, reason = "is dropped")] AllocVec<u8, PoolAlloc>),
    HeapVec(#[expect(dead_code, reason = "is dropped")] AllocVec<u8, HeapAlloc>),
}

/// Runs `work`; forms that cannot fail panic where the backend has no memory.
fn if_there_is_memory<R>(work: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => Some(result),
        Err(payload) if panic_text(&*payload).contains("out of memory") => None,
        Err(payload) => resume_unwind(payload),
    }
}

/// One allocator and what its threads share.
struct World {
    fixture: Fixture,
    pot: Mutex<Vec<Object>>,
    /// Objects of [`FIRST`], and what its program has alive: counted after it is taken and before it is given back.
    first: Mutex<Vec<PoolBox<[u8; 96]>>>,
    alive: AtomicI64,
    /// Its backend fails now and then. Then every budget is there from the beginning, because what a thread takes or frees
    /// without memory for a magazine has no ledger that tells a budget which is set at this very moment.
    fails: bool,
    /// What a thread without a heap takes and frees has no ledger that tells a budget which is set at this very moment.
    setting: RwLock<()>,
    /// Handles that threads without a heap use.
    pool: PoolAlloc,
    heap: HeapAlloc,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    fn new(fails: bool) -> Self {
        let fixture = Fixture::new(AllocConfig::minimal());
        let alloc = &fixture.alloc;
        alloc.set_tag_budget(FIRST, hard(LIMIT));
        if fails {
            alloc.set_budget(Budget::bytes(1 << 20));
            TAGS.iter().for_each(|tag| alloc.set_tag_budget(tag, Budget::bytes(1 << 20)));
        }
        let (pool, heap) = alloc.with_tag("a/b", |alloc| (alloc.pool_allocator(), alloc.heap_allocator()));
        Self {
            pot: Mutex::default(),
            fails,
            setting: RwLock::default(),
            first: Mutex::default(),
            alive: AtomicI64::new(0),
            pool,
            heap,
            fixture,
        }
    }

    fn alloc(&self) -> &SmartAlloc {
        &self.fixture.alloc
    }

    fn take(&self, bytes: usize) {
        let alive = self.alive.fetch_add(bytes as i64, SeqCst) + bytes as i64;
        assert!(alive <= LIMIT as i64, "{alive} of {LIMIT}");
    }

    fn give(&self, bytes: usize) {
        self.alive.fetch_sub(bytes as i64, SeqCst);
    }

    fn put(&self, object: Option<Object>) {
        lock(&self.pot).extend(object);
    }

    /// Drops an object of any thread.
    fn drop_one(&self, rng: &mut Rng) {
        let mut pot = lock(&self.pot);
        let object =
            if pot.is_empty() { None } else { Some(rng.below(pot.len())).map(|at| pot.swap_remove(at)) };
        drop(pot);
        drop(object);
    }

    /// Changes a budget, or sets it for the first time.
    fn set_budget(&self, rng: &mut Rng) {
        let _setting = self.setting.write().unwrap_or_else(PoisonError::into_inner);
        let alloc = self.alloc();
        let bytes = 20_000 + rng.below(400_000);
        let setting = if rng.one_in(2) { hard(bytes) } else { Budget::bytes(bytes) };
        match rng.below(8) {
            0 => alloc.set_budget(setting),
            1 => alloc.set_thread_frame_budget(setting),
            2 => alloc.set_thread_pool_budget(setting),
            3 => alloc.set_phase_budget("p", setting),
            _ => alloc.set_tag_budget(TAGS[rng.below(TAGS.len())], setting),
        }
    }

    fn make(&self, rng: &mut Rng) {
        let (alloc, size) = (self.alloc(), 1 + rng.below(3000) * (1 + 20 * usize::from(rng.one_in(10))));
        self.put(match rng.below(6) {
            0 | 1 => alloc.try_pool_box([1; 96]).ok().map(Object::Pool),
            2 => alloc.try_pool_box([1; 5000]).ok().map(Object::Page),
            3 => alloc.try_heap_box([1; 200]).ok().map(Object::Heap),
            4 => pool_vec(alloc.pool_allocator(), size),
            _ => heap_vec(alloc.heap_allocator(), size),
        });
    }

    /// Memory of [`FIRST`], of the pool and of a frame.
    fn under_pressure(&self, rng: &mut Rng) {
        let alloc = self.alloc();
        if_there_is_memory(|| {
            let _tag = alloc.tag_scope(alloc.tag(FIRST));
            let Ok(frame) = alloc.try_frame() else { return };
            let mut mine = 0;
            for _ in 0..rng.below(12) {
                let size = 8 * (1 + rng.below(800));
                if frame.try_alloc_layout(Layout::array::<u64>(size / 8).unwrap()).is_ok() {
                    self.take(size);
                    mine += size;
                }
                if let Ok(object) = alloc.try_pool_box([1; 96]) {
                    self.take(96);
                    lock(&self.first).push(object);
                }
            }
            self.give(mine);
        });
        for _ in 0..rng.below(14) {
            let object = lock(&self.first).pop();
            if object.is_some() {
                self.give(96);
            }
        }
    }

    /// One thread's program, some levels of frames and tags deep.
    fn run(&self, rng: &mut Rng, others: &[World], depth: usize) {
        let alloc = self.alloc();
        let frame = alloc.try_frame().ok();
        for _ in 0..8 + rng.below(24) {
            match rng.below(16) {
                0..=3 => self.make(rng),
                4..=6 => self.drop_one(rng),
                7 => self.under_pressure(rng),
                8 if rng.one_in(2) => drop(if_there_is_memory(|| self.set_budget(rng))),
                9 if depth < 3 => {
                    let tag = TAGS[rng.below(TAGS.len())];
                    let _tag = if_there_is_memory(|| alloc.tag_scope(tag));
                    self.run(rng, others, depth + 1);
                }
                10 if depth < 3 => others[rng.below(others.len())].run(rng, others, depth + 1),
                11 => {
                    let begun = if_there_is_memory(|| alloc.begin_frame());
                    let phase = if_there_is_memory(|| alloc.phase_scope("p"));
                    drop(alloc.try_frame_box([1_u8; 300]));
                    self.make(rng);
                    drop(phase);
                    if begun.is_some() {
                        alloc.end_frame();
                    }
                }
                12 if self.fails && rng.one_in(4) => {
                    self.fixture.backend.fail(rng.below(3) as u64, 1 + rng.below(3) as u64);
                }
                _ => use_frame(frame.as_ref(), rng),
            }
        }
    }

    /// The program of a thread that makes and drops objects by handles alone.
    fn run_without_heap(&self, rng: &mut Rng) {
        for _ in 0..rng.below(40) {
            let size = 1 + rng.below(2000);
            let _setting = self.setting.read().unwrap_or_else(PoisonError::into_inner);
            match rng.below(4) {
                0 => self.put(pool_vec(self.pool.clone(), size)),
                1 => self.put(heap_vec(self.heap.clone(), size)),
                _ => self.drop_one(rng),
            }
        }
    }

    /// Everything is dropped and the threads have ended: nothing is left on any account.
    fn check(self, seed: u64) -> Fixture {
        let Self { fixture, pot, first, pool, heap, .. } = self;
        fixture.backend.heal();
        // A thread holds what it frees for its next requests, until it ends.
        on_thread(|| drop((pot, first, pool, heap)));
        let alloc = &fixture.alloc;
        let budgets = TAGS.iter().chain([&FIRST]).map(|tag| (*tag, alloc.tag_budget(tag)));
        for (name, budget) in budgets.chain([("all", alloc.budget())]) {
            let left = budget.as_ref().map_or((0, 0), |budget| (budget.used, budget.reserved));
            assert_eq!(left, (0, 0), "seed {seed}, {name}: {budget:?}");
        }
        for tag in alloc.stats().tags {
            assert_eq!(tag.inclusive.live_bytes(), 0, "seed {seed}: {tag:?}");
        }
        fixture
    }
}

fn pool_vec(alloc: PoolAlloc, size: usize) -> Option<Object> {
    let mut vector = AllocVec::new_in(alloc);
    vector.try_reserve_exact(size).ok()?;
    Some(Object::PoolVec(vector))
}

fn heap_vec(alloc: HeapAlloc, size: usize) -> Option<Object> {
    let mut vector = AllocVec::new_in(alloc);
    vector.try_reserve_exact(size).ok()?;
    Some(Object::HeapVec(vector))
}

fn use_frame(frame: Option<&Frame>, rng: &mut Rng) {
    if let Some(frame) = frame {
        let _ = frame.try_alloc_layout(Layout::array::<u8>(1 + rng.below(6000)).unwrap());
    }
}

fn program(seed: u64) {
    let worlds = on_thread(|| [(); 2].map(|()| World::new(seed.is_multiple_of(2))));
    for generation in 0..3 {
        thread::scope(|scope| {
            let start = |number: u64| {
                let worlds = &worlds;
                scope.spawn(move || {
                    let mut rng = Rng::new(seed * 100 + generation * 10 + number);
                    for _ in 0..3 {
                        let world = &worlds[rng.below(2)];
                        match number {
                            3 => world.run_without_heap(&mut rng),
                            _ => world.run(&mut rng, worlds, 0),
                        }
                    }
                })
            };
            let threads = [0, 1, 2, 3].map(start);
            // With the end of their thread-locals.
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }
    // On a thread whose heaps are gone with it.
    let fixtures = on_thread(|| worlds.map(|world| world.check(seed)));
    fixtures.into_iter().for_each(Fixture::assert_all_freed);
}

#[test]
fn random_programs_leave_nothing_on_any_account() {
    let seeds = match std::env::var("FRAMEALLOC_STRESS") {
        Ok(seeds) => seeds.parse().unwrap(),
        Err(_) => 10,
    };
    (0..seeds).for_each(program);
}
