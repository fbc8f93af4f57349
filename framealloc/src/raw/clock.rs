//! A clock that costs a few instructions: ticks now, nanoseconds when somebody asks.

#![expect(unsafe_code, reason = "reads the time-stamp counter")]

use std::time::Instant;

/// Ticks of the processor's time-stamp counter; nanoseconds since the process' first call elsewhere.
#[inline(always)]
pub(crate) fn ticks() -> u64 {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    {
        // SAFETY: F7: the instruction has no precondition and touches no memory.
        unsafe { core::arch::x86_64::_rdtsc() }
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    {
        use std::sync::OnceLock;
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed().as_nanos() as u64
    }
}

/// A point in time on both clocks: the rate of the ticks since then converts ticks to nanoseconds.
///
/// Right where the counter runs at a constant rate on all cores, as it does on x86-64 processors since 2008.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Anchor {
    ticks: u64,
    instant: Instant,
}

impl Anchor {
    pub(crate) fn now() -> Self {
        Self { ticks: ticks(), instant: Instant::now() }
    }

    /// `ticks` as nanoseconds, by the rate since the anchor was taken.
    pub(crate) fn nanoseconds(&self, ticks: u64) -> u64 {
        let elapsed_ticks = self::ticks().saturating_sub(self.ticks).max(1);
        let elapsed = self.instant.elapsed().as_nanos() as f64;
        (ticks as f64 * (elapsed / elapsed_ticks as f64)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Of a thread that is put aside between two readings the times differ: that says nothing, and it tries again.
    #[test]
    fn ticks_convert_to_time() {
        let attempt = || {
            let anchor = Anchor::now();
            let (start, wall) = (ticks(), Instant::now());
            std::thread::sleep(Duration::from_millis(30));
            let measured = anchor.nanoseconds(ticks() - start) as f64;
            measured / wall.elapsed().as_nanos() as f64
        };
        let ratios: Vec<f64> =
            (0..20).map(|_| attempt()).take_while(|ratio| !(0.9..1.1).contains(ratio)).collect();
        assert!(ratios.len() < 20, "ticks to time as measured: {ratios:?}");
    }
}
