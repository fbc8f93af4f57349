//! Which bodies may touch: a spatial hash over the moving bodies.
//!
//! Bodies are grouped by the cell of their centre. Cells are wider than the largest body, so partners are in the same
//! cell or in one of its neighbours; only 13 of the 26 neighbours are visited, and each pair is found once.

use std::collections::HashMap;

use framealloc::{SmartAlloc, frame_system};

use crate::memory::{Buffer, StdMap, Table};
use crate::scene::Body;

/// Two bodies, the lower number first.
pub type Pair = (u32, u32);

/// Side of a cell in metres: more than twice the largest radius.
const CELL: f32 = 1.0;

/// Coordinates of a cell.
pub type CellKey = [i16; 3];

/// The bodies of one cell: `members[start..start + len]`.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    key: CellKey,
    start: u32,
    len: u32,
}

/// Writes the candidate pairs to `pairs`, sorted.
#[frame_system(tag = "physics/broad_phase", budget = "1MB")]
pub fn broad_phase(alloc: &SmartAlloc, bodies: &[Body], pairs: &mut Vec<Pair>) {
    #[frame_local]
    let mut cells: HashMap<CellKey, u32>;
    #[frame_local]
    let mut spans: Vec<Span>;
    #[frame_local(capacity = bodies.len())]
    let mut cell_of: Vec<u32>;
    #[frame_local(capacity = bodies.len())]
    let mut members: Box<[u32]>;

    group_by_cell(bodies, &mut cells, &mut spans, &mut cell_of, &mut members);
    find_pairs(bodies, &cells, &spans, &members, pairs);
}

/// [`broad_phase`] on the global allocator.
pub fn broad_phase_std(bodies: &[Body], pairs: &mut Vec<Pair>) {
    let mut cells = StdMap::default();
    let mut spans = Vec::new();
    let mut cell_of = Vec::with_capacity(bodies.len());
    let mut members = vec![0; bodies.len()].into_boxed_slice();

    group_by_cell(bodies, &mut cells, &mut spans, &mut cell_of, &mut members);
    find_pairs(bodies, &cells, &spans, &members, pairs);
}

/// Counts the bodies of each cell, lays the cells out one after the other and puts the bodies in.
fn group_by_cell(
    bodies: &[Body],
    cells: &mut impl Table<CellKey, u32>,
    spans: &mut impl Buffer<Span>,
    cell_of: &mut impl Buffer<u32>,
    members: &mut [u32],
) {
    for body in bodies {
        let key = key_of(body);
        let cell = *cells.get_or_insert(key, spans.len() as u32);
        if cell as usize == spans.len() {
            spans.push(Span { key, start: 0, len: 0 });
        }
        spans.items_mut()[cell as usize].len += 1;
        cell_of.push(cell);
    }
    let mut start = 0;
    for span in spans.items_mut() {
        span.start = start;
        start += span.len;
        span.len = 0;
    }
    for (&cell, body) in cell_of.items().iter().zip(0u32..) {
        let span = &mut spans.items_mut()[cell as usize];
        members[(span.start + span.len) as usize] = body;
        span.len += 1;
    }
}

fn find_pairs(
    bodies: &[Body],
    cells: &impl Table<CellKey, u32>,
    spans: &[Span],
    members: &[u32],
    pairs: &mut impl Buffer<Pair>,
) {
    pairs.truncate(0);
    let of = |span: &Span| &members[span.start as usize..(span.start + span.len) as usize];
    for span in spans {
        let here = of(span);
        for (at, &a) in here.iter().enumerate() {
            for &b in &here[at + 1..] {
                push_if_near(bodies, a, b, pairs);
            }
        }
        for [dx, dy, dz] in FORWARD {
            let neighbour = [span.key[0] + dx, span.key[1] + dy, span.key[2] + dz];
            let Some(&cell) = cells.find(&neighbour) else { continue };
            for &a in here {
                for &b in of(&spans[cell as usize]) {
                    push_if_near(bodies, a, b, pairs);
                }
            }
        }
    }
    pairs.items_mut().sort_unstable();
}

/// One of each two opposite neighbours.
const FORWARD: [[i16; 3]; 13] = [
    [1, 0, 0],
    [-1, 1, 0],
    [0, 1, 0],
    [1, 1, 0],
    [-1, -1, 1],
    [0, -1, 1],
    [1, -1, 1],
    [-1, 0, 1],
    [0, 0, 1],
    [1, 0, 1],
    [-1, 1, 1],
    [0, 1, 1],
    [1, 1, 1],
];

fn key_of(body: &Body) -> CellKey {
    // One less than the range on both sides, so that neighbours exist.
    let at =
        |along: f32| ((along / CELL).floor() as i32).clamp(i16::MIN as i32 + 1, i16::MAX as i32 - 1) as i16;
    [at(body.position.x), at(body.position.y), at(body.position.z)]
}

fn push_if_near(bodies: &[Body], a: u32, b: u32, pairs: &mut impl Buffer<Pair>) {
    let (first, second) = (&bodies[a as usize], &bodies[b as usize]);
    let reach = first.radius + second.radius;
    if (first.position - second.position).length_squared() <= reach * reach {
        pairs.push((a.min(b), a.max(b)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::vec3;
    use crate::random::Random;

    #[test]
    fn finds_what_trying_all_pairs_finds() {
        let mut random = Random::new(11);
        for round in 0..20 {
            let bodies: Vec<Body> = (0..150)
                .map(|_| Body {
                    position: vec3(random.signed() * 4.0, random.signed() * 3.0, random.signed() * 4.0),
                    radius: 0.25 + random.unit() * 0.2,
                    ..Body::default()
                })
                .collect();
            let mut pairs = Vec::new();
            broad_phase_std(&bodies, &mut pairs);
            let mut expected = Vec::new();
            for a in 0..bodies.len() as u32 {
                for b in a + 1..bodies.len() as u32 {
                    push_if_near(&bodies, a, b, &mut expected);
                }
            }
            assert_eq!(pairs, expected, "round {round}");
            assert!(!pairs.is_empty());
        }
    }
}
