//! Programs that a stage needs and that are not part of the toolchain.

use std::path::{Path, PathBuf};

use crate::process::{cargo, output, program, run, works};

/// Whether valgrind is there, after an attempt to install it where that needs no question.
pub fn valgrind() -> Result<(), String> {
    from_apt("valgrind", "valgrind")
}

/// Whether xmllint is there, after an attempt to install it where that needs no question.
pub fn xmllint() -> Result<(), String> {
    from_apt("xmllint", "libxml2-utils")
}

fn from_apt(tool: &str, package: &str) -> Result<(), String> {
    if works(program(tool).arg("--version")) {
        return Ok(());
    }
    let root = output(program("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if cfg!(target_os = "linux") && root && works(program("apt-get").arg("--version")) {
        let install = ["install", "--yes", "--no-install-recommends", package];
        let installed = run(program("apt-get").args(install)).or_else(|_| {
            run(program("apt-get").arg("update"))?;
            run(program("apt-get").args(install))
        });
        if installed.is_ok() {
            return Ok(());
        }
    }
    Err(format!("{tool} is missing: apt-get install {package}"))
}

/// Whether cargo-nextest is there. Building it takes longer than everything it saves, so it is not installed.
pub fn nextest() -> bool {
    works(&mut cargo(["nextest", "--version"]))
}

/// A program of cargo's by its command (`hack` for cargo-hack), after an attempt to build it into the target folder: a
/// minute of processor time, once.
pub fn subcommand(name: &str, target_folder: &Path) -> Result<PathBuf, String> {
    let tool = format!("cargo-{name}");
    let root = target_folder.join("tools");
    let path = root.join("bin").join(format!("{tool}{}", std::env::consts::EXE_SUFFIX));
    if !works(program(&path).args([name, "--version"])) {
        let mut install = cargo(["install", &tool, "--locked", "--root"]);
        run(install.arg(&root))
            .map_err(|_| format!("{tool} could not be built: cargo install {tool} --locked"))?;
    }
    Ok(path)
}

/// Whether a nightly toolchain is there, through rustup.
pub fn nightly() -> Result<(), String> {
    if works(program("rustup").args(["run", "nightly", "rustc", "--version"])) {
        Ok(())
    } else {
        Err("no nightly toolchain: rustup toolchain install nightly".into())
    }
}

/// Whether the nightly toolchain has Miri, after an attempt to add it.
pub fn miri() -> Result<(), String> {
    nightly()?;
    let there = || works(program("rustup").args(["run", "nightly", "cargo-miri", "miri", "--version"]));
    let add = ["component", "add", "miri", "rust-src", "--toolchain", "nightly"];
    if there() || (run(program("rustup").args(add)).is_ok() && there()) {
        Ok(())
    } else {
        Err(format!("the nightly toolchain has no Miri: rustup {}", add.join(" ")))
    }
}

/// Whether what builds the C code of other allocators is there.
pub fn c_compiler() -> Result<(), String> {
    for tool in ["cc", "make"] {
        if !works(program(tool).arg("--version")) {
            return Err(format!("{tool} is missing: apt-get install build-essential"));
        }
    }
    Ok(())
}
