//! A snapshot that is older than those in the directory, by a clock that was put back, was removed as the oldest one before
//! its path was returned.

use std::fs;

use framealloc::{SmartAlloc, Snapshot, SnapshotConfig, SnapshotEmitter};

#[test]
fn the_snapshot_just_written_stays() {
    let directory = std::env::temp_dir().join(format!("framealloc-clock-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    for number in 0..3 {
        let name = format!("snapshot-9999999999999999-0000000001-{number:010}.json");
        fs::write(directory.join(name), "").unwrap();
    }
    let config = SnapshotConfig::default().with_directory(&directory).with_max_snapshots(3);
    let written = SnapshotEmitter::new(config).unwrap().maybe_emit(&SmartAlloc::with_defaults());
    let text = fs::read_to_string(written.unwrap().unwrap());
    let files = fs::read_dir(&directory).unwrap().count();
    fs::remove_dir_all(&directory).unwrap();
    assert!(Snapshot::from_json(&text.unwrap()).is_ok());
    assert_eq!(files, 3);
}
