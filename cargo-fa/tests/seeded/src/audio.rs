//! Voices, the mix, the bus.

use std::cell::RefCell;

use framealloc::{AllocError, DeferredConfig, DeferredProcessing as Drain, QueueFullPolicy as Overflow};
use framealloc::{DeferredBox, frame_system};

use crate::memory::{self, EngineAlloc, Temp};

pub const BLOCK: usize = 256;
pub type Block = [f32; BLOCK];

#[derive(Debug)]
pub struct Sample {
    pub data: Vec<f32>,
    pub looped: bool,
}

#[derive(Debug)]
pub struct Voice {
    pub sample: DeferredBox<Sample>,
    pub cursor: usize,
    pub gain: f32,
}

/// The output of the device: frames are samples of all channels.
#[derive(Debug)]
pub struct Bus {
    samples: Vec<f32>,
    channels: usize,
}

impl Bus {
    pub fn new(channels: usize) -> Self {
        Self { samples: vec![0.0; BLOCK * channels], channels }
    }

    /// The samples of one frame.
    pub fn frame_slice(&mut self, frame: usize) -> &mut [f32] {
        let start = frame * self.channels;
        &mut self.samples[start..start + self.channels]
    }

    pub fn write(&mut self, mono: &Block) {
        for (at, &sample) in mono.iter().enumerate() {
            let out = self.frame_slice(at); //~ ok FA602
            out.fill(sample);
        }
    }
}

#[derive(Debug)]
pub struct Mixer {
    alloc: EngineAlloc,
    voices: Vec<Voice>,
}

impl Mixer {
    pub fn new(alloc: &EngineAlloc) -> Self {
        Self { alloc: alloc.clone(), voices: Vec::new() }
    }

    /// Samples are freed a few at a time, so that no frame pays for a whole level.
    ///
    /// # Errors
    /// When the settings cannot work.
    pub fn free_slowly(&self) -> Result<(), AllocError> {
        let few =
            DeferredConfig::default().with_policy(Overflow::Grow).with_processing(Drain::Incremental(4)); //~ FA204
        self.alloc.configure_deferred(few)
    }

    pub fn play(&mut self, sample: Sample, gain: f32) {
        let _audio = self.alloc.tag_scope("audio");
        let sample = self.alloc.deferred_box(sample);
        self.voices.push(Voice { sample, cursor: 0, gain });
    }

    /// Mixes one block; voices that are done fall silent.
    #[frame_system(tag = "audio/mix", budget = "128KB", alloc = self.alloc, frame = arena)]
    pub fn mix(&mut self, bus: &mut Bus) -> usize {
        let sum = arena.alloc([0.0; BLOCK]);
        for voice in &mut self.voices {
            let rest = voice.sample.data.iter().skip(voice.cursor);
            for (out, &sample) in sum.iter_mut().zip(rest) {
                *out += sample * voice.gain;
            }
            voice.cursor += BLOCK;
        }
        self.voices.retain(|voice| voice.sample.looped || voice.cursor < voice.sample.data.len());
        bus.write(sum);
        keep_last(*sum);
        self.voices.len()
    }
}

thread_local! {
    static LAST_BLOCK: RefCell<Option<Temp<'static, Block>>> = const { RefCell::new(None) };
}

/// Keeps the block for the meters of the next one.
fn keep_last(samples: Block) {
    let block = memory::engine().frame_box(samples);
    LAST_BLOCK.with_borrow_mut(|last| *last = Some(block)); //~ FA601
}

/// The loudest sample of the last block of this thread.
pub fn peak() -> f32 {
    LAST_BLOCK
        .with_borrow(|last| last.as_ref().map_or(0.0, |block| block.iter().fold(0.0, |a, b| b.abs().max(a))))
}
