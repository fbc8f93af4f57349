//! Threads, std's and rayon's.

use super::Run;
use super::known::{Known, foreign, named, result, returned};
use crate::ty::Ty;

/// A method of a scope, a builder, a pool or a join handle.
pub(super) fn method(of: &Ty, name: &str) -> Option<Known> {
    let Ty::Foreign(kind, _) = of else { return None };
    let scope = || named("Scope").reference();
    let scoped = |params: Vec<Ty>, ret: Ty| Known::calls(0, Run::ScopedThread, params, ret);
    let detached = |ret: Ty| Known::calls(0, Run::DetachedThread, [], ret);
    Some(match (kind.as_str(), name) {
        // rayon's closures take the scope, std's nothing.
        ("Scope" | "ScopeFifo", "spawn" | "spawn_fifo") => {
            scoped(vec![scope()], foreign("ScopedJoinHandle", returned(0)))
        }
        ("Scope" | "ScopeFifo", "spawn_broadcast") => Known::calls(0, Run::ScopedThread, [scope()], Ty::UNIT),
        ("Builder", "spawn") => detached(result(foreign("JoinHandle", returned(0)), named("Error"))),
        ("Builder", "spawn_scoped") => {
            let handle = result(foreign("ScopedJoinHandle", returned(0)), named("Error"));
            Known::calls(1, Run::ScopedThread, [], handle)
        }
        ("Builder", "name" | "stack_size") => Known::returns(of.clone()),
        ("JoinHandle" | "ScopedJoinHandle", "join") => Known::returns(result(of.arg(0), Ty::Unknown)),
        ("ThreadPool", "install") => scoped(Vec::new(), returned(0)),
        ("ThreadPool", "spawn" | "spawn_fifo") => detached(Ty::UNIT),
        ("ThreadPool", "scope" | "in_place_scope") => scoped(vec![scope()], returned(0)),
        ("ThreadPool", "broadcast") => Known::calls(0, Run::ScopedThread, [Ty::Unknown], Ty::Unknown),
        ("ThreadPool", "join") => join(),
        _ => return None,
    })
}

/// `thread::spawn` and the like.
pub(super) fn function(path: &[&str]) -> Option<Known> {
    let scope = || named("Scope").reference();
    Some(match path {
        [.., "thread" | "tokio" | "task", "spawn"] | [.., "spawn_blocking"] => {
            Known::calls(0, Run::DetachedThread, [], foreign("JoinHandle", returned(0)))
        }
        [.., "thread", "scope"] => Known::calls(0, Run::Once, [scope()], returned(0)),
        [.., "thread", "Builder", "new"] => Known::returns(named("Builder")),
        [.., "rayon", "spawn" | "spawn_fifo"] => Known::calls(0, Run::DetachedThread, [], Ty::UNIT),
        // The closure itself runs in the pool, which is another thread unless this is one of its own.
        [.., "rayon", "scope" | "scope_fifo"] => Known::calls(0, Run::ScopedThread, [scope()], returned(0)),
        [.., "rayon", "in_place_scope"] => Known::calls(0, Run::Once, [scope()], returned(0)),
        [.., "rayon", "join"] => join(),
        [.., "rayon", "broadcast"] => Known::calls(0, Run::ScopedThread, [Ty::Unknown], Ty::Unknown),
        _ => return None,
    })
}

fn join() -> Known {
    let both = Ty::Tuple(vec![returned(0), returned(1)]);
    Known::calls(0, Run::ScopedThread, [], both).and(1, Run::ScopedThread, [])
}
