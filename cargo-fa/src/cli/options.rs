//! What can be asked for.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::level_flags::LevelFlags;
use super::terminal::Color;
use crate::finding::{Confidence, Finding};
use crate::lints::Category;
use crate::output::Format;
use crate::workspace::Selection;

/// A linter for programs that use framealloc
#[derive(Debug, Parser)]
#[command(name = "cargo-fa", bin_name = "cargo fa", version, args_conflicts_with_subcommands = true)]
#[command(styles = clap_cargo::style::CLAP_STYLING)]
#[command(
    after_help = "Exit codes:\n  0  no finding at `warn` or `deny`\n  1  findings (0 with --exit-zero)\n  \
                        2  the command line, the configuration or the workspace cannot be used"
)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) check: Box<Check>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lint the workspace; also what happens without a command
    Check(Box<Check>),
    /// Print the page of a code or a lint
    Explain {
        /// As in FA601, or a lint's name
        code: String,
    },
    /// Show the findings of one file, the uncertain ones too
    Show(Show),
    /// List all codes with their levels
    List(List),
    /// Write a `.fa.toml` that fits the workspace
    Init(Selection),
}

/// What every command takes.
#[derive(Args, Debug)]
pub(super) struct Common {
    /// Configuration to use instead of the `.fa.toml` found from the workspace's root upwards
    #[arg(long, value_name = "FILE", global = true)]
    pub(super) config: Option<PathBuf>,
    /// When to use colours [default: auto, or CARGO_TERM_COLOR]
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto, hide_default_value = true, global = true)]
    pub(super) color: Color,
    /// Print findings only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Print what is linted and which entries of the baseline are gone
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
}

#[derive(Args, Debug)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) categories: Categories,
    #[command(flatten)]
    pub(super) levels: LevelFlags,
    #[command(flatten)]
    pub(super) selection: Selection,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) which: Which,
    #[command(flatten)]
    pub(super) fix: Fix,
}

/// Kinds of findings to show; all of them without a word. Those without a lint are hidden until there is one.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Categories")]
pub(super) struct Categories {
    /// Lifetimes of frame memory (FA6xx)
    #[arg(long)]
    dirtymem: bool,
    /// Frames, queues and barriers between threads (FA2xx)
    #[arg(long)]
    threading: bool,
    /// Budgets (FA3xx)
    #[arg(long)]
    budgets: bool,
    /// Frame memory in async code (FA7xx)
    #[arg(long, hide = true)]
    async_safety: bool,
    /// Tags and systems (FA8xx)
    #[arg(long)]
    architecture: bool,
    /// Staging and transfers (FA4xx)
    #[arg(long, hide = true)]
    gpu: bool,
    /// The physics wrapper (FA9xx)
    #[arg(long, hide = true)]
    rapier: bool,
    /// Suppressions and files (FA5xx)
    #[arg(long)]
    configuration: bool,
    /// Everything; the default
    #[arg(long)]
    all: bool,
}

impl Categories {
    pub(super) fn chosen(&self) -> Vec<Category> {
        let switches = [
            (self.dirtymem, Category::DirtyMem),
            (self.threading, Category::Threading),
            (self.budgets, Category::Budgets),
            (self.async_safety, Category::AsyncSafety),
            (self.architecture, Category::Architecture),
            (self.gpu, Category::Gpu),
            (self.rapier, Category::Rapier),
            (self.configuration, Category::Configuration),
        ];
        let none = switches.iter().all(|(on, _)| !on);
        switches.into_iter().filter(|(on, _)| *on || self.all || none).map(|(_, category)| category).collect()
    }
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Output")]
pub(super) struct Output {
    /// How to write findings
    #[arg(long, value_name = "NAME", value_enum)]
    pub(super) format: Option<Format>,
    /// Write them to a file, which is replaced in one step
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Exit with 0 in spite of findings
    #[arg(long)]
    pub(super) exit_zero: bool,
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Which findings")]
pub(super) struct Which {
    /// Hide findings that are less certain
    #[arg(long, value_name = "HOW", value_parser = confidence())]
    pub(super) min_confidence: Option<Confidence>,
    /// Show findings only on lines changed since the branch left REV
    #[arg(long, value_name = "REV")]
    pub(super) since: Option<String>,
    /// Hide the findings listed in FILE
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Replace the baseline by the findings of this run instead of showing them
    #[arg(long, conflicts_with_all = ["since", "fix", "diff"])]
    pub(super) write_baseline: bool,
}

impl Which {
    /// Whether the level and the certainty of `finding` are enough.
    pub(super) fn is_certain(&self, finding: &Finding, configured: Confidence) -> bool {
        finding.confidence >= self.min_confidence.unwrap_or(configured)
    }
}

#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Fixes")]
pub(super) struct Fix {
    /// Apply the fixes that keep the meaning for certain
    #[arg(long)]
    pub(super) fix: bool,
    /// Print what --fix would change, as a unified diff, instead of findings
    #[arg(long, conflicts_with_all = ["fix", "format"])]
    pub(super) diff: bool,
    /// Let --fix change files with uncommitted changes, or outside of a git repository
    #[arg(long, requires = "fix")]
    pub(super) allow_dirty: bool,
}

#[derive(Args, Debug)]
pub(super) struct Show {
    /// A file of the workspace
    pub(super) file: PathBuf,
    #[command(flatten)]
    pub(super) levels: LevelFlags,
    #[command(flatten)]
    pub(super) selection: Selection,
}

#[derive(Args, Debug)]
pub(super) struct List {
    #[command(flatten)]
    pub(super) levels: LevelFlags,
    /// How to write the list
    #[arg(long, value_name = "NAME", value_parser = ["human", "json"], default_value = "human")]
    pub(super) format: String,
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub(super) manifest_path: Option<PathBuf>,
}

/// Reads `low`, `medium` or `high`.
fn confidence() -> impl clap::builder::TypedValueParser<Value = Confidence> {
    use clap::builder::{PossibleValuesParser, TypedValueParser as _};
    let names = PossibleValuesParser::new(Confidence::NAMES.map(|(name, _)| name));
    names.map(|name| {
        let found = Confidence::NAMES.into_iter().find(|(known, _)| *known == name);
        found.expect("the parser lets known names through only").1
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_command_line_decides_on_certainty_before_the_configuration() {
        use crate::lints::PROBE;
        use crate::source::{FileId, Span};
        let finding = Finding::new(&PROBE, Span { file: FileId(0), start: 0, end: 0 }, "x");
        let finding = finding.confidence(Confidence::Medium);
        let is_certain = |given: &[&str], configured| {
            let arguments = ["cargo-fa"].iter().chain(given);
            Cli::try_parse_from(arguments).unwrap().check.which.is_certain(&finding, configured)
        };
        assert!(is_certain(&[], Confidence::Low));
        assert!(is_certain(&[], Confidence::Medium));
        assert!(!is_certain(&[], Confidence::High));
        assert!(!is_certain(&["--min-confidence", "high"], Confidence::Low));
        assert!(is_certain(&["--min-confidence", "low"], Confidence::High));
        assert!(Cli::try_parse_from(["cargo-fa", "--min-confidence", "sure"]).is_err());
    }

    #[test]
    fn a_category_is_offered_when_it_has_a_lint() {
        let command = Cli::command();
        for category in Category::ALL {
            let switch = command.get_arguments().find(|switch| switch.get_long() == Some(category.name()));
            let has_lint = crate::lints::ALL.iter().any(|lint| lint.category == category);
            assert_eq!(!switch.unwrap().is_hide_set(), has_lint, "{}", category.name());
        }
    }

    #[test]
    fn formats_have_one_name_everywhere() {
        use clap::ValueEnum as _;
        for (name, format) in Format::NAMES {
            assert_eq!(format.to_possible_value().unwrap().get_name(), name);
        }
        assert_eq!(Format::NAMES.len(), Format::value_variants().len());
    }
}
