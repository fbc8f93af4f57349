//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::*;

use crate::failure::Failure;
use crate::game::{MOST_WORKERS, Settings};

pub const HELP: &str = "\
Runs a headless engine on framealloc and on the global allocator, and compares them.

usage: engine [OPTIONS] [LEVEL.obj]

  LEVEL.obj                 a Wavefront OBJ file; the embedded level without it
  --frames N                frames to run (600)
  --bodies N                bodies to simulate (2048)
  --threads N               worker threads, 0 to 4 (2)
  --allocator framealloc|std
                            run on one of them only
  --budget TAG=SIZE         hard budget of a tag, for example physics/solve=256KB; may be repeated
  --memory-limit SIZE       hard limit of everything framealloc takes from the system
  --verify                  check contacts by brute force, paths by Dijkstra, and all numbers of worker threads
  --report                  print framealloc's own report of the annotated systems at the end
  --snapshots DIR           write snapshots of the run on framealloc to DIR, the last 20 of them; the file
                            snapshot.request in DIR asks for one
  --json FILE               write the report as JSON
  --write-level FILE        write the embedded level to FILE and end
  --help

SIZE is a number of bytes, or one with B, KB, MB or GB (1 KB is 1024 bytes).";

/// Which allocators to run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Both,
    Framealloc,
    Std,
}

/// A budget given on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagBudget {
    pub tag: String,
    pub bytes: u64,
}

/// Everything the user asked for.
#[derive(Clone, Debug)]
pub struct Args {
    pub level: Option<PathBuf>,
    pub settings: Settings,
    pub choice: Choice,
    pub budgets: Vec<TagBudget>,
    pub memory_limit: Option<u64>,
    pub verify: bool,
    pub report: bool,
    pub snapshots: Option<PathBuf>,
    pub json: Option<PathBuf>,
    pub write_level: Option<PathBuf>,
    pub help: bool,
}

impl Args {
    /// Reads the arguments; the program's name is not one of them.
    ///
    /// # Errors
    /// The first argument that is unknown, incomplete or out of range.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, Failure> {
        let mut args = Self {
            level: None,
            settings: Settings { frames: 600, bodies: 2048, workers: 2 },
            choice: Choice::Both,
            budgets: Vec::new(),
            memory_limit: None,
            verify: false,
            report: false,
            snapshots: None,
            json: None,
            write_level: None,
            help: false,
        };
        args.read(arguments)?;
        if args.choice == Choice::Std
            && let Some(option) = args.needs_framealloc()
        {
            return Err(Failure::input(format!("{option} needs framealloc, but --allocator is std")));
        }
        Ok(args)
    }

    /// The first of the options that mean nothing without framealloc.
    fn needs_framealloc(&self) -> Option<&'static str> {
        let options = [
            ("--budget", !self.budgets.is_empty()),
            ("--memory-limit", self.memory_limit.is_some()),
            ("--report", self.report),
            ("--snapshots", self.snapshots.is_some()),
        ];
        options.into_iter().find_map(|(option, given)| given.then_some(option))
    }

    fn read(&mut self, arguments: impl IntoIterator<Item = OsString>) -> Result<(), Failure> {
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next().map_err(failure)? {
            match argument {
                Long("frames") => self.settings.frames = number("frames", &text(&mut parser)?, 1, 1_000_000)?,
                Long("bodies") => self.settings.bodies = number("bodies", &text(&mut parser)?, 1, 100_000)?,
                Long("threads") => {
                    self.settings.workers = number("threads", &text(&mut parser)?, 0, MOST_WORKERS)?;
                }
                Long("allocator") => self.choice = choice(&text(&mut parser)?)?,
                Long("budget") => self.budgets.push(budget(&text(&mut parser)?)?),
                Long("memory-limit") => self.memory_limit = Some(size("memory-limit", &text(&mut parser)?)?),
                Long("report") => self.report = true,
                Long("snapshots") => self.snapshots = Some(parser.value().map_err(failure)?.into()),
                Long("json") => self.json = Some(parser.value().map_err(failure)?.into()),
                Long("write-level") => self.write_level = Some(parser.value().map_err(failure)?.into()),
                Long("verify") => self.verify = true,
                Long("help") | Short('h') => self.help = true,
                Value(level) if self.level.is_none() => self.level = Some(level.into()),
                other => return Err(failure(other.unexpected())),
            }
        }
        Ok(())
    }
}

fn failure(error: lexopt::Error) -> Failure {
    Failure::input(format!("{error} (see --help)"))
}

/// The value of the option read last.
fn text(parser: &mut lexopt::Parser) -> Result<String, Failure> {
    parser.value().and_then(|value| value.string()).map_err(failure)
}

fn number(name: &str, text: &str, least: usize, most: usize) -> Result<usize, Failure> {
    let value = text.parse().ok().filter(|value| (least..=most).contains(value));
    value.ok_or_else(|| Failure::input(format!("--{name} {text}: wants a number from {least} to {most}")))
}

fn choice(text: &str) -> Result<Choice, Failure> {
    match text {
        "framealloc" => Ok(Choice::Framealloc),
        "std" => Ok(Choice::Std),
        _ => Err(Failure::input(format!("--allocator {text}: wants framealloc or std"))),
    }
}

fn budget(text: &str) -> Result<TagBudget, Failure> {
    let Some((tag, bytes)) = text.split_once('=').filter(|(tag, _)| !tag.is_empty()) else {
        return Err(Failure::input(format!(
            "--budget {text}: wants TAG=SIZE, for example physics/solve=256KB"
        )));
    };
    Ok(TagBudget { tag: tag.to_owned(), bytes: size(&format!("budget {tag}"), bytes)? })
}

/// Bytes from `512`, `64KB`, `1.5MB`.
fn size(name: &str, text: &str) -> Result<u64, Failure> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let (amount, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_uppercase().as_str() {
        "" | "B" => 1u64,
        "KB" | "KIB" => 1 << 10,
        "MB" | "MIB" => 1 << 20,
        "GB" | "GIB" => 1 << 30,
        _ => return Err(Failure::input(format!("--{name} {text}: the unit is not one of B, KB, MB, GB"))),
    };
    let bytes = amount.parse::<f64>().ok().map(|amount| amount * factor as f64);
    match bytes {
        Some(bytes) if (1.0..9.0e15).contains(&bytes) => Ok(bytes as u64),
        _ => Err(Failure::input(format!("--{name} {text}: wants a size of at least one byte, such as 64KB"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Args, Failure> {
        Args::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn everything_at_once() {
        let args = parse(
            "cow.obj --frames 30 --bodies=64 --threads 1 --budget ai/path=64KB --memory-limit 1.5MB --verify --report --snapshots shots --json a.json",
        )
        .unwrap();
        assert_eq!(args.level, Some("cow.obj".into()));
        let Settings { frames, bodies, workers } = args.settings;
        assert_eq!((frames, bodies, workers), (30, 64, 1));
        assert_eq!(args.budgets, [TagBudget { tag: "ai/path".to_owned(), bytes: 65_536 }]);
        assert_eq!(args.memory_limit, Some(1_572_864));
        assert!(args.verify && args.report && args.choice == Choice::Both);
        assert_eq!(args.snapshots, Some("shots".into()));
    }

    #[test]
    fn mistakes_are_named() {
        let cases = [
            ("--frames 0", "--frames 0"),
            ("--frames", "--frames"),
            ("--threads 9", "from 0 to 4"),
            ("--bodies many", "--bodies many"),
            ("--allocator jemalloc", "jemalloc"),
            ("--budget 1MB", "TAG=SIZE"),
            ("--budget ai/path=soon", "the unit"),
            ("--budget ai/path=0", "at least one byte"),
            ("--memory-limit 3XB", "the unit"),
            ("--memory-limit=", "at least one byte"),
            ("--allocator std --memory-limit 1MB", "--memory-limit needs framealloc"),
            ("--allocator std --budget ai/path=1MB", "--budget needs framealloc"),
            ("--report --allocator std", "--report needs framealloc"),
            ("--snapshots shots --allocator std", "--snapshots needs framealloc"),
            ("--snapshots", "--snapshots"),
            ("--colour", "--colour"),
            ("a.obj b.obj", "b.obj"),
        ];
        for (line, expected) in cases {
            let failure = parse(line).unwrap_err();
            assert!(failure.to_string().contains(expected), "{line}: {failure}");
            assert_eq!(failure.exit_code(), 2);
        }
    }
}
