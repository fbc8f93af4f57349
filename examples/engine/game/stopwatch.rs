//! Time spent in each system, all threads together.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The systems, by the names of their functions.
#[derive(Clone, Copy, Debug)]
pub enum System {
    BroadPhase,
    NarrowPhase,
    FindPath,
    Solve,
    StartVoices,
    Mix,
    Visibility,
    BuildLods,
}

/// The names, in the order of [`System`].
pub const NAMES: [&str; 8] =
    ["broad_phase", "narrow_phase", "find_path", "solve", "start_voices", "mix", "visibility", "build_lods"];

/// Nanoseconds per system, in the order of [`System`].
pub type Laps = [u64; NAMES.len()];

#[derive(Debug, Default)]
pub struct Stopwatch([AtomicU64; NAMES.len()]);

impl Stopwatch {
    /// Runs `work` and adds its time to `system`.
    pub fn time<T>(&self, system: System, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.0[system as usize].fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        result
    }

    /// The sums so far.
    pub fn laps(&self) -> Laps {
        array::from_fn(|system| self.0[system].load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_to_its_system() {
        let watch = Stopwatch::default();
        watch.time(System::Mix, || std::thread::sleep(std::time::Duration::from_millis(2)));
        let laps = watch.laps();
        let mix = NAMES.iter().position(|&name| name == "mix").unwrap();
        assert!(laps[mix] >= 2_000_000);
        assert_eq!(laps.iter().sum::<u64>(), laps[mix]);
    }
}
