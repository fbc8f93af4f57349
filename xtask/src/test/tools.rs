//! Programs that a stage needs and that are not part of the toolchain.

use std::path::{Path, PathBuf};

use crate::process::{cargo, output, program, run, works};

/// Whether valgrind is there, after an attempt to install it where that needs no question.
pub fn valgrind() -> Result<(), String> {
    if works(program("valgrind").arg("--version")) {
        return Ok(());
    }
    if !cfg!(target_os = "linux") {
        return Err("valgrind is not available for this system".into());
    }
    let root = output(program("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if root && works(program("apt-get").arg("--version")) {
        let installed =
            run(program("apt-get").args(["install", "--yes", "--no-install-recommends", "valgrind"]))
                .or_else(|_| {
                    run(program("apt-get").arg("update"))?;
                    run(program("apt-get").args(["install", "--yes", "--no-install-recommends", "valgrind"]))
                });
        if installed.is_ok() {
            return Ok(());
        }
    }
    Err("valgrind is missing: apt-get install valgrind".into())
}

/// Whether cargo-nextest is there. Building it takes longer than everything it saves, so it is not installed.
pub fn nextest() -> bool {
    works(&mut cargo(["nextest", "--version"]))
}

/// The program of cargo-hack, after an attempt to build it into the target folder (a minute of processor time, once).
pub fn cargo_hack(target_folder: &Path) -> Result<PathBuf, String> {
    let root = target_folder.join("tools");
    let path = root.join("bin").join(if cfg!(windows) { "cargo-hack.exe" } else { "cargo-hack" });
    if !works(program(&path).args(["hack", "--version"])) {
        let mut install = cargo(["install", "cargo-hack", "--locked", "--root"]);
        run(install.arg(&root))
            .map_err(|_| "cargo-hack could not be built: cargo install cargo-hack --locked".to_owned())?;
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
