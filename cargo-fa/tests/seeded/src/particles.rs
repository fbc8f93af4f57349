//! Sparks and trails.

use framealloc::TaggedAllocator as ParticleHeap;
use framealloc::frame_system;

use crate::memory::{self, EngineAlloc, Heaps, KIB, Pooled, Scratch};

#[derive(Clone, Copy, Debug)]
pub struct Spark {
    pub position: [f32; 3],
    pub age: f32,
}

#[derive(Clone, Copy, Debug)]
pub struct Emitter {
    pub position: [f32; 3],
    pub rate: f32,
}

#[derive(Clone, Copy, Debug)]
struct Trail {
    from: [f32; 3],
    to: [f32; 3],
}

impl Trail {
    fn behind(spark: &Spark) -> Self {
        let [x, y, z] = spark.position;
        Self { from: [x, y - spark.age, z], to: spark.position }
    }

    fn length(&self) -> f32 {
        (0..3).map(|axis| (self.to[axis] - self.from[axis]).abs()).sum()
    }
}

#[frame_system(tag = "particles", budget = 256 * KIB, alloc = alloc, frame = arena)] //~ ok FA302
fn age(alloc: &EngineAlloc, sparks: &mut [Spark], seconds: f32) -> usize {
    let ages = arena.slice_from_fn(sparks.len(), |i| sparks[i].age + seconds);
    for (spark, age) in sparks.iter_mut().zip(ages.iter()) {
        spark.age = *age;
    }
    sparks.len()
}

#[frame_system(tag = "particles", budget = "64KB", alloc = alloc)] //~ ok FA804
pub fn update(alloc: &EngineAlloc, sparks: &mut Vec<Spark>, seconds: f32) -> usize {
    sparks.retain(|spark| spark.age < 3.0);
    age(alloc, sparks, seconds)
}

/// The first sparks of each emitter; returns the highest.
pub fn ignite(alloc: &EngineAlloc, emitters: &[Emitter]) -> f32 {
    let mut sparks = Vec::with_capacity(emitters.len());
    for emitter in emitters {
        let spark = Spark { position: emitter.position, age: 0.0 };
        sparks.push(memory::scratch_box(alloc, spark)); //~ FA602
    }
    sparks.iter().map(|spark| spark.position[1]).fold(0.0, f32::max)
}

/// The length of everything that glows.
pub fn trail_length(heaps: &Heaps, sparks: &[Spark]) -> f32 {
    heaps.with(|heap: &EngineAlloc| {
        let trails = sparks.iter().map(|spark| heap.temp(Trail::behind(spark))); //~ FA602
        trails.map(|trail| trail.length()).sum()
    })
}

/// Far sparks first.
#[frame_system(tag = "render/opaque", budget = "128KB", alloc = alloc, frame = arena)] //~ FA801
pub fn sort_by_depth(alloc: &EngineAlloc, sparks: &mut [Spark]) {
    let keys = arena.slice_from_fn(sparks.len(), |i| (sparks[i].position[2].to_bits(), i as u32));
    keys.sort_unstable_by(|a, b| b.cmp(a));
    let sorted = arena.slice_from_fn(sparks.len(), |i| sparks[keys[i].1 as usize]);
    sparks.copy_from_slice(sorted);
}

/// What glows for long.
#[derive(Debug)]
pub struct Effects {
    heap: ParticleHeap,
    emitters: Vec<Pooled<Emitter>>,
}

impl Effects {
    pub fn new(alloc: &EngineAlloc) -> Self {
        let heap = ParticleHeap::new(alloc, "particels"); //~ FA802
        Self { heap, emitters: Vec::new() }
    }

    /// Each lives as long as it burns.
    pub fn start(&mut self, burning: &[Emitter]) {
        for &emitter in burning {
            self.emitters.push(self.heap.pool_box(emitter)); //~ ok FA602
        }
    }

    pub fn stop_weak(&mut self, least: f32) {
        self.emitters.retain(|emitter| emitter.rate >= least);
    }
}
