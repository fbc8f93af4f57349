//! A workspace in a folder of its own, and the program run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A frame that is not ended when reading fails (FA603).
pub(crate) const OPEN_FRAME: &str = "\
use framealloc::SmartAlloc;

pub fn pump(alloc: &SmartAlloc, source: &mut dyn std::io::Read) -> std::io::Result<usize> {
    let mut block = [0; 64];
    alloc.begin_frame();
    let read = source.read(&mut block)?;
    alloc.end_frame();
    Ok(read)
}
";

/// A workspace with the packages `game` and `engine`, which use framealloc, and `tool`, which does not.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// `game/src/lib.rs` has this text; the other files are empty.
    pub(crate) fn new(text: &str) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        project.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"game\", \"engine\", \"tool\"]\n",
        );
        // The linter looks for the name; what it knows of the library comes with the linter.
        project.write(
            "lib/Cargo.toml",
            "[package]\nname = \"framealloc\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        );
        project.write("lib/src/lib.rs", "");
        let uses = "[dependencies]\nframealloc = { path = \"../lib\" }\n[features]\nextra = []\n";
        for (name, rest) in [("game", uses), ("engine", uses), ("tool", "")] {
            let manifest =
                format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}");
            project.write(&format!("{name}/Cargo.toml"), &manifest);
            project.write(&format!("{name}/src/lib.rs"), "");
        }
        project.write("game/src/lib.rs", text);
        project
    }

    /// One with an open frame.
    pub(crate) fn with_a_finding() -> Self {
        Self::new(OPEN_FRAME)
    }

    /// Also a repository in which everything is committed.
    pub(crate) fn commit(&self) {
        self.git(&["init", "--quiet"]);
        self.write(".gitignore", "/target\n");
        self.git(&["add", "--all"]);
        self.git(&[
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.org",
            "commit",
            "--quiet",
            "--message",
            "x",
        ]);
    }

    fn git(&self, arguments: &[&str]) {
        let done = Command::new("git").current_dir(self.path("")).args(arguments).status().unwrap();
        assert!(done.success(), "git {arguments:?}");
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn fa(&self, arguments: &[&str]) -> Ran {
        self.fa_in("", arguments, &[])
    }

    pub(crate) fn fa_in(&self, folder: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(snapbox::cmd::cargo_bin!("cargo-fa"));
        command.current_dir(self.path(folder)).arg("fa").args(arguments);
        // What the machine that runs the tests has set is none of their business.
        for name in [
            "CARGO_TERM_COLOR",
            "NO_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_TARGET",
        ] {
            command.env_remove(name);
        }
        command.env("CARGO_NET_OFFLINE", "true").envs(variables.iter().copied());
        Ran::new(&command.output().unwrap(), self.folder.path())
    }
}

/// What the program said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    fn new(output: &Output, folder: &Path) -> Self {
        let canonical = folder.canonicalize().unwrap();
        let text = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            text.replace(&*canonical.to_string_lossy(), "[ROOT]")
                .replace(&*folder.to_string_lossy(), "[ROOT]")
        };
        Self { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// The findings in the compact format, with their places.
    #[track_caller]
    pub(crate) fn found(&self, expected: &[&str]) {
        let found: Vec<_> =
            self.out.lines().map(|line| line.split("]: ").next().unwrap().to_owned() + "]").collect();
        assert_eq!(found, expected, "{self:#?}");
    }
}
