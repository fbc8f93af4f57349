//! The loop of a game: what a frame makes is gone at its end, and after a few frames no memory is taken any more.
//!
//! `cargo run --example 02_frame_loop`

use std::sync::Arc;

use framealloc::backend::{CountingBackend, SystemBackend};
use framealloc::{AllocConfig, RetentionPolicy, SmartAlloc};

struct Particle {
    position: f32,
    speed: f32,
}

fn main() {
    let backend = Arc::new(CountingBackend::new(SystemBackend::new()));
    let config = AllocConfig::default().with_backend(Arc::clone(&backend));
    let alloc = SmartAlloc::new(config).expect("the configuration is valid");
    let mut particles: Vec<Particle> =
        (0..2000).map(|n| Particle { position: n as f32, speed: 1.0 }).collect();

    let mut warm = 0;
    for number in 1..=600_u64 {
        alloc.begin_frame();

        // Handles of the frame need no lexical scope; they count, and the end of the frame looks at the count.
        let mut near = alloc.frame_vec::<usize>();
        near.extend((0..particles.len()).filter(|&n| particles[n].position < 500.0));
        let text = alloc.frame_box(format!("frame {number}"));
        particles.iter_mut().for_each(|particle| particle.position += particle.speed / 60.0);

        // What outlives the frame says so, and where to.
        if number % 100 == 0 {
            alloc.frame_retained_named("last count", near.len(), RetentionPolicy::PromoteToPool).release();
        }
        drop((near, text));
        let mut result = alloc.end_frame_with_promotions();
        if let Some(count) = result.promotions.take::<usize>("last count") {
            let bytes = result.summary.promoted_pool_bytes;
            println!("frame {number}: {} particles are near; {bytes} bytes were promoted", *count);
        }

        if number == 120 {
            warm = backend.counts().allocations;
        }
    }
    let taken = backend.counts().allocations - warm;
    println!("{taken} requests to the system after frame 120");
    assert_eq!(taken, 0);
}
