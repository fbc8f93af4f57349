//! The queue.

#![forbid(unsafe_code)]

use core::any::Any;
use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::config::{DeferredConfig, DeferredProcessing, QueueFullPolicy};
use super::node::{Item, List, Node};
use super::stats::DeferredStats;
use crate::diagnostics::{self, Diagnostic};
use crate::error::AllocError;
use crate::pool::PoolBox;
use crate::sys::attention::Attention;
use crate::sys::sync::{Condvar, Mutex, MutexGuard, lock};
use crate::threads::Home;
use crate::threads::this_thread::{self, Running};

/// What a destructor's panic carries.
type Payload = Box<dyn Any + Send>;

/// When a frame has something to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Moment {
    Begin = 1,
    End = 2,
}

/// Values of one allocator whose destructors wait.
pub(crate) struct DeferredQueue {
    /// The [`Moment`] at which something is to run is told here, under the lock.
    attention: Arc<Attention>,
    state: Mutex<State>,
    room: Condvar,
}

#[derive(Default)]
struct State {
    config: DeferredConfig,
    /// The queue was configured or used.
    in_use: bool,
    list: List,
    /// Threads that wait for room.
    waiting: u32,
    /// The thread that processed last; 0 for none.
    processor: u64,
    stats: DeferredStats,
}

/// What becomes of a value that is being deferred.
enum Admission {
    Enter,
    /// It enters, and its thread makes the room.
    EnterFull,
    RunNow,
    HandBack,
}

impl DeferredQueue {
    pub(crate) fn new(attention: Arc<Attention>) -> Self {
        Self { attention, state: Mutex::new(State::default()), room: Condvar::new() }
    }

    /// Whether values pass through here: the queue was configured, or something was deferred.
    pub(crate) fn is_in_use(&self) -> bool {
        self.lock().in_use
    }

    pub(crate) fn config(&self) -> DeferredConfig {
        self.lock().config
    }

    pub(crate) fn configure(&self, config: DeferredConfig) -> Result<(), AllocError> {
        config.validate()?;
        let mut state = self.lock();
        state.config = config;
        state.in_use = true;
        self.announce(&state);
        self.room.notify_all();
        Ok(())
    }

    /// Counts a value that found no memory to wait in: it was handed back, or its destructor runs at once.
    #[cold]
    pub(crate) fn count_without_memory(&self, handed_back: bool) {
        let mut state = self.lock();
        state.stats.refused += u64::from(handed_back);
        state.stats.immediate += u64::from(!handed_back);
    }

    /// The error for a value that the queue handed back.
    #[cold]
    pub(crate) fn full(&self) -> AllocError {
        AllocError::CapacityExceeded { capacity: self.config().max_queue_depth }
    }

    pub(crate) fn stats(&self) -> DeferredStats {
        let state = self.lock();
        DeferredStats { pending: state.list.len() as u64, ..state.stats }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Tells frames whether there is something to run.
    fn announce(&self, state: &State) {
        let due = match state.config.processing {
            _ if state.list.len() == 0 => 0,
            DeferredProcessing::AtFrameBegin => Moment::Begin as u32,
            DeferredProcessing::AtFrameEnd | DeferredProcessing::Incremental(_) => Moment::End as u32,
            DeferredProcessing::Explicit => 0,
        };
        self.attention.set_due(due);
    }

    /// Decides what becomes of a new value, after waiting for room if need be. With the time if that was in vain.
    fn admit(&self, nested: bool, refusable: bool) -> (MutexGuard<'_, State>, Admission, Option<Duration>) {
        let mut state = self.lock();
        state.in_use = true;
        let mut since = None;
        let mut in_vain = false;
        let admission = loop {
            // A destructor that is running finds room always: the thread that runs it makes it good afterwards (W5).
            let hands_back = refusable && state.config.policy == QueueFullPolicy::Fail;
            if !state.is_full() {
                break Admission::Enter;
            }
            if nested && !hands_back {
                state.stats.grown += 1;
                break Admission::Enter;
            }
            match state.config.policy {
                QueueFullPolicy::Grow => {
                    state.stats.grown += 1;
                    break Admission::Enter;
                }
                QueueFullPolicy::DropOldest => break Admission::EnterFull,
                QueueFullPolicy::Fail if refusable => {
                    state.stats.refused += 1;
                    break Admission::HandBack;
                }
                QueueFullPolicy::Fail | QueueFullPolicy::ProcessNow => {
                    state.stats.immediate += 1;
                    break Admission::RunNow;
                }
                QueueFullPolicy::Block => {
                    if state.processor == 0 || state.processor == this_thread::number() {
                        break Admission::EnterFull;
                    }
                    let since = *since.get_or_insert_with(Instant::now);
                    let left = state.config.block_timeout.saturating_sub(since.elapsed());
                    if left.is_zero() {
                        in_vain = true;
                        break Admission::EnterFull;
                    }
                    state.waiting += 1;
                    state = self.room.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
                    state.waiting -= 1;
                }
            }
        };
        let Some(since) = since else { return (state, admission, None) };
        let waited = since.elapsed();
        state.stats.blocked += 1;
        state.stats.longest_block = state.stats.longest_block.max(waited);
        state.stats.block_timeouts += u64::from(in_vain);
        (state, admission, in_vain.then_some(waited))
    }

    /// Runs the oldest destructors while more are pending than may be, unless the queue grows. Those that are pending now,
    /// at most: what they defer in turn may be themselves again.
    fn run_excess(&self, panic: &mut Option<Payload>) {
        let pending = self.lock().list.len();
        for _ in 0..pending {
            let mut state = self.lock();
            let grows = matches!(state.config.policy, QueueFullPolicy::Grow | QueueFullPolicy::Fail);
            if grows || state.list.len() <= state.config.max_queue_depth {
                return;
            }
            let Some(oldest) = self.pop(&mut state) else { return };
            state.stats.early += 1;
            drop(state);
            keep_first(panic, self.run(oldest));
        }
    }

    /// Takes the oldest value out, whose room a waiting thread may have.
    fn pop(&self, state: &mut State) -> Option<Item> {
        let item = state.list.pop();
        self.announce(state);
        if state.waiting > 0 {
            self.room.notify_one();
        }
        item
    }

    /// Runs a destructor. Returns the payload of its panic.
    fn run(&self, item: Item) -> Option<Payload> {
        let running = Running::enter();
        let panic = catch_unwind(AssertUnwindSafe(|| drop(item))).err();
        drop(running);
        if panic.is_some() {
            self.lock().stats.panics += 1;
        }
        panic
    }

    /// This thread exits: nobody waits for it to process any more.
    pub(crate) fn resign(&self) {
        let mut state = self.lock();
        if state.processor == this_thread::number() {
            state.processor = 0;
            self.room.notify_all();
        }
    }

    /// Runs the destructors that are due in a frame.
    pub(crate) fn process_due(&self) {
        let limit = match self.config().processing {
            DeferredProcessing::Incremental(limit) => limit,
            _ => usize::MAX,
        };
        self.process(limit);
    }

    /// Runs at most `limit` of the destructors that are pending now, the oldest first, and returns how many. What they
    /// defer waits for the next time. Inside a destructor that runs from a queue this does nothing.
    ///
    /// # Panics
    ///
    /// With the first panic of a destructor, when all have run.
    pub(crate) fn process(&self, limit: usize) -> usize {
        if this_thread::is_running() {
            return 0;
        }
        let (count, panic) = self.process_catching(limit);
        pass_on(panic);
        count
    }

    fn process_catching(&self, limit: usize) -> (usize, Option<Payload>) {
        let mut panic = None;
        let mut state = self.lock();
        state.processor = this_thread::number();
        let pending = state.list.len().min(limit);
        for count in 0..pending {
            // Another thread may have made room in between.
            let Some(item) = self.pop(&mut state) else { return (count, panic) };
            state.stats.processed += 1;
            drop(state);
            keep_first(&mut panic, self.run(item));
            state = self.lock();
        }
        (pending, panic)
    }
}

impl State {
    fn is_full(&self) -> bool {
        self.list.len() >= self.config.max_queue_depth
    }

    fn enter(&mut self, item: Item) {
        self.list.push(item);
        self.stats.deferred += 1;
        self.stats.peak_pending = self.stats.peak_pending.max(self.list.len() as u64);
    }
}

impl Drop for DeferredQueue {
    fn drop(&mut self) {
        // The allocator goes. A panic goes no further than the hook: this may be the end of a thread.
        if let (_, Some(payload)) = self.process_catching(usize::MAX) {
            discard(payload);
        }
    }
}

/// Defers the destructor of a value of the allocator `home`.
///
/// # Errors
///
/// The value, if the queue is full and hands back; never when it is not `refusable`.
///
/// # Panics
///
/// With the panic of a destructor that ran to make room, or because there was none; in strict mode with a report.
pub(crate) fn defer<T: Send + 'static>(
    home: &dyn Home,
    node: PoolBox<Node<T>>,
    refusable: bool,
) -> Result<(), PoolBox<Node<T>>> {
    let queue = home.queue();
    let nested = this_thread::is_running();
    let (mut state, admission, in_vain) = queue.admit(nested, refusable);
    let depth = state.config.max_queue_depth;
    let makes_room = !matches!(admission, Admission::Enter);
    let mut panic = None;
    match admission {
        Admission::HandBack => return Err(node),
        Admission::RunNow => {
            drop(state);
            panic = queue.run(Item::new(node));
        }
        Admission::Enter | Admission::EnterFull => {
            state.enter(Item::new(node));
            queue.announce(&state);
            drop(state);
        }
    }
    if makes_room {
        queue.run_excess(&mut panic);
    }
    if let Some(waited) = in_vain {
        // In strict mode a report panics.
        let report = || home.report(&|| waited_in_vain(depth, waited));
        keep_first(&mut panic, catch_unwind(AssertUnwindSafe(report)).err());
    }
    match panic {
        // Of another value's destructor, perhaps, that ran to make room.
        Some(payload) if home.is_exiting() => discard(payload),
        panic => pass_on(panic),
    }
    Ok(())
}

fn waited_in_vain(depth: usize, waited: Duration) -> Diagnostic {
    let message = format!(
        "{depth} deferred values are pending, and none was processed in {} ms; this thread runs the oldest itself",
        waited.as_millis()
    );
    Diagnostic::new(&diagnostics::FA211, message).with_suggestion(
        "process more often or raise `with_max_queue_depth`; the thread that ends frames must not wait for this one",
    )
}

fn keep_first(first: &mut Option<Payload>, next: Option<Payload>) {
    match next {
        Some(payload) if first.is_some() => discard(payload),
        Some(payload) => *first = Some(payload),
        None => {}
    }
}

/// Drops a payload, which is foreign: its destructor may panic too, and then that of the second payload.
fn discard(payload: Payload) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        core::mem::forget(second);
    }
}

/// Goes on with the panic of a destructor, unless the thread unwinds for another reason.
fn pass_on(panic: Option<Payload>) {
    match panic {
        Some(payload) if std::thread::panicking() => discard(payload),
        Some(payload) => resume_unwind(payload),
        None => {}
    }
}
