//! Threads, std's and rayon's.

use super::known::{Known, Run, foreign, named, result, returned};
use crate::index::Ty;

/// A method of a scope, a builder, a pool or a join handle.
pub(super) fn method(of: &Ty, name: &str) -> Option<Known> {
    let Ty::Foreign(kind, _) = of else { return None };
    let scope = || named("Scope").reference();
    let elsewhere = |params: Vec<Ty>, ret: Ty| Known::calls(0, Run::OtherThread, params, ret);
    Some(match (kind.as_str(), name) {
        // rayon's closures take the scope, std's nothing.
        ("Scope" | "ScopeFifo", "spawn" | "spawn_fifo") => {
            elsewhere(vec![scope()], foreign("ScopedJoinHandle", returned(0)))
        }
        ("Scope" | "ScopeFifo", "spawn_broadcast") => Known::calls(0, Run::OtherThreads, [scope()], Ty::UNIT),
        ("Builder", "spawn") => {
            elsewhere(Vec::new(), result(foreign("JoinHandle", returned(0)), named("Error")))
        }
        ("Builder", "spawn_scoped") => {
            let handle = result(foreign("ScopedJoinHandle", returned(0)), named("Error"));
            Known::calls(1, Run::OtherThread, [], handle)
        }
        ("Builder", "name" | "stack_size") => Known::returns(of.clone()),
        ("JoinHandle" | "ScopedJoinHandle", "join") => Known::returns(result(of.arg(0), Ty::Unknown)),
        ("ThreadPool", "install") => elsewhere(Vec::new(), returned(0)),
        ("ThreadPool", "spawn" | "spawn_fifo") => elsewhere(Vec::new(), Ty::UNIT),
        ("ThreadPool", "scope" | "in_place_scope") => elsewhere(vec![scope()], returned(0)),
        ("ThreadPool", "broadcast") => Known::calls(0, Run::OtherThreads, [Ty::Unknown], Ty::Unknown),
        ("ThreadPool", "join") => join(),
        _ => return None,
    })
}

/// `thread::spawn` and the like.
pub(super) fn function(path: &[&str]) -> Option<Known> {
    let scope = || named("Scope").reference();
    Some(match path {
        [.., "thread" | "tokio" | "task", "spawn"] | [.., "spawn_blocking"] => {
            Known::calls(0, Run::OtherThread, [], foreign("JoinHandle", returned(0)))
        }
        [.., "thread", "scope"] => Known::calls(0, Run::Once, [scope()], returned(0)),
        [.., "thread", "Builder", "new"] => Known::returns(named("Builder")),
        [.., "rayon", "spawn" | "spawn_fifo"] => Known::calls(0, Run::OtherThread, [], Ty::UNIT),
        // The closure itself runs in the pool, which is another thread unless this is one of its own.
        [.., "rayon", "scope" | "scope_fifo"] => Known::calls(0, Run::OtherThread, [scope()], returned(0)),
        [.., "rayon", "in_place_scope"] => Known::calls(0, Run::Once, [scope()], returned(0)),
        [.., "rayon", "join"] => join(),
        [.., "rayon", "broadcast"] => Known::calls(0, Run::OtherThreads, [Ty::Unknown], Ty::Unknown),
        _ => return None,
    })
}

fn join() -> Known {
    let both = Ty::Tuple(vec![returned(0), returned(1)]);
    Known::calls(0, Run::OtherThread, [], both).and(1, Run::OtherThread, [])
}
