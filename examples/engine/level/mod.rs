//! The level: where its triangles come from.
//!
//! | file | role |
//! |---|---|
//! | `generate.rs` | writes `assets/level.obj`, byte for byte the same on every machine |
//! | `load.rs` | reads a Wavefront OBJ through tobj and names the line that is wrong |
//! | `stream.rs` | reads a level file part by part through streamed memory |

mod generate;
mod load;
mod stream;

pub use generate::write_level;
pub use load::{load_embedded, load_file};

use crate::failure::Failure;
use crate::math::{Aabb, Vec3, vec3};

/// Horizontal size of every level after [`Level::fit`], in metres.
pub const EXTENT: f32 = 64.0;

/// Triangles in metres, y up.
#[derive(Clone, Debug)]
pub struct Level {
    /// What to call it in the report: the file's name, or `embedded`.
    pub name: String,
    pub vertices: Vec<Vec3>,
    pub triangles: Vec<[u32; 3]>,
}

impl Level {
    pub fn corners(&self, triangle: u32) -> [Vec3; 3] {
        self.triangles[triangle as usize].map(|vertex| self.vertices[vertex as usize])
    }

    pub fn bounds(&self) -> Aabb {
        Aabb::around(self.vertices.iter().copied())
    }

    /// Scales and moves the level so that its longer horizontal side is [`EXTENT`] and its least corner is the
    /// origin, and drops triangles without an area.
    fn fit(mut self) -> Result<Self, Failure> {
        let bounds = self.bounds();
        let size = bounds.max - bounds.min;
        if !self.triangles.is_empty() && !size.is_finite() {
            return Err(Failure::input(format!(
                "{}: coordinates are not finite or too far apart",
                self.name
            )));
        }
        let widest = size.x.max(size.z);
        let scale = if widest > 0.0 { EXTENT / widest } else { 1.0 };
        for vertex in &mut self.vertices {
            *vertex = (*vertex - bounds.min) * scale;
        }
        let vertices = &self.vertices;
        self.triangles.retain(|triangle| {
            let [a, b, c] = triangle.map(|vertex| vertices[vertex as usize]);
            (b - a).cross(c - a).length() > 1.0e-9
        });
        if self.triangles.is_empty() {
            return Err(Failure::input(format!("{}: no triangles in the level", self.name)));
        }
        if self.bounds().max.y > 1.0e4 {
            return Err(Failure::input(format!("{}: more than 150 times as high as it is wide", self.name)));
        }
        Ok(self)
    }

    /// The unit normal of a triangle; straight up where the winding says down, as artists' files mix both.
    pub fn normal(&self, triangle: u32) -> Vec3 {
        let [a, b, c] = self.corners(triangle);
        let normal = (b - a).cross(c - a).normalized_or(vec3(0.0, 1.0, 0.0));
        if normal.y < 0.0 { -normal } else { normal }
    }
}
