//! Files, places in them, and lines.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// A file of a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FileId(pub(crate) u32);

/// A range of bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) file: FileId,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    /// From the start of `self` to the end of `other`, which is in the same file.
    pub(crate) fn to(self, other: Self) -> Self {
        Self { end: other.end.max(self.end), ..self }
    }

    pub(crate) fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A line and a column, both from one; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// The text of one file.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// Relative to the workspace's root, with `/` on every system.
    pub(crate) path: String,
    pub(crate) absolute: PathBuf,
    pub(crate) text: String,
    line_starts: Vec<u32>,
}

impl SourceFile {
    pub(crate) fn new(root: &Path, absolute: PathBuf, text: String) -> Self {
        let relative = absolute.strip_prefix(root).unwrap_or(&absolute);
        let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        let path =
            if relative.is_absolute() { relative.to_string_lossy().into_owned() } else { parts.join("/") };
        let newlines = memchr::memchr_iter(b'\n', text.as_bytes());
        let line_starts = std::iter::once(0).chain(newlines.map(|at| at as u32 + 1)).collect();
        Self { path, absolute, text, line_starts }
    }

    pub(crate) fn position(&self, offset: u32) -> Position {
        let line = self.line_starts.partition_point(|&start| start <= offset) - 1;
        let start = self.line_starts[line] as usize;
        let column = self.text[start..offset as usize].chars().count() + 1;
        Position { line: line + 1, column }
    }

    /// The text of a line (from one) without its end.
    pub(crate) fn line(&self, line: usize) -> &str {
        let start = self.line_starts[line - 1] as usize;
        let end = self.line_starts.get(line).map_or(self.text.len(), |&next| next as usize);
        self.text[start..end].trim_end_matches(['\n', '\r'])
    }

    /// As many as an editor counts: what follows the last end of a line is one only if it is not empty.
    pub(crate) fn lines(&self) -> usize {
        self.line_starts.len() - usize::from(self.text.is_empty() || self.text.ends_with('\n'))
    }

    pub(crate) fn slice(&self, span: Span) -> &str {
        &self.text[span.range()]
    }
}

/// All files of a run.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    pub(crate) fn add(&mut self, file: SourceFile) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).expect("fewer files than 2^32"));
        self.files.push(file);
        id
    }

    pub(crate) fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(index as u32), file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_an_editor() {
        let lines = |text: &str| SourceFile::new(Path::new(""), PathBuf::new(), text.to_owned()).lines();
        assert_eq!([lines(""), lines("a"), lines("a\n"), lines("a\n\n"), lines("a\nb")], [0, 1, 1, 2, 2]);
    }
}
