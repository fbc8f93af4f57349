//! Snapshots: true figures, a format that is checked, and files that are whole and few.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use framealloc::{
    AllocError, Budget, OnExceed, RetentionPolicy, SmartAlloc, Snapshot, SnapshotConfig, SnapshotEmitter,
    TagSnapshot, frame_system,
};
use framealloc_tests::Fixture;
use serde_json::{Value, json};

/// A directory of the test's own, removed at its end.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("framealloc-snapshots-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).into_iter().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn ask(&self) {
        fs::create_dir_all(&self.0).unwrap();
        fs::write(self.0.join(SnapshotEmitter::REQUEST), "").unwrap();
    }

    fn emitter(&self, most: usize) -> SnapshotEmitter {
        let config = SnapshotConfig::default().with_directory(&self.0).with_max_snapshots(most);
        SnapshotEmitter::new(config.on_request_only()).unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(Snapshot::SCHEMA).unwrap();
    assert!(jsonschema::meta::is_valid(&schema), "the schema itself");
    jsonschema::validator_for(&schema).unwrap()
}

#[track_caller]
fn assert_valid(text: &str) -> Value {
    let value: Value = serde_json::from_str(text).unwrap();
    let validator = validator();
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    value
}

#[frame_system(tag = "snap/system", phase = "simulate", budget = "4KB", frame = frame)]
fn snapped(_alloc: &SmartAlloc) {
    frame.slice_from_fn(16, |n| n as u64);
}

/// Something of everything.
fn work(alloc: &SmartAlloc) -> impl Sized + use<> {
    alloc.set_budget(Budget::bytes(100 << 20));
    alloc.set_tag_budget("snap", Budget::bytes(1 << 20).on_exceed(OnExceed::Fail));
    alloc.set_phase_budget("simulate", 1_000_usize);
    alloc.set_thread_frame_budget(1_usize << 20);
    alloc.set_thread_pool_budget(1_usize << 20);
    alloc.begin_frame();
    snapped(alloc);
    let _tag = alloc.tag_scope("snap/objects");
    let kept = (alloc.pool_box([0_u8; 64]), alloc.heap_box([0_u8; 300]));
    drop(alloc.frame_box([0_u64; 9]));
    for policy in [
        RetentionPolicy::Discard,
        RetentionPolicy::PromoteToPool,
        RetentionPolicy::PromoteToPool,
        RetentionPolicy::PromoteToHeap,
        RetentionPolicy::PromoteToScratch("s"),
    ] {
        drop(alloc.frame_retained(1_u64, policy));
    }
    alloc.end_frame();
    alloc.end_frame();
    kept
}

#[test]
fn a_snapshot_fills_itself_with_what_was_measured() {
    let fixture = Fixture::small();
    let alloc = &fixture.alloc;
    let kept = work(alloc);
    drop(alloc.take_promotions());
    let (snapshot, stats, phases) = (alloc.snapshot(), alloc.stats(), alloc.phase_stats());
    assert_eq!((snapshot.version, snapshot.frame), (1, 1));
    assert!(snapshot.timestamp > 1_700_000_000_000, "milliseconds since 1970");
    let summary = &snapshot.summary;
    assert_eq!(summary.frame_bytes, phases.total_bytes());
    assert!(summary.frame_bytes >= 16 * 8 + 72 && summary.peak_bytes >= 128, "{summary:?}");
    // What the scratch pool holds is heap memory of the tag that made it.
    let heap = 300 + alloc.scratch_registry().bytes_held() as u64;
    assert!(heap > 300);
    assert_eq!((summary.pool_bytes, summary.heap_bytes), (stats.pool.live_bytes, heap));
    assert_eq!(summary.total_bytes, summary.frame_bytes + summary.pool_bytes + heap);

    let tag = |path: &str| snapshot.tags.iter().find(|tag| tag.path == path).unwrap();
    assert_eq!((tag("snap/objects").heap_bytes, tag("snap/objects").pool_bytes), (heap, 64));
    assert_eq!(tag("snap").inclusive_bytes, heap + 64);
    assert_eq!((tag("snap/system").allocated_bytes, tag("snap/system").allocations), (128, 1));
    let phase = snapshot.phases.iter().find(|phase| phase.name == "simulate").unwrap();
    assert_eq!((phase.bytes, phase.count), (128, 1));
    let system = snapshot.systems.iter().find(|system| system.name == "snapped").unwrap();
    assert_eq!((system.budget, system.peak_bytes, system.headroom), (Some(4096), 128, Some(3968)));
    assert_eq!(system.runs, 1);
    let thread = &snapshot.threads[0];
    assert_eq!(thread.allocated_bytes, stats.total.frame.allocated_bytes);

    let kinds: Vec<_> = snapshot.budgets.iter().map(|budget| budget.kind.as_str()).collect();
    assert_eq!(kinds, ["allocator", "tag", "phase", "thread_frame", "thread_pool"]);
    let budget = &snapshot.budgets[1];
    assert_eq!((budget.name.as_str(), budget.used, budget.on_exceed.as_str()), ("snap", heap + 64, "fail"));
    assert_eq!((snapshot.budgets[2].peak, snapshot.budgets[2].resets.as_str()), (128, "per_frame"));
    assert_eq!(snapshot.budgets[4].used, 64);

    let totals = snapshot.promotions;
    assert_eq!((totals.to_pool, totals.to_heap, totals.to_scratch, totals.discarded), (2, 1, 1, 1));
    assert_eq!((totals.failed, totals.leaked, totals.promoted_bytes), (0, 0, 32));
    let codes: Vec<_> = snapshot.diagnostics.iter().map(|code| (code.code.as_str(), code.reported)).collect();
    assert_eq!(codes, [("FA002", 1)]);
    drop(kept);
}

#[test]
fn what_is_written_is_what_the_schema_says() {
    let fixture = Fixture::small();
    assert_valid(&fixture.alloc.snapshot().to_json());
    let kept = work(&fixture.alloc);
    let snapshot = fixture.alloc.snapshot();
    let value = assert_valid(&snapshot.to_json());
    for list in ["threads", "tags", "phases", "systems", "budgets", "diagnostics"] {
        assert!(!value[list].as_array().unwrap().is_empty(), "{list} has entries to check");
    }
    assert_eq!(Snapshot::from_json(&snapshot.to_json()).unwrap(), snapshot);
    drop(kept);

    let mut own = Snapshot::new(3);
    own.tags.push(TagSnapshot { path: "tool".into(), ..TagSnapshot::default() });
    assert_valid(&own.to_json());
}

#[test]
fn what_is_wrong_is_refused() {
    let fixture = Fixture::small();
    let kept = work(&fixture.alloc);
    let good: Value = serde_json::from_str(&fixture.alloc.snapshot().to_json()).unwrap();
    let validator = validator();
    assert!(validator.is_valid(&good));
    let edits: [fn(&mut Value); 7] = [
        |value| value["version"] = json!(2),
        |value| drop(value.as_object_mut().unwrap().remove("transfers")),
        |value| value["extra"] = json!(1),
        |value| value["summary"]["pool_bytes"] = json!(-1),
        |value| value["tags"][0]["path"] = json!(7),
        |value| value["budgets"][0]["kind"] = json!("other"),
        |value| drop(value["promotions"].as_object_mut().unwrap().remove("to_heap")),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let mut bad = good.clone();
        edit(&mut bad);
        assert!(!validator.is_valid(&bad), "edit {number}");
    }
    let mut later = good;
    later["version"] = json!(2);
    let error = Snapshot::from_json(&later.to_string()).unwrap_err().to_string();
    assert!(error.contains("version 2") && error.contains("version 1"), "{error}");
    drop(kept);
}

#[test]
fn snapshots_are_written_between_frames_and_not_too_often() {
    let (fixture, directory) = (Fixture::small(), Directory::new());
    let alloc = &fixture.alloc;
    let config = SnapshotConfig::default().with_directory(&directory.0);
    let mut emitter = SnapshotEmitter::new(config).unwrap();
    alloc.begin_frame();
    assert_eq!(emitter.maybe_emit(alloc).unwrap(), None, "inside a frame");
    drop(alloc.frame_box([0_u64; 9]));
    alloc.end_frame();
    let path = emitter.maybe_emit(alloc).unwrap().expect("the first one is due at once");
    assert_eq!(path.parent(), Some(emitter.directory()));
    let snapshot = Snapshot::from_json(&fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!((snapshot.frame, snapshot.summary.frame_bytes), (1, 72));
    let start = std::time::Instant::now();
    let mut frames = 0;
    while emitter.maybe_emit(alloc).unwrap().is_none() {
        alloc.begin_frame();
        alloc.end_frame();
        frames += 1;
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(start.elapsed() >= Duration::from_millis(450) && frames > 10, "{:?}", start.elapsed());
    assert_eq!(directory.names().len(), 2);
}

#[test]
fn a_request_is_answered_at_once_and_once() {
    let (fixture, directory) = (Fixture::small(), Directory::new());
    let alloc = &fixture.alloc;
    let mut emitter = directory.emitter(10);
    assert_eq!(emitter.maybe_emit(alloc).unwrap(), None, "nobody asked");
    directory.ask();
    alloc.begin_frame();
    assert_eq!(emitter.maybe_emit(alloc).unwrap(), None, "not inside a frame");
    alloc.end_frame();
    assert!(emitter.maybe_emit(alloc).unwrap().is_some());
    assert_eq!(emitter.maybe_emit(alloc).unwrap(), None);
    assert_eq!(directory.names().len(), 1, "the request is gone: {:?}", directory.names());
}

#[test]
fn the_directory_is_bounded_and_what_is_not_ours_stays() {
    let (fixture, directory) = (Fixture::small(), Directory::new());
    let mut emitter = directory.emitter(3);
    fs::create_dir_all(&directory.0).unwrap();
    for name in ["notes.txt", "snapshot-mine.json", ".snapshot-x.tmp"] {
        fs::write(directory.0.join(name), "x").unwrap();
    }
    let mut written = Vec::new();
    for _ in 0..8 {
        directory.ask();
        written.push(emitter.maybe_emit(&fixture.alloc).unwrap().unwrap());
    }
    assert!(written.is_sorted(), "names are in the order of time");
    let there: Vec<bool> = written.iter().map(|path| path.exists()).collect();
    assert_eq!(there, [false, false, false, false, false, true, true, true], "the oldest go");
    let rest: Vec<_> =
        directory.names().into_iter().filter(|name| !directory.0.join(name).is_dir()).collect();
    assert_eq!(rest.len(), 3 + 3, "{rest:?}");
}

#[test]
fn readers_see_whole_snapshots_only() {
    let (fixture, directory) = (Fixture::small(), Directory::new());
    let done = AtomicBool::new(false);
    let mut emitter = directory.emitter(4);
    let kept = work(&fixture.alloc);
    let read = |path: &Path| match fs::read_to_string(path) {
        Ok(text) => Some(Snapshot::from_json(&text).unwrap_or_else(|error| panic!("{error}: {text}"))),
        Err(_) => None,
    };
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = 0;
            while !done.load(Ordering::Relaxed) {
                for name in directory.names().iter().filter(|name| name.ends_with(".json")) {
                    seen += u64::from(read(&directory.0.join(name)).is_some());
                }
            }
            seen
        });
        for _ in 0..100 {
            directory.ask();
            emitter.maybe_emit(&fixture.alloc).unwrap().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0, "it read some");
    });
    drop(kept);
}

#[test]
fn a_directory_that_cannot_be_is_an_error_and_no_panic() {
    let (fixture, directory) = (Fixture::small(), Directory::new());
    fs::write(&directory.0, "a file").unwrap();
    let config = SnapshotConfig::default().with_directory(&directory.0);
    let mut emitter = SnapshotEmitter::new(config).unwrap();
    assert!(emitter.maybe_emit(&fixture.alloc).is_err());
    assert_eq!(emitter.maybe_emit(&fixture.alloc).unwrap(), None, "not tried again at once");
    fs::remove_file(&directory.0).unwrap();
    let config = SnapshotConfig::default().with_max_snapshots(0);
    assert!(matches!(
        SnapshotEmitter::new(config),
        Err(AllocError::InvalidConfig { field: "max_snapshots", .. })
    ));
}

#[test]
fn what_threads_hand_over_is_in_it() {
    let fixture = Fixture::default();
    let alloc = &fixture.alloc;
    let handles = [1, 2, 3].map(|n| alloc.frame_box_for_transfer(n));
    let [received, dropped, _in_flight] = handles;
    received.receive();
    drop(dropped);
    (0..4).for_each(|n| alloc.defer_drop(vec![n]));
    alloc.process_deferred_up_to(1);
    let snapshot = alloc.snapshot();
    let transfers = &snapshot.transfers;
    assert_eq!((transfers.sent, transfers.received, transfers.dropped, transfers.in_flight), (3, 1, 1, 1));
    let deferred = &snapshot.deferred;
    assert_eq!((deferred.deferred, deferred.processed, deferred.early), (4, 1, 0));
    assert_eq!(deferred.pending, 3);
}
