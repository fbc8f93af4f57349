//! Simplified tiles, by merging vertices that share a cell of a coarse grid.

use super::Missing;
use crate::memory::{Buffer, Table};
use crate::random::Digest;
use crate::scene::Scene;

const MAX_VERTICES: usize = 96;
const MAX_FACES: usize = 160;
/// Cells per side of a tile at each level of detail.
const CELLS: [u32; 4] = [16, 10, 6, 4];

/// A simplified tile.
#[derive(Clone, Debug)]
pub struct LodMesh {
    pub tile: u32,
    pub detail: u8,
    vertex_count: u8,
    face_count: u8,
    /// Positions within the tile's box, 0 to 65,535 along each axis.
    vertices: [[u16; 3]; MAX_VERTICES],
    faces: [[u8; 3]; MAX_FACES],
}

impl LodMesh {
    pub fn faces(&self) -> &[[u8; 3]] {
        &self.faces[..self.face_count as usize]
    }

    pub fn vertices(&self) -> &[[u16; 3]] {
        &self.vertices[..self.vertex_count as usize]
    }

    pub fn digest(&self, digest: &mut Digest) {
        digest.mix(u64::from(self.tile) << 8 | u64::from(self.detail));
        for vertex in self.vertices() {
            digest.mix(vertex.iter().fold(0, |all, &at| all << 16 | u64::from(at)));
        }
        for face in self.faces() {
            digest.mix(face.iter().fold(0, |all, &at| all << 8 | u64::from(at)));
        }
    }
}

/// The vertices that fall together in one cell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cluster {
    sum: [u32; 3],
    count: u32,
}

/// Merges the vertices that share a cell of the tile, on the finest grid whose result fits a [`LodMesh`].
pub fn simplify(
    scene: &Scene,
    Missing { tile, detail }: Missing,
    cells: &mut impl Table<u32, u8>,
    clusters: &mut impl Buffer<Cluster>,
    faces: &mut impl Buffer<[u8; 3]>,
) -> LodMesh {
    let mut side = CELLS[detail as usize];
    while !cluster(scene, tile, side, cells, clusters, faces) {
        side = (side * 3 / 4).max(1);
    }
    let mut mesh = LodMesh {
        tile,
        detail,
        vertex_count: clusters.len() as u8,
        face_count: faces.len() as u8,
        vertices: [[0; 3]; MAX_VERTICES],
        faces: [[0; 3]; MAX_FACES],
    };
    for (vertex, cluster) in mesh.vertices.iter_mut().zip(clusters.items()) {
        *vertex = cluster.sum.map(|sum| (sum / cluster.count) as u16);
    }
    mesh.faces[..faces.len()].copy_from_slice(faces.items());
    mesh
}

/// One attempt of [`simplify`] with `side` cells per side: whether the result fits.
fn cluster(
    scene: &Scene,
    tile: u32,
    side: u32,
    cells: &mut impl Table<u32, u8>,
    clusters: &mut impl Buffer<Cluster>,
    faces: &mut impl Buffer<[u8; 3]>,
) -> bool {
    cells.clear();
    clusters.truncate(0);
    faces.truncate(0);
    let tile = &scene.tiles[tile as usize];
    let size = tile.bounds.max - tile.bounds.min;
    for &triangle in &tile.triangles {
        let mut face = [0; 3];
        for (corner, position) in face.iter_mut().zip(scene.level.corners(triangle)) {
            let inside = position - tile.bounds.min;
            let place = |at: f32, size: f32| if size > 0.0 { (at / size * 65_535.0) as u32 } else { 0 };
            let place = [place(inside.x, size.x), place(inside.y, size.y), place(inside.z, size.z)];
            let key = place.iter().fold(0, |key, &at| key * side + at * side / 65_536);
            *corner = *cells.get_or_insert(key, clusters.len() as u8);
            if *corner as usize == clusters.len() {
                if clusters.len() == MAX_VERTICES {
                    return false;
                }
                clusters.push(Cluster::default());
            }
            let cluster = &mut clusters.items_mut()[*corner as usize];
            if cluster.count < 65_536 {
                cluster.count += 1;
                cluster.sum = std::array::from_fn(|axis| cluster.sum[axis] + place[axis]);
            }
        }
        let [a, b, c] = face;
        if a != b && b != c && c != a {
            faces.push(face);
        }
    }
    remove_doubles(faces);
    faces.len() <= MAX_FACES
}

/// Sorts the faces, each turned so that its least corner comes first, and drops repeated ones.
fn remove_doubles(faces: &mut impl Buffer<[u8; 3]>) {
    let sorted = faces.items_mut();
    for face in sorted.iter_mut() {
        let least = (0..3).min_by_key(|&corner| face[corner]).unwrap_or(0);
        face.rotate_left(least);
    }
    sorted.sort_unstable();
    let mut kept = 0;
    for at in 0..sorted.len() {
        if kept == 0 || sorted[at] != sorted[kept - 1] {
            sorted[kept] = sorted[at];
            kept += 1;
        }
    }
    faces.truncate(kept);
}

#[cfg(test)]
impl LodMesh {
    /// A mesh without vertices.
    pub fn empty(tile: u32) -> Self {
        let (vertices, faces) = ([[0; 3]; MAX_VERTICES], [[0; 3]; MAX_FACES]);
        Self { tile, detail: 0, vertex_count: 0, face_count: 0, vertices, faces }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::StdMap;

    #[test]
    fn coarser_levels_have_fewer_faces_and_all_fit() {
        let scene = Scene::new(crate::level::load_embedded().unwrap());
        let total = |detail: u8| -> usize {
            (0..scene.tiles.len() as u32)
                .map(|tile| {
                    let (mut cells, mut clusters, mut faces) = (StdMap::default(), Vec::new(), Vec::new());
                    let wanted = Missing { tile, detail };
                    let mesh = simplify(&scene, wanted, &mut cells, &mut clusters, &mut faces);
                    assert!(mesh.faces().iter().flatten().all(|&corner| corner < mesh.vertex_count));
                    mesh.faces().len()
                })
                .sum()
        };
        let totals = [0, 1, 2, 3].map(total);
        assert!(totals.is_sorted_by(|fine, coarse| fine > coarse), "{totals:?}");
        assert!(totals[0] <= scene.level.triangles.len());
    }
}
