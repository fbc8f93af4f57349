//! The editor: thumbnails, previews, undo.

use framealloc::{FrameBox, SmartAlloc};

use crate::memory::EngineAlloc;

#[derive(Clone, Copy, Debug)]
pub struct Thumbnail {
    pub pixels: [u8; 64],
}

impl Thumbnail {
    fn shade(brightness: f32) -> Self {
        Self { pixels: std::array::from_fn(|i| (brightness * i as f32) as u8) }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Gizmo {
    pub axis: usize,
    pub size: f32,
}

/// Shoots a picture for the browser.
pub fn thumbnail(alloc: &SmartAlloc, brightness: f32) -> FrameBox<'_, Thumbnail> {
    alloc.begin_frame();
    let picture = alloc.frame_box(Thumbnail::shade(brightness));
    alloc.end_frame();
    picture //~ FA601
}

/// Turns the preview once; returns the largest gizmo.
pub fn preview(alloc: &SmartAlloc, steps: u32) -> f32 {
    let mut largest = 0.0_f32;
    for step in 0..steps {
        alloc.begin_frame(); //~ FA603
        let mut gizmos = alloc.frame_vec_with_capacity(3);
        gizmos.extend((0..3).map(|axis| Gizmo { axis, size: (step + 1) as f32 * 0.1 }));
        largest = gizmos.iter().map(|gizmo| gizmo.size).fold(largest, f32::max);
    }
    largest
}

type Step<'e> = Box<dyn Fn() -> usize + 'e>;

/// What can be undone.
#[derive(Default)]
pub struct History<'e> {
    steps: Vec<Step<'e>>,
}

impl<'e> History<'e> {
    /// Remembers the selection; undoing the step selects it again.
    pub fn record(&mut self, alloc: &'e EngineAlloc, selection: &[u32]) {
        let before = alloc.frame_slice_from_fn(selection.len(), |i| selection[i]);
        self.steps.push(Box::new(move || before.len())); //~ FA601
    }

    pub fn undo(&mut self) -> Option<usize> {
        self.steps.pop().map(|step| step())
    }
}
