//! Snapshots as files.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::model::Snapshot;
use crate::error::AllocError;

const PREFIX: &str = "snapshot-";
const SUFFIX: &str = ".json";
/// A file under another name that is older than this was left by a process that died.
const ABANDONED: Duration = Duration::from_secs(60);

/// Distinguishes the files of one process.
static FILES: AtomicU64 = AtomicU64::new(0);

/// Where snapshots go, and how many.
///
/// | setting | default |
/// |---|---|
/// | [`with_directory`](Self::with_directory) | `framealloc-snapshots` in the current directory |
/// | [`with_max_snapshots`](Self::with_max_snapshots) | 60 |
/// | [`with_min_interval`](Self::with_min_interval) | 500 ms, which is also the least |
/// | [`on_request_only`](Self::on_request_only) | no |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotConfig {
    directory: PathBuf,
    max_snapshots: usize,
    min_interval: Duration,
    on_request_only: bool,
}

impl Default for SnapshotConfig {
    fn default() -> Self {
        Self {
            directory: PathBuf::from("framealloc-snapshots"),
            max_snapshots: 60,
            min_interval: Self::MIN_INTERVAL,
            on_request_only: false,
        }
    }
}

impl SnapshotConfig {
    /// The least time between two snapshots that nobody asked for.
    pub const MIN_INTERVAL: Duration = Duration::from_millis(500);

    /// The directory they are written to. It is created with the first one.
    #[must_use]
    pub fn with_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// The most snapshots the directory holds: the oldest ones are removed. Other files in it are left alone.
    #[must_use]
    pub fn with_max_snapshots(mut self, snapshots: usize) -> Self {
        self.max_snapshots = snapshots;
        self
    }

    /// The least time between two snapshots that nobody asked for.
    #[must_use]
    pub fn with_min_interval(mut self, interval: Duration) -> Self {
        self.min_interval = interval;
        self
    }

    /// Takes snapshots only when the request file asks for one.
    #[must_use]
    pub fn on_request_only(mut self) -> Self {
        self.on_request_only = true;
        self
    }

    fn validate(&self) -> Result<(), AllocError> {
        if self.max_snapshots == 0 {
            return Err(AllocError::config("max_snapshots", "is 0; every snapshot would be removed at once"));
        }
        if self.min_interval < Self::MIN_INTERVAL {
            let reason = format!("is {:?}; the least is {:?}", self.min_interval, Self::MIN_INTERVAL);
            return Err(AllocError::config("min_interval", reason));
        }
        Ok(())
    }
}

/// Writes snapshots of an allocator into a directory, one now and then, and one whenever a tool asks.
///
/// A tool asks by creating the file `snapshot.request` in the directory; the emitter removes it and writes a snapshot at
/// the next call between two frames.
///
/// ```
/// use framealloc::{SmartAlloc, Snapshot, SnapshotConfig, SnapshotEmitter};
///
/// # let directory = std::env::temp_dir().join(format!("framealloc-doc-{}", std::process::id()));
/// let alloc = SmartAlloc::with_defaults();
/// let config = SnapshotConfig::default().with_directory(&directory).with_max_snapshots(10);
/// let mut emitter = SnapshotEmitter::new(config)?;
/// for _ in 0..3 {
///     alloc.begin_frame();
///     drop(alloc.frame_box([0_u8; 100]));
///     alloc.end_frame();
///     if let Some(path) = emitter.maybe_emit(&alloc)? {
///         let snapshot = Snapshot::from_json(&std::fs::read_to_string(path)?)?;
///         assert_eq!(snapshot.summary.frame_bytes, 104);
///     }
/// }
/// # std::fs::remove_dir_all(directory)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SnapshotEmitter {
    config: SnapshotConfig,
    last: Option<Instant>,
}

impl SnapshotEmitter {
    /// The name of the file by which a tool asks for a snapshot.
    pub const REQUEST: &'static str = "snapshot.request";

    /// An emitter with these settings. Touches no file.
    ///
    /// # Errors
    ///
    /// [`AllocError::InvalidConfig`] names the setting that cannot work.
    pub fn new(config: SnapshotConfig) -> Result<Self, AllocError> {
        config.validate()?;
        Ok(Self { config, last: None })
    }

    /// Where the snapshots go.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.config.directory
    }

    /// Writes what `capture` returns if one is due or was asked for. After a failure the next one is due an interval
    /// later.
    pub(crate) fn emit_if_due(&mut self, capture: impl FnOnce() -> Snapshot) -> io::Result<Option<PathBuf>> {
        let waited = self.last.is_none_or(|last| last.elapsed() >= self.config.min_interval);
        // Removing it is asking and taking in one: of several emitters one answers.
        let asked = fs::remove_file(self.config.directory.join(Self::REQUEST)).is_ok();
        if !(asked || waited && !self.config.on_request_only) {
            return Ok(None);
        }
        self.last = Some(Instant::now());
        self.write(&capture()).map(Some)
    }

    fn write(&self, snapshot: &Snapshot) -> io::Result<PathBuf> {
        let directory = &self.config.directory;
        fs::create_dir_all(directory)?;
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let stem = format!("{PREFIX}{:016}-{:010}-{number:010}", snapshot.timestamp, process::id());
        let temporary = directory.join(format!(".{stem}.tmp"));
        let path = directory.join(stem + SUFFIX);
        // K1, and K2: from here on the file is this emitter's.
        let mut file = File::create_new(&temporary)?;
        let written = file.write_all(snapshot.to_json().as_bytes());
        drop(file);
        if let Err(error) = written.and_then(|()| fs::rename(&temporary, &path)) {
            drop(fs::remove_file(&temporary));
            return Err(error);
        }
        self.tidy(&path)?;
        Ok(path)
    }

    /// Removes the oldest snapshots above the number allowed, and what processes that died left behind (K2). `newest` was
    /// just written, and stays although a clock that was put back may make it look older.
    fn tidy(&self, newest: &Path) -> io::Result<()> {
        let mut snapshots = Vec::new();
        for entry in fs::read_dir(&self.config.directory)? {
            let entry = entry?;
            let name = entry.file_name();
            match name.to_str() {
                Some(name) if is_ours(name, "", SUFFIX) => snapshots.push(entry.path()),
                Some(name) if is_ours(name, ".", ".tmp") => {
                    let written = entry.metadata().and_then(|about| about.modified()).ok();
                    let age = written.and_then(|written| written.elapsed().ok());
                    if age.is_some_and(|age| age > ABANDONED) {
                        drop(fs::remove_file(entry.path()));
                    }
                }
                _ => {}
            }
        }
        // By time, because the time leads the names.
        snapshots.sort_unstable_by(|a, b| (a == newest, a).cmp(&(b == newest, b)));
        let surplus = snapshots.len().saturating_sub(self.config.max_snapshots);
        // Another emitter may have been faster.
        snapshots[..surplus].iter().for_each(|path| drop(fs::remove_file(path)));
        Ok(())
    }
}

/// Whether a file of this name is an emitter's.
fn is_ours(name: &str, before: &str, after: &str) -> bool {
    let stem = name.strip_prefix(before).and_then(|name| name.strip_prefix(PREFIX));
    stem.and_then(|stem| stem.strip_suffix(after)).is_some_and(|middle| {
        let parts: Vec<&str> = middle.split('-').collect();
        parts.len() == 3
            && parts.iter().all(|part| part.len() >= 10 && part.bytes().all(|c| c.is_ascii_digit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_pattern_are_ours() {
        let own = "snapshot-0001792345678901-0000004711-0000000003.json";
        assert!(is_ours(own, "", SUFFIX));
        assert!(is_ours(&format!(".{}", own.replace(SUFFIX, ".tmp")), ".", ".tmp"));
        let others =
            ["snapshot.json", "snapshot-1.json", "snapshot-a-b-c.json", "x.json", "snapshot.request"];
        assert!(!others.iter().any(|name| is_ours(name, "", SUFFIX)));
        assert!(!is_ours(&own.replace("4711", "471a"), "", SUFFIX));
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        let field = |config| match SnapshotEmitter::new(config) {
            Err(AllocError::InvalidConfig { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(field(SnapshotConfig::default().with_max_snapshots(0)), "max_snapshots");
        let short = SnapshotConfig::default().with_min_interval(Duration::from_millis(499));
        assert_eq!(field(short), "min_interval");
    }
}
