//! The report as text.

use std::io::{self, Write};

use super::{Report, RunFacts};
use crate::game::{SYSTEM_NAMES, WARM_UP};

/// What is about to run.
pub fn print_opening(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let level = &report.level;
    writeln!(
        out,
        "level {}: {} triangles, {} tiles, {} of {} cells walkable",
        level.name,
        thousands(level.triangles as u64),
        level.tiles,
        thousands(level.walkable_cells as u64),
        thousands(level.cells as u64)
    )?;
    let (bodies, workers) = (thousands(report.bodies as u64), report.workers);
    writeln!(out, "{bodies} bodies, {} frames, {workers} worker threads", thousands(report.frames as u64))
}

/// Fewer frames than this are noise when times are compared.
const STEADY: usize = 300;

/// The tables, and what was proved.
pub fn print(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if !report.systems.is_empty() {
        writeln!(out)?;
        systems(report).print(out)?;
    }
    if let Some(shares) = &report.shares {
        let [frame, pool, heap] = shares.percent();
        writeln!(
            out,
            "\nallocations served by: frame {frame:.2} % ({}), pool {pool:.2} % ({}), heap {heap:.2} % ({})",
            thousands(shares.frame),
            thousands(shares.pool),
            thousands(shares.heap)
        )?;
    }
    writeln!(out)?;
    side_by_side(&report.runs).print(out)?;
    let from = if report.frames > WARM_UP { WARM_UP } else { 0 };
    writeln!(
        out,
        "(frames after frame {from}; systems and heap calls are sums over all threads; framealloc's own bookkeeping is not counted;\n\
         ratio: framealloc to std, below 1 framealloc takes less)"
    )?;
    if report.frames < STEADY {
        writeln!(out, "(times of fewer than {STEADY} frames say little: run more before you compare)")?;
    }
    if let Some(run) = report.runs.first() {
        let counts = &run.counts;
        writeln!(
            out,
            "\n{} pairs, {} contacts, {} paths found that cost {}, {} objects drawn, {} meshes built",
            thousands(counts.pairs),
            thousands(counts.contacts),
            thousands(counts.paths),
            thousands(counts.path_cost),
            thousands(counts.drawn),
            thousands(counts.meshes)
        )?;
    }
    writeln!(out)?;
    for proof in &report.proofs {
        let verdict = if proof.holds { "ok    " } else { "FAILED" };
        writeln!(out, "{verdict} {}: {}", proof.claim, proof.detail)?;
    }
    for diagnostic in &report.diagnostics {
        writeln!(out, "note   {diagnostic}")?;
    }
    if let Some(snapshots) = report.snapshots {
        writeln!(out, "snapshots written: {}", thousands(snapshots))?;
    }
    if let Some(intent) = &report.intent {
        write!(out, "\nframealloc's report after frame {}\n{intent}", intent.frame)?;
    }
    Ok(())
}

fn systems(report: &Report) -> Table {
    let mut table = Table::new(&[
        "system",
        "tag",
        "budget",
        "peak",
        "p50/frame",
        "p99/frame",
        "headroom",
        "allocs",
        "heap calls",
        "promoted",
    ]);
    table.left = 2;
    for row in &report.systems {
        let headroom = match (row.headroom_bytes, row.budget_bytes) {
            (Some(headroom), Some(budget)) => {
                format!("{:.1} %", headroom as f64 * 100.0 / budget.max(1) as f64)
            }
            _ => "-".to_owned(),
        };
        table.row([
            row.system.clone(),
            row.tag.clone(),
            row.budget_bytes.map_or_else(|| "-".to_owned(), bytes),
            bytes(row.peak_bytes),
            bytes(row.p50_bytes_per_frame),
            bytes(row.p99_bytes_per_frame),
            headroom,
            thousands(row.allocations),
            thousands(row.heap_calls),
            thousands(row.promotions),
        ]);
    }
    table
}

/// The runs beside each other; with two of them, how the first compares to the second.
fn side_by_side(runs: &[RunFacts]) -> Table {
    let mut names = vec!["per frame"];
    names.extend(runs.iter().map(|run| run.allocator));
    if runs.len() == 2 {
        names.push("ratio");
    }
    let mut table = Table::new(&names);
    table.left = 1;
    let mut line = |name: &str, show: &dyn Fn(f64) -> String, value: &dyn Fn(&RunFacts) -> f64| {
        let mut row = vec![name.to_owned()];
        row.extend(runs.iter().map(|run| show(value(run))));
        if let [first, second] = runs {
            let ratio = value(first) / value(second);
            row.push(if ratio.is_finite() { format!("{ratio:.2}") } else { "-".to_owned() });
        }
        table.row(row);
    };
    let ms = |value: f64| format!("{value:.3} ms");
    line("time, mean", &ms, &|run| run.frame_time_ms.mean);
    line("time, p50", &ms, &|run| run.frame_time_ms.p50);
    line("time, p99", &ms, &|run| run.frame_time_ms.p99);
    line("time, max", &ms, &|run| run.frame_time_ms.max);
    for name in SYSTEM_NAMES {
        line(&format!("  {name}"), &|value| format!("{value:.1} us"), &|run| run.system_time_us[name]);
    }
    line("heap calls", &|value| format!("{value:.1}"), &|run| run.heap_calls_per_frame);
    line("heap bytes", &|value| bytes(value as u64), &|run| run.heap_bytes_per_frame);
    table
}

/// Columns as wide as their widest cell; numbers to the right.
struct Table {
    rows: Vec<Vec<String>>,
    /// Columns that are aligned to the left.
    left: usize,
}

impl Table {
    fn new(names: &[&str]) -> Self {
        Self { rows: vec![names.iter().map(|&name| name.to_owned()).collect()], left: 0 }
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let columns = self.rows[0].len();
        let widths: Vec<usize> = (0..columns)
            .map(|column| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
            .collect();
        for (number, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                line += &if column < self.left {
                    format!("{cell:<width$}  ")
                } else {
                    format!("{cell:>width$}  ")
                };
            }
            writeln!(out, "{}", line.trim_end())?;
            if number == 0 {
                let rule = widths.iter().map(|width| width + 2).sum::<usize>() - 2;
                writeln!(out, "{}", "-".repeat(rule))?;
            }
        }
        Ok(())
    }
}

/// `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `512 B`, `1.5 KB`, `3 MB`.
pub fn bytes(number: u64) -> String {
    let (value, unit) = match number {
        0..1024 => return format!("{number} B"),
        1024..1_048_576 => (number as f64 / 1024.0, "KB"),
        1_048_576..1_073_741_824 => (number as f64 / 1_048_576.0, "MB"),
        _ => (number as f64 / 1_073_741_824.0, "GB"),
    };
    if value.fract() == 0.0 { format!("{value} {unit}") } else { format!("{value:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(["0", "999", "1,000", "1,234,567"], [0, 999, 1000, 1_234_567].map(thousands));
        assert_eq!(
            ["0 B", "1 KB", "1.5 KB", "256 KB", "2.3 MB"],
            [0, 1024, 1536, 262_144, 2_411_725].map(bytes)
        );
    }

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["name", "bytes"]);
        table.left = 1;
        table.row(["a".to_owned(), "1".to_owned()]);
        table.row(["longer".to_owned(), "123456".to_owned()]);
        let mut out = Vec::new();
        table.print(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "name     bytes\n--------------\na            1\nlonger  123456\n");
    }
}
