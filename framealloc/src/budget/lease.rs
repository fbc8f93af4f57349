//! Leases: how a frame draws on several budgets at once.

use super::stats::BudgetEvent;

/// A budget that a frame leases from.
///
/// What is leased comes back in two ways, together exactly as much (B3): [`settle`](Self::settle) for the bytes that are
/// now in use, [`give_back`](Self::give_back) for the rest.
pub(crate) trait Lessor {
    /// Whether the budget can refuse. Budgets that only warn are charged instead and take no part in leases.
    fn refuses(&self) -> bool;

    /// How much could be taken now. It may reserve more from a shared budget first, so that a request that can be met
    /// is met; `want` is what would be useful.
    fn remainder(&self, request: u64, want: u64) -> u64;

    /// Leases `bytes`, at most the remainder just asked for.
    fn take(&self, bytes: u64);

    /// Takes back leased bytes that were not used.
    fn give_back(&self, bytes: u64);

    /// Charges leased bytes that are in use.
    fn settle(&self, bytes: u64) -> Option<BudgetEvent>;
}

/// Leases from every budget of `chain` that refuses, and returns how many bytes: `want` (the rest of the chunk) if each
/// of them allows it, else half of the least remainder in whole grains of 8, at least `request`. Half, so that two frames
/// in turn do not take the whole remainder from each other.
///
/// # Errors
///
/// The position in `chain` of the first budget that cannot meet the request. Nothing was leased then. The caller
/// revokes its thread's other leases and asks once more before it refuses.
pub(crate) fn lease<'a, I>(chain: I, request: u64, want: u64) -> Result<u64, usize>
where
    I: Iterator<Item = &'a dyn Lessor> + Clone,
{
    let want = want.max(request);
    let mut least = want;
    for (position, budget) in chain.clone().enumerate() {
        if budget.refuses() {
            let remainder = budget.remainder(request, want);
            if remainder < request {
                return Err(position);
            }
            least = least.min(remainder);
        }
    }
    let granted = if least >= want { want } else { ((least / 2) & !7).max(request) };
    chain.filter(|budget| budget.refuses()).for_each(|budget| budget.take(granted));
    Ok(granted)
}
