//! What stays the same about a finding when lines move.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::source::Sources;

/// Names a finding across versions of a program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fingerprint {
    pub(crate) code: String,
    pub(crate) path: String,
    pub(crate) item: String,
    /// The line of the finding, with single blanks.
    pub(crate) line: String,
    /// From zero among findings that are otherwise equal.
    pub(crate) ordinal: u32,
}

impl Fingerprint {
    /// Those of `findings`, in their order.
    pub(crate) fn of_all(sources: &Sources, findings: &[Finding]) -> Vec<Self> {
        let mut seen: BTreeMap<Self, u32> = BTreeMap::new();
        let prints = findings.iter().map(|finding| {
            let file = sources.get(finding.primary.span.file);
            let line = file.line(file.position(finding.primary.span.start).line);
            let mut print = Self {
                code: finding.lint.code.to_owned(),
                path: file.path.clone(),
                item: finding.item.clone(),
                line: line.split_whitespace().collect::<Vec<_>>().join(" "),
                ordinal: 0,
            };
            let count = seen.entry(print.clone()).or_default();
            print.ordinal = *count;
            *count += 1;
            print
        });
        prints.collect()
    }

    /// Everything but the ordinal, in 16 hexadecimal digits: FNV-1a of 64 bits (draft-eastlake-fnv).
    pub(crate) fn hash(&self) -> String {
        let parts = [&self.code, &self.path, &self.item, &self.line];
        let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("{hash:016x}")
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::lints::PROBE;
    use crate::source::{SourceFile, Span};

    fn prints(text: &str) -> Vec<Fingerprint> {
        let mut sources = Sources::default();
        let file = sources.add(SourceFile::new(Path::new("/w"), PathBuf::from("/w/a.rs"), text.to_owned()));
        let spans =
            text.match_indices("BAD").map(|(at, _)| Span { file, start: at as u32, end: at as u32 + 3 });
        let findings: Vec<_> = spans.map(|span| Finding::new(&PROBE, span, "bad")).collect();
        Fingerprint::of_all(&sources, &findings)
    }

    #[test]
    fn moved_and_indented_lines_keep_theirs() {
        assert_eq!(prints("f(BAD,  1);"), prints("\n\n    f(BAD, 1);\n"));
        assert_ne!(prints("f(BAD, 1);"), prints("f(BAD, 2);"));
    }

    #[test]
    fn equal_lines_are_told_apart_by_their_order() {
        let all = prints("f(BAD);\nf(BAD);\ng(BAD);\n");
        let ordinals: Vec<_> = all.iter().map(|print| print.ordinal).collect();
        assert_eq!(ordinals, [0, 1, 0]);
        assert_eq!(all[0].hash(), all[1].hash());
        assert_ne!(all[0].hash(), all[2].hash());
    }

    #[test]
    fn the_hash_is_fixed() {
        assert_eq!(prints("BAD")[0].hash(), "59f9cb7999a5fb85");
    }
}
