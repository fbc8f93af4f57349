//! Sound: hard contacts start voices, and every frame mixes one block of samples.
//!
//! A voice outlives the frame it starts in, so it is an object of its own: a pool box, allocated by the main thread
//! and freed by whichever thread mixes its last block.

use framealloc::{PoolBox, SmartAlloc, frame_system};

use std::ops::DerefMut;

use super::narrow_phase::Contact;
use crate::memory::Buffer;

/// Samples per channel in one frame: 48 kHz at 60 frames per second.
const BLOCK: usize = 800;
/// Left and right.
const CHANNELS: usize = 2;
/// Voices that exist at the same time.
pub const MAX_VOICES: usize = 64;
/// Voices that are mixed, the loudest first; the others go on unheard.
const AUDIBLE: usize = 32;
/// Voices that start in one frame, the loudest first.
const STARTS: usize = 4;
/// Slower contacts make no sound, in metres per second.
const AUDIBLE_SPEED: f32 = 1.5;
/// Delay of the echo, in samples per channel.
const ECHO: usize = 7200;

/// A decaying tone.
#[derive(Clone, Copy, Debug)]
pub struct Voice {
    /// Position in the wave; a whole turn is 2^32.
    phase: u32,
    step: u32,
    loudness: f32,
    fade: f32,
    /// 0 is left, 1 is right.
    pan: f32,
    blocks_left: u32,
}

impl Voice {
    fn of_impact(impact: Impact) -> Self {
        let loudness = (impact.speed / 12.0).min(1.0);
        Self {
            phase: 0,
            step: (4_000_000 + impact.body % 29 * 1_100_000) * 4,
            loudness,
            fade: 0.9996 + loudness * 0.0003,
            pan: (impact.body % 16) as f32 / 15.0,
            blocks_left: 10 + (loudness * 30.0) as u32,
        }
    }
}

/// The last second of what the loudspeakers got: the echo reads it, a sound card would too.
#[derive(Debug)]
pub struct Ring {
    samples: [i16; 48_000 * CHANNELS],
    /// Where the next block goes.
    cursor: usize,
}

impl Ring {
    pub const fn new() -> Self {
        Self { samples: [0; 48_000 * CHANNELS], cursor: 0 }
    }

    /// The block that was mixed last.
    pub fn last_block(&self) -> &[i16] {
        let end = if self.cursor == 0 { self.samples.len() } else { self.cursor };
        &self.samples[end - BLOCK * CHANNELS..end]
    }
}

/// A contact that can be heard.
#[derive(Clone, Copy, Debug)]
pub struct Impact {
    body: u32,
    speed: f32,
}

/// Starts a voice for the hardest contacts of the frame.
#[frame_system(tag = "audio/voices", budget = "128KB")]
pub fn start_voices(alloc: &SmartAlloc, contacts: &[Contact], voices: &mut Vec<PoolBox<Voice>>) {
    #[frame_local]
    let mut impacts: Vec<Impact>;

    let free = MAX_VOICES - voices.len();
    for &impact in loudest_impacts(contacts, &mut impacts).iter().take(free) {
        voices.push(alloc.pool_box(Voice::of_impact(impact)));
    }
}

/// [`start_voices`] on the global allocator.
#[expect(clippy::vec_box, reason = "one block per voice, as in the version with pools")]
pub fn start_voices_std(contacts: &[Contact], voices: &mut Vec<Box<Voice>>) {
    let mut impacts = Vec::new();

    let free = MAX_VOICES - voices.len();
    for &impact in loudest_impacts(contacts, &mut impacts).iter().take(free) {
        voices.push(Box::new(Voice::of_impact(impact)));
    }
}

/// Mixes one block into `ring` and ends the voices that are done.
#[frame_system(tag = "audio/mix", budget = "64KB")]
pub fn mix(alloc: &SmartAlloc, voices: &mut Vec<PoolBox<Voice>>, ring: &mut Ring) {
    #[frame_local(capacity = MAX_VOICES)]
    let mut order: Vec<u32>;
    #[frame_local(capacity = BLOCK * CHANNELS)]
    let mut bus: Box<[f32]>;

    mix_voices(voices, &mut order, &mut bus);
    put_out(&bus, ring);
    voices.retain(|voice| voice.blocks_left > 0);
}

/// [`mix`] on the global allocator.
#[expect(clippy::vec_box, reason = "one block per voice, as in the version with pools")]
pub fn mix_std(voices: &mut Vec<Box<Voice>>, ring: &mut Ring) {
    let mut order = Vec::with_capacity(MAX_VOICES);
    let mut bus = vec![0.0; BLOCK * CHANNELS].into_boxed_slice();

    mix_voices(voices, &mut order, &mut bus);
    put_out(&bus, ring);
    voices.retain(|voice| voice.blocks_left > 0);
}

fn loudest_impacts<'i>(contacts: &[Contact], impacts: &'i mut impl Buffer<Impact>) -> &'i [Impact] {
    for contact in contacts.iter().filter(|contact| contact.speed > AUDIBLE_SPEED) {
        impacts.push(Impact { body: contact.body, speed: contact.speed });
    }
    let impacts = impacts.items_mut();
    impacts.sort_unstable_by(|a, b| b.speed.total_cmp(&a.speed).then(a.body.cmp(&b.body)));
    &impacts[..impacts.len().min(STARTS)]
}

fn mix_voices<V: DerefMut<Target = Voice>>(voices: &mut [V], order: &mut impl Buffer<u32>, bus: &mut [f32]) {
    for index in 0..voices.len() as u32 {
        order.push(index);
    }
    order.items_mut().sort_unstable_by(|&a, &b| {
        voices[b as usize].loudness.total_cmp(&voices[a as usize].loudness).then(a.cmp(&b))
    });
    for (&index, rank) in order.items().iter().zip(0..) {
        let voice = &mut *voices[index as usize];
        let (left, right) = if rank < AUDIBLE { (1.0 - voice.pan, voice.pan) } else { (0.0, 0.0) };
        for frame in bus.chunks_exact_mut(CHANNELS) {
            voice.phase = voice.phase.wrapping_add(voice.step);
            // A triangle wave between -1 and 1.
            let wave = (voice.phase as i32).unsigned_abs() as f32 * (2.0 / 2_147_483_648.0) - 1.0;
            let sample = wave * voice.loudness;
            voice.loudness *= voice.fade;
            frame[0] += sample * left;
            frame[1] += sample * right;
        }
        voice.blocks_left -= 1;
    }
}

/// Adds the echo, limits and writes the block as 16-bit samples.
fn put_out(bus: &[f32], ring: &mut Ring) {
    let len = ring.samples.len();
    let mut echo = (ring.cursor + len - ECHO * CHANNELS) % len;
    for (at, &dry) in bus.iter().enumerate() {
        let wet = dry * 0.25 + f32::from(ring.samples[echo]) * (0.4 / 32_768.0);
        let limited = wet / (1.0 + wet.abs());
        ring.samples[ring.cursor + at] = (limited * 32_767.0) as i16;
        echo = (echo + 1) % len;
    }
    ring.cursor = (ring.cursor + bus.len()) % len;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Vec3;
    use crate::systems::narrow_phase::Other;

    fn contact(body: u32, speed: f32) -> Contact {
        Contact { body, other: Other::Triangle(0), normal: Vec3::ZERO, depth: 0.0, speed }
    }

    #[test]
    fn hard_contacts_sound_and_fall_silent() {
        let mut voices = Vec::new();
        start_voices_std(&[contact(1, 1.0), contact(2, 9.0), contact(3, 4.0)], &mut voices);
        assert_eq!(voices.len(), 2);
        assert!(voices[0].loudness > voices[1].loudness);

        let mut ring = Box::new(Ring::new());
        mix_std(&mut voices, &mut ring);
        assert!(ring.last_block().iter().any(|&sample| sample.unsigned_abs() > 500));
        for _ in 0..60 {
            mix_std(&mut voices, &mut ring);
        }
        assert!(voices.is_empty());
    }

    #[test]
    fn there_are_never_more_voices_than_allowed() {
        let contacts: Vec<Contact> = (0..20).map(|body| contact(body, 10.0)).collect();
        let mut voices = Vec::new();
        for _ in 0..40 {
            start_voices_std(&contacts, &mut voices);
        }
        assert_eq!(voices.len(), MAX_VOICES);
    }
}
