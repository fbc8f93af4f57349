//! `cargo fa`, the command that lints.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail};

use super::options::{Check, Common};
use super::session::Session;
use super::{CLEAN, FINDINGS, terminal};
use crate::baseline::Baseline;
use crate::driver::Linted;
use crate::files;
use crate::finding::Finding;
use crate::fingerprint::Fingerprint;
use crate::fix::Plan;
use crate::git::{self, Changed};
use crate::lints::{self, Category};
use crate::output::{self, Format, Report};

/// Fixes may make room for others; a pair that undoes each other must come to an end.
const ROUNDS: usize = 8;

pub(super) fn run(common: &Common, options: Check) -> Result<u8> {
    let start = Instant::now();
    let session = Session::new(common, &options.selection, &options.levels)?;
    let run = Run { common, baseline: baseline_path(&options, &session)?, options, session };
    run.mention_empty_categories();
    if run.options.which.write_baseline {
        return run.write_baseline();
    }
    let known = run.baseline.as_deref().map(Baseline::read).transpose()?;
    if run.options.fix.fix
        && !run.options.fix.allow_dirty
        && let Some(reason) = git::unsaved(&run.session.input.root)
    {
        bail!("{reason}\ncommit first, or let --allow-dirty change the files all the same");
    }
    let changed = match &run.options.which.since {
        Some(revision) => Some(Changed::since(&run.session.input.root, revision)?),
        None => None,
    };
    let mut linted = run.session.lint();
    if let Some(known) = &known {
        run.report_gone(known, &linted);
    }
    run.narrow(&mut linted, changed.as_ref(), known.as_ref());
    if run.options.fix.fix {
        linted = run.fix(linted, changed.as_ref(), known.as_ref())?;
    }
    let (findings, prints) = split(&mut linted);
    let report = Report {
        input: &run.session.input,
        sources: &linted.sources,
        findings: &findings,
        fingerprints: &prints,
        counts: linted.counts,
    };
    run.write(&report)?;
    if !common.quiet {
        summary(&report, start);
    }
    Ok(if findings.is_empty() || run.options.output.exit_zero { CLEAN } else { FINDINGS })
}

struct Run<'a> {
    common: &'a Common,
    options: Check,
    session: Session,
    baseline: Option<PathBuf>,
}

impl Run<'_> {
    /// Leaves what the options ask for: categories, levels, confidences, changed lines, nothing of the baseline.
    fn narrow(&self, linted: &mut Linted, changed: Option<&Changed>, known: Option<&Baseline>) {
        let categories = self.options.categories.chosen();
        let least = self.session.config.min_confidence;
        linted.retain(|sources, finding| {
            let file = sources.get(finding.primary.span.file);
            let line = |at| file.position(at).line;
            let lines = line(finding.primary.span.start)..=line(finding.primary.span.end);
            categories.contains(&finding.lint.category)
                && self.options.which.is_certain(finding, least)
                && changed.is_none_or(|changed| changed.contains(&file.path, lines))
        });
        if let Some(known) = known {
            let before = linted.all.len();
            linted.all.retain(|one| !known.contains(&one.print));
            linted.counts.baseline = before - linted.all.len();
        }
    }

    fn write_baseline(&self) -> Result<u8> {
        let Some(path) = &self.baseline else {
            bail!(
                "--write-baseline needs a file: add --baseline FILE, or `baseline = \"FILE\"` to `.fa.toml`"
            );
        };
        let mut linted = self.session.lint();
        self.narrow(&mut linted, None, None);
        let (_, prints) = split(&mut linted);
        let baseline = Baseline::new(prints);
        files::replace(path, baseline.to_json().as_bytes())?;
        if !self.common.quiet {
            terminal::status("Wrote", &format!("{} findings to {}", baseline.len(), path.display()));
        }
        Ok(CLEAN)
    }

    /// Says which entries of the baseline are history. Files that this run did not read are left out.
    fn report_gone(&self, known: &Baseline, linted: &Linted) {
        let found: BTreeSet<_> = linted.all.iter().map(|one| &one.print).collect();
        let root = &self.session.input.root;
        let linted = linted.files.iter().map(|&file| linted.sources.get(file).absolute.as_path());
        let read: BTreeSet<_> = linted.chain(self.session.input.selected_files()).collect();
        let mut gone = known.gone(&found);
        gone.retain(|print| {
            let path = root.join(&print.path);
            read.contains(path.as_path()) || !path.exists()
        });
        if gone.is_empty() || self.common.quiet {
            return;
        }
        terminal::note(&match gone.len() {
            1 => "1 entry of the baseline no longer occurs; --write-baseline drops it".to_owned(),
            count => format!("{count} entries of the baseline no longer occur; --write-baseline drops them"),
        });
        if self.common.verbose {
            for print in gone {
                terminal::status("Gone", &format!("{} {}: {}", print.code, print.path, print.line));
            }
        }
    }

    /// Applies fixes until there are none, and returns what is left.
    fn fix(&self, mut linted: Linted, changed: Option<&Changed>, known: Option<&Baseline>) -> Result<Linted> {
        let mut applied = 0;
        for _ in 0..ROUNDS {
            let plan = Plan::new(&linted.sources, shown(&linted));
            for path in &plan.refused {
                terminal::warning(&format!(
                    "`{path}` was not changed: its fixes would leave code that does not parse"
                ));
            }
            if plan.files.is_empty() {
                break;
            }
            plan.write()?;
            applied += plan.applied;
            // Lines have moved: what changed since the revision is asked for again.
            let changed = match (&self.options.which.since, changed) {
                (Some(revision), Some(_)) => Some(Changed::since(&self.session.input.root, revision)?),
                _ => None,
            };
            linted = self.session.lint();
            self.narrow(&mut linted, changed.as_ref(), known);
        }
        if !self.common.quiet {
            terminal::status("Fixed", &plural(applied, "finding"));
        }
        Ok(linted)
    }

    fn write(&self, report: &Report<'_>) -> Result<()> {
        let format = self.options.output.format.unwrap_or(self.session.config.format);
        let path = self.options.output.output.as_deref();
        let mut text = Vec::new();
        if self.options.fix.diff {
            let plan = Plan::new(report.sources, report.findings);
            text.extend(plan.diff().into_bytes());
            if plan.postponed > 0 && !self.common.quiet {
                terminal::note(&format!(
                    "{} overlap with these and come after them",
                    plural(plan.postponed, "fix")
                ));
            }
        } else {
            let styled = path.is_none() && format == Format::Human && terminal::styled();
            output::write(report, format, styled, &mut text)?;
        }
        match path {
            Some(path) => files::replace(path, &text),
            // Whoever stops reading, as `head` does, has seen enough; the code still tells.
            None => match io::stdout().write_all(&text).and_then(|()| io::stdout().flush()) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                result => Ok(result?),
            },
        }
    }

    /// A category without lints would look clean.
    fn mention_empty_categories(&self) {
        let chosen = self.options.categories.chosen();
        for category in &chosen {
            let empty = !lints::ALL.iter().any(|lint| lint.category == *category);
            if empty && chosen.len() < Category::ALL.len() && !self.common.quiet {
                terminal::note(&format!("no lint of the category `{}` exists yet", category.name()));
            }
        }
    }
}

fn baseline_path(options: &Check, session: &Session) -> Result<Option<PathBuf>> {
    let path = options.which.baseline.as_ref().or(session.config.baseline.as_ref());
    if let Some(path) = path
        && path.parent().is_some_and(|folder| folder != Path::new("") && !folder.is_dir())
    {
        bail!("the folder of the baseline `{}` does not exist", path.display());
    }
    Ok(path.cloned())
}

fn shown(linted: &Linted) -> impl Iterator<Item = &Finding> {
    linted.all.iter().map(|one| &one.finding)
}

fn split(linted: &mut Linted) -> (Vec<Finding>, Vec<Fingerprint>) {
    std::mem::take(&mut linted.all).into_iter().map(|one| (one.finding, one.print)).unzip()
}

/// The last line: what was linted, what was found, how long it took.
fn summary(report: &Report<'_>, start: Instant) {
    let counts = report.counts;
    let (errors, warnings) = report.totals();
    let found = match (errors, warnings) {
        (0, 0) => "no findings".to_owned(),
        (0, _) => plural(warnings, "warning"),
        (_, 0) => plural(errors, "error"),
        _ => format!("{}, {}", plural(errors, "error"), plural(warnings, "warning")),
    };
    let hidden = [(counts.suppressed, "suppressed"), (counts.baseline, "in the baseline")];
    let hidden: Vec<_> =
        hidden.iter().filter(|(count, _)| *count > 0).map(|(count, how)| format!("{count} {how}")).collect();
    let hidden = if hidden.is_empty() { String::new() } else { format!(" ({})", hidden.join(", ")) };
    let (crates, files, lines) =
        (plural(counts.crates, "crate"), plural(counts.files, "file"), plural(counts.lines, "line"));
    let time = start.elapsed().as_secs_f64();
    terminal::status("Finished", &format!("{found}{hidden} in {crates}, {files}, {lines}, {time:.2}s"));
}

fn plural(count: usize, noun: &str) -> String {
    match (count, noun) {
        (1, _) => format!("1 {noun}"),
        (_, "fix") => format!("{count} fixes"),
        _ => format!("{count} {noun}s"),
    }
}
