//! Culling, passes, decals.

use framealloc::frame_system;

use crate::assets;
use crate::memory::{EngineAlloc, Heaps, TempList};

#[derive(Clone, Copy, Debug)]
pub struct DrawItem {
    pub mesh: u32,
    pub distance: f32,
    pub casts_shadow: bool,
}

impl DrawItem {
    pub fn new(mesh: u32) -> Self {
        Self { mesh, distance: mesh as f32, casts_shadow: mesh.is_multiple_of(3) }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Camera {
    pub far: f32,
}

impl Default for Camera {
    fn default() -> Self {
        Self { far: 250.0 }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Light {
    pub radius: f32,
    pub intensity: f32,
}

/// What the renderer keeps from frame to frame.
#[derive(Debug)]
pub struct RenderQueue<'e> {
    heaps: &'e Heaps,
    camera: Camera,
    visible: Option<TempList<'e, DrawItem>>,
    frames: u64,
}

impl<'e> RenderQueue<'e> {
    pub fn new(heaps: &'e Heaps) -> Self {
        Self { heaps, camera: Camera::default(), visible: None, frames: 0 }
    }

    pub fn draw(&mut self, scene: &[DrawItem]) -> usize {
        self.heaps.frame.begin_frame();
        self.cull(scene);
        let submitted = self.submit();
        self.frames += 1;
        self.heaps.frame.end_frame();
        submitted
    }

    fn cull(&mut self, scene: &[DrawItem]) {
        let far = self.camera.far;
        let mut visible = self.heaps.scratch().frame_vec();
        visible.extend(scene.iter().filter(|item| item.distance < far).copied());
        visible.sort_unstable_by(|a, b| a.distance.total_cmp(&b.distance));
        self.visible = Some(visible); //~ FA601
    }

    fn submit(&self) -> usize {
        self.visible.as_ref().map_or(0, |visible| visible.len())
    }

    /// The lights that reach anything.
    pub fn light_pass(&self, lights: &[Light]) -> usize {
        let alloc = self.heaps.scratch();
        alloc.begin_phase("lights");
        if lights.is_empty() {
            return 0; //~ FA607
        }
        let mut bright = alloc.frame_vec_with_capacity::<Light>(lights.len());
        bright.extend(lights.iter().filter(|light| light.intensity * light.radius > 0.1).copied());
        let count = bright.len();
        drop(bright);
        alloc.end_phase();
        count
    }

    /// The halos around them.
    pub fn bloom_pass(&self, lights: &[Light]) -> f32 {
        let _phase = self.heaps.scratch().phase_scope("bloom");
        if lights.is_empty() {
            return 0.0; //~ ok FA607
        }
        let halos = self.heaps.scratch().frame_slice_from_fn(lights.len(), |i| lights[i].radius * 1.5);
        halos.iter().sum()
    }
}

/// What is drawn in this frame, in draw order.
struct FrameView<'f> {
    items: TempList<'f, DrawItem>,
    batches: usize,
}

impl<'f> FrameView<'f> {
    fn build(alloc: &'f EngineAlloc, scene: &[DrawItem], camera: &Camera) -> Self {
        let mut items = alloc.frame_vec_with_capacity(scene.len());
        items.extend(scene.iter().filter(|item| item.distance < camera.far).copied());
        let batches = items.chunk_by(|a, b| a.mesh == b.mesh).count();
        Self { items, batches } //~ ok FA601
    }
}

/// Items and batches, one number for the overlay.
pub fn count_visible(alloc: &EngineAlloc, scene: &[DrawItem], camera: &Camera) -> usize {
    let view = FrameView::build(alloc, scene, camera);
    view.items.len() + view.batches
}

/// Draws one frame into a buffer; nothing for an empty one.
pub fn capture(alloc: &EngineAlloc, scene: &[DrawItem], width: usize, height: usize) -> Option<Vec<u8>> {
    if width == 0 || height == 0 {
        return None; //~ ok FA603
    }
    alloc.begin_frame();
    let mut pixels = vec![0; width * height];
    {
        let depths = alloc.frame_slice_from_fn(scene.len(), |i| scene[i].distance);
        for (pixel, depth) in pixels.iter_mut().zip(&depths) {
            *pixel = (255.0 / (1.0 + depth)) as u8;
        }
    }
    alloc.end_frame();
    Some(pixels)
}

/// The number of casters, charged to the pass.
pub fn shadow_casters(alloc: &EngineAlloc, scene: &[DrawItem]) -> usize {
    let _render = alloc.tag_scope("render");
    let _shadows = alloc.tag_scope("shadows"); //~ ok FA802
    let mut casters = alloc.frame_vec_with_capacity(scene.len());
    casters.extend(scene.iter().filter(|item| item.casts_shadow).map(|item| item.mesh));
    casters.dedup();
    casters.len()
}

/// Decals are used once, so their textures are not kept.
#[frame_system(tag = "render/opaque", budget = "2MB", alloc = alloc)]
pub fn draw_decals(alloc: &EngineAlloc, decals: &[u32]) -> usize {
    let mut texels = 0;
    for &decal in decals {
        let texture = assets::load_texture(alloc, decal);
        texels += texture.width * texture.height;
        drop(texture); //~ FA803
    }
    texels
}

#[frame_system(tag = "render/opaque", budget = "1MB", alloc = alloc)]
pub fn draw_sky(alloc: &EngineAlloc, sky: u32) -> usize {
    let texture = assets::load_texture(alloc, sky);
    let texels = texture.width * texture.height;
    assets::release_texture(alloc, texture); //~ ok FA803
    texels
}
