//! The grid that agents walk on, rasterised from the level's triangles.
//!
//! A cell is as high as the highest triangle above its centre. Neighbours are connected where the step between them
//! is low enough, so walls, pillars and cliffs separate and ramps and stairs connect.

use crate::level::{EXTENT, Level};
use crate::math::{Vec3, vec3};

/// Cells per side; a cell is one metre wide.
const SIDE: usize = EXTENT as usize;
/// The highest step that can be walked, in millimetres.
const MAX_STEP: i32 = 900;
/// Height of a cell with nothing in it.
const VOID: i32 = i32::MIN;

/// Index of a cell, row by row.
pub type Cell = u32;

/// Heights and connected areas.
#[derive(Debug)]
pub struct NavGrid {
    /// Height of each cell in millimetres, or [`VOID`].
    heights: Vec<i32>,
    /// Cells with the same number are connected; `u32::MAX` where nobody can walk.
    areas: Vec<u32>,
    walkable: Vec<Cell>,
}

/// The eight directions: column step, row step, cost on level ground.
const DIRECTIONS: [(i32, i32, u32); 8] =
    [(1, 0, 10), (0, 1, 10), (-1, 0, 10), (0, -1, 10), (1, 1, 14), (-1, 1, 14), (-1, -1, 14), (1, -1, 14)];

impl NavGrid {
    pub fn rasterise(level: &Level) -> Self {
        let mut heights = vec![VOID; SIDE * SIDE];
        for triangle in 0..level.triangles.len() as u32 {
            raise(&mut heights, level.corners(triangle));
        }
        let mut grid = Self { areas: vec![u32::MAX; heights.len()], heights, walkable: Vec::new() };
        grid.label_areas();
        grid.walkable =
            (0..grid.len() as Cell).filter(|&cell| grid.areas[cell as usize] != u32::MAX).collect();
        grid
    }

    /// Number of cells, walkable or not.
    pub fn len(&self) -> usize {
        self.heights.len()
    }

    /// The cells that have at least one neighbour that can be walked to.
    pub fn walkable(&self) -> &[Cell] {
        &self.walkable
    }

    /// Whether a path from `a` to `b` exists.
    pub fn connected(&self, a: Cell, b: Cell) -> bool {
        self.areas[a as usize] == self.areas[b as usize] && self.areas[a as usize] != u32::MAX
    }

    /// The walkable cell next to a position, if there is one within three metres.
    pub fn nearest(&self, position: Vec3) -> Option<Cell> {
        let clamp = |at: f32| (at.max(0.0) as i32).min(SIDE as i32 - 1);
        let (column, row) = (clamp(position.x), clamp(position.z));
        (0..=3).find_map(|reach: i32| {
            let ring = (-reach..=reach).flat_map(|dz| (-reach..=reach).map(move |dx| (dx, dz)));
            ring.filter(|&(dx, dz)| dx.abs().max(dz.abs()) == reach)
                .filter_map(|(dx, dz)| cell_at(column + dx, row + dz))
                .find(|&cell| self.areas[cell as usize] != u32::MAX)
        })
    }

    /// The middle of a cell's surface.
    pub fn center(&self, cell: Cell) -> Vec3 {
        let (column, row) = (cell as usize % SIDE, cell as usize / SIDE);
        let height = self.heights[cell as usize].max(0) as f32 / 1000.0;
        vec3(column as f32 + 0.5, height, row as f32 + 0.5)
    }

    /// Where one step leads: the cell, the cost and the direction, for each direction that can be walked.
    pub fn steps(&self, from: Cell) -> impl Iterator<Item = (Cell, u32, u8)> + '_ {
        let (column, row) = (from as i32 % SIDE as i32, from as i32 / SIDE as i32);
        DIRECTIONS.iter().zip(0u8..).filter_map(move |(&(dx, dz, cost), direction)| {
            let to = cell_at(column + dx, row + dz)?;
            let climb = self.climb(from, to)?;
            if dx != 0 && dz != 0 {
                // No cutting of corners: both cells beside the diagonal must be walkable from here.
                self.climb(from, cell_at(column + dx, row)?)?;
                self.climb(from, cell_at(column, row + dz)?)?;
            }
            Some((to, cost + climb / 50, direction))
        })
    }

    /// The cell that a step in `direction` came from.
    pub fn step_back(&self, to: Cell, direction: u8) -> Cell {
        let (dx, dz, _) = DIRECTIONS[direction as usize];
        (to as i32 - dx - dz * SIDE as i32) as Cell
    }

    /// The least possible cost between two cells: diagonal steps, then straight ones, on level ground.
    pub fn least_cost(&self, from: Cell, to: Cell) -> u32 {
        let side = SIDE as u32;
        let (dx, dz) = ((from % side).abs_diff(to % side), (from / side).abs_diff(to / side));
        14 * dx.min(dz) + 10 * dx.abs_diff(dz)
    }

    /// Difference of height in millimetres, if it is low enough to walk.
    fn climb(&self, from: Cell, to: Cell) -> Option<u32> {
        let (from, to) = (self.heights[from as usize], self.heights[to as usize]);
        let climb = to.abs_diff(from);
        (from != VOID && to != VOID && climb <= MAX_STEP as u32).then_some(climb)
    }

    fn label_areas(&mut self) {
        let mut open = Vec::new();
        for first in 0..self.len() as Cell {
            if self.areas[first as usize] != u32::MAX || self.steps(first).next().is_none() {
                continue;
            }
            self.areas[first as usize] = first;
            open.push(first);
            while let Some(cell) = open.pop() {
                let reached: [Option<Cell>; 8] = {
                    let mut steps = self.steps(cell);
                    std::array::from_fn(|_| steps.next().map(|(to, ..)| to))
                };
                for to in reached.into_iter().flatten() {
                    if self.areas[to as usize] == u32::MAX {
                        self.areas[to as usize] = first;
                        open.push(to);
                    }
                }
            }
        }
    }
}

fn cell_at(column: i32, row: i32) -> Option<Cell> {
    let inside = |at: i32| (0..SIDE as i32).contains(&at);
    (inside(column) && inside(row)).then_some((row * SIDE as i32 + column) as Cell)
}

/// Raises every cell whose centre lies under the triangle to the triangle's height there.
fn raise(heights: &mut [i32], [a, b, c]: [Vec3; 3]) {
    let area = (b.x - a.x) * (c.z - a.z) - (c.x - a.x) * (b.z - a.z);
    if area.abs() < 1.0e-6 {
        return;
    }
    let range = |values: [f32; 3]| {
        let low = values.into_iter().fold(f32::INFINITY, f32::min);
        let high = values.into_iter().fold(f32::NEG_INFINITY, f32::max);
        (low - 0.5).ceil().max(0.0) as usize..((high + 0.5).ceil().max(0.0) as usize).min(SIDE)
    };
    for row in range([a.z, b.z, c.z]) {
        for column in range([a.x, b.x, c.x]) {
            let (x, z) = (column as f32 + 0.5, row as f32 + 0.5);
            let at_b = ((x - a.x) * (c.z - a.z) - (c.x - a.x) * (z - a.z)) / area;
            let at_c = ((b.x - a.x) * (z - a.z) - (x - a.x) * (b.z - a.z)) / area;
            if at_b >= 0.0 && at_c >= 0.0 && at_b + at_c <= 1.0 {
                let height = a.y + (b.y - a.y) * at_b + (c.y - a.y) * at_c;
                let cell = &mut heights[row * SIDE + column];
                *cell = (*cell).max((height * 1000.0) as i32);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level_of(vertices: Vec<Vec3>, triangles: Vec<[u32; 3]>) -> Level {
        Level { name: "test".to_owned(), vertices, triangles }
    }

    fn square(from: Vec3, to: Vec3) -> Vec<Vec3> {
        vec![
            vec3(from.x, from.y, from.z),
            vec3(to.x, to.y, from.z),
            vec3(to.x, to.y, to.z),
            vec3(from.x, from.y, to.z),
        ]
    }

    #[test]
    fn a_plane_is_walkable_everywhere() {
        let level = level_of(square(Vec3::ZERO, vec3(64.0, 0.0, 64.0)), vec![[0, 2, 1], [0, 3, 2]]);
        let grid = NavGrid::rasterise(&level);
        assert_eq!(grid.walkable().len(), SIDE * SIDE);
        assert!(grid.connected(0, (SIDE * SIDE - 1) as Cell));
        assert_eq!(grid.steps(0).count(), 3);
        assert_eq!(grid.steps(SIDE as Cell + 1).count(), 8);
    }

    #[test]
    fn a_wall_separates_and_a_ramp_connects() {
        let mut vertices = square(Vec3::ZERO, vec3(64.0, 0.0, 64.0));
        vertices.extend(square(vec3(30.0, 5.0, 0.0), vec3(32.0, 5.0, 64.0)));
        let faces = vec![[0, 2, 1], [0, 3, 2], [4, 6, 5], [4, 7, 6]];
        let grid = NavGrid::rasterise(&level_of(vertices.clone(), faces.clone()));
        assert!(!grid.connected(0, 60) && grid.connected(0, 20));

        let mut faces = faces;
        vertices.extend(square(vec3(20.0, 0.0, 0.0), vec3(31.0, 5.0, 4.0)));
        vertices.extend(square(vec3(31.0, 5.0, 0.0), vec3(42.0, 0.0, 4.0)));
        faces.extend([[8, 10, 9], [8, 11, 10], [12, 14, 13], [12, 15, 14]]);
        let grid = NavGrid::rasterise(&level_of(vertices, faces));
        assert!(grid.connected(0, 60));
    }

    #[test]
    fn steps_cost_the_same_both_ways_and_can_be_undone() {
        let grid = NavGrid::rasterise(&crate::level::load_embedded().unwrap());
        for &from in grid.walkable() {
            for (to, cost, direction) in grid.steps(from) {
                assert_eq!(grid.step_back(to, direction), from);
                let back = grid.steps(to).find(|step| step.0 == from).map(|step| step.1);
                assert!(back.is_none_or(|back| back == cost));
                assert!(grid.least_cost(from, to) <= cost);
                assert!(grid.connected(from, to));
            }
        }
    }

    #[test]
    fn the_embedded_level_has_room_to_walk() {
        let grid = NavGrid::rasterise(&crate::level::load_embedded().unwrap());
        assert!(grid.walkable().len() > 2000, "{}", grid.walkable().len());
    }
}
