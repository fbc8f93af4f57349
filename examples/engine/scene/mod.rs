//! What the systems look at: the level with its search structures, the bodies and the camera.
//!
//! ```text
//! Level ──► TriangleGrid   which triangles are near a box        narrow phase
//!       ──► NavGrid        where agents can walk                 path finding
//!       ──► Tile           what is drawn as one piece            visibility, level of detail
//! ```
//!
//! Everything in [`Scene`] is built once and only read afterwards; [`World`] changes from frame to frame.

mod body;
mod camera;
mod nav_grid;
mod tile;
mod triangle_grid;
mod world;

pub use body::{Body, SPAWN_HEIGHT};
pub use camera::Camera;
pub use nav_grid::{Cell, NavGrid};
pub use tile::Tile;
pub use triangle_grid::TriangleGrid;
pub use world::{REQUESTS_PER_FRAME, World};

use crate::level::Level;

/// A level with everything that is derived from it.
#[derive(Debug)]
pub struct Scene {
    pub level: Level,
    pub triangles: TriangleGrid,
    pub nav: NavGrid,
    pub tiles: Vec<Tile>,
}

impl Scene {
    pub fn new(level: Level) -> Self {
        let triangles = TriangleGrid::new(&level);
        let nav = NavGrid::rasterise(&level);
        let tiles = tile::divide(&level);
        Self { level, triangles, nav, tiles }
    }
}
