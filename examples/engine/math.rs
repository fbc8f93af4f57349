//! The little vector arithmetic that the engine needs.
//!
//! Only IEEE basic operations and `sqrt` are used, in a fixed order, so that every run gives the same bits.

use std::ops::{Add, AddAssign, Mul, Neg, Sub};

/// A point or a direction; y points up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vec3 {
    pub x: f32,
    pub y: f32,
    pub z: f32,
}

/// Shorthand for a [`Vec3`].
pub const fn vec3(x: f32, y: f32, z: f32) -> Vec3 {
    Vec3 { x, y, z }
}

impl Vec3 {
    pub const ZERO: Self = vec3(0.0, 0.0, 0.0);

    pub fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    pub fn cross(self, other: Self) -> Self {
        vec3(
            self.y * other.z - self.z * other.y,
            self.z * other.x - self.x * other.z,
            self.x * other.y - self.y * other.x,
        )
    }

    pub fn length_squared(self) -> f32 {
        self.dot(self)
    }

    pub fn length(self) -> f32 {
        self.length_squared().sqrt()
    }

    /// The unit vector in this direction, or `fallback` where the length is zero or not finite.
    pub fn normalized_or(self, fallback: Self) -> Self {
        let length = self.length();
        if length > 1.0e-12 && length.is_finite() { self * (1.0 / length) } else { fallback }
    }

    pub fn min(self, other: Self) -> Self {
        vec3(self.x.min(other.x), self.y.min(other.y), self.z.min(other.z))
    }

    pub fn max(self, other: Self) -> Self {
        vec3(self.x.max(other.x), self.y.max(other.y), self.z.max(other.z))
    }

    pub fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite() && self.z.is_finite()
    }
}

impl Add for Vec3 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        vec3(self.x + other.x, self.y + other.y, self.z + other.z)
    }
}

impl AddAssign for Vec3 {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Vec3 {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        vec3(self.x - other.x, self.y - other.y, self.z - other.z)
    }
}

impl Mul<f32> for Vec3 {
    type Output = Self;
    fn mul(self, factor: f32) -> Self {
        vec3(self.x * factor, self.y * factor, self.z * factor)
    }
}

impl Neg for Vec3 {
    type Output = Self;
    fn neg(self) -> Self {
        vec3(-self.x, -self.y, -self.z)
    }
}

/// An axis-aligned box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aabb {
    pub min: Vec3,
    pub max: Vec3,
}

impl Aabb {
    /// The box that contains nothing; growing it by a point gives that point.
    pub const EMPTY: Self = Self {
        min: vec3(f32::INFINITY, f32::INFINITY, f32::INFINITY),
        max: vec3(f32::NEG_INFINITY, f32::NEG_INFINITY, f32::NEG_INFINITY),
    };

    pub fn around(points: impl IntoIterator<Item = Vec3>) -> Self {
        points.into_iter().fold(Self::EMPTY, |bounds, point| bounds.including(point))
    }

    pub fn of_sphere(center: Vec3, radius: f32) -> Self {
        let reach = vec3(radius, radius, radius);
        Self { min: center - reach, max: center + reach }
    }

    pub fn including(self, point: Vec3) -> Self {
        Self { min: self.min.min(point), max: self.max.max(point) }
    }

    pub fn overlaps(&self, other: &Self) -> bool {
        self.min.x <= other.max.x
            && other.min.x <= self.max.x
            && self.min.y <= other.max.y
            && other.min.y <= self.max.y
            && self.min.z <= other.max.z
            && other.min.z <= self.max.z
    }
}

/// The point of the triangle `a b c` that is nearest to `p`.
///
/// The plane is divided into the seven regions of the triangle (three corners, three edges, the face); the signs
/// of the projections of `p` tell which one it is in.
pub fn closest_on_triangle(p: Vec3, [a, b, c]: [Vec3; 3]) -> Vec3 {
    let (ab, ac, ap) = (b - a, c - a, p - a);
    let (along_ab, along_ac) = (ab.dot(ap), ac.dot(ap));
    if along_ab <= 0.0 && along_ac <= 0.0 {
        return a;
    }
    let bp = p - b;
    let (b_ab, b_ac) = (ab.dot(bp), ac.dot(bp));
    if b_ab >= 0.0 && b_ac <= b_ab {
        return b;
    }
    let outside_ab = along_ab * b_ac - b_ab * along_ac;
    if outside_ab <= 0.0 && along_ab >= 0.0 && b_ab <= 0.0 {
        return a + ab * (along_ab / (along_ab - b_ab));
    }
    let cp = p - c;
    let (c_ab, c_ac) = (ab.dot(cp), ac.dot(cp));
    if c_ac >= 0.0 && c_ab <= c_ac {
        return c;
    }
    let outside_ac = c_ab * along_ac - along_ab * c_ac;
    if outside_ac <= 0.0 && along_ac >= 0.0 && c_ac <= 0.0 {
        return a + ac * (along_ac / (along_ac - c_ac));
    }
    let outside_bc = b_ab * c_ac - c_ab * b_ac;
    if outside_bc <= 0.0 && b_ac - b_ab >= 0.0 && c_ab - c_ac >= 0.0 {
        return b + (c - b) * ((b_ac - b_ab) / ((b_ac - b_ab) + (c_ab - c_ac)));
    }
    let scale = 1.0 / (outside_ab + outside_ac + outside_bc);
    a + ab * (outside_ac * scale) + ac * (outside_ab * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRIANGLE: [Vec3; 3] = [vec3(0.0, 0.0, 0.0), vec3(4.0, 0.0, 0.0), vec3(0.0, 0.0, 4.0)];

    #[test]
    fn closest_point_of_each_region() {
        let cases = [
            (vec3(-1.0, 2.0, -1.0), TRIANGLE[0]),
            (vec3(7.0, 0.0, -1.0), TRIANGLE[1]),
            (vec3(-1.0, 0.0, 9.0), TRIANGLE[2]),
            (vec3(2.0, 1.0, -3.0), vec3(2.0, 0.0, 0.0)),
            (vec3(-3.0, 1.0, 1.0), vec3(0.0, 0.0, 1.0)),
            (vec3(4.0, 0.0, 4.0), vec3(2.0, 0.0, 2.0)),
            (vec3(1.0, 5.0, 1.0), vec3(1.0, 0.0, 1.0)),
        ];
        for (point, nearest) in cases {
            assert_eq!(closest_on_triangle(point, TRIANGLE), nearest, "{point:?}");
        }
    }

    #[test]
    fn closest_point_is_never_beaten_by_a_sample() {
        let mut random = crate::random::Random::new(7);
        for _ in 0..200 {
            let mut point = || vec3(random.signed() * 5.0, random.signed() * 5.0, random.signed() * 5.0);
            let (p, a, b, c) = (point(), point(), point(), point());
            let found = (closest_on_triangle(p, [a, b, c]) - p).length();
            for i in 0..=20 {
                for j in 0..=20 - i {
                    let sample = a + (b - a) * (i as f32 / 20.0) + (c - a) * (j as f32 / 20.0);
                    assert!(found <= (sample - p).length() + 1.0e-3);
                }
            }
        }
    }

    #[test]
    fn boxes_overlap_when_they_touch() {
        let unit = Aabb::around([Vec3::ZERO, vec3(1.0, 1.0, 1.0)]);
        assert!(unit.overlaps(&Aabb::of_sphere(vec3(1.5, 0.5, 0.5), 0.5)));
        assert!(!unit.overlaps(&Aabb::of_sphere(vec3(1.5, 0.5, 0.5), 0.4)));
    }
}
