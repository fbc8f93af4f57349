//! Snapshots of the run on framealloc, written between its frames for tools that look at it.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use framealloc::{SnapshotConfig, SnapshotEmitter};

use crate::failure::Failure;
use crate::memory::Framed;

/// The most snapshots that stay in the folder.
pub const MOST: usize = 20;

/// Where the snapshots of a run go.
#[derive(Debug)]
pub struct Snapshots {
    emitter: SnapshotEmitter,
    written: u64,
}

impl Snapshots {
    /// Makes the folder, so that one that cannot be made is known before the run.
    ///
    /// # Errors
    /// A folder that cannot be made.
    pub fn new(folder: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(folder).map_err(|error| failure(folder, &error))?;
        let config = SnapshotConfig::default().with_directory(folder).with_max_snapshots(MOST);
        let emitter = SnapshotEmitter::new(config).map_err(|error| failure(folder, &error))?;
        Ok(Self { emitter, written: 0 })
    }

    /// Writes a snapshot if one is due or a tool asks for one.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn between_frames(&mut self, runtime: &Framed) -> Result<(), Failure> {
        let path = runtime.emit(&mut self.emitter);
        let path = path.map_err(|error| failure(self.emitter.directory(), &error))?;
        self.written += u64::from(path.is_some());
        Ok(())
    }

    /// Asks for a snapshot of the end, as a tool would, and writes it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn at_the_end(&mut self, runtime: &Framed) -> Result<(), Failure> {
        let folder = self.emitter.directory();
        fs::write(folder.join(SnapshotEmitter::REQUEST), "").map_err(|error| failure(folder, &error))?;
        self.between_frames(runtime)
    }

    /// How many were written, those that had to make room for newer ones included.
    pub fn written(&self) -> u64 {
        self.written
    }
}

fn failure(folder: &Path, error: &dyn Display) -> Failure {
    Failure::input(format!("--snapshots {}: {error}", folder.display()))
}
