//! Times as ratios, and resident memory: run by `cargo xtask bench --times`.
//!
//! Nothing here passes or fails. The goals beside the ratios are those a change is judged by when somebody reads them
//! on a quiet machine.

mod memory;
mod objects;
mod scoped;
mod systems;
mod threads;

use framealloc_benches::ratio::Times;

/// The name under which framealloc runs.
const OURS: &str = "framealloc";

fn main() {
    if memory::run_as_child() {
        return;
    }
    println!("times: medians of {} rounds, contenders interleaved", framealloc_benches::ratio::ROUNDS);
    println!("{:7}{:48}{:>12}{:>10}{:>10}  goal", "id", "work", "contender", "ns", "ours/it");
    scoped::run();
    systems::run();
    objects::run();
    threads::run();
    memory::run();
}

/// Prints one group: nanoseconds per operation of each contender, and ours as a ratio of its time.
fn report(id: &str, work: &str, times: &Times, goal: &str) {
    let (mut id, mut work, mut goal) = (id, work, goal);
    for name in times.names() {
        let ratio = times.ratio(OURS, name).map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
        let nanos = times.nanos(name).unwrap_or(f64::NAN);
        println!("{id:7}{work:48}{name:>12}{nanos:>10.2}{ratio:>10}  {goal}");
        (id, work, goal) = ("", "", "");
    }
}
