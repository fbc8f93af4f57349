//! `-A`, `-W` and `-D`: the later one wins, so that their order among each other is kept.

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::config::{Levels, Rule, Selector};
use crate::finding::Level;

const FLAGS: [(&str, char, Level, &str); 3] = [
    ("allow", 'A', Level::Allow, "Hide findings of a code, a lint, a category or `all`"),
    ("warn", 'W', Level::Warn, "Show them as warnings"),
    ("deny", 'D', Level::Deny, "Show them as errors"),
];

/// Levels from the command line.
#[derive(Clone, Debug, Default)]
pub(super) struct LevelFlags {
    rules: Vec<Rule>,
    deny_warnings: bool,
}

impl LevelFlags {
    /// They come after what the configuration says.
    pub(super) fn add_to(&self, levels: &mut Levels) {
        levels.add(self.rules.iter().copied(), self.deny_warnings);
    }
}

impl FromArgMatches for LevelFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut placed: Vec<(usize, Rule)> = Vec::new();
        for (id, _, level, _) in FLAGS {
            let selectors = matches.get_many::<Selector>(id).into_iter().flatten();
            let places = matches.indices_of(id).into_iter().flatten();
            placed.extend(places.zip(selectors).map(|(place, &selector)| (place, Rule { selector, level })));
        }
        placed.sort_by_key(|(place, _)| *place);
        let rules = placed.into_iter().map(|(_, rule)| rule).collect();
        Ok(Self { rules, deny_warnings: matches.get_flag("deny_warnings") })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for LevelFlags {
    fn augment_args(command: Command) -> Command {
        let flags = FLAGS.map(|(id, short, _, help)| {
            Arg::new(id)
                .short(short)
                .long(id)
                .value_name("LINT")
                .action(ArgAction::Append)
                .value_delimiter(',')
                .value_parser(ValueParser::new(Selector::parse))
                .help(help)
                .help_heading("Levels")
        });
        let deny_warnings = Arg::new("deny_warnings")
            .long("deny-warnings")
            .action(ArgAction::SetTrue)
            .help("Show warnings as errors")
            .help_heading("Levels");
        command.args(flags).arg(deny_warnings)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
