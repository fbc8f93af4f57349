//! P11, P16, P22: resident memory, each figure from a process of its own.

use std::alloc::System;
use std::process::Command;
use std::sync::mpsc::sync_channel;
use std::thread::spawn;

use framealloc::SmartAlloc;
use framealloc_benches::arena::Contender;
use framealloc_benches::frames::{Frames, Pool};
use framealloc_benches::objects::{Malloc, Objects};
use framealloc_benches::resident;
use framealloc_benches::work::{mixed_kinds, mixed_values, value64};

/// Name of the option that makes this program measure one figure, print it and end.
const CHILD: &str = "--resident";

/// One figure: its id, what it is, who is measured, how, and the goal.
struct Figure {
    id: &'static str,
    work: &'static str,
    contender: &'static str,
    growth: fn() -> Option<i64>,
    goal: &'static str,
}

const FIGURES: [Figure; 6] = [
    Figure {
        id: "P11",
        work: "1 M one-way objects of 64 B, bytes kept",
        contender: "framealloc",
        growth: || one_way(Pool(SmartAlloc::with_defaults())),
        goal: "<= 4 MB",
    },
    Figure { id: "P11", work: "", contender: "system", growth: || one_way(Malloc(System)), goal: "" },
    Figure {
        id: "P11",
        work: "",
        contender: "mimalloc",
        growth: || one_way(Malloc(mimalloc::MiMalloc)),
        goal: "",
    },
    Figure {
        id: "P11",
        work: "",
        contender: "jemalloc",
        growth: || one_way(Malloc(tikv_jemallocator::Jemalloc)),
        goal: "",
    },
    Figure {
        id: "P16",
        work: "10 M steady frames, bytes grown",
        contender: "framealloc",
        growth: steady,
        goal: "0",
    },
    Figure {
        id: "P22",
        work: "a fresh allocator and one thread's heap, bytes",
        contender: "framealloc",
        growth: fresh,
        goal: "<= 65536",
    },
];

/// Growth of resident memory while `work` runs.
fn growth(work: impl FnOnce()) -> Option<i64> {
    let before = resident::bytes()?;
    work();
    Some(resident::bytes()? as i64 - before as i64)
}

/// One million objects made on one thread and freed on another, in batches of 1000, two batches in flight.
fn one_way<O: Objects<Object: Send + 'static>>(objects: O) -> Option<i64> {
    let value = value64();
    let (send, receive) = sync_channel::<Vec<O::Object>>(1);
    let consumer = spawn(move || receive.into_iter().for_each(drop));
    let batch = || (0..1000).map(|_| objects.make(value)).collect::<Vec<_>>();
    // The thread and its stack are there before the first reading.
    send.send(batch()).ok()?;
    let grown = growth(|| {
        for _ in 0..1000 {
            send.send(batch()).expect("the consumer lives as long as its sender");
        }
    });
    drop(send);
    consumer.join().ok()?;
    grown
}

fn steady() -> Option<i64> {
    let mut frames = Frames(SmartAlloc::with_defaults());
    let kinds = mixed_kinds(8);
    let mut run = |count: usize| {
        (0..count).for_each(|_| frames.round(|scope| mixed_values(scope, &kinds, 1)));
    };
    run(1000);
    growth(|| run(10_000_000))
}

fn fresh() -> Option<i64> {
    // The first reading pages the reading's own code and buffers in.
    resident::bytes()?;
    let mut kept = None;
    let grown = growth(|| {
        let alloc = SmartAlloc::with_defaults();
        // A frame is what gives this thread its heap.
        drop(alloc.frame());
        kept = Some(alloc);
    });
    drop(kept);
    grown
}

/// Measures the one figure that the arguments ask for, if they do.
pub fn run_as_child() -> bool {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, option, id, contender] = &arguments[..] else { return false };
    if option != CHILD {
        return false;
    }
    let figure = FIGURES.iter().find(|figure| figure.id == id && figure.contender == contender);
    match figure.and_then(|figure| (figure.growth)()) {
        Some(bytes) => println!("{bytes}"),
        None => println!("-"),
    }
    true
}

pub fn run() {
    println!("{:7}{:48}{:>12}{:>10}", "", "", "contender", "bytes");
    for Figure { id, work, contender, goal, .. } in &FIGURES {
        let program = std::env::current_exe().expect("this program has a path");
        let child = Command::new(program).args([CHILD, id, contender]).output();
        let bytes =
            child.map_or("-".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        println!("{id:7}{work:48}{contender:>12}{bytes:>10}{:12}{goal}", "");
    }
}
