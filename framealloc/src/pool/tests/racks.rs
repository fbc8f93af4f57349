//! Random programs over two allocators, whose backend fails at random and uses the pool from within.

use super::super::class::charged_bytes;
use super::super::local;
use super::super::page::PAGE_LAYOUT;
use super::*;
use core::cell::{Cell, RefCell};
use core::sync::atomic::AtomicU64;
use std::sync::{Barrier, Mutex, OnceLock, PoisonError, Weak};
use std::thread;

/// One allocator's memory, and what must be true of its pool.
struct Side {
    this: Weak<Side>,
    depot: OnceLock<Weak<Depot>>,
    account: Arc<Account>,
    inner: Counting,
    /// Objects on their way between threads.
    shelf: Mutex<Vec<Object>>,
    /// One thread alone uses it: its counts are right at each step.
    alone: bool,
    /// Objects that were made, those alive, and those of them that are being freed.
    made: AtomicU64,
    live: AtomicI64,
    freeing: AtomicI64,
    bytes: AtomicI64,
    metered: AtomicI64,
    pages: AtomicI64,
}

/// A pool object, filled with bytes of its own.
struct Object {
    block: NonNull<u8>,
    layout: Layout,
    tag: u16,
    serial: u64,
    side: Arc<Side>,
}

// SAFETY: P1: the block is the object's alone, and may be freed on any thread.
unsafe impl Send for Object {}

const TAGS: [u16; 4] = [0, 1, METERED, 40];
const MANY: usize = if cfg!(miri) { 100 } else { 600 };

thread_local! {
    static RNG: Cell<u64> = const { Cell::new(1) };
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// The backend fails one call in so many; never, when that is zero.
    static FAILS: Cell<usize> = const { Cell::new(0) };
    static POOLS: [RefCell<Option<Thread>>; 2] = const { [RefCell::new(None), RefCell::new(None)] };
    static HELD: RefCell<Vec<Object>> = const { RefCell::new(Vec::new()) };
}

fn below(end: usize) -> usize {
    let mut rng = Rng(RNG.get());
    let n = rng.below(end);
    RNG.set(rng.0);
    n
}

impl Object {
    /// Makes one if there is memory.
    fn new(side: &Arc<Side>, depot: &Arc<Depot>, tag: u16, layout: Layout) -> Option<Self> {
        let block = PoolAlloc::new(Arc::clone(depot), tag).memory(layout).ok()?;
        let bytes = charged_bytes(layout) as i64;
        let serial = side.made.fetch_add(1, Relaxed);
        side.live.fetch_add(1, Relaxed);
        side.bytes.fetch_add(bytes, Relaxed);
        side.metered.fetch_add(if tag == METERED { bytes } else { 0 }, Relaxed);
        assert!(block.addr().get().is_multiple_of(layout.align()));
        let object = Self { block, layout, tag, serial, side: Arc::clone(side) };
        // SAFETY: P1: the block is the object's alone.
        object.looked_at().for_each(|at| unsafe { block.add(at).write(object.mark(at)) });
        Some(object)
    }

    /// The bytes at both ends, which is where others would write to.
    fn looked_at(&self) -> impl Iterator<Item = usize> + use<> {
        let size = self.layout.size();
        (0..size.min(16)).chain(size.saturating_sub(16)..size)
    }

    /// What others would write is another number.
    fn mark(&self, at: usize) -> u8 {
        (self.serial.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (at % 8 * 8)) as u8
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: P1: the block is the object's alone.
        let kept = self.looked_at().all(|at| unsafe { self.block.add(at).read() } == self.mark(at));
        assert!(kept, "another owner wrote");
        let bytes = charged_bytes(self.layout) as i64;
        self.side.freeing.fetch_add(1, Relaxed);
        // SAFETY: P1: the object is given up.
        unsafe { free_any(self.block) };
        self.side.freeing.fetch_sub(1, Relaxed);
        self.side.live.fetch_sub(1, Relaxed);
        self.side.bytes.fetch_sub(bytes, Relaxed);
        self.side.metered.fetch_sub(if self.tag == METERED { bytes } else { 0 }, Relaxed);
    }
}

impl Side {
    fn new(alone: bool) -> (Arc<Self>, Arc<Depot>) {
        let side = Arc::new_cyclic(|this| Self {
            this: this.clone(),
            depot: OnceLock::new(),
            account: Account::new(i64::MAX),
            inner: Arc::new(CountingBackend::new(SystemBackend::new())),
            shelf: Mutex::default(),
            alone,
            made: AtomicU64::new(0),
            live: AtomicI64::new(0),
            freeing: AtomicI64::new(0),
            bytes: AtomicI64::new(0),
            metered: AtomicI64::new(0),
            pages: AtomicI64::new(0),
        });
        let depot = Depot::new(Arc::clone(&side) as _);
        depot.set_meter(Arc::clone(&side.account) as _);
        depot.set_metered(METERED, true);
        side.depot.set(Arc::downgrade(&depot)).expect("unset");
        (side, depot)
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Vec<Object>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Uses the pool from within the backend.
    fn reenter(&self) {
        if DEPTH.get() >= 3 || below(3) > 0 {
            return;
        }
        let Some((side, depot)) = self.this.upgrade().zip(self.depot.get().and_then(Weak::upgrade)) else {
            return;
        };
        DEPTH.set(DEPTH.get() + 1);
        if self.alone {
            // An object that is being made is not there yet, one that is being freed may be gone.
            let (totals, live) = (depot.totals(), side.live.load(Relaxed));
            let least = live - side.freeing.load(Relaxed);
            assert!((least..=live).contains(&(totals.live_objects as i64)), "{least}..={live}: {totals:?}");
            assert_eq!(totals.allocations, side.made.load(Relaxed), "while the backend is called");
        }
        (0..=below(3)).for_each(|_| step(&side, &depot));
        DEPTH.set(DEPTH.get() - 1);
    }

    /// Compares what the pool counts with what is there, while nobody uses it.
    fn check(&self, depot: &Arc<Depot>) {
        let (live, bytes) = (self.live.load(Relaxed), self.bytes.load(Relaxed));
        let totals = depot.totals();
        let counted = (totals.live_objects as i64, totals.live_bytes as i64, totals.allocations);
        assert_eq!(counted, (live, bytes, self.made.load(Relaxed)));
        assert_eq!(depot.live_bytes(|_| true, |_, _| ()), bytes);
        assert_eq!(self.account.live(), self.metered.load(Relaxed));
        assert_eq!(totals.pages as i64, self.pages.load(Relaxed));
    }
}

// SAFETY: blocks are those of the inner backend.
unsafe impl AllocatorBackend for Side {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        self.reenter();
        if FAILS.get() > 0 && below(FAILS.get()) == 0 {
            return None;
        }
        let block = self.inner.allocate(layout)?;
        // The pool counts a page when the backend has returned.
        self.reenter();
        self.pages.fetch_add((layout == PAGE_LAYOUT).into(), Relaxed);
        Some(block)
    }

    unsafe fn deallocate(&self, ptr: NonNull<u8>, layout: Layout) {
        self.pages.fetch_sub((layout == PAGE_LAYOUT).into(), Relaxed);
        self.reenter();
        // SAFETY: the caller's promise.
        unsafe { self.inner.deallocate(ptr, layout) }
        self.reenter();
    }
}

fn layout() -> Layout {
    let (size, align) =
        [(16, 8), (64, 8), (64, 64), (500, 4), (2048, 8), (9000, 16), (32768, 4096), (40000, 8)][below(8)];
    Layout::from_size_align(size, align).expect("powers of two")
}

/// Takes an object that this thread holds. Not while it is borrowed: a free may run anything.
fn held() -> Option<Object> {
    let take = |held: &RefCell<Vec<Object>>| {
        let mut held = held.borrow_mut();
        (!held.is_empty()).then(|| held.len()).map(|len| held.swap_remove(below(len)))
    };
    HELD.try_with(take).ok().flatten()
}

fn hold(object: Option<Object>) {
    let mut object = object;
    // Past the end of the thread's locals it is freed here.
    let _ = HELD.try_with(|held| held.borrow_mut().extend(object.take()));
}

/// One thing a program does.
fn step(side: &Arc<Side>, depot: &Arc<Depot>) {
    // SAFETY: P8: the pool is valid until this thread drops it, which no step does.
    let pool = || local::pool_of(Arc::as_ptr(depot)).map(|pool| unsafe { &*pool.as_ptr() });
    match below(20) {
        0..6 => hold(Object::new(side, depot, TAGS[below(4)], layout())),
        6..10 => drop(held()),
        10 => {
            // Racks of one class.
            let (tag, layout) = (TAGS[below(4)], layout());
            let many = MANY / (1 + layout.size() / 256);
            (0..many).for_each(|_| hold(Object::new(side, depot, tag, layout)));
        }
        11 => (0..below(MANY)).for_each(|_| drop(held())),
        12 => {
            let many = below(MANY / 2);
            (0..many).map_while(|_| held()).for_each(|object| {
                let side = Arc::clone(&object.side);
                side.shelf().push(object);
            });
        }
        13 => {
            let many = below(MANY);
            (0..many).for_each(|_| {
                let other = side.shelf().pop();
                if below(2) == 0 { hold(other) } else { drop(other) }
            });
        }
        14 => {
            let tag = TAGS[below(4)];
            if let Some(pool) = pool() {
                pool.select(tag, tag == METERED);
            }
        }
        15 => pool().into_iter().for_each(ThreadPool::shrink),
        16 if below(4) == 0 => drop(depot.trim()),
        17 => FAILS.set([0, 0, 0, 1, 2, 10][below(6)]),
        // SAFETY: P8: the pool leaves before it goes.
        18 => pool().into_iter().for_each(|pool| unsafe { set_current(pool) }),
        _ => drop((depot.tag_totals(TAGS[below(4)]), depot.totals())),
    }
}

/// Gives this thread a pool if it has none, or takes it away.
fn change_pool(index: usize, depot: &Arc<Depot>) {
    POOLS.with(|pools| {
        let before = pools[index].take();
        let fresh = before.is_none().then(|| Thread::new(depot));
        drop(before);
        drop(pools[index].replace(fresh));
    });
}

fn run(seed: u64, steps: usize, sides: &[(Arc<Side>, Arc<Depot>); 2], check: impl Fn(usize)) {
    RNG.set(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for round in 0..steps {
        let index = below(2);
        let (side, depot) = &sides[index];
        if below(40) == 0 {
            change_pool(index, depot);
        }
        step(side, depot);
        check(round);
    }
}

/// Everything goes, the objects last, on a thread that has no pool.
fn close(sides: [(Arc<Side>, Arc<Depot>); 2]) {
    let sides = sides.map(|(side, depot)| {
        side.check(&depot);
        side
    });
    // What the backend does meanwhile makes objects, too, until it is told to stop.
    for depth in [0, usize::MAX] {
        DEPTH.set(depth);
        for side in &sides {
            while let Some(object) = { side.shelf().pop() } {
                drop(object);
            }
        }
        while held().is_some() {}
    }
    DEPTH.set(0);
    for side in sides {
        assert!(side.depot.get().and_then(Weak::upgrade).is_none());
        assert_eq!((side.inner.counts().live_blocks, side.pages.load(Relaxed)), (0, 0));
    }
}

#[test]
fn a_random_program_is_counted_at_each_step() {
    for seed in 1..if cfg!(miri) { 2 } else { 4 } {
        println!("seed {seed}");
        let sides = [(); 2].map(|()| Side::new(true));
        thread::scope(|scope| {
            scope
                .spawn(|| {
                    run(seed, rounds(3000), &sides, |_| {
                        sides.iter().for_each(|(side, depot)| side.check(depot));
                    });
                    // Half of what is left is for the thread's end, where the pools are gone or about to go.
                    for _ in 0..HELD.with_borrow(Vec::len) / 2 {
                        let object = held().expect("it is there");
                        let side = Arc::clone(&object.side);
                        side.shelf().push(object);
                    }
                })
                .join()
                .expect("no panic");
        });
        close(sides);
    }
}

#[test]
fn random_programs_of_threads_trade_racks() {
    for seed in 1..if cfg!(miri) { 2 } else { 4 } {
        println!("seed {seed}");
        let sides = [(); 2].map(|()| Side::new(false));
        let barrier = Barrier::new(3);
        thread::scope(|scope| {
            let threads = [0, 1, 2].map(|number| {
                let (sides, barrier) = (&sides, &barrier);
                scope.spawn(move || {
                    run(seed * 3 + number, rounds(3000), sides, |round| {
                        if round.is_multiple_of(500) {
                            if barrier.wait().is_leader() {
                                sides.iter().for_each(|(side, depot)| side.check(depot));
                            }
                            barrier.wait();
                        }
                    });
                })
            });
            // By hand, for that is when their thread-locals are gone.
            threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
        });
        close(sides);
    }
}
