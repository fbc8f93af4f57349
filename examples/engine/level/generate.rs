//! The generator of the embedded level: hills with a paved square, a crater, walls with doors, pillars and stairs.
//!
//! All arithmetic is on integers (millimetres), so the file does not depend on a machine's floating point.

use std::fmt::{self, Write};

/// Cells of the terrain per side.
const CELLS: i64 = 50;
/// Length of a cell's side in millimetres; `CELLS * CELL` is 64 m.
const CELL: i64 = 1280;
const SIDE: i64 = CELLS * CELL;
/// Height of the square in the middle.
const SQUARE: i64 = 3000;

/// Writes the level as a Wavefront OBJ.
///
/// # Errors
/// Those of `out`.
pub fn write_level(out: &mut impl Write) -> fmt::Result {
    writeln!(out, "# Written by `cargo run --example engine -- --write-level FILE`; metres, y up.")?;
    let mut obj = Obj { out, vertices: 0 };
    obj.terrain()?;
    obj.perimeter()?;
    obj.inner_walls()?;
    obj.pillars()?;
    obj.stairs()
}

struct Obj<'o, W> {
    out: &'o mut W,
    vertices: u32,
}

impl<W: Write> Obj<'_, W> {
    fn object(&mut self, name: &str) -> fmt::Result {
        writeln!(self.out, "o {name}")
    }

    fn vertex(&mut self, position: [i64; 3]) -> fmt::Result {
        self.vertices += 1;
        self.out.write_char('v')?;
        for millimetres in position {
            let sign = if millimetres < 0 { "-" } else { "" };
            let (whole, rest) = (millimetres.abs() / 1000, millimetres.abs() % 1000);
            write!(self.out, " {sign}{whole}.{rest:03}")?;
        }
        self.out.write_char('\n')
    }

    fn face(&mut self, [a, b, c]: [u32; 3]) -> fmt::Result {
        writeln!(self.out, "f {a} {b} {c}")
    }

    fn terrain(&mut self) -> fmt::Result {
        self.object("terrain")?;
        for row in 0..=CELLS {
            for column in 0..=CELLS {
                let (x, z) = (column * CELL, row * CELL);
                self.vertex([x, ground(x, z), z])?;
            }
        }
        let stride = CELLS as u32 + 1;
        for row in 0..CELLS as u32 {
            for column in 0..CELLS as u32 {
                let near = row * stride + column + 1;
                let far = near + stride;
                // The diagonal alternates, so that no direction of the hills is smoother than the other.
                if (row + column) % 2 == 0 {
                    self.face([near, far, near + 1])?;
                    self.face([near + 1, far, far + 1])?;
                } else {
                    self.face([near, far, far + 1])?;
                    self.face([near, far + 1, near + 1])?;
                }
            }
        }
        Ok(())
    }

    /// A block from `base` to `base + height` over the rectangle, without a bottom.
    fn block(&mut self, x: [i64; 2], z: [i64; 2], base: i64, height: i64) -> fmt::Result {
        let first = self.vertices + 1;
        for y in [base, base + height] {
            for (x, z) in [(x[0], z[0]), (x[1], z[0]), (x[1], z[1]), (x[0], z[1])] {
                self.vertex([x, y, z])?;
            }
        }
        let corner = |index: u32| first + index;
        for [a, b, c, d] in [[4, 7, 6, 5], [0, 4, 5, 1], [1, 5, 6, 2], [2, 6, 7, 3], [3, 7, 4, 0]] {
            self.face([corner(a), corner(b), corner(c)])?;
            self.face([corner(a), corner(c), corner(d)])?;
        }
        Ok(())
    }

    fn perimeter(&mut self) -> fmt::Result {
        self.object("perimeter")?;
        let thick = 600;
        for at in [0, SIDE - thick] {
            self.block([0, SIDE], [at, at + thick], -1000, 12_000)?;
            self.block([at, at + thick], [0, SIDE], -1000, 12_000)?;
        }
        Ok(())
    }

    /// Two long walls that cross the level, with a door every eight metres.
    fn inner_walls(&mut self) -> fmt::Result {
        self.object("walls")?;
        for segment in 0..8 {
            let (from, to) = (segment * 8000 + 2200, segment * 8000 + 7400);
            let middle = (from + to) / 2;
            let line = 20_000;
            self.block([from, to], [line, line + 700], ground(middle, line) - 2500, 5500)?;
            let line = 46_000;
            self.block([line, line + 700], [from, to], ground(line, middle) - 2500, 5500)?;
        }
        Ok(())
    }

    fn pillars(&mut self) -> fmt::Result {
        self.object("pillars")?;
        for row in 0..4 {
            for column in 0..4 {
                let (x, z) = (26_000 + column * 3600, 27_000 + row * 3600);
                let height = 2200 + (lattice(column, row, 9) % 5) * 500;
                self.block([x, x + 900], [z, z + 900], SQUARE - 500, height)?;
            }
        }
        Ok(())
    }

    /// A platform with a flight of steps on one side, low enough to walk up.
    fn stairs(&mut self) -> fmt::Result {
        self.object("stairs")?;
        for step in 0..8 {
            let (x, z) = (8000 + step * 1280, 50_000);
            self.block([x, x + 1280], [z, z + 5120], 0, 6000 + step * 500)?;
        }
        self.block([8000 + 8 * 1280, 26_000], [48_000, 57_120], 0, 9700)
    }
}

/// Height of the ground in millimetres.
fn ground(x: i64, z: i64) -> i64 {
    let hills = noise(x, z, 16_000, 1) * 6;
    let bumps = noise(x, z, 5000, 2) * 3 / 2;
    let natural = hills + bumps;

    // Level ground in the middle, blended into the hills over six metres.
    let from_middle = distance(x - SIDE / 2, z - SIDE / 2);
    let flat = blend(from_middle, 8000, 14_000);
    let levelled = (SQUARE * (1000 - flat) + natural * flat) / 1000;

    // The crater: four metres deep, eight metres wide.
    let rim = blend(distance(x - 54_000, z - 10_000), 2000, 8000);
    levelled - 4000 * (1000 - rim) / 1000
}

/// 0 at `near` and below, 1000 at `far` and above, straight in between.
fn blend(at: i64, near: i64, far: i64) -> i64 {
    ((at - near) * 1000 / (far - near)).clamp(0, 1000)
}

fn distance(x: i64, z: i64) -> i64 {
    (x * x + z * z).isqrt()
}

/// Value noise in `0..1024`: a random value per lattice point, smoothed in between.
fn noise(x: i64, z: i64, period: i64, seed: i64) -> i64 {
    let (column, row) = (x / period, z / period);
    let smooth = |rest: i64| {
        let t = rest * 1000 / period;
        t * t * (3000 - 2 * t) / 1_000_000
    };
    let (u, v) = (smooth(x % period), smooth(z % period));
    let mix = |a: i64, b: i64, t: i64| a + (b - a) * t / 1000;
    let near = mix(lattice(column, row, seed), lattice(column + 1, row, seed), u);
    let far = mix(lattice(column, row + 1, seed), lattice(column + 1, row + 1, seed), u);
    mix(near, far, v)
}

/// A random value in `0..1024` for a lattice point.
fn lattice(column: i64, row: i64, seed: i64) -> i64 {
    let mut random = crate::random::Random::new((column << 40 ^ row << 20 ^ seed) as u64);
    (random.next() >> 54) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checked_in_level_is_what_the_generator_writes() {
        let mut text = String::new();
        write_level(&mut text).unwrap();
        let checked_in = include_str!("../assets/level.obj");
        assert!(text == checked_in, "run `--write-level examples/engine/assets/level.obj`");
    }

    #[test]
    fn the_square_is_level_and_the_crater_is_deep() {
        assert_eq!(ground(SIDE / 2, SIDE / 2), SQUARE);
        assert!(ground(54_000, 10_000) + 2000 < ground(54_000, 19_000));
    }
}
