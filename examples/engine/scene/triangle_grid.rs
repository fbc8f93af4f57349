//! A uniform grid over the level's ground plan that answers "which triangles are near this box".

use crate::level::{EXTENT, Level};
use crate::math::{Aabb, Vec3};
use crate::memory::Buffer;

/// Triangles by grid cell, in one array with an offset per cell.
#[derive(Debug)]
pub struct TriangleGrid {
    side: usize,
    per_metre: f32,
    /// `members[starts[cell]..starts[cell + 1]]` are the triangles whose boxes touch `cell`.
    starts: Vec<u32>,
    members: Vec<u32>,
    boxes: Vec<Aabb>,
}

impl TriangleGrid {
    pub fn new(level: &Level) -> Self {
        let boxes: Vec<Aabb> =
            (0..level.triangles.len() as u32).map(|triangle| Aabb::around(level.corners(triangle))).collect();
        let side = ((boxes.len() as f32).sqrt() as usize).clamp(16, 256);
        let mut grid = Self {
            side,
            per_metre: side as f32 / EXTENT,
            starts: vec![0; side * side + 1],
            members: Vec::new(),
            boxes,
        };
        for triangle in 0..grid.boxes.len() {
            for cell in grid.cells(&grid.boxes[triangle]) {
                grid.starts[cell + 1] += 1;
            }
        }
        for cell in 0..side * side {
            grid.starts[cell + 1] += grid.starts[cell];
        }
        let mut next = grid.starts.clone();
        grid.members = vec![0; grid.starts[side * side] as usize];
        for triangle in 0..grid.boxes.len() {
            for cell in grid.cells(&grid.boxes[triangle]) {
                grid.members[next[cell] as usize] = triangle as u32;
                next[cell] += 1;
            }
        }
        grid
    }

    /// Adds every triangle whose box overlaps `area` to `found`, once each.
    pub fn gather(&self, area: &Aabb, found: &mut impl Buffer<u32>) {
        let (from, to) = (self.cell_of(area.min), self.cell_of(area.max));
        for row in from.1..=to.1 {
            for column in from.0..=to.0 {
                let cell = row * self.side + column;
                for &triangle in &self.members[self.starts[cell] as usize..self.starts[cell + 1] as usize] {
                    let bounds = &self.boxes[triangle as usize];
                    if !bounds.overlaps(area) {
                        continue;
                    }
                    // A triangle lies in several cells: only the first one that the two boxes share reports it.
                    let first = self.cell_of(bounds.min);
                    if (column, row) == (first.0.max(from.0), first.1.max(from.1)) {
                        found.push(triangle);
                    }
                }
            }
        }
    }

    fn cells(&self, area: &Aabb) -> impl Iterator<Item = usize> + use<> {
        let (from, to, side) = (self.cell_of(area.min), self.cell_of(area.max), self.side);
        (from.1..=to.1).flat_map(move |row| (from.0..=to.0).map(move |column| row * side + column))
    }

    /// Column and row of the cell under a point; points outside belong to the nearest cell.
    fn cell_of(&self, point: Vec3) -> (usize, usize) {
        let clamp = |at: f32| ((at * self.per_metre).max(0.0) as usize).min(self.side - 1);
        (clamp(point.x), clamp(point.z))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::vec3;
    use crate::random::Random;

    #[test]
    fn gathers_what_a_scan_finds_and_nothing_twice() {
        let level = crate::level::load_embedded().unwrap();
        let grid = TriangleGrid::new(&level);
        let mut random = Random::new(3);
        for _ in 0..200 {
            let center = vec3(random.unit() * 70.0 - 3.0, random.unit() * 12.0, random.unit() * 70.0 - 3.0);
            let area = Aabb::of_sphere(center, 0.2 + random.unit() * 3.0);
            let mut found: Vec<u32> = Vec::new();
            grid.gather(&area, &mut found);
            found.sort_unstable();
            let scan: Vec<u32> =
                (0..grid.boxes.len() as u32).filter(|&t| grid.boxes[t as usize].overlaps(&area)).collect();
            assert_eq!(found, scan);
        }
    }
}
