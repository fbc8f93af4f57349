//! The camera and its frustum.

use crate::level::EXTENT;
use crate::math::{Aabb, Vec3, vec3};

/// Half the field of view, as the tangent of the angle.
const TAN_HALF_ANGLE: f32 = 0.55;
const FAR: f32 = 90.0;
/// Cosine and sine of the angle by which the camera circles the level in one frame (half a degree).
const TURN: (f32, f32) = (0.999_961_9, 0.008_726_535);

/// A camera that circles the level and looks at its middle.
#[derive(Clone, Copy, Debug)]
pub struct Camera {
    pub position: Vec3,
    pub forward: Vec3,
    pub right: Vec3,
    pub up: Vec3,
    /// Inward normal and distance of the near, far, left, right, lower and upper plane.
    planes: [(Vec3, f32); 6],
    angle: (f32, f32),
    height: f32,
}

impl Camera {
    pub fn new(bounds: &Aabb) -> Self {
        let mut camera = Self {
            position: Vec3::ZERO,
            forward: Vec3::ZERO,
            right: Vec3::ZERO,
            up: Vec3::ZERO,
            planes: [(Vec3::ZERO, 0.0); 6],
            angle: (1.0, 0.0),
            height: bounds.max.y * 0.5 + 14.0,
        };
        camera.advance();
        camera
    }

    /// Moves on by one frame.
    pub fn advance(&mut self) {
        let (c, s) = self.angle;
        let (c, s) = (c * TURN.0 - s * TURN.1, s * TURN.0 + c * TURN.1);
        let length = (c * c + s * s).sqrt();
        self.angle = (c / length, s / length);

        let middle = vec3(EXTENT * 0.5, self.height - 14.0, EXTENT * 0.5);
        let distance = EXTENT * 0.45;
        self.position = middle + vec3(self.angle.0 * distance, 14.0, self.angle.1 * distance);
        self.forward = (middle - self.position).normalized_or(vec3(0.0, -1.0, 0.0));
        self.right = self.forward.cross(vec3(0.0, 1.0, 0.0)).normalized_or(vec3(1.0, 0.0, 0.0));
        self.up = self.right.cross(self.forward);
        self.planes = {
            let through = |normal: Vec3, point: Vec3| (normal, -normal.dot(point));
            let side = |axis: Vec3| {
                through((self.forward * TAN_HALF_ANGLE + axis).normalized_or(axis), self.position)
            };
            [
                through(self.forward, self.position),
                through(-self.forward, self.position + self.forward * FAR),
                side(self.right),
                side(-self.right),
                side(self.up),
                side(-self.up),
            ]
        };
    }

    /// Distance along the view direction.
    pub fn depth(&self, point: Vec3) -> f32 {
        (point - self.position).dot(self.forward)
    }

    pub fn sees_sphere(&self, center: Vec3, radius: f32) -> bool {
        self.planes.iter().all(|(normal, distance)| normal.dot(center) + distance >= -radius)
    }

    /// Whether a part of the box may be in view: false only if it lies outside one of the planes.
    pub fn sees_box(&self, bounds: &Aabb) -> bool {
        self.planes.iter().all(|(normal, distance)| {
            let pick = |n: f32, low: f32, high: f32| if n >= 0.0 { high } else { low };
            let inmost = vec3(
                pick(normal.x, bounds.min.x, bounds.max.x),
                pick(normal.y, bounds.min.y, bounds.max.y),
                pick(normal.z, bounds.min.z, bounds.max.z),
            );
            normal.dot(inmost) + distance >= 0.0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_what_is_ahead_and_nothing_behind() {
        let camera = Camera::new(&Aabb::around([Vec3::ZERO, vec3(64.0, 10.0, 64.0)]));
        let ahead = camera.position + camera.forward * 20.0;
        let behind = camera.position - camera.forward * 20.0;
        let aside = ahead + camera.right * 30.0;
        for (point, seen) in [(ahead, true), (behind, false), (aside, false), (ahead + camera.up * 8.0, true)]
        {
            assert_eq!(camera.sees_sphere(point, 0.5), seen, "{point:?}");
            assert_eq!(camera.sees_box(&Aabb::of_sphere(point, 0.5)), seen, "{point:?}");
        }
        assert!((camera.depth(ahead) - 20.0).abs() < 1.0e-3);
    }
}
