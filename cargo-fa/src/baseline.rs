//! A file of findings that are known and not shown again.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;

const VERSION: u32 = 1;

/// Known findings, as fingerprints, so that they are recognised when lines move.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Baseline {
    version: u32,
    findings: BTreeSet<Fingerprint>,
}

impl Baseline {
    pub(crate) fn new(findings: impl IntoIterator<Item = Fingerprint>) -> Self {
        Self { version: VERSION, findings: findings.into_iter().collect() }
    }

    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| {
            format!("the baseline `{}` cannot be read; `--write-baseline` makes one", path.display())
        })?;
        let baseline: Self = serde_json::from_str(&text).with_context(|| {
            format!("`{}` is not a baseline; `--write-baseline` makes a new one", path.display())
        })?;
        if baseline.version != VERSION {
            bail!(
                "the baseline `{}` has version {}; this linter knows version {VERSION}",
                path.display(),
                baseline.version
            );
        }
        Ok(baseline)
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("strings and numbers serialize") + "\n"
    }

    pub(crate) fn len(&self) -> usize {
        self.findings.len()
    }

    pub(crate) fn contains(&self, print: &Fingerprint) -> bool {
        self.findings.contains(print)
    }

    /// The entries that are not among `found`.
    pub(crate) fn gone<'a>(&'a self, found: &BTreeSet<&Fingerprint>) -> Vec<&'a Fingerprint> {
        self.findings.iter().filter(|print| !found.contains(print)).collect()
    }
}
