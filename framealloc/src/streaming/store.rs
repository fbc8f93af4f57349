//! The resources of an allocator.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::block::{Block, Ledger, Room, StreamData};
use super::load::StreamLoad;
use super::names::{StreamError, StreamEvent, StreamId, StreamPriority, StreamProgress, StreamStats};
use crate::heap::HeapBox;
use crate::raw::callbacks::Callbacks;

pub(crate) struct StreamStore {
    allocator: u64,
    state: Mutex<State>,
    pub(crate) loaded: Callbacks<StreamEvent>,
    pub(crate) evicted: Callbacks<StreamEvent>,
}

struct State {
    resources: BTreeMap<u64, Resource>,
    last: u64,
    /// Counts uses, for the age of resources.
    clock: u64,
    budget: u64,
    ledger: Ledger,
    peak: u64,
    loads: u64,
    evictions: u64,
}

struct Resource {
    size: usize,
    priority: StreamPriority,
    used_at: u64,
    content: Content,
}

enum Content {
    Loading {
        block: Arc<Block>,
        loaded: usize,
    },
    /// A [`StreamLoad`] has the block.
    Lent,
    Loaded(Arc<Block>),
    Evicted,
}

/// A request that does not fit the budget, whatever is evicted.
pub(crate) struct Shortage {
    pub(crate) limit: u64,
    pub(crate) used: u64,
    /// Bytes that might have been evicted.
    pub(crate) evictable: u64,
}

/// What begins a load.
pub(crate) enum Begun<'a> {
    Load(StreamLoad<'a>),
    /// The data was evicted: memory is needed first.
    NeedsRoom {
        size: usize,
        priority: StreamPriority,
    },
}

/// What was evicted: its memory, to be freed without the lock, and what to tell.
#[must_use]
#[derive(Default)]
pub(crate) struct Evicted {
    memory: Vec<HeapBox<[u8]>>,
    events: Vec<StreamEvent>,
}

impl StreamStore {
    pub(crate) fn new(allocator: u64) -> Self {
        let state = State {
            resources: BTreeMap::new(),
            last: 0,
            clock: 0,
            budget: u64::MAX,
            ledger: Ledger::default(),
            peak: 0,
            loads: 0,
            evictions: 0,
        };
        Self {
            allocator,
            state: Mutex::new(state),
            loaded: Callbacks::default(),
            evicted: Callbacks::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room for `size` bytes, with what has to go for it.
    pub(crate) fn make_room(
        &self,
        size: usize,
        priority: StreamPriority,
    ) -> Result<(Room, Evicted), Shortage> {
        let mut state = self.lock();
        let (size, used) = (size as u64, state.ledger.used());
        let missing = used.saturating_add(size).saturating_sub(state.budget);
        let evicted = state.evict(self.allocator, missing, priority, true).map_err(|evictable| Shortage {
            limit: state.budget,
            used,
            evictable,
        })?;
        Ok((state.ledger.take(size), evicted))
    }

    /// Frees what was evicted, and tells the callbacks.
    pub(crate) fn announce(&self, evicted: Evicted) {
        drop(evicted.memory);
        self.evicted.call(&evicted.events);
    }

    /// A new resource, not loaded yet.
    pub(crate) fn insert(&self, block: Arc<Block>, priority: StreamPriority) -> StreamId {
        let mut state = self.lock();
        state.note_peak();
        state.last += 1;
        let number = state.last;
        let size = block.bytes.len();
        let content = Content::Loading { block, loaded: 0 };
        state.resources.insert(number, Resource { size, priority, used_at: 0, content });
        StreamId { allocator: self.allocator, number }
    }

    /// Begins or goes on with a load.
    pub(crate) fn begin(&self, id: StreamId) -> Result<Begun<'_>, StreamError> {
        let mut state = self.lock();
        let resource = state.find(self.allocator, id)?;
        match core::mem::replace(&mut resource.content, Content::Lent) {
            Content::Loading { block, loaded } => Ok(Begun::Load(StreamLoad::new(self, id, block, loaded))),
            Content::Evicted => {
                resource.content = Content::Evicted;
                Ok(Begun::NeedsRoom { size: resource.size, priority: resource.priority })
            }
            Content::Lent => Err(StreamError::InUse),
            loaded @ Content::Loaded(_) => {
                resource.content = loaded;
                Err(StreamError::AlreadyLoaded)
            }
        }
    }

    /// Begins to load an evicted resource again, into `block`.
    pub(crate) fn begin_again(&self, id: StreamId, block: Arc<Block>) -> Result<StreamLoad<'_>, StreamError> {
        let mut state = self.lock();
        state.note_peak();
        // Another thread may have been faster. The block is dropped after the lock.
        let resource = state.find(self.allocator, id)?;
        match resource.content {
            Content::Evicted => {
                resource.content = Content::Lent;
                Ok(StreamLoad::new(self, id, block, 0))
            }
            Content::Loaded(_) => Err(StreamError::AlreadyLoaded),
            Content::Loading { .. } | Content::Lent => Err(StreamError::InUse),
        }
    }

    /// A load stops before its end.
    pub(super) fn put_back(&self, id: StreamId, block: Arc<Block>, loaded: usize) {
        let mut state = self.lock();
        if let Ok(resource) = state.find(self.allocator, id) {
            resource.content = Content::Loading { block, loaded };
        } else {
            drop(state);
            drop(block);
        }
    }

    /// A load ends.
    pub(super) fn finish(&self, id: StreamId, block: Arc<Block>) -> Result<(), StreamError> {
        let mut state = self.lock();
        state.clock += 1;
        let now = state.clock;
        let resource = match state.find(self.allocator, id) {
            Ok(resource) => resource,
            Err(error) => {
                drop(state);
                drop(block);
                return Err(error);
            }
        };
        resource.content = Content::Loaded(block);
        resource.used_at = now;
        let event = StreamEvent { id, bytes: resource.size, priority: resource.priority };
        state.loads += 1;
        drop(state);
        self.loaded.call(&[event]);
        Ok(())
    }

    /// The data of a loaded resource, which counts as used now.
    pub(crate) fn access(&self, id: StreamId) -> Result<StreamData, StreamError> {
        let mut state = self.lock();
        state.clock += 1;
        let now = state.clock;
        let resource = state.find(self.allocator, id)?;
        match &resource.content {
            Content::Loaded(block) => {
                let data = StreamData(Arc::clone(block));
                resource.used_at = now;
                Ok(data)
            }
            Content::Evicted => Err(StreamError::Evicted),
            Content::Loading { loaded, .. } => {
                Err(StreamError::NotLoaded { loaded: *loaded, size: resource.size })
            }
            Content::Lent => Err(StreamError::InUse),
        }
    }

    /// Evicts one resource, whatever its priority, or forgets what was loaded of it.
    pub(crate) fn evict(&self, id: StreamId) -> Result<Evicted, StreamError> {
        let mut state = self.lock();
        let allocator = self.allocator;
        match &state.find(allocator, id)?.content {
            Content::Evicted => Ok(Evicted::default()),
            Content::Lent => Err(StreamError::InUse),
            Content::Loaded(block) if Arc::strong_count(block) > 1 => Err(StreamError::InUse),
            Content::Loaded(_) | Content::Loading { .. } => {
                let mut evicted = Evicted::default();
                state.take_block(allocator, id.number, &mut evicted);
                Ok(evicted)
            }
        }
    }

    /// Forgets a resource; whether there was one.
    pub(crate) fn release(&self, id: StreamId) -> bool {
        let mut state = self.lock();
        if state.find(self.allocator, id).is_err() {
            return false;
        }
        let resource = state.resources.remove(&id.number);
        drop(state);
        resource.is_some()
    }

    pub(crate) fn progress(&self, id: StreamId) -> Option<StreamProgress> {
        let mut state = self.lock();
        let resource = state.find(self.allocator, id).ok()?;
        let (size, loaded) = (resource.size, |loaded, is_finished| (loaded, is_finished));
        let (loaded, is_finished) = match &resource.content {
            Content::Loading { loaded: bytes, .. } => loaded(*bytes, false),
            Content::Lent | Content::Evicted => loaded(0, false),
            Content::Loaded(_) => loaded(size, true),
        };
        Some(StreamProgress { loaded, size, is_finished })
    }

    /// Sets the budget, and evicts what is above it, as far as that may go.
    pub(crate) fn set_budget(&self, budget: u64) -> Evicted {
        let mut state = self.lock();
        state.budget = budget;
        let above = state.ledger.used().saturating_sub(budget);
        state.evict(self.allocator, above, StreamPriority::Critical, false).unwrap_or_default()
    }

    pub(crate) fn stats(&self) -> StreamStats {
        let state = self.lock();
        let mut stats = StreamStats {
            budget: state.budget,
            used_bytes: state.ledger.used(),
            peak_bytes: state.peak,
            loads: state.loads,
            evictions: state.evictions,
            ..StreamStats::default()
        };
        for resource in state.resources.values() {
            match resource.content {
                Content::Loaded(_) => stats.loaded += 1,
                Content::Loading { .. } | Content::Lent => stats.loading += 1,
                Content::Evicted => stats.evicted += 1,
            }
        }
        stats
    }
}

impl State {
    /// There is memory for a room that was taken: before that, it might have been refused, as others still may.
    fn note_peak(&mut self) {
        self.peak = self.peak.max(self.ledger.filled());
    }

    fn find(&mut self, allocator: u64, id: StreamId) -> Result<&mut Resource, StreamError> {
        let ours = id.allocator == allocator;
        self.resources.get_mut(&id.number).filter(|_| ours).ok_or(StreamError::Stale)
    }

    /// Evicts `missing` bytes for a request of `priority` (N2, N3). When what may go is not enough, nothing goes if `all` is
    /// wanted, and everything else; the error is what might go.
    fn evict(
        &mut self,
        allocator: u64,
        missing: u64,
        priority: StreamPriority,
        all: bool,
    ) -> Result<Evicted, u64> {
        if missing == 0 {
            return Ok(Evicted::default());
        }
        let may_go = |resource: &Resource| {
            let idle = matches!(&resource.content, Content::Loaded(block) if Arc::strong_count(block) == 1);
            let lower = resource.priority <= priority && resource.priority < StreamPriority::Critical;
            idle && lower && resource.size > 0
        };
        let mut candidates: Vec<_> = self
            .resources
            .iter()
            .filter(|(_, resource)| may_go(resource))
            .map(|(number, resource)| (resource.priority, resource.used_at, *number, resource.size as u64))
            .collect();
        let evictable = candidates.iter().map(|(.., size)| size).sum::<u64>();
        if all && evictable < missing {
            return Err(evictable);
        }
        candidates.sort_unstable();
        let mut freed = 0;
        let mut evicted = Evicted::default();
        for (.., number, size) in candidates {
            if freed >= missing {
                break;
            }
            freed += size;
            self.take_block(allocator, number, &mut evicted);
        }
        Ok(evicted)
    }

    /// Takes the memory of a resource that nobody else has. Its room is given back here.
    fn take_block(&mut self, allocator: u64, number: u64, evicted: &mut Evicted) {
        let Some(resource) = self.resources.get_mut(&number) else { return };
        let content = core::mem::replace(&mut resource.content, Content::Evicted);
        let (Content::Loaded(block) | Content::Loading { block, .. }) = content else { return };
        self.evictions += 1;
        let id = StreamId { allocator, number };
        evicted.events.push(StreamEvent { id, bytes: resource.size, priority: resource.priority });
        evicted.memory.extend(Arc::into_inner(block).map(Block::into_bytes));
    }
}
