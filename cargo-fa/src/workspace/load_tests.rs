//! A workspace of which cargo says everything that matters: renames, features, members that do not use framealloc.

use std::fs;

use tempfile::TempDir;

use super::*;

const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"game\", \"engine\", \"tool\", \"framealloc\"]\ndefault-members = [\"game\"]\n",
    ),
    ("framealloc/Cargo.toml", "[package]\nname = \"framealloc\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
    ("framealloc/src/lib.rs", ""),
    (
        "engine/Cargo.toml",
        "[package]\nname = \"my-engine\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[features]\ndefault = [\"a\"]\na = [\"b\"]\nb = []\nc = []\n\
         [dependencies]\nfa = { package = \"framealloc\", path = \"../framealloc\" }\n",
    ),
    ("engine/src/lib.rs", ""),
    ("engine/src/loose.rs", ""),
    ("engine/src/main.rs", ""),
    ("engine/examples/demo.rs", ""),
    ("engine/build.rs", "fn main() {}"),
    ("engine/target/generated.rs", ""),
    ("engine/.gitignore", "/ignored.rs\n"),
    ("engine/ignored.rs", ""),
    ("engine/.hidden/also.rs", ""),
    (
        "game/Cargo.toml",
        "[package]\nname = \"game\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\ncore = { package = \"my-engine\", path = \"../engine\" }\n",
    ),
    ("game/src/main.rs", ""),
    ("tool/Cargo.toml", "[package]\nname = \"tool\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
    ("tool/src/main.rs", ""),
];

fn workspace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in FILES {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn input(change: impl FnOnce(&mut Selection)) -> Result<Input> {
    let folder = workspace();
    let mut selection = Selection {
        manifest_path: Some(folder.path().join("Cargo.toml")),
        offline: true,
        ..Selection::default()
    };
    change(&mut selection);
    let workspace = load(&selection)?;
    let exclude = Exclude::new(workspace.root(), &["engine/target".to_owned()])?;
    workspace.input(&exclude)
}

fn selected(input: &Input) -> Vec<&str> {
    let mut names: Vec<_> =
        input.crates.iter().filter(|one| one.selected).map(|one| one.package.as_str()).collect();
    names.dedup();
    names
}

#[test]
fn crates_know_each_other_by_the_names_in_their_manifests() {
    let input = input(|one| one.workspace = true).unwrap();
    let crates: Vec<_> =
        input.crates.iter().map(|one| (one.name.as_str(), one.cargo.kind.as_str())).collect();
    let at = |name: (&str, &str)| {
        crates.iter().position(|one| *one == name).unwrap_or_else(|| panic!("{crates:?}"))
    };
    let library = at(("my_engine", "lib"));
    let binary = &input.crates[at(("my_engine", "bin"))];
    let demo = &input.crates[at(("demo", "example"))];
    let game = &input.crates[at(("game", "bin"))];
    assert_eq!(crates.len(), 4, "no tool, no framealloc, no build script: {crates:?}");
    let ours = |names: &[(&str, Dependency)]| -> BTreeMap<String, Dependency> {
        names.iter().map(|(name, dependency)| ((*name).to_owned(), *dependency)).collect()
    };
    assert_eq!(input.crates[library].dependencies, ours(&[("fa", Dependency::Framealloc)]));
    let own = ours(&[("fa", Dependency::Framealloc), ("my_engine", Dependency::Crate(library))]);
    assert_eq!((&binary.dependencies, &demo.dependencies), (&own, &own));
    assert_eq!(game.dependencies, ours(&[("core", Dependency::Crate(library))]));
    let others: Vec<_> = input.crates[library].others.iter().filter_map(|path| path.file_name()).collect();
    assert_eq!(others, ["loose.rs"]);
}

#[test]
fn what_no_selected_crate_depends_on_is_left_out() {
    let input = input(|_| {}).unwrap();
    let crates: Vec<_> = input.crates.iter().map(|one| (one.name.as_str(), one.selected)).collect();
    assert_eq!(crates, [("game", true), ("my_engine", false)]);
    assert_eq!(input.crates[0].dependencies["core"], Dependency::Crate(1));
}

#[test]
fn selection_is_as_in_cargo() {
    assert_eq!(selected(&input(|_| {}).unwrap()), ["game"]);
    assert_eq!(selected(&input(|one| one.workspace = true).unwrap()), ["game", "my-engine"]);
    assert_eq!(selected(&input(|one| one.package = vec!["my-engine".to_owned()]).unwrap()), ["my-engine"]);
    let without = |one: &mut Selection| {
        one.workspace = true;
        one.exclude = vec!["game".to_owned()];
    };
    assert_eq!(selected(&input(without).unwrap()), ["my-engine"]);
    let message = input(|one| one.package = vec!["engine".to_owned()]).unwrap_err().to_string();
    assert_eq!(message, "the workspace has no package `engine`; did you mean `my-engine`?");
}

#[test]
fn features_are_those_that_cargo_would_build_with() {
    let features = |change: fn(&mut Selection)| {
        let input = input(change).unwrap();
        let engine = input.crates.iter().find(|one| one.package == "my-engine").unwrap();
        engine.cfg.features.clone()
    };
    assert_eq!(features(|_| {}), ["a", "b", "default"]);
    assert_eq!(features(|one| one.features.all_features = true), ["a", "b", "c", "default"]);
    // Cargo takes the switch for what is built, not for what that depends on.
    assert_eq!(
        features(|one| one.features.features = vec!["my-engine/c".to_owned()]),
        ["a", "b", "c", "default"]
    );
}

#[test]
fn the_target_sets_cfg() {
    let windows = input(|one| one.target = Some("x86_64-pc-windows-msvc".to_owned())).unwrap();
    let cfg = &windows.crates[0].cfg.target;
    assert!(cfg.contains(&("windows".to_owned(), None)));
    assert!(cfg.contains(&("target_os".to_owned(), Some("windows".to_owned()))));
    assert!(input(|one| one.target = Some("nowhere".to_owned())).is_err());
}

#[test]
fn what_cargo_refuses_is_said_in_its_words() {
    let message = input(|one| one.features.features = vec!["nonsense".to_owned()]).unwrap_err().to_string();
    assert!(message.starts_with("cargo cannot describe the workspace: "), "{message}");
    assert!(message.contains("nonsense"), "{message}");
    let message = input(|one| one.manifest_path = Some(PathBuf::from("/nowhere/Cargo.toml"))).unwrap_err();
    assert_eq!(message.to_string(), "the manifest `/nowhere/Cargo.toml` does not exist");
}

#[test]
fn files_belong_to_the_nearest_package() {
    let input = input(|one| one.workspace = true).unwrap();
    let owner = |path: &str| {
        input.owner(&input.root.join(path)).map(|one| (one.package.as_str(), one.cargo.kind.as_str()))
    };
    assert_eq!(owner("engine/src/loose.rs"), Some(("my-engine", "lib")));
    assert_eq!(owner("engine/src/main.rs"), Some(("my-engine", "bin")));
    assert_eq!(owner("game/src/other.rs"), Some(("game", "bin")));
    assert_eq!(owner("elsewhere.rs"), None);
}
