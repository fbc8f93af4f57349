//! A file of Rust, taken apart into code, comments and tests.

/// One line, taken apart: `code` without comments and with the insides of strings blanked, `comment` without its slashes.
#[derive(Default)]
pub(crate) struct Line {
    pub(crate) code: String,
    pub(crate) comment: String,
    pub(crate) is_test: bool,
}

/// One file of Rust.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) lines: Vec<Line>,
}

impl Source {
    pub(crate) fn new(path: impl Into<String>, text: &str) -> Source {
        let path = path.into();
        let mut lines = split(text);
        mark_tests(&mut lines);
        if path.ends_with("tests.rs") || path.contains("/tests/") && path.contains("/src/") {
            lines.iter_mut().for_each(|line| line.is_test = true);
        }
        Source { path, lines }
    }

    /// The lines that are not tests, numbered from one.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.lines.iter().enumerate().filter(|(_, line)| !line.is_test);
        numbered.map(|(index, line)| (index + 1, line.code.as_str()))
    }

    /// Whether all of it is a test.
    pub(crate) fn is_test(&self) -> bool {
        self.lines.iter().all(|line| line.is_test)
    }

    /// The first folder or file below `src`.
    pub(crate) fn area(&self) -> Option<&str> {
        let (_, inside) = self.path.split_once("/src/")?;
        Some(inside.split('/').next()?.trim_end_matches(".rs"))
    }

    /// How many `super`s lead from this file to the root of its crate.
    pub(crate) fn depth(&self) -> usize {
        let inside = self.path.split_once("/src/").map_or("", |(_, inside)| inside);
        let folders = inside.matches('/').count();
        if inside.ends_with("/mod.rs") { folders } else { folders + 1 }
    }

    pub(crate) fn at(&self, line: usize, what: impl std::fmt::Display) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

/// Takes the lines of a file apart. Knows comments, strings, raw strings and the difference between `'a'` and `'a`.
fn split(text: &str) -> Vec<Line> {
    let characters: Vec<char> = text.chars().collect();
    let mut lines = vec![Line::default()];
    let mut at = 0;
    let mut comment_depth = 0;
    while at < characters.len() {
        let rest = &characters[at..];
        let starts = |pattern: &str| pattern.chars().enumerate().all(|(i, c)| rest.get(i) == Some(&c));
        let line = lines.last_mut().expect("there is always a line");
        if rest[0] == '\n' {
            lines.push(Line::default());
            at += 1;
        } else if comment_depth > 0 {
            comment_depth =
                if starts("/*") { comment_depth + 1 } else { comment_depth - usize::from(starts("*/")) };
            line.comment.push(rest[0]);
            at += if starts("/*") || starts("*/") { 2 } else { 1 };
        } else if starts("//") {
            let end = rest.iter().position(|&c| c == '\n').unwrap_or(rest.len());
            line.comment.extend(&rest[2..end]);
            at += end;
        } else if starts("/*") {
            comment_depth = 1;
            at += 2;
        } else if let Some(length) = literal_length(rest, line.code.chars().last()) {
            line.code.push_str("\"\"");
            let breaks = rest[..length].iter().filter(|&&c| c == '\n').count();
            lines.extend((0..breaks).map(|_| Line::default()));
            at += length;
        } else {
            line.code.push(rest[0]);
            at += 1;
        }
    }
    lines
}

/// The length of the string or character literal that starts here, if one does.
fn literal_length(rest: &[char], before: Option<char>) -> Option<usize> {
    let in_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    match rest[0] {
        '"' => Some(1 + quoted(&rest[1..], '"')),
        '\'' if rest.get(1) == Some(&'\\') || rest.get(2) == Some(&'\'') => {
            Some(1 + quoted(&rest[1..], '\''))
        }
        'r' if !in_word => {
            let hashes = rest[1..].iter().take_while(|&&c| c == '#').count();
            let body = rest.get(1 + hashes).filter(|&&c| c == '"').map(|_| &rest[2 + hashes..])?;
            let is_end = |i: &usize| body[*i] == '"' && body[i + 1..].iter().take(hashes).all(|&c| c == '#');
            Some((0..body.len()).find(is_end).map_or(rest.len(), |end| 2 + hashes + end + 1 + hashes))
        }
        _ => None,
    }
}

/// Up to and with the closing quote; a backslash hides what follows it.
fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 0;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Marks what stands under `#[cfg(test)]` or `#[test]`, from the attribute to the brace that closes the item.
fn mark_tests(lines: &mut [Line]) {
    let mut first = 0;
    while let Some(start) = (first..lines.len()).find(|&index| {
        let code = lines[index].code.trim();
        code.starts_with("#[cfg(test)]") || code.starts_with("#[cfg(all(test")
    }) {
        let mut depth = 0;
        let mut end = start;
        'item: for (index, line) in lines.iter().enumerate().skip(start) {
            end = index;
            for character in line.code.chars() {
                match character {
                    '{' => depth += 1,
                    '}' if depth == 1 => break 'item,
                    '}' => depth -= 1,
                    ';' if depth == 0 => break 'item,
                    _ => {}
                }
            }
        }
        lines[start..=end].iter_mut().for_each(|line| line.is_test = true);
        first = end + 1;
    }
}
