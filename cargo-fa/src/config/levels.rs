//! Which level a lint has.

use crate::catalogue;
use crate::finding::Level;
use crate::lints::{self, Category, Lint};
use crate::suggest::did_you_mean;

/// What a level is set for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Selector {
    All,
    Category(Category),
    Lint(&'static Lint),
}

impl Selector {
    /// Reads a code, a lint's name, a category or `all`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        if let Some(category) = Category::ALL.into_iter().find(|category| category.name() == text) {
            return Ok(Self::Category(category));
        }
        if let Some(lint) = lints::find(text) {
            return Ok(Self::Lint(lint));
        }
        if let Some(entry) = catalogue::find(text) {
            return Err(format!("{} is not a lint: {}", entry.code, entry.source.describe()));
        }
        let names = lints::ALL.iter().flat_map(|lint| [lint.code, lint.name]);
        let all = Category::ALL.iter().map(|category| category.name()).chain(["all"]).chain(names);
        Err(format!("no lint and no category is called `{text}`{}", did_you_mean(text, all)))
    }

    pub(crate) fn matches(self, lint: &Lint) -> bool {
        match self {
            Self::All => true,
            Self::Category(category) => lint.category == category,
            Self::Lint(one) => one.code == lint.code,
        }
    }

    /// The configuration's tables have no order, so that the narrower key wins.
    fn width(self) -> u8 {
        match self {
            Self::All => 2,
            Self::Category(_) => 1,
            Self::Lint(_) => 0,
        }
    }
}

/// A level for what a selector matches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) selector: Selector,
    pub(crate) level: Level,
}

/// The rules in force; the last that matches wins.
#[derive(Clone, Debug, Default)]
pub(crate) struct Levels {
    rules: Vec<Rule>,
    deny_warnings: bool,
}

impl Levels {
    /// The rules of a configuration file: narrow ones win over wide ones.
    pub(crate) fn of_file(mut rules: Vec<Rule>) -> Self {
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.selector.width()));
        Self { rules, deny_warnings: false }
    }

    /// Adds what the command line says, in its order.
    pub(crate) fn add(&mut self, rules: impl IntoIterator<Item = Rule>, deny_warnings: bool) {
        self.rules.extend(rules);
        self.deny_warnings |= deny_warnings;
    }

    /// Turns a lint on that another key asks for; rules about it win.
    pub(crate) fn ask_for(&mut self, lint: &'static Lint) {
        self.rules.insert(0, Rule { selector: Selector::Lint(lint), level: Level::Warn });
    }

    pub(crate) fn of(&self, lint: &Lint) -> Level {
        let set = self.rules.iter().rev().find(|rule| rule.selector.matches(lint));
        match set.map_or(lint.level, |rule| rule.level) {
            Level::Warn if self.deny_warnings => Level::Deny,
            level => level,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lints::configuration::UNUSED_SUPPRESSION as LINT;

    fn rule(selector: &str, level: Level) -> Rule {
        Rule { selector: Selector::parse(selector).unwrap(), level }
    }

    #[test]
    fn in_a_file_the_narrow_key_wins() {
        let levels = Levels::of_file(vec![
            rule("FA521", Level::Deny),
            rule("all", Level::Allow),
            rule("configuration", Level::Warn),
        ]);
        assert_eq!(levels.of(&LINT), Level::Deny);
    }

    #[test]
    fn the_command_line_goes_last_and_in_order() {
        let mut levels = Levels::of_file(vec![rule("FA521", Level::Allow)]);
        levels.add([rule("unused_suppression", Level::Deny), rule("all", Level::Warn)], false);
        assert_eq!(levels.of(&LINT), Level::Warn);
        levels.add([], true);
        assert_eq!(levels.of(&LINT), Level::Deny);
    }

    #[test]
    fn codes_of_the_runtime_are_not_lints() {
        let message = Selector::parse("FA310").unwrap_err();
        assert!(message.starts_with("FA310 is not a lint: "), "{message}");
        assert!(Selector::parse("dirtymen").unwrap_err().ends_with("did you mean `dirtymem`?"));
    }
}
