//! Which packages, with which features, for which target.

use std::path::PathBuf;

use clap::Args;

/// The options that cargo's own commands have.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Package selection")]
pub(crate) struct Selection {
    /// Package to lint, by its name; may be given several times
    #[arg(short, long, value_name = "SPEC")]
    pub(crate) package: Vec<String>,
    /// Lint all packages of the workspace
    #[arg(long)]
    pub(crate) workspace: bool,
    /// Package to leave out of all
    #[arg(long, value_name = "SPEC")]
    pub(crate) exclude: Vec<String>,
    #[command(flatten)]
    pub(crate) features: clap_cargo::Features,
    /// Lint for this target triple
    #[arg(long, value_name = "TRIPLE")]
    pub(crate) target: Option<String>,
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// Lint a file or a folder as one crate, without cargo
    #[arg(
        long,
        value_name = "PATH",
        hide = true,
        conflicts_with_all = ["package", "workspace", "exclude", "features", "target", "manifest_path"]
    )]
    pub(crate) path: Option<PathBuf>,
    /// Look at crates that do not name framealloc, too
    #[arg(long, hide = true)]
    pub(crate) everything: bool,
    /// Require that Cargo.lock is up to date
    #[arg(long)]
    pub(crate) locked: bool,
    /// Run without the network
    #[arg(long)]
    pub(crate) offline: bool,
}

impl Selection {
    /// In the words of `clap_cargo`, which decides as cargo does.
    pub(crate) fn packages(&self) -> clap_cargo::Workspace {
        let mut packages = clap_cargo::Workspace::default();
        packages.package.clone_from(&self.package);
        packages.workspace = self.workspace;
        packages.exclude.clone_from(&self.exclude);
        packages
    }
}
