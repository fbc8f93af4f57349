//! Ten million frames of a changing workload on two threads, with bursts: memory and latency stay flat.
//!
//! ```text
//! segment of 10,000 frames:  ▉ burst | settling                 | quiet: no chunk is taken
//! run:                       segment 0 warms up | first tenth … last tenth
//! ```
//!
//! A frame's latency is the processor time of its thread, without what waking the other one takes, and of the segments of a tenth the best one counts: what else
//! runs on the machine disturbs some segments, what framealloc does would be seen in all.

mod workload;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use framealloc::backend::{CountingBackend, SystemBackend};
use framealloc::{AllocConfig, SmartAlloc};
use framealloc_benches::resident;
use hdrhistogram::Histogram;

use workload::{Driver, Worker};

/// Frames from one burst to the next.
const SEGMENT: u64 = 10_000;
/// Frames of a burst.
const BURST: u64 = 5;
/// Frames after which what a burst needed has gone back, and the sizes of chunks fit again.
const SETTLED: u64 = 2_500;
/// What resident memory may differ by from one end of the run to the other: the system's own heap gives small blocks of a
/// burst back when it likes. A leak of a byte per frame would be forty times as much in ten million.
const SLACK: u64 = 1 << 18;

/// What one segment showed.
struct Segment {
    /// Nanoseconds of processor time of a frame: the median, and what one in a hundred and one in a thousand take.
    latency: [u64; 3],
    /// Chunks taken from the backend while the segment was quiet.
    chunks: u64,
    /// Bytes held from the backend at its end.
    held: u64,
    /// Bytes of this process at its end, where they can be read.
    resident: Option<u64>,
}

fn main() -> ExitCode {
    let frames = match frames() {
        Ok(frames) => frames,
        Err(text) => {
            eprintln!("soak: {text}");
            return ExitCode::from(2);
        }
    };
    let segments = run(frames / SEGMENT);
    show(&segments);
    let failures = judge(&segments);
    failures.iter().for_each(|failure| eprintln!("soak: {failure}"));
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The argument: how many frames, of which twenty segments are the least.
fn frames() -> Result<u64, String> {
    let text = std::env::args().nth(1).unwrap_or_else(|| "10000000".into());
    match text.replace('_', "").parse() {
        Ok(frames) if frames >= 20 * SEGMENT => Ok(frames),
        _ => Err(format!("`{text}` is no number of frames; the least is {}", 20 * SEGMENT)),
    }
}

fn run(count: u64) -> Vec<Segment> {
    let backend = Arc::new(CountingBackend::new(SystemBackend::new()));
    let config = AllocConfig::default().with_backend(Arc::clone(&backend));
    let alloc = SmartAlloc::new(config).expect("the configuration is valid");
    let worker = Worker::start(&alloc);
    let mut driver = Driver::new(&alloc, &worker);
    let mut latency = Histogram::<u64>::new_with_bounds(1, 1_000_000_000, 3).expect("the bounds are valid");
    let mut segments = Vec::with_capacity(count as usize);
    for _ in 0..count {
        latency.reset();
        let mut settled = 0;
        for frame in 0..SEGMENT {
            if frame == SETTLED {
                settled = chunks_taken(&alloc);
            }
            let begun = thread_time();
            driver.frame(frame < BURST);
            latency.saturating_record((thread_time() - begun).as_nanos() as u64);
            driver.hand_over();
        }
        let chunks = chunks_taken(&alloc) - settled;
        let latency = [0.5, 0.99, 0.999].map(|quantile| latency.value_at_quantile(quantile));
        let held = backend.counts().live_bytes;
        segments.push(Segment { latency, chunks, held, resident: resident::bytes() });
    }
    drop(driver);
    worker.join();
    segments
}

fn chunks_taken(alloc: &SmartAlloc) -> u64 {
    alloc.stats().threads.iter().map(|thread| thread.chunks_taken).sum()
}

/// Processor time of this thread, or the time of day where there is no such clock.
fn thread_time() -> Duration {
    #[cfg(target_os = "linux")]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }
    #[cfg(not(target_os = "linux"))]
    {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(std::time::Instant::now).elapsed()
    }
}

/// The tenths that are compared: the first one after the warm-up, and the last.
fn ends(segments: &[Segment]) -> [&[Segment]; 2] {
    let tenth = segments.len() / 10;
    [&segments[1..=tenth], &segments[segments.len() - tenth..]]
}

/// The latency of the best segment, quantile by quantile.
fn best(segments: &[Segment]) -> [u64; 3] {
    [0, 1, 2].map(|n| segments.iter().map(|segment| segment.latency[n]).min().unwrap_or(0))
}

fn most(segments: &[Segment], of: impl Fn(&Segment) -> Option<u64>) -> Option<u64> {
    segments.iter().filter_map(of).max()
}

fn show(segments: &[Segment]) {
    let kilobytes = |bytes: Option<u64>| bytes.map_or("-".into(), |bytes| format!("{} KB", bytes >> 10));
    println!(
        "{:>10}{:>10}{:>10}{:>10}{:>12}{:>12}{:>14}",
        "frames", "p50 ns", "p99 ns", "p99.9 ns", "held", "resident", "quiet chunks"
    );
    for part in segments.chunks(segments.len().div_ceil(10)) {
        let [median, hundredth, thousandth] = best(part);
        println!(
            "{:>10}{median:>10}{hundredth:>10}{thousandth:>10}{:>12}{:>12}{:>14}",
            part.len() as u64 * SEGMENT,
            kilobytes(most(part, |segment| Some(segment.held))),
            kilobytes(most(part, |segment| segment.resident)),
            part.iter().map(|segment| segment.chunks).sum::<u64>(),
        );
    }
}

/// What is not as it should be.
fn judge(segments: &[Segment]) -> Vec<String> {
    let mut failures = Vec::new();
    let [first, last] = ends(segments);
    let [before, after] = [first, last].map(|part| best(part)[2]);
    if after * 2 > before * 3 {
        failures.push(format!("p99.9 of a frame grew from {before} ns to {after} ns, more than 1.5 times"));
    }
    let resident = [first, last].map(|part| most(part, |segment| segment.resident));
    let held = [first, last].map(|part| most(part, |segment| Some(segment.held)));
    for (what, ends) in [("resident memory", resident), ("memory held from the backend", held)] {
        if let [Some(before), Some(after)] = ends
            && after > before + SLACK
        {
            failures.push(format!("{what} grew from {before} to {after} bytes"));
        }
    }
    for (index, segment) in segments.iter().enumerate().skip(1).filter(|(_, segment)| segment.chunks > 0) {
        failures.push(format!("segment {index} took {} chunks while it was quiet", segment.chunks));
    }
    failures
}
