//! Running a program under callgrind and reading the sections it named.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process::{program, run};

/// Cost of one operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Instructions.
    pub instructions: f64,
    /// Bus-locking instructions: atomic read-modify-writes.
    pub locked: f64,
}

/// Cost by (id of the work, contender).
pub type Costs = BTreeMap<(String, String), Cost>;

/// Runs `binary` under callgrind, its output going to `out`.
pub fn count(binary: &Path, out: &Path) -> Result<Costs> {
    let mut file = std::ffi::OsString::from("--callgrind-out-file=");
    file.push(out);
    let mut valgrind = program("valgrind");
    valgrind.args(["--quiet", "--tool=callgrind", "--collect-bus=yes", "--combine-dumps=yes"]).arg(file);
    run(valgrind.arg(binary).stdout(std::process::Stdio::null()))?;
    parse(&std::fs::read_to_string(out).with_context(|| out.display().to_string())?)
}

/// Reads the dumps named `id|contender|operations|part`: `once` and `twice` differ by that many operations, `alone` holds
/// one operation and the cost of dumping, which the contender `nothing` gives.
fn parse(text: &str) -> Result<Costs> {
    let mut once = BTreeMap::new();
    let mut alone: BTreeMap<(String, String), Vec<Cost>> = BTreeMap::new();
    let mut costs = Costs::new();
    let mut section = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("desc: Trigger: Client Request: ") {
            section = Some(name);
        } else if let (Some(name), Some(summary)) = (section, line.strip_prefix("summary: ")) {
            section = None;
            let [id, contender, operations, part] = name.split('|').collect::<Vec<_>>()[..] else {
                bail!("a section named `{name}`");
            };
            let key = (id.to_owned(), contender.to_owned());
            let total = numbers(summary)?;
            match part {
                "once" => _ = once.insert(key, total),
                "twice" => {
                    let less = once.get(&key).with_context(|| format!("`{name}` comes without `once`"))?;
                    let operations: f64 = operations.parse()?;
                    let cost = Cost {
                        instructions: (total.instructions - less.instructions) / operations,
                        locked: (total.locked - less.locked) / operations,
                    };
                    costs.insert(key, cost);
                }
                "alone" => alone.entry(key).or_default().push(total),
                _ => {}
            }
        }
    }
    let nothing = alone.remove(&("nothing".to_owned(), "nothing".to_owned())).map(median);
    for (key, counts) in alone {
        let nothing = nothing.context("there is no section `nothing` to compare with")?;
        let count = median(counts);
        let cost = Cost {
            instructions: count.instructions - nothing.instructions,
            locked: count.locked - nothing.locked,
        };
        costs.insert(key, cost);
    }
    Ok(costs)
}

/// `Ir Ge`, trailing zeros left out.
fn numbers(summary: &str) -> Result<Cost> {
    let mut numbers = summary.split_whitespace().map(str::parse::<f64>);
    let instructions = numbers.next().context("an empty summary")??;
    let locked = numbers.next().transpose()?.unwrap_or(0.0);
    Ok(Cost { instructions, locked })
}

fn median(mut counts: Vec<Cost>) -> Cost {
    counts.sort_by(|a, b| a.instructions.total_cmp(&b.instructions));
    counts[counts.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(costs: &Costs, id: &str, contender: &str) -> Cost {
        costs[&(id.to_owned(), contender.to_owned())]
    }

    #[test]
    fn two_sections_give_the_difference_per_operation() {
        let text = "\
desc: Trigger: Client Request: P1|limit|100|skip
summary: 999 9
desc: Trigger: Client Request: P1|limit|100|once
summary: 2100 3
desc: Trigger: Client Request: P1|limit|100|twice
summary: 3700 103
desc: Trigger: Program termination
summary: 12";
        let costs = parse(text).unwrap();
        assert_eq!(costs.len(), 1);
        assert_eq!(cost(&costs, "P1", "limit"), Cost { instructions: 16.0, locked: 1.0 });
    }

    #[test]
    fn a_section_of_one_operation_loses_the_cost_of_dumping() {
        let text = "\
desc: Trigger: Client Request: nothing|nothing|1|alone
summary: 40
desc: Trigger: Client Request: P14|ours|1|alone
summary: 70 1
desc: Trigger: Client Request: P14|ours|1|alone
summary: 64
desc: Trigger: Client Request: P14|ours|1|alone
summary: 65";
        let costs = parse(text).unwrap();
        assert_eq!(cost(&costs, "P14", "ours"), Cost { instructions: 25.0, locked: 0.0 });
    }

    #[test]
    fn a_section_with_another_name_is_an_error() {
        assert!(parse("desc: Trigger: Client Request: hello\nsummary: 1").is_err());
    }
}
