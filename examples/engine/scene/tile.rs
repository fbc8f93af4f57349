//! Pieces of the level that are drawn, culled and simplified as one.

use crate::level::{EXTENT, Level};
use crate::math::{Aabb, Vec3};

/// Tiles per side of the level.
const SIDE: usize = 12;

/// The triangles whose middle lies in one square of the ground plan.
#[derive(Debug)]
pub struct Tile {
    pub triangles: Vec<u32>,
    pub bounds: Aabb,
}

impl Tile {
    pub fn center(&self) -> Vec3 {
        (self.bounds.min + self.bounds.max) * 0.5
    }
}

/// Divides a level into tiles; squares without triangles give none.
pub fn divide(level: &Level) -> Vec<Tile> {
    let mut squares: Vec<Vec<u32>> = vec![Vec::new(); SIDE * SIDE];
    for triangle in 0..level.triangles.len() as u32 {
        let [a, b, c] = level.corners(triangle);
        let middle = (a + b + c) * (1.0 / 3.0);
        let at = |along: f32| ((along * (SIDE as f32 / EXTENT)).max(0.0) as usize).min(SIDE - 1);
        squares[at(middle.z) * SIDE + at(middle.x)].push(triangle);
    }
    squares
        .into_iter()
        .filter(|triangles| !triangles.is_empty())
        .map(|triangles| {
            let bounds = Aabb::around(triangles.iter().flat_map(|&triangle| level.corners(triangle)));
            Tile { triangles, bounds }
        })
        .collect()
}
