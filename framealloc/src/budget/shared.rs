//! A budget that many threads draw on.

use super::setting::{Budget, OnExceed};
use super::stats::{BudgetEvent, BudgetReset, BudgetStats};
use crate::sys::sync::{AtomicU8, AtomicU64, Ordering};

/// The budget of a tag or of the whole allocator. Threads take from it in slabs through their
/// [`Link`](super::link::Link).
///
/// All accesses are relaxed: the numbers guard no other memory, and B1 needs only the order of changes of `reserved`.
#[derive(Debug)]
pub(crate) struct SharedBudget {
    limit: AtomicU64,
    soft: AtomicU64,
    on_exceed: AtomicU8,
    /// Charged bytes and what threads hold (B1).
    reserved: AtomicU64,
    /// Charged bytes.
    used: AtomicU64,
    /// Freed bytes that were not charged yet: a thread that has not read the budget allocated them.
    owed: AtomicU64,
    peak: AtomicU64,
    overruns: AtomicU64,
    refusals: AtomicU64,
}

/// What a thread takes at a time, in bytes.
pub(super) const SLAB: u64 = if cfg!(framealloc_loom) { 4 } else { 64 * 1024 };

/// A thread takes at most this share of what is left, beyond what it needs at once: that makes slabs small near the end.
const SHARE: u64 = 4;

impl SharedBudget {
    /// A budget of which `used` bytes are already charged: the live bytes of a tag whose budget is set late.
    pub(crate) fn new(budget: &Budget, used: u64) -> Self {
        Self {
            limit: AtomicU64::new(budget.limit()),
            soft: AtomicU64::new(budget.soft_bytes()),
            on_exceed: AtomicU8::new(encode(budget.reaction())),
            reserved: AtomicU64::new(used),
            used: AtomicU64::new(used),
            owed: AtomicU64::new(0),
            peak: AtomicU64::new(used),
            overruns: AtomicU64::new(0),
            refusals: AtomicU64::new(0),
        }
    }

    /// Changes the setting. What threads already hold stays theirs: a lower limit binds from the next reservation. An
    /// event when the bytes in use are above the new limit of a budget that warns.
    pub(crate) fn set(&self, budget: &Budget) -> Option<BudgetEvent> {
        let before = self.limit.swap(budget.limit(), Ordering::Relaxed);
        self.soft.store(budget.soft_bytes(), Ordering::Relaxed);
        self.on_exceed.store(encode(budget.reaction()), Ordering::Relaxed);
        let (used, limit) = (self.used.load(Ordering::Relaxed), budget.limit());
        if budget.reaction() == OnExceed::Warn && used > limit && used <= before {
            self.overruns.fetch_add(1, Ordering::Relaxed);
            return Some(BudgetEvent::Exceeded { used, limit });
        }
        None
    }

    /// What happens when the limit is passed.
    pub(crate) fn on_exceed(&self) -> OnExceed {
        decode(self.on_exceed.load(Ordering::Relaxed))
    }

    /// Reserves between `at_least` and `want` bytes, and returns how many; `None` when `at_least` are not there. Near the
    /// end it grants less than `want`, down to `at_least`, to leave the other threads something (B1, B2).
    pub(crate) fn reserve(&self, want: u64, at_least: u64) -> Option<u64> {
        let limit = self.limit.load(Ordering::Relaxed);
        let mut reserved = self.reserved.load(Ordering::Relaxed);
        loop {
            let remaining = limit.saturating_sub(reserved);
            if remaining < at_least {
                return None;
            }
            let granted = want.min(remaining / SHARE).max(at_least);
            if granted == 0 {
                return Some(0);
            }
            let next = reserved + granted;
            match self.reserved.compare_exchange_weak(reserved, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Some(granted),
                Err(now) => reserved = now,
            }
        }
    }

    /// Reserved bytes above the limit.
    #[inline]
    pub(super) fn excess(&self) -> u64 {
        self.reserved.load(Ordering::Relaxed).saturating_sub(self.limit.load(Ordering::Relaxed))
    }

    /// Gives back reserved bytes that were not charged.
    pub(crate) fn release(&self, bytes: u64) {
        let reserved = subtract(&self.reserved, bytes);
        debug_assert_eq!(reserved, bytes, "B1: more was given back than was reserved");
    }

    /// Charges reserved bytes that are now in use.
    pub(crate) fn settle(&self, bytes: u64) -> Option<BudgetEvent> {
        let before = self.used.fetch_add(bytes, Ordering::Relaxed);
        let after = before.saturating_add(bytes);
        if after > self.peak.load(Ordering::Relaxed) {
            self.peak.fetch_max(after, Ordering::Relaxed);
        }
        let soft = self.soft.load(Ordering::Relaxed);
        if after < soft {
            return None;
        }
        let limit = self.limit.load(Ordering::Relaxed);
        let event = BudgetEvent::of(before, after, soft, limit, self.on_exceed());
        if matches!(event, Some(BudgetEvent::Exceeded { .. })) {
            self.overruns.fetch_add(1, Ordering::Relaxed);
        }
        event
    }

    /// Reserves whatever the limit says: bytes that were served without a lease.
    pub(super) fn force(&self, bytes: u64) {
        self.reserved.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Takes freed bytes off `used` and returns how many of them were charged; those stay reserved by the caller.
    pub(super) fn unuse(&self, bytes: u64) -> u64 {
        let charged = subtract(&self.used, bytes);
        if charged < bytes {
            self.owed.fetch_add(bytes - charged, Ordering::Relaxed);
        }
        charged
    }

    /// Gives back charged bytes that were freed by a thread without a link.
    pub(crate) fn credit(&self, bytes: u64) {
        self.release(self.unuse(bytes));
    }

    /// How many of `bytes`, which a thread allocated before it read the budget, were freed already.
    pub(crate) fn take_owed(&self, bytes: u64) -> u64 {
        subtract(&self.owed, bytes)
    }

    /// Whether a request of this many bytes would be met now, by a thread that holds nothing. Another thread may be
    /// faster.
    pub(crate) fn would_fit(&self, bytes: u64) -> bool {
        self.limit.load(Ordering::Relaxed).saturating_sub(self.reserved.load(Ordering::Relaxed)) >= bytes
    }

    /// Counts a request that was finally refused. [`reserve`](Self::reserve) does not: the thread first revokes its own
    /// leases and tries again.
    #[cold]
    pub(crate) fn count_refusal(&self) {
        self.refusals.fetch_add(1, Ordering::Relaxed);
    }

    /// The state as of each thread's last settling.
    pub(crate) fn stats(&self) -> BudgetStats {
        BudgetStats {
            limit: self.limit.load(Ordering::Relaxed),
            soft: self.soft.load(Ordering::Relaxed),
            on_exceed: self.on_exceed(),
            resets: BudgetReset::Never,
            used: self.used.load(Ordering::Relaxed),
            peak: self.peak.load(Ordering::Relaxed),
            reserved: self.reserved.load(Ordering::Relaxed),
            overruns: self.overruns.load(Ordering::Relaxed),
            refusals: self.refusals.load(Ordering::Relaxed),
        }
    }
}

/// Subtracts what is there of `bytes`, and returns it.
fn subtract(counter: &AtomicU64, bytes: u64) -> u64 {
    let mut now = counter.load(Ordering::Relaxed);
    loop {
        let there = now.min(bytes);
        match counter.compare_exchange_weak(now, now - there, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return there,
            Err(other) => now = other,
        }
    }
}

fn encode(on_exceed: OnExceed) -> u8 {
    match on_exceed {
        OnExceed::Warn => 0,
        OnExceed::Fail => 1,
        OnExceed::Panic => 2,
    }
}

fn decode(byte: u8) -> OnExceed {
    match byte {
        0 => OnExceed::Warn,
        1 => OnExceed::Fail,
        _ => OnExceed::Panic,
    }
}
