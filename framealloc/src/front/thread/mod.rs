//! The state of one thread in one allocator.
//!
//! ```text
//!  ThreadHeap ── context: tag, phase, run ── what a settling charges
//!   ├─ ambient ──► top of the stack of ambient cores (or the vacant one)
//!   ├─ unsealed ─► frames used since the last switch, linked
//!   ├─ cache       chunks not in use
//!   ├─ guards      what each open guard goes back to
//!   └─ pool        magazines
//! ```
//!
//! A switch of tag, phase or system *settles* the unsealed frames: the bytes between `mark` and `ptr` are charged to the
//! context they were made in, and the frame is *sealed* (`limit = ptr`), so its next allocation takes the slow path once
//! and comes back into the list. Allocating therefore never looks at the context.
//!
//! A frame comes back with a record for the tag that is current, or room for one, so settling takes no memory and calls
//! nobody. What a settling reads afterwards, of budgets that are new, may reach the backend, which may open and close guards:
//! who closes one looks for it after that.
//!
//! | file | role |
//! |---|---|
//! | `local.rs` | finding the heap of this thread; its exit |
//! | `open.rs` | opening and closing frames |
//! | `refill.rs` | the slow path of an allocation |
//! | `settle.rs` | charging |
//! | `lease.rs` | how far refusing budgets let a frame go |
//! | `settings.rs` | reading and setting budgets |
//! | `context.rs` | tags, phases and their guards |
//! | `run.rs` | runs of systems |
//! | `quick.rs` | entering and leaving a system when there is no surprise |
//! | `retire.rs` | the end of ambient cores |
//! | `ambient.rs` | `begin_frame`, `end_frame`, checkpoints |
//! | `behaving.rs` | what the behaviour filter is told |
//! | `news.rs` | what subscribers are to hear of |
//! | `promote.rs` | the end of retained values |
//! | `share.rs` | values that other threads read |
//! | `nodes.rs`, `sizing.rs` | what is known about tags, phases, systems and sizes |

#![expect(unsafe_code, reason = "owns cores and chunks through raw pointers")]

mod ambient;
mod behaving;
mod context;
mod lease;
pub(crate) mod local;
mod news;
pub(crate) mod nodes;
mod open;
mod promote;
mod quick;
mod refill;
mod retire;
mod run;
mod settings;
mod settle;
mod share;
mod sizing;

use core::cell::{Cell, RefCell, UnsafeCell};
use core::mem::offset_of;
use core::ops::Deref;
use core::ptr::{self, NonNull};
use std::sync::Arc;

use crate::error::AllocError;
use crate::pool::ThreadPool;
use crate::raw::cache::ChunkCache;
use crate::raw::chunk::Chunk;
use crate::raw::core::{Core, ExtraRecord, Owner};
use crate::raw::list::PushList;
use crate::raw::slab::Slab;
use crate::raw::stack::Stack;
use crate::sys::attention::Attention;
use crate::sys::caught::Caught;
use crate::tag::TagId;
use crate::tracking::HeapCounters;

use super::shared::Shared;
pub(crate) use ambient::SegmentKey;
use context::Guard;
pub(crate) use context::GuardKey;
pub(crate) use lease::Payer;
use nodes::{PhaseNode, SystemNode, TagNode, ThreadRecord};
use run::Run;
use sizing::Sizing;

/// Gives one keep of a heap up when it is dropped: at the end of what may panic (F5).
pub(crate) struct Unkeep(NonNull<ThreadHeap>);

impl Unkeep {
    /// # Safety
    ///
    /// The caller gives up one keep of `heap`, and does not use the heap after this value is dropped.
    #[inline(always)]
    pub(crate) unsafe fn new(heap: &ThreadHeap) -> Self {
        Self(NonNull::from(heap))
    }
}

impl Drop for Unkeep {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: F5: by the maker, the keep is given up here.
        unsafe { self.0.as_ref().unkeep() };
    }
}

/// The heap of one thread in one allocator.
///
/// All of it is in an `UnsafeCell`: then its last keep may be given up by a method, whose reference is live until it
/// returns, and memory may be freed that a reference points to which is not used any more (F5).
#[repr(transparent)]
pub(crate) struct ThreadHeap(UnsafeCell<State>);

impl Deref for ThreadHeap {
    type Target = State;

    #[inline(always)]
    fn deref(&self) -> &State {
        // SAFETY: F3: the state is changed through its own cells alone.
        unsafe { &*self.0.get() }
    }
}

/// What a heap is. Everything but `record` belongs to its thread alone (F3).
pub(crate) struct State {
    /// Top of the stack of ambient cores; the vacant core when none is open.
    ambient: Cell<NonNull<Core>>,
    /// Frames used since the last switch.
    unsealed: Cell<*const Core>,
    tag: Cell<NonNull<TagNode>>,
    phase: Cell<NonNull<PhaseNode>>,
    run: Cell<*const Run>,
    /// Some budget of the context can refuse, so frames need leases.
    refusing: Cell<bool>,
    /// Scoped frames that are open. Apart from `keeps`, which moves with it.
    level: Cell<usize>,
    /// Frames that ended inside another one, modulo `INNER_FRAMES`.
    inner: Cell<u32>,
    /// What reads the context anew after a switch; 0 when nothing does.
    followers: Cell<u8>,
    /// The last serial given out. Apart from `keeps`, which moves with it.
    serial: Cell<u64>,
    cores: Slab<Core>,
    /// What keeps the heap: the thread itself, frames, guards (F5).
    keeps: Cell<u64>,
    cache: ChunkCache,
    guards: Stack<Guard>,
    /// The serial of the guard on top; 0 when none is open.
    top_guard: Cell<u64>,
    begun_phases: Stack<GuardKey>,
    /// For `frame()` outside of any scoped frame of this thread, and inside one.
    outer_sizing: Sizing,
    nested_sizing: Sizing,
    ambient_sizing: Sizing,
    segment_sizing: Sizing,
    pub(crate) pool: ThreadPool,
    pub(crate) record: Arc<ThreadRecord>,
    pub(crate) shared: Arc<Shared>,
    /// How often `begin_frame` was called on this thread without its `end_frame`.
    begun: Cell<u64>,
    /// The frame number of the outermost of those calls, on a thread that does not drive it.
    begun_in: Cell<u64>,
    /// Bits: [`DRIVES`], [`SHARES`].
    role: Cell<u8>,
    attention: Arc<Attention>,
    /// The frame that `count_system_frame` counted last.
    counted: Cell<u64>,
    /// Frames until unused chunks go back.
    until_trim: Cell<u32>,
    exited: Cell<bool>,
    /// Budgets as this thread last saw them.
    epoch: Cell<u64>,
    budgets: lease::ThreadBudgets,
    news: news::News,
    /// Ordinary heap traffic of this thread at the last settling.
    traffic: Cell<HeapCounters>,
    traffic_mark: Cell<u64>,
    /// `traffic_mark` while nothing follows the context.
    quick_mark: Cell<u64>,
    shares: share::Shares,
    records: Slab<ExtraRecord>,
    runs: Slab<Run>,
    tag_nodes: PushList<TagNode>,
    tag_index: Stack<*const TagNode>,
    phase_nodes: PushList<PhaseNode>,
    phase_index: Stack<*const PhaseNode>,
    system_nodes: PushList<SystemNode>,
    system_index: Stack<*const SystemNode>,
    error: RefCell<Option<AllocError>>,
    /// The panic of a destructor, until the frame's end is done.
    panic: Cell<Caught>,
    vacant: Core,
    /// The next heap of this thread, for another allocator.
    next_of_thread: Cell<*const ThreadHeap>,
}

/// Adjacent counters that move together are fused into one vector update, which waits for the narrow stores before it.
const _: () = {
    let keeps = offset_of!(State, keeps);
    assert!(keeps.abs_diff(offset_of!(State, serial)) >= 16);
    assert!(keeps.abs_diff(offset_of!(State, level)) >= 16);
};

/// The thread drives the frame number.
const DRIVES: u8 = 1;
/// Slots of the thread outlive their frames.
const SHARES: u8 = 2;

impl ThreadHeap {
    /// A heap for this thread, with one keep. Registers its record.
    pub(crate) fn create(shared: &Arc<Shared>) -> NonNull<ThreadHeap> {
        let record = Arc::new(ThreadRecord::new());
        shared.registry.enter(record.clone());
        let quiet = shared.config.trim_after;
        let first = Chunk::class_for(shared.config.frame_size).unwrap_or(0);
        let tag_nodes = PushList::new();
        let phase_nodes = PushList::new();
        let root_tag = NonNull::from(tag_nodes.push(context::root_tag_node(&record)));
        let root_phase = NonNull::from(phase_nodes.push(context::root_phase_node(&record)));
        let heap = NonNull::from(Box::leak(Box::<ThreadHeap>::new_uninit())).cast::<ThreadHeap>();
        let owner: NonNull<dyn Owner> = heap;
        let value = State {
            ambient: Cell::new(NonNull::dangling()),
            unsealed: Cell::new(ptr::null()),
            tag: Cell::new(root_tag),
            phase: Cell::new(root_phase),
            run: Cell::new(ptr::null()),
            refusing: Cell::new(false),
            followers: Cell::new(0),
            serial: Cell::new(0),
            keeps: Cell::new(1),
            level: Cell::new(0),
            inner: Cell::new(0),
            cores: Slab::new(),
            cache: ChunkCache::new(),
            guards: Stack::new(),
            top_guard: Cell::new(0),
            begun_phases: Stack::new(),
            outer_sizing: Sizing::new(first),
            nested_sizing: Sizing::new(0),
            ambient_sizing: Sizing::new(first),
            segment_sizing: Sizing::new(0),
            pool: ThreadPool::new(shared.pool.clone(), record.number),
            record,
            shared: shared.clone(),
            begun: Cell::new(0),
            begun_in: Cell::new(0),
            role: Cell::new(0),
            attention: shared.attention.clone(),
            counted: Cell::new(0),
            until_trim: Cell::new(quiet),
            exited: Cell::new(false),
            epoch: Cell::new(0),
            budgets: lease::ThreadBudgets::default(),
            news: news::News::default(),
            traffic: Cell::new(HeapCounters::default()),
            traffic_mark: Cell::new(0),
            quick_mark: Cell::new(0),
            shares: share::Shares::default(),
            records: Slab::new(),
            runs: Slab::new(),
            tag_nodes,
            tag_index: Stack::new(),
            phase_nodes,
            phase_index: Stack::new(),
            system_nodes: PushList::new(),
            system_index: Stack::new(),
            error: RefCell::new(None),
            panic: Cell::default(),
            vacant: Core::vacant(owner),
            next_of_thread: Cell::new(ptr::null()),
        };
        // SAFETY: F5: the box is fresh and large enough; from here on it is initialised.
        unsafe { heap.write(ThreadHeap(UnsafeCell::new(value))) };
        // SAFETY: F5: the heap was initialised in the line above and is kept by its first keep.
        let this = unsafe { heap.as_ref() };
        this.ambient.set(NonNull::from(&this.vacant));
        this.start_context();
        heap
    }

    /// One more reason to live.
    #[inline(always)]
    pub(crate) fn keep(&self) {
        self.keeps.set(self.keeps.get() + 1);
    }

    /// One reason less. The heap may be gone afterwards (F5).
    ///
    /// # Safety
    ///
    /// The caller gives up one keep, and does not use the heap after this.
    #[inline(always)]
    pub(crate) unsafe fn unkeep(&self) {
        let keeps = self.keeps.get() - 1;
        self.keeps.set(keeps);
        if keeps == 0 {
            // SAFETY: F5: nothing keeps the heap, and by the caller nobody uses it.
            unsafe { Self::free(NonNull::from(self)) };
        }
    }

    /// # Safety
    ///
    /// Nothing keeps the heap and nobody uses it.
    #[cold]
    #[inline(never)]
    unsafe fn free(heap: NonNull<ThreadHeap>) {
        // SAFETY: F5: the heap is live until the end of this function.
        let this = unsafe { heap.as_ref() };
        this.give_up_resources();
        this.shared.registry.leave(&this.record, &this.shared);
        let backend = this.shared.backend.clone();
        this.guards.release(&*backend);
        this.begun_phases.release(&*backend);
        this.tag_index.release(&*backend);
        this.phase_index.release(&*backend);
        this.system_index.release(&*backend);
        // SAFETY: F5: no frame is open, so no record of the slabs is used; the box came from `create`.
        unsafe {
            this.cores.release(&*backend);
            this.records.release(&*backend);
            this.runs.release(&*backend);
            drop(Box::from_raw(heap.as_ptr()));
        }
    }

    /// Gives cached chunks to the depot, slots to their table, magazines to the pool and reservations to their budgets.
    fn give_up_resources(&self) {
        self.cool_all();
        // May take long, and a budget may be set meanwhile: blocks on their way to the depot would be told as this thread's.
        self.pool.shrink();
        // What this thread contributed to budgets that it has not read yet would be forgotten with it. From here on nothing
        // is counted that a budget which is set meanwhile could miss.
        while !self.shared.budgets.in_epoch(self.epoch.get(), || ()) {
            self.notice_budgets();
        }
        let cached = self.cache.drain();
        self.record.chunk_bytes.sub(cached.bytes());
        self.shared.chunks.accept(cached);
        self.give_up_slots();
        self.pool.flush();
        // The next allocation asks which tag it is for.
        self.pool.select(TagId::UNTAGGED.0, true);
        self.drain_budgets();
    }

    /// Whether this thread drives the frame number.
    #[inline(always)]
    fn drives(&self) -> bool {
        self.role.get() & DRIVES != 0
    }

    /// The frame number as of now.
    #[inline(always)]
    fn frame_number(&self) -> u64 {
        self.shared.clock.number()
    }

    #[inline(always)]
    fn next_serial(&self) -> u64 {
        let serial = self.serial.get() + 1;
        self.serial.set(serial);
        serial
    }

    /// Gives chunks back that no frame of the last window needed.
    #[cold]
    #[inline(never)]
    pub(crate) fn trim(&self) {
        self.until_trim.set(self.shared.config.trim_after);
        // A thread in a steady state settles nothing that would notice.
        self.notice_budgets();
        let surplus = self.cache.surplus();
        self.cool_all();
        self.record.chunk_bytes.sub(surplus.bytes());
        let returned = self.shared.chunks.destroy(surplus);
        self.note_returned(returned);
        let returned = self.shared.trim();
        self.note_returned(returned);
    }
}
