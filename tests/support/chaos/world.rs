//! The two allocators of a program, and what its threads share.

use std::alloc::Layout;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use framealloc::backend::AllocatorBackend;
use framealloc::diagnostics::{CallbackSink, Diagnostic, RateLimit, Strict};
use framealloc::{AllocConfig, FrameHandle, ObjectHandle, PoolHandle, SmartAlloc, StreamId, Subscription};

use super::here::{Caller, interrupt};
use super::judge;
use super::op::Step;
use super::run::Program;
use super::shelf::Held;
use super::value::Value;
use crate::{DropCounter, FailingBackend};

/// The most that a list of shared things holds.
pub(super) const MOST: usize = 60;

/// What one thread does.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) steps: Vec<Step>,
    /// Its shelf is made before anything of the library, so that it goes after it.
    pub(super) shelf_first: bool,
    /// It ends what it has before it exits.
    pub(super) tidy: bool,
}

/// A backend that lets the program go on before it does its work.
pub(super) struct CallingBackend(FailingBackend);

// SAFETY: all is done by the backend inside; `interrupt` lets no panic of a backend's call out.
unsafe impl AllocatorBackend for CallingBackend {
    fn allocate(&self, layout: Layout) -> Option<NonNull<u8>> {
        interrupt(Caller::Backend);
        self.0.allocate(layout)
    }

    unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
        interrupt(Caller::Backend);
        // SAFETY: by the caller.
        unsafe { self.0.deallocate(block, layout) }
    }
}

/// One allocator.
pub(super) struct Place {
    pub(super) alloc: SmartAlloc,
    pub(super) backend: Arc<CallingBackend>,
    pub(super) keyed: PoolHandle<Value<60>>,
    pub(super) handles: Mutex<Vec<ObjectHandle<Value<500>>>>,
    pub(super) streams: Mutex<Vec<StreamId>>,
    pub(super) shared: Mutex<Vec<FrameHandle<Value<15>>>>,
    _subscription: Subscription,
}

impl std::ops::Deref for CallingBackend {
    type Target = FailingBackend;

    fn deref(&self) -> &FailingBackend {
        &self.0
    }
}

impl Place {
    fn new(config: AllocConfig) -> Self {
        let backend = Arc::new(CallingBackend(FailingBackend::default()));
        let sink = CallbackSink::new(|report: &Diagnostic| {
            judge::report(report);
            interrupt(Caller::Listener);
        });
        let config = config.with_backend(Arc::clone(&backend)).with_sink(sink);
        let alloc = SmartAlloc::new(config).expect("the configuration is valid");
        alloc.diagnostics().set_rate_limit(RateLimit::Off);
        alloc.handles().on_relocate(|_| interrupt(Caller::Listener));
        alloc.streaming().on_evicted(|_| interrupt(Caller::Listener));
        alloc.streaming().on_loaded(|_| interrupt(Caller::Listener));
        // What these keep is not the allocator's own, or not known to the wrapper of the global allocator.
        drop((0..4 * MOST).map(|_| alloc.diagnostics().strict_guard(Strict::Off)).collect::<Vec<_>>());
        let keyed = alloc.pool_handle();
        let counter = DropCounter::default();
        assert!((0..8).all(|key| keyed.insert(key, Value::new(&counter)).is_ok()));
        (0..8).for_each(|key| drop(keyed.remove(key)));
        let subscription = alloc.subscribe(|_| interrupt(Caller::Listener));
        // Large enough from the start: what they would take later would be the current tag's.
        let (handles, streams) =
            (Mutex::new(Vec::with_capacity(MOST + 1)), Mutex::new(Vec::with_capacity(MOST + 1)));
        let shared = Mutex::new(Vec::with_capacity(MOST + 1));
        Self { alloc, backend, keyed, handles, streams, shared, _subscription: subscription }
    }
}

/// What a program runs in.
pub(super) struct World {
    pub(super) scripts: Vec<Script>,
    pub(super) places: [Place; 2],
    pub(super) counter: DropCounter,
    shelf: Mutex<Vec<Box<dyn Held + Send>>>,
    blamed: Mutex<Vec<String>>,
    forgotten: AtomicBool,
    pub(super) outlived: bool,
    /// Each step is printed when it begins.
    pub(super) trace: bool,
}

/// A lock that a panic elsewhere does not spoil.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(super) fn new(program: &Program) -> Self {
        let configs = [AllocConfig::minimal(), AllocConfig::default()];
        Self {
            scripts: program.scripts.clone(),
            places: configs.map(|config| Place::new(config.with_strict(program.strict))),
            counter: DropCounter::default(),
            shelf: Mutex::new(Vec::with_capacity(MOST + 1)),
            blamed: Mutex::default(),
            forgotten: AtomicBool::new(false),
            outlived: program.outlived,
            trace: std::env::var_os("FRAMEALLOC_TEST_TRACE").is_some(),
        }
    }

    pub(super) fn value<const N: usize>(&self) -> Value<N> {
        Value::new(&self.counter)
    }

    pub(super) fn shelf(&self) -> MutexGuard<'_, Vec<Box<dyn Held + Send>>> {
        lock(&self.shelf)
    }

    pub(super) fn blame(&self, text: String) {
        lock(&self.blamed).push(text);
    }

    pub(super) fn blamed(&self) -> Vec<String> {
        lock(&self.blamed).clone()
    }

    pub(super) fn has_forgotten(&self) {
        self.forgotten.store(true, Ordering::Relaxed);
    }

    /// Whether something was forgotten, so that not all is freed.
    pub(super) fn is_leaky(&self) -> bool {
        self.forgotten.load(Ordering::Relaxed)
    }

    /// Whether a step of any thread is such.
    pub(super) fn has(&self, is: impl Fn(&Step) -> bool) -> bool {
        self.scripts.iter().flat_map(|script| &script.steps).any(is)
    }
}
