//! What the camera sees, in the order in which it is drawn.

use framealloc::{SmartAlloc, frame_system};

use std::ops::Deref;

use crate::math::Vec3;
use crate::memory::Buffer;
use crate::scene::{Body, Camera, Scene};

/// Everything a renderer needs to draw one object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DrawCommand {
    /// Sort key: opaque pieces of the level first, each group from near to far.
    pub key: u64,
    pub object: Object,
    pub detail: u8,
    /// Axes scaled by the object's size, then its position.
    pub transform: [Vec3; 4],
}

/// A thing that is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    Tile(u32),
    Body(u32),
}

/// Culls, and writes the sorted draw list to `list`.
#[frame_system(tag = "render/visibility", budget = "1MB", frame = f)]
pub fn visibility(
    alloc: &SmartAlloc,
    scene: &Scene,
    bodies: &[Body],
    camera: &Camera,
    list: &mut Vec<DrawCommand>,
) {
    #[frame_local]
    let mut commands: Vec<&DrawCommand>;

    cull(scene, bodies, camera, &mut commands, |command| &*f.alloc(command));
    sort_into(&mut commands, list);
}

/// [`visibility`] on the global allocator.
pub fn visibility_std(scene: &Scene, bodies: &[Body], camera: &Camera, list: &mut Vec<DrawCommand>) {
    let mut commands: Vec<Box<DrawCommand>> = Vec::new();

    cull(scene, bodies, camera, &mut commands, Box::new);
    sort_into(&mut commands, list);
}

/// Makes a command for everything in view; `place` decides where it is kept.
fn cull<P>(
    scene: &Scene,
    bodies: &[Body],
    camera: &Camera,
    commands: &mut impl Buffer<P>,
    mut place: impl FnMut(DrawCommand) -> P,
) {
    for (tile, index) in scene.tiles.iter().zip(0u32..) {
        if camera.sees_box(&tile.bounds) {
            let half = (tile.bounds.max - tile.bounds.min) * 0.5;
            commands.push(place(command(camera, Object::Tile(index), tile.center(), half)));
        }
    }
    for (body, index) in bodies.iter().zip(0u32..) {
        if camera.sees_sphere(body.position, body.radius) {
            let size = Vec3 { x: body.radius, y: body.radius, z: body.radius };
            commands.push(place(command(camera, Object::Body(index), body.position, size)));
        }
    }
}

fn command(camera: &Camera, object: Object, position: Vec3, size: Vec3) -> DrawCommand {
    let depth = camera.depth(position).max(0.0);
    let (pass, index) = match object {
        Object::Tile(index) => (0, index),
        Object::Body(index) => (1, index),
    };
    DrawCommand {
        // The bits of a positive float sort like the float; the number decides between equal depths.
        key: pass << 63 | u64::from(depth.to_bits()) << 24 | u64::from(index & 0xFF_FFFF),
        object,
        detail: detail_at(depth),
        transform: [camera.right * size.x, camera.up * size.y, camera.forward * size.z, position],
    }
}

/// The level of detail at a distance: 0 is the finest.
fn detail_at(depth: f32) -> u8 {
    match depth {
        d if d < 14.0 => 0,
        d if d < 28.0 => 1,
        d if d < 42.0 => 2,
        _ => 3,
    }
}

/// Sorts the pointers, which are small, and copies the commands in that order.
fn sort_into<P: Deref<Target = DrawCommand>>(commands: &mut [P], list: &mut impl Buffer<DrawCommand>) {
    commands.sort_unstable_by_key(|command| command.key);
    list.truncate(0);
    for command in commands.iter() {
        list.push(**command);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_come_before_bodies_and_near_before_far() {
        let scene = Scene::new(crate::level::load_embedded().unwrap());
        let world = crate::scene::World::new(&scene, 200);
        let mut list = Vec::new();
        visibility_std(&scene, &world.bodies, &world.camera, &mut list);
        let tiles = list.iter().take_while(|item| matches!(item.object, Object::Tile(_))).count();
        assert!(tiles > 10 && list.len() > tiles + 10, "{tiles} of {}", list.len());
        for group in [&list[..tiles], &list[tiles..]] {
            assert!(group.is_sorted_by_key(|item| item.key));
            assert!(group.is_sorted_by_key(|item| item.detail));
        }
        assert!(list[tiles..].iter().all(|item| matches!(item.object, Object::Body(_))));
    }
}
