//! Status lines as cargo's, progress, colours.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use annotate_snippets::{Level, Renderer};
use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use clap_cargo::style;

use crate::config::Mistakes;

/// `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Sets it for both streams; cargo's variable decides where the command line does not.
    pub(super) fn apply(self) {
        let choice = match (self, std::env::var("CARGO_TERM_COLOR").as_deref()) {
            (Self::Always, _) | (Self::Auto, Ok("always")) => ColorChoice::Always,
            (Self::Never, _) | (Self::Auto, Ok("never")) => ColorChoice::Never,
            _ => ColorChoice::Auto,
        };
        choice.write_global();
    }
}

/// Whether findings on standard output have colours.
pub(super) fn styled() -> bool {
    AutoStream::choice(&io::stdout()) != ColorChoice::Never
}

/// `   Finished ...`: the verb in the width that cargo gives it.
pub(super) fn status(verb: &str, text: &str) {
    let good = style::GOOD;
    let _ = writeln!(anstream::stderr(), "{good}{verb:>12}{good:#} {text}");
}

pub(super) fn note(text: &str) {
    message(Level::NOTE, text);
}

pub(super) fn warning(text: &str) {
    message(Level::WARNING, text);
}

pub(super) fn error(text: &str) {
    message(Level::ERROR, text);
}

fn message(level: Level<'_>, text: &str) {
    let shown = Renderer::styled().render(&[annotate_snippets::Group::with_title(level.primary_title(text))]);
    let _ = writeln!(anstream::stderr(), "{shown}");
}

/// What is wrong with the configuration.
pub(super) fn mistakes(mistakes: &Mistakes) {
    let _ = writeln!(anstream::stderr(), "{}", mistakes.render(&Renderer::styled()));
}

/// Counts files on standard error while a run takes longer than a moment.
#[derive(Debug)]
pub(super) struct Progress {
    files: AtomicUsize,
    shown: Mutex<Option<Instant>>,
    enabled: bool,
}

impl Progress {
    const PATIENCE: Duration = Duration::from_millis(500);
    const PERIOD: Duration = Duration::from_millis(100);

    pub(super) fn new(quiet: bool) -> Self {
        let enabled = !quiet && io::stderr().is_terminal();
        let first = Instant::now() + Self::PATIENCE - Self::PERIOD;
        Self { files: AtomicUsize::new(0), shown: Mutex::new(Some(first)), enabled }
    }

    /// One more file is done.
    pub(super) fn advance(&self) {
        let files = self.files.fetch_add(1, Ordering::Relaxed) + 1;
        if !self.enabled {
            return;
        }
        // A thread that does not get the lock has nothing newer to say.
        if let Ok(mut shown) = self.shown.try_lock()
            && let Some(last) = *shown
            && Instant::now().saturating_duration_since(last) >= Self::PERIOD
        {
            let good = style::GOOD;
            let _ = write!(anstream::stderr(), "\r{good}{:>12}{good:#} {files} files", "Linting");
            let _ = io::stderr().flush();
            *shown = Some(Instant::now());
        }
    }

    /// Takes the line back.
    pub(super) fn finish(&self) {
        if self.enabled
            && let Ok(mut shown) = self.shown.lock()
        {
            *shown = None;
            let _ = write!(io::stderr(), "\r{:40}\r", "");
        }
    }
}
