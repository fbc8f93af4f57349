//! What is reached, by which way.

use std::collections::BTreeSet;
use std::fs;

use super::reach;
use crate::index::CrateId;
use crate::load::{self, Loaded};
use crate::project::{CargoTarget, Cfg, CrateInput, Dependency, Input};

/// The functions that are read in a crate of these modules; those of `lib` are in its root.
fn read(modules: &[(&str, &str)]) -> BTreeSet<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(format!("{name}.rs"));
    for (name, text) in modules {
        fs::write(path(name), text).expect("a file");
    }
    let root = path("lib");
    let krate = CrateInput {
        name: "game".into(),
        package: "game".into(),
        cargo: CargoTarget::of_folder(&root, "game"),
        root,
        whole: true,
        others: modules.iter().map(|(name, _)| path(name)).filter(|path| !path.ends_with("lib.rs")).collect(),
        dependencies: [("fa".to_owned(), Dependency::Framealloc)].into(),
        cfg: Cfg::default(),
        selected: true,
    };
    let input = Input { root: folder.path().to_owned(), crates: vec![krate] };
    let Loaded { sources, build, cfgs, unparsed, .. } = load::load(&input, true, &|| {});
    assert!(unparsed.is_empty(), "{unparsed:?}");
    let reached = reach(&sources, &cfgs, build);
    assert!(reached.gave_up.is_empty() && reached.unparsed.is_empty());
    let functions = reached.index.functions().filter(|(_, data)| data.krate != CrateId::FRAMEALLOC);
    let read = functions.filter(|(id, _)| reached.graphs[id.0 as usize].is_some());
    read.map(|(_, data)| data.path.strip_prefix("game::").expect("of this crate").to_owned()).collect()
}

/// Of functions all of which have an inside, `expected` are read.
#[track_caller]
fn expect(modules: &[(&str, &str)], expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|&path| path.to_owned()).collect();
    assert_eq!(read(modules), expected);
}

#[test]
fn what_has_nothing_to_do_with_framealloc_is_not_read() {
    let world = "pub struct World(u8); impl World { pub fn new() -> Self { World(0) } }";
    expect(&[("lib", "mod world; fn main() { world::World::new(); }"), ("world", world)], &[]);
    expect(&[("lib", "use fa::SmartAlloc; fn f() { g(\"SmartAlloc\") } fn g(_: &str) { /* fa */ }")], &[]);
}

#[test]
fn names_of_framealloc_lead_to_it() {
    expect(&[("lib", "fn f() { fa::SmartAlloc::new(); } fn g() { f2(); }")], &["f"]);
    expect(&[("lib", "use fa::*; fn f() { SmartAlloc::new(); } fn g() { h(); }")], &["f"]);
    expect(&[("lib", "use fa::prelude as p; fn f() { p::SmartAlloc::new(); } fn g() { h(); }")], &["f"]);
    expect(&[("lib", "use fa::RetentionPolicy::*; fn f() { Discard; } fn g() { h(); }")], &["f"]);
    expect(&[("lib", "use fa::frame_system; #[frame_system] fn f() { 1 } fn g() { 1 }")], &["f"]);
    expect(
        &[("lib", "fn f() { use fa::SmartAlloc as A; fn g() { A::new(); } } fn h() { 1 }")],
        &["f", "f::g"],
    );
}

#[test]
fn places_are_those_of_the_file() {
    for first in [
        "\u{feff}",
        "#!/usr/bin/env run\n",
        "\u{feff}#!run\n",
        "//! ä\n",
        "/* ä */ ",
        "const A: &str = \"ä\"; ",
    ] {
        // An inside that begins elsewhere would not parse.
        expect(&[("lib", &format!("{first}fn ä() {{ fa::x(\"ä\"); }} fn g() {{ 1 }}"))], &["ä"]);
    }
}

#[test]
fn a_renamed_reexport_leads_to_it() {
    let memory = "pub use fa::SmartAlloc as Heap; pub use fa as inner;";
    let game =
        "use crate::memory::{Heap as Own, inner}; fn f() { Own::new(); } fn g() { inner::x(); } fn h() { 1 }";
    expect(&[("lib", "mod memory; mod game;"), ("memory", memory), ("game", game)], &["game::f", "game::g"]);
}

#[test]
fn a_wrapper_in_another_file_leads_to_it() {
    let memory = "use fa::SmartAlloc; static HEAP: SmartAlloc = x(); pub fn begin() { HEAP.begin_frame(); }";
    let game =
        "use crate::memory::begin as start; fn tick() { start(); } fn run() { tick(); } fn other() { 1 }";
    expect(
        &[("lib", "mod memory; mod game;"), ("memory", memory), ("game", game)],
        &["memory::begin", "game::tick", "game::run"],
    );
}

#[test]
fn an_import_inside_of_a_function_leads_to_it() {
    let memory = "pub fn begin() { fa::x(); } pub struct Heap(fa::SmartAlloc);";
    let game = "fn f() { use crate::memory::begin as b; fn g() { b() } } fn h() { use crate::memory::*; Heap::y(); } \
                fn i() { use std::mem as b; b() }";
    expect(
        &[("lib", "mod memory; mod game;"), ("memory", memory), ("game", game)],
        &["memory::begin", "game::f", "game::f::g", "game::h"],
    );
}

#[test]
fn a_field_of_a_field_leads_to_it() {
    let types = "pub struct Memory { heap: fa::SmartAlloc } pub struct World { memory: Option<Memory> } pub type W = World;";
    let game = "use crate::types::*; fn f(w: &World) { w.memory.heap.x(); } fn g(w: W) { w.x() } \
                fn h() -> Box<[World]> { i() } fn j() { h()[0].x(); } fn k() { 1 }";
    expect(
        &[("lib", "mod types; mod game;"), ("types", types), ("game", game)],
        &["game::f", "game::g", "game::h", "game::j"],
    );
    let holder = "struct Holder<T>(T); impl Holder<fa::SmartAlloc> { fn f(&self) { self.0.x(); } } impl Holder<u8> { fn g() { 1 } }";
    // What is beside a method of the same type is read, too.
    expect(&[("lib", holder)], &["Holder::f", "Holder::g"]);
}

#[test]
fn what_a_macro_is_given_leads_to_it() {
    expect(&[("lib", "fn f() { log!(\"{}\", fa::SmartAlloc::new()); } fn g() { log!(1); }")], &["f"]);
    let local =
        "thread_local! { static HEAP: fa::SmartAlloc = x(); } fn f() { HEAP.with(|h| h.x()); } fn g() { 1 }";
    expect(&[("lib", local)], &["f"]);
}

#[test]
fn a_closures_parameter_leads_to_it() {
    let engine =
        "pub struct Engine; impl Engine { pub fn on_frame(&self, f: impl Fn(&fa::SmartAlloc)) { x(f) } }";
    let game =
        "fn f(e: &crate::engine::Engine) { e.on_frame(|heap| heap.begin_frame()); } fn g() { on(|x| x); }";
    expect(
        &[("lib", "mod engine; mod game;"), ("engine", engine), ("game", game)],
        &["engine::Engine::on_frame", "game::f"],
    );
}

#[test]
fn a_traits_method_leads_to_it() {
    let traits = "pub trait System { fn step(&self); fn idle(&self) { 1 } } pub struct Physics; \
                  impl System for Physics { fn step(&self) { fa::SmartAlloc::new(); } }";
    let game = "use crate::traits::System; fn f(s: &dyn System) { s.step(); } fn g(s: &dyn System) { s.idle(); } \
                fn h() { System::step(&x); } fn i<T: System>(t: T) { T::step(&t); }";
    expect(
        &[("lib", "mod traits; mod game;"), ("traits", traits), ("game", game)],
        &["traits::Physics::step", "game::f", "game::h", "game::i"],
    );
}

#[test]
fn what_a_reached_function_calls_is_read() {
    let game = "use fa::SmartAlloc; fn f(h: &SmartAlloc) { first(1); pass(second); } fn first(x: u8) { third(x) } \
                fn second() { 1 } fn third(x: u8) { fn inner() { 2 } inner(); } fn fourth() { 1 }";
    expect(&[("lib", game)], &["f", "first", "second", "third", "third::inner"]);
    let implemented = "trait Wait { fn wait(&self); } struct A; impl Wait for A { fn wait(&self) { 1 } } struct B; \
                       impl Wait for B { fn wait(&self) { 2 } fn other(&self) { 3 } } \
                       fn f(h: &fa::SmartAlloc, w: &dyn Wait) { w.wait(); }";
    expect(&[("lib", implemented)], &["A::wait", "B::wait", "f"]);
}

#[test]
fn an_impl_inside_of_a_function_is_found() {
    let text = "struct World; fn setup() { impl World { fn tick(&self) { fa::x(); } } } fn f(w: World) { w.tick(); } fn g() { 1 }";
    expect(&[("lib", text)], &["setup", "setup::World::tick", "f"]);
    let text = "fn f() { g(fa::x()); } fn g() { struct A; impl A { fn h() { 1 } } } fn i() { struct A; impl A { fn h() { 1 } } }";
    expect(&[("lib", text)], &["f", "g"]);
}

#[test]
fn functions_of_one_name_are_told_apart_by_their_types() {
    let text = "struct World; impl World { fn new() { fa::x(); } fn other() { 1 } } struct Sound; impl Sound { fn new() { 1 } } \
                use World as Aliased; type Short = World; \
                fn a() { World::new(); } fn b() { Aliased::new(); } fn c() { Short::new(); } fn d() { Sound::new(); } \
                fn e() { Vec::new(); }";
    expect(&[("lib", text)], &["World::new", "World::other", "a", "b", "c"]);
}

#[test]
fn what_is_not_read_need_not_parse() {
    let folder = tempfile::tempdir().expect("a folder");
    let lint = |text: &str| {
        let root = folder.path().join("lib.rs");
        fs::write(&root, text).expect("a file");
        let analysis = crate::lints::tests::lint_crate(&root, Vec::new(), &crate::config::Config::default());
        analysis.unparsed.into_iter().map(|(_, at, _)| at as usize).collect::<Vec<_>>()
    };
    assert!(lint("fn f() { let = 1; }").is_empty());
    let text = "fn f() { framealloc::x(); let = 1; }";
    assert_eq!(lint(text), [text.find("= 1").expect("it is there")]);
    // One for the file.
    assert_eq!(lint(&format!("{text} fn g() {{ f(; }}")).len(), 1);
    assert_eq!(lint("fn f( {}").len(), 1);
}
