//! From the text of `.fa.toml` to a [`Config`].

use std::ops::Range;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::levels::{Levels, Rule, Selector};
use super::mistake::{Mistake, Mistakes};
use super::{Config, keys, size};
use crate::finding::{Confidence, Level};
use crate::lints::SYSTEM_WITHOUT_BUDGET;
use crate::output::Format;
use crate::suggest::did_you_mean;

/// Reads the text of a configuration file; all mistakes are reported in one go.
pub(crate) fn read(path: &str, text: &str) -> Result<Config, Mistakes> {
    let mut reader = Reader::default();
    let config = match DeTable::parse(text) {
        Ok(table) => reader.config(table.get_ref()),
        Err(error) => {
            let end = text.len();
            reader.mistake(error.span().unwrap_or(end..end), error.message().to_owned());
            Config::default()
        }
    };
    if reader.mistakes.is_empty() {
        return Ok(config);
    }
    reader.mistakes.sort_by_key(|mistake| mistake.span.start);
    Err(Mistakes { path: path.to_owned(), text: text.to_owned(), mistakes: reader.mistakes })
}

type Value<'i> = Spanned<DeValue<'i>>;

#[derive(Default)]
struct Reader {
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn mistake(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.mistakes.push(Mistake { span, message: message.into() });
    }

    fn config(&mut self, root: &DeTable<'_>) -> Config {
        let mut config = Config::default();
        self.known_keys("", root);
        self.each(root, "format", |this, value| {
            this.choice(value, &Format::NAMES, &mut config.format);
        });
        self.each(root, "min-confidence", |this, value| {
            this.choice(value, &Confidence::NAMES, &mut config.min_confidence);
        });
        self.each(root, "exclude", |this, value| config.exclude = this.strings(value));
        self.each(root, "baseline", |this, value| config.baseline = this.string(value).map(PathBuf::from));
        self.table(root, "lints", |this, table| config.levels = this.levels(table));
        self.table(root, "tags", |this, table| {
            this.known_keys("tags", table);
            this.each(table, "known", |this, value| config.tags.known = this.strings(value));
            this.table(table, "modules", |this, modules| {
                for (module, value) in modules {
                    let name = module.get_ref();
                    if !is_module_path(name) {
                        this.mistake(module.span(), format!("`{name}` is not a module path; write one from the root, as in \"crate::physics\""));
                    } else if let Some(tag) = this.string(value) {
                        config.tags.modules.insert(name.to_string(), tag);
                    }
                }
            });
        });
        self.table(root, "budgets", |this, table| {
            this.known_keys("budgets", table);
            this.each(table, "required", |this, value| match value.get_ref().as_bool() {
                Some(required) => config.budgets.required = required,
                None => this.wrong_type(value, "true or false"),
            });
            if config.budgets.required {
                config.levels.ask_for(&SYSTEM_WITHOUT_BUDGET);
            }
            this.table(table, "tags", |this, budgets| {
                for (tag, value) in budgets {
                    if let Some(bytes) = this.size(value) {
                        config.budgets.tags.insert(tag.get_ref().to_string(), bytes);
                    }
                }
            });
        });
        self.table(root, "thresholds", |this, table| {
            this.known_keys("thresholds", table);
            this.each(table, "small-loop", |this, value| {
                if let Some(rounds) = this.number(value) {
                    config.thresholds.small_loop = rounds;
                }
            });
        });
        config
    }

    /// Complains about keys that `keys::KEYS` does not list.
    fn known_keys(&mut self, name: &str, table: &DeTable<'_>) {
        for key in table.keys() {
            if !keys::of(name).any(|known| known == key.get_ref()) {
                let place = if name.is_empty() { String::new() } else { format!(" in [{name}]") };
                let hint = did_you_mean(key.get_ref(), keys::of(name));
                let known = keys::of(name).collect::<Vec<_>>().join(", ");
                let message = format!("unknown key `{}`{place}{hint} (known: {known})", key.get_ref());
                self.mistake(key.span(), message);
            }
        }
    }

    fn levels(&mut self, table: &DeTable<'_>) -> Levels {
        let mut rules: Vec<Rule> = Vec::new();
        for (key, value) in table {
            let selector = Selector::parse(key.get_ref());
            let mut level = Level::Warn;
            let valid = self.choice(value, &Level::NAMES, &mut level);
            match selector {
                Err(message) => self.mistake(key.span(), message),
                Ok(Selector::Lint(lint)) if same(&rules, lint.code) => {
                    let message = format!("{} ({}) is given a level twice", lint.code, lint.name);
                    self.mistake(key.span(), message);
                }
                Ok(selector) if valid => rules.push(Rule { selector, level }),
                Ok(_) => {}
            }
        }
        Levels::of_file(rules)
    }

    fn each(&mut self, table: &DeTable<'_>, key: &str, with: impl FnOnce(&mut Self, &Value<'_>)) {
        if let Some(value) = table.get(key) {
            with(self, value);
        }
    }

    fn table(&mut self, table: &DeTable<'_>, key: &str, with: impl FnOnce(&mut Self, &DeTable<'_>)) {
        self.each(table, key, |this, value| match value.get_ref().as_table() {
            Some(table) => with(this, table),
            None => this.wrong_type(value, "a table"),
        });
    }

    /// Sets `slot` to the value that has the written name; `false` when there is none.
    fn choice<T: Copy>(&mut self, value: &Value<'_>, names: &[(&str, T)], slot: &mut T) -> bool {
        let all = names.iter().map(|(name, _)| *name);
        let Some(written) = value.get_ref().as_str() else {
            self.wrong_type(value, &format!("one of {}", all.collect::<Vec<_>>().join(", ")));
            return false;
        };
        match names.iter().find(|(name, _)| *name == written) {
            Some((_, found)) => {
                *slot = *found;
                true
            }
            None => {
                let hint = did_you_mean(written, all.clone());
                let known = all.collect::<Vec<_>>().join(", ");
                self.mistake(value.span(), format!("`{written}` is none of {known}{hint}"));
                false
            }
        }
    }

    fn string(&mut self, value: &Value<'_>) -> Option<String> {
        match value.get_ref().as_str() {
            Some("") => {
                self.mistake(value.span(), "an empty string means nothing here; leave the key out");
                None
            }
            Some(text) => Some(text.to_owned()),
            None => {
                self.wrong_type(value, "a string");
                None
            }
        }
    }

    fn strings(&mut self, value: &Value<'_>) -> Vec<String> {
        match value.get_ref().as_array() {
            Some(items) => items.iter().filter_map(|item| self.string(item)).collect(),
            None => {
                self.wrong_type(value, "a list of strings");
                Vec::new()
            }
        }
    }

    fn number(&mut self, value: &Value<'_>) -> Option<u64> {
        let integer = value.get_ref().as_integer();
        let number = integer.and_then(|integer| u64::from_str_radix(integer.as_str(), integer.radix()).ok());
        if number.is_none() {
            self.wrong_type(value, "a whole number from 0 on");
        }
        number
    }

    /// A string with a unit, or an integer of bytes.
    fn size(&mut self, value: &Value<'_>) -> Option<u64> {
        if value.get_ref().is_integer() {
            return self.number(value);
        }
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, "a size such as \"8MB\", or a number of bytes");
            return None;
        };
        size::parse(text).map_err(|message| self.mistake(value.span(), message)).ok()
    }

    fn wrong_type(&mut self, value: &Value<'_>, expected: &str) {
        let found = value.get_ref().type_str();
        self.mistake(value.span(), format!("expected {expected}, found a value of type {found}"));
    }
}

fn same(rules: &[Rule], code: &str) -> bool {
    rules.iter().any(|rule| matches!(rule.selector, Selector::Lint(lint) if lint.code == code))
}

/// `crate`, or `crate::a::b`.
fn is_module_path(text: &str) -> bool {
    let mut parts = text.split("::");
    let identifier = |part: &str| syn::parse_str::<syn::Ident>(part).is_ok();
    parts.next() == Some("crate") && parts.all(identifier)
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
