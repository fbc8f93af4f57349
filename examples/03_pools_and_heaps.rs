//! Objects that outlive a frame: single ones, checked handles, objects under keys, and large blocks.
//!
//! `cargo run --example 03_pools_and_heaps`

use framealloc::{Handle, SmartAlloc};

#[derive(Debug)]
struct Enemy {
    name: &'static str,
    health: u32,
}

fn main() {
    let alloc = SmartAlloc::with_defaults();

    // One object: dropped when its box is, on whichever thread that happens.
    let boss = alloc.with_tag("enemies", |alloc| alloc.pool_box(Enemy { name: "boss", health: 900 }));
    let boss = std::thread::spawn(move || boss).join().expect("nothing panics there");
    println!("{boss:?}");

    // Many of one kind: a handle is a number that outlives its object and says so.
    let mut enemies = alloc.typed_pool::<Enemy>();
    let handles: Vec<Handle<Enemy>> =
        ["rat", "bat", "cat"].map(|name| enemies.insert(Enemy { name, health: 10 })).into();
    enemies.remove(handles[1]);
    assert!(enemies.get(handles[1]).is_none(), "a stale handle finds nothing");
    let names: Vec<_> = enemies.iter().map(|(_, enemy)| enemy.name).collect();
    println!(
        "{names:?} are left, with {} health",
        enemies.iter().map(|(_, enemy)| enemy.health).sum::<u32>()
    );

    // Kept under a key and lent to one user at a time.
    let meshes = alloc.pool_handle::<Vec<f32>>();
    meshes.insert(7, vec![0.5; 300]).expect("it has room");
    {
        let mut mesh = meshes.acquire(7).expect("nobody else has it");
        mesh.push(1.0);
        assert!(meshes.acquire(7).is_none(), "lent");
    }
    assert_eq!(meshes.acquire(7).expect("it came back").len(), 301);

    // Large or long-lived: the tracked heap.
    let level = alloc.with_tag("level", |alloc| alloc.heap_box([0_u8; 100_000]));
    let stats = alloc.tag_stats("level").expect("the tag was used");
    println!("level: {} bytes on the heap", stats.heap.live_bytes);
    assert_eq!(stats.heap.live_bytes, level.len() as u64);
    drop(level);
    assert_eq!(alloc.tag_stats("level").expect("the tag was used").heap.live_bytes, 0);
}
