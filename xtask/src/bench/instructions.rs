//! Instructions per operation: built, counted, compared with the targets, printed, written as JSON.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::callgrind::{self, Costs};
use super::targets::{Rule, TARGETS, Target};
use crate::process::cargo;
use crate::workspace::{Metadata, built_programs};

/// What to measure and where to write it.
#[derive(Default)]
pub struct Options {
    /// mimalloc and jemalloc, too.
    pub contenders: bool,
    /// With every feature of the library that a stable release may have.
    pub all_features: bool,
    /// Where the numbers go; in the target folder unless set.
    pub json: Option<PathBuf>,
}

/// What came out.
pub struct Report {
    /// The ids whose target is missed.
    pub missed: Vec<&'static str>,
    /// One line for a table.
    pub note: String,
}

/// How one line came out.
struct Row<'a> {
    target: &'a Target,
    measured: Option<f64>,
    locked: f64,
    allowed: Option<f64>,
}

/// Allowance for what happens once in thousands of operations, such as taking a chunk.
const ROUNDING: f64 = 0.05;
/// The same where two counts are compared, each with its own rare events. One more instruction is beyond it.
const ROUNDING_OF_BOTH: f64 = 0.25;
/// Atomic read-modify-writes per operation that are such rare events.
const RARE: f64 = 0.01;

impl Row<'_> {
    fn met(&self) -> bool {
        let Some(measured) = self.measured else { return false };
        let rounding = if matches!(self.target.rule, Rule::SameAs(_)) { ROUNDING_OF_BOTH } else { ROUNDING };
        self.allowed.is_none_or(|allowed| measured <= allowed + rounding) && !self.is_locked()
    }

    fn is_locked(&self) -> bool {
        self.target.unlocked && self.locked > RARE
    }

    fn verdict(&self) -> &'static str {
        match (self.measured, self.allowed) {
            (None, _) => "NOT MEASURED",
            (Some(_), None) => "",
            _ if self.met() => "met",
            _ if self.is_locked() => "LOCKED",
            _ => "MISSED",
        }
    }
}

/// Builds the program, counts, prints the table and writes the JSON.
pub fn measure(options: &Options) -> Result<Report> {
    let mut build =
        cargo(["build", "--profile", "bench", "-p", "framealloc-benches", "--bin", "instructions"]);
    if options.contenders {
        build.args(["--features", "contenders"]);
    }
    let metadata = Metadata::read()?;
    if options.all_features {
        let mut features = metadata.features("framealloc")?;
        // One is for finding mistakes and contradicts another; one takes a nightly compiler.
        features.retain(|feature| !["debug", "nightly"].contains(&feature.as_str()));
        let features: Vec<String> = features.iter().map(|name| format!("framealloc/{name}")).collect();
        build.arg("--features").arg(features.join(","));
    }
    let programs = built_programs(&mut build)?;
    let (_, program) =
        programs.iter().find(|(name, _)| name == "instructions").context("cargo built nothing")?;
    let folder = metadata.target_folder()?.join("bench");
    std::fs::create_dir_all(&folder)?;
    let costs = callgrind::count(program, &folder.join("instructions.callgrind"))?;
    let rows: Vec<Row<'_>> = TARGETS.iter().map(|target| row(target, &costs)).collect();
    print_table(&rows, &costs);
    let file = options.json.clone().unwrap_or_else(|| folder.join("instructions.json"));
    let json = Value::Array(rows.iter().map(|row| to_json(row, &costs)).collect());
    std::fs::write(&file, serde_json::to_string_pretty(&json)?)
        .with_context(|| file.display().to_string())?;
    println!("written to {}", file.display());
    let missed: Vec<&'static str> = rows.iter().filter(|row| !row.met()).map(|row| row.target.id).collect();
    let judged = rows.iter().filter(|row| !matches!(row.target.rule, Rule::Shown)).count();
    let note = match missed.len() {
        0 => format!("{judged} targets met"),
        count => format!("{count} of {judged} targets missed: {}", missed.join(" ")),
    };
    Ok(Report { missed, note })
}

/// The contender whose costs the targets are about.
const OURS: &str = "framealloc";

fn row<'a>(target: &'a Target, costs: &Costs) -> Row<'a> {
    let of = |id: &str, contender: &str| {
        costs.get(&(id.to_owned(), contender.to_owned())).map(|cost| cost.instructions)
    };
    let allowed = match target.rule {
        Rule::AtMost(instructions) => Some(instructions),
        Rule::NoMoreThan(contender) => of(target.id, contender),
        Rule::Above(contender, more) => of(target.id, contender).map(|theirs| theirs + more),
        Rule::SameAs(id) => of(id, OURS),
        Rule::Beyond(id, more, times) => of(id, OURS).map(|base| base + more * times),
        Rule::Shown => None,
    };
    let cost = costs.get(&(target.id.to_owned(), OURS.to_owned()));
    Row {
        target,
        measured: cost.map(|cost| cost.instructions),
        locked: cost.map_or(0.0, |cost| cost.locked),
        allowed,
    }
}

/// The contenders that were counted, in the order of the columns.
fn contenders(costs: &Costs) -> Vec<&str> {
    let mut names = vec!["limit", "bumpalo", "bump-scope", "system", "mimalloc", "jemalloc"];
    names.retain(|name| costs.keys().any(|(_, contender)| contender == name));
    names
}

fn print_table(rows: &[Row<'_>], costs: &Costs) {
    let others = contenders(costs);
    print!("\ninstructions per operation\n{:13}{:48}{:>10}{:>10}", "id", "work", "measured", "target");
    others.iter().for_each(|name| print!("{name:>11}"));
    println!("  result");
    for row in rows {
        let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.1}"));
        let (id, work) = (row.target.id, row.target.work);
        print!("{id:13}{work:48}{:>10}{:>10}", number(row.measured), number(row.allowed));
        for name in &others {
            let cost = costs.get(&(id.to_owned(), (*name).to_owned()));
            print!("{:>11}", number(cost.map(|cost| cost.instructions)));
        }
        println!("  {}", row.verdict());
    }
}

fn to_json(row: &Row<'_>, costs: &Costs) -> Value {
    let others = contenders(costs).into_iter().filter_map(|name| {
        let cost = costs.get(&(row.target.id.to_owned(), name.to_owned()))?;
        Some((name.to_owned(), json!(cost.instructions)))
    });
    json!({
        "id": row.target.id,
        "work": row.target.work,
        "measured": row.measured,
        "locked": row.locked,
        "target": row.allowed,
        "met": row.met(),
        "others": Value::Object(others.collect()),
    })
}
