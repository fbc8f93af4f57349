//! Sources with mistakes that nobody makes: statements and names change places, or anything is cut and spliced.

/// Numbers that are the same in every run.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers that begin with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }

    fn pick<'t>(&mut self, parts: &[&'t str]) -> &'t str {
        if parts.is_empty() { "" } else { parts[self.below(parts.len())] }
    }
}

/// Names, numbers, and single other characters.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end =
            if is_word(first) { rest.find(|c| !is_word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        tokens.push(&rest[..end]);
        rest = &rest[end..];
    }
    tokens
}

/// A text made of one, with parts of another.
pub fn mutated(random: &mut Random, one: &str, other: &str) -> String {
    if random.below(3) > 0 { gently(random, one, other) } else { roughly(random, one, other) }
}

/// Statements and names change places: most of it still parses.
pub(crate) fn gently(random: &mut Random, one: &str, other: &str) -> String {
    let is_whole = |line: &&str| {
        let count = |brackets: &[char]| line.matches(brackets).count();
        line.trim_end().ends_with(';') && count(&['(', '[', '{']) == count(&[')', ']', '}'])
    };
    let is_name = |token: &&str| token.starts_with(|c: char| c.is_alphabetic());
    let (mut parts, others) = (lines(one), lines(other));
    let statements: Vec<&str> = others.into_iter().filter(is_whole).collect();
    let places: Vec<usize> = (0..parts.len()).filter(|at| is_whole(&parts[*at])).collect();
    for _ in 0..random.below(3) {
        let Some(&at) = places.get(random.below(places.len())) else { break };
        match random.below(4) {
            0 => parts[at] = "",
            1 => parts[at] = random.pick(&statements),
            2 => parts.swap(at, places[random.below(places.len())]),
            _ => {
                let line = parts[at];
                parts.insert(at, line);
            }
        }
    }
    let text = parts.concat();
    let mut parts = tokens(&text);
    let names: Vec<&str> = tokens(other).into_iter().filter(is_name).collect();
    let places: Vec<usize> = (0..parts.len()).filter(|at| is_name(&parts[*at])).collect();
    for _ in 0..random.below(3) {
        let Some(&at) = places.get(random.below(places.len())) else { break };
        parts[at] = random.pick(&names);
    }
    parts.concat()
}

/// Anything may be cut, doubled, swapped or spliced.
fn roughly(random: &mut Random, one: &str, other: &str) -> String {
    let by_line = random.below(2) == 0;
    let split = |text| if by_line { lines(text) } else { tokens(text) };
    let (mut parts, others) = (split(one), split(other));
    for _ in 0..=random.below(4) {
        let at = random.below(parts.len());
        let end = (at + 1 + random.below(3)).min(parts.len());
        match random.below(6) {
            0 => drop(parts.drain(at..end)),
            1 => {
                let copy = parts[at..end].to_vec();
                parts.splice(at..at, copy);
            }
            2 => {
                let from = random.below(others.len());
                let to = (from + 1 + random.below(12)).min(others.len());
                parts.splice(at..end, others[from..to].iter().copied());
            }
            3 => parts[at] = random.pick(&others),
            4 => {
                let to = random.below(parts.len());
                parts.swap(at, to);
            }
            _ => parts.truncate(end),
        }
        if parts.is_empty() {
            break;
        }
    }
    let mut text = parts.concat();
    if random.below(8) == 0 {
        // Somewhere within a token.
        let mut at = random.below(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.insert(at, ['{', ')', '"', '\u{e9}', '\0', '\'', '#'][random.below(7)]);
    }
    text
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}
