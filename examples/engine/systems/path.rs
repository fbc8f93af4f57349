//! Path finding for agents: A* on the navigation grid.

use framealloc::{SmartAlloc, TransferHandle, frame_system};

use crate::memory::Buffer;
use crate::scene::{Cell, NavGrid};

/// An agent's wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    pub agent: u32,
    pub from: Cell,
    pub to: Cell,
}

/// The cells of a path that an agent is told: it plans anew before it has walked them.
const AHEAD: usize = 8;

/// What an agent is told; it is found on one thread and followed on another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    pub agent: u32,
    /// `None` if there is no path.
    pub cost: Option<u32>,
    ahead: [Cell; AHEAD],
    len: usize,
}

impl Path {
    fn new(agent: u32, cost: Option<u32>, route: &[Cell]) -> Self {
        let len = route.len().min(AHEAD);
        let mut ahead = [0; AHEAD];
        ahead[..len].copy_from_slice(&route[..len]);
        Self { agent, cost, ahead, len }
    }

    /// The first cells, the one where the agent was included; none if there is no path.
    pub fn cells(&self) -> &[Cell] {
        &self.ahead[..self.len]
    }
}

/// An entry of the open list; the order of its fields is the order in which cells are visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Open {
    estimate: u32,
    /// Cost still ahead: of two equal estimates, the one nearer to the goal comes first.
    ahead: u32,
    cell: Cell,
}

/// Finds the cheapest path and sends it off: frame memory stays on its thread, so the result leaves in the pool.
#[frame_system(tag = "ai/path", budget = "256KB")]
pub fn find_path(alloc: &SmartAlloc, grid: &NavGrid, request: Request) -> TransferHandle<Path> {
    #[frame_local(capacity = grid.len())]
    let mut costs: Box<[u32]>;
    #[frame_local(capacity = grid.len())]
    let mut arrivals: Box<[u8]>;
    #[frame_local]
    let mut open: Vec<Open>;
    #[frame_local]
    let mut route: Vec<Cell>;

    let cost = plan(grid, request, &mut costs, &mut arrivals, &mut open, &mut route);
    alloc.frame_box_for_transfer(Path::new(request.agent, cost, route.items()))
}

/// [`find_path`] on the global allocator.
pub fn find_path_std(grid: &NavGrid, request: Request) -> Box<Path> {
    let mut costs = vec![0; grid.len()].into_boxed_slice();
    let mut arrivals = vec![0; grid.len()].into_boxed_slice();
    let mut open = Vec::new();
    let mut route = Vec::new();

    let cost = plan(grid, request, &mut costs, &mut arrivals, &mut open, &mut route);
    Box::new(Path::new(request.agent, cost, &route))
}

/// Puts the cells of the cheapest path into `route`, start and goal included, and returns its cost; `None` if there is
/// no path.
fn plan(
    grid: &NavGrid,
    request: Request,
    costs: &mut [u32],
    arrivals: &mut [u8],
    open: &mut impl Buffer<Open>,
    route: &mut impl Buffer<Cell>,
) -> Option<u32> {
    let cost = search(grid, request, costs, arrivals, open)?;
    trace_back(grid, request, arrivals, route);
    Some(cost)
}

/// A*; `costs` holds the cost so far plus one (0: not seen), `arrivals` the direction of the step that led there.
fn search(
    grid: &NavGrid,
    Request { from, to, .. }: Request,
    costs: &mut [u32],
    arrivals: &mut [u8],
    open: &mut impl Buffer<Open>,
) -> Option<u32> {
    if !grid.connected(from, to) {
        return None;
    }
    costs[from as usize] = 1;
    let ahead = grid.least_cost(from, to);
    insert(open, Open { estimate: ahead, ahead, cell: from });
    while let Some(Open { estimate, ahead, cell }) = take_least(open) {
        let cost = costs[cell as usize] - 1;
        if cell == to {
            return Some(cost);
        }
        if estimate > cost + ahead {
            continue; // a shorter way to this cell was found after this entry was made
        }
        for (next, step, direction) in grid.steps(cell) {
            let so_far = cost + step;
            let best = &mut costs[next as usize];
            if *best == 0 || so_far + 1 < *best {
                *best = so_far + 1;
                arrivals[next as usize] = direction;
                let ahead = grid.least_cost(next, to);
                insert(open, Open { estimate: so_far + ahead, ahead, cell: next });
            }
        }
    }
    None
}

fn trace_back(grid: &NavGrid, request: Request, arrivals: &[u8], route: &mut impl Buffer<Cell>) {
    let mut cell = request.to;
    route.push(cell);
    while cell != request.from {
        cell = grid.step_back(cell, arrivals[cell as usize]);
        route.push(cell);
    }
    route.items_mut().reverse();
}

/// Adds an entry to a binary heap with the least one on top.
fn insert(heap: &mut impl Buffer<Open>, entry: Open) {
    heap.push(entry);
    let heap = heap.items_mut();
    let mut at = heap.len() - 1;
    while at > 0 {
        let above = (at - 1) / 2;
        if heap[above] <= heap[at] {
            break;
        }
        heap.swap(above, at);
        at = above;
    }
}

/// Takes the least entry out of the heap.
fn take_least(heap: &mut impl Buffer<Open>) -> Option<Open> {
    let last = heap.pop()?;
    let heap = heap.items_mut();
    let Some(top) = heap.first_mut() else { return Some(last) };
    let least = std::mem::replace(top, last);
    let mut at = 0;
    loop {
        let mut below = 2 * at + 1;
        if below >= heap.len() {
            return Some(least);
        }
        if below + 1 < heap.len() && heap[below + 1] < heap[below] {
            below += 1;
        }
        if heap[at] <= heap[below] {
            return Some(least);
        }
        heap.swap(at, below);
        at = below;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn the_heap_sorts() {
        let mut random = Random::new(5);
        let mut heap = Vec::new();
        let mut expected: Vec<Open> = (0..500)
            .map(|cell| Open { estimate: random.below(50) as u32, ahead: random.below(5) as u32, cell })
            .collect();
        expected.iter().for_each(|&entry| insert(&mut heap, entry));
        expected.sort_unstable();
        let taken: Vec<Open> = std::iter::from_fn(|| take_least(&mut heap)).collect();
        assert_eq!(taken, expected);
    }

    #[test]
    fn a_route_is_connected_and_costs_what_it_says() {
        let grid = NavGrid::rasterise(&crate::level::load_embedded().unwrap());
        let alloc = SmartAlloc::with_defaults();
        let mut random = Random::new(8);
        let mut found = 0;
        for agent in 0..40 {
            let mut pick = || grid.walkable()[random.below(grid.walkable().len())];
            let request = Request { agent, from: pick(), to: pick() };
            let mut route: Vec<Cell> = Vec::new();
            let (mut costs, mut arrivals) = (vec![0; grid.len()], vec![0; grid.len()]);
            let cost = plan(&grid, request, &mut costs, &mut arrivals, &mut Vec::new(), &mut route);
            let path = find_path_std(&grid, request);
            assert_eq!(*path, *find_path(&alloc, &grid, request).receive());
            assert_eq!(
                (path.agent, path.cost, path.cells()),
                (agent, cost, &route[..route.len().min(AHEAD)])
            );
            let Some(cost) = cost else { continue };
            found += 1;
            assert_eq!((route[0], *route.last().unwrap()), (request.from, request.to));
            let walked: u32 = route
                .windows(2)
                .map(|pair| grid.steps(pair[0]).find(|step| step.0 == pair[1]).expect("a step").1)
                .sum();
            assert_eq!(walked, cost);
        }
        assert!(found > 5, "{found}");
    }
}
