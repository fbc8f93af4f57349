//! A frame slice goes into a channel.

use std::sync::mpsc::Sender;

use framealloc::{SmartAlloc, frame_system};

#[frame_system(tag = "audio", frame = frame)]
fn mix(alloc: &SmartAlloc, samples: &[f32], device: &Sender<&'static [f32]>) {
    let mixed = frame.slice_copy(samples);
    device.send(mixed).unwrap();
}

fn main() {}
