//! From the arguments to the report.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use framealloc::TransferStats;

use crate::args::{Args, Choice, HELP};
use crate::failure::Failure;
use crate::game::{self, MOST_WORKERS, Progress, Run, STAGES, Settings, WARM_UP};
use crate::level;
use crate::memory::{Framed, Limits, Plain, Runtime};
use crate::report::{self, Report};
use crate::scene::Scene;
use crate::snapshots::Snapshots;
use crate::verify;

const FRAMEALLOC: &str = "framealloc";
const STD: &str = "std";

/// Runs the program and writes what it prints to `out`.
///
/// # Errors
/// Arguments, files, levels or budgets that cannot be used, and proofs that fail.
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write) -> Result<(), Failure> {
    let args = Args::parse(arguments)?;
    if args.help {
        return writeln!(out, "{HELP}").map_err(closed);
    }
    if let Some(path) = &args.write_level {
        return write_level(path);
    }
    if let Some(path) = &args.json {
        report::check_target(path)?;
    }
    let level = match &args.level {
        Some(path) => level::load_file(path)?,
        None => level::load_embedded()?,
    };
    let snapshots = args.snapshots.as_deref().map(Snapshots::new).transpose()?;
    let scene = Scene::new(level);
    let mut report = Report::new(&scene, args.settings);
    report::print_opening(&report, out).map_err(closed)?;

    play(&args, &scene, snapshots, &mut report, out)?;

    report::print(&report, out).map_err(closed)?;
    if let Some(failed) = report.proofs.iter().find(|proof| !proof.holds) {
        return Err(Failure::proof(format!("{}: {}", failed.claim, failed.detail)));
    }
    args.json.as_deref().map_or(Ok(()), |path| report::write_json(&report, path))
}

/// The chosen runs, and the checks that belong to them.
fn play(
    args: &Args,
    scene: &Scene,
    mut snapshots: Option<Snapshots>,
    report: &mut Report,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut emit =
        |framed: &Framed| snapshots.as_mut().map_or(Ok(()), |snapshots| snapshots.between_frames(framed));
    let limits = Limits { memory: args.memory_limit, budgets: &args.budgets };
    match args.choice {
        Choice::Both => {
            let framed = Framed::new(limits)?;
            let [one, other] = side_by_side(&framed, &Plain, args.settings, scene, &mut emit, out)?;
            finish(&framed, args, snapshots.as_mut(), report)?;
            report.add_run(FRAMEALLOC, &one);
            report.add_run(STD, &other);
            prove_run(&framed, &one, args.settings, report);
            let what = "positions, contacts, paths, draw lists, samples, meshes";
            report.prove("framealloc and std agree", one.digests == other.digests, what);
            if args.verify {
                verify_on(FRAMEALLOC, || Framed::new(limits), args.settings, scene, &one, report)?;
            }
        }
        Choice::Framealloc => {
            let framed = Framed::new(limits)?;
            let run = alone(FRAMEALLOC, &framed, args.settings, scene, &mut emit, out)?;
            finish(&framed, args, snapshots.as_mut(), report)?;
            report.add_run(FRAMEALLOC, &run);
            prove_run(&framed, &run, args.settings, report);
            if args.verify {
                verify_on(FRAMEALLOC, || Framed::new(limits), args.settings, scene, &run, report)?;
            }
        }
        Choice::Std => {
            let run = alone(STD, &Plain, args.settings, scene, &mut |_| Ok(()), out)?;
            report.add_run(STD, &run);
            prove_contacts(&run, report);
            if args.verify {
                verify_on(STD, || Ok(Plain), args.settings, scene, &run, report)?;
            }
        }
    }
    Ok(())
}

/// What a run on framealloc leaves besides its figures.
fn finish(
    framed: &Framed,
    args: &Args,
    snapshots: Option<&mut Snapshots>,
    report: &mut Report,
) -> Result<(), Failure> {
    report.add_systems(framed);
    report.intent = args.report.then(|| framed.intent_report());
    if let Some(snapshots) = snapshots {
        snapshots.at_the_end(framed)?;
        report.snapshots = Some(snapshots.written());
    }
    Ok(())
}

/// What is done between two frames on a runtime.
type Between<'a, R> = &'a mut dyn FnMut(&R) -> Result<(), Failure>;

/// One run with progress lines.
fn alone<R: Runtime>(
    name: &str,
    runtime: &R,
    settings: Settings,
    scene: &Scene,
    between: Between<'_, R>,
    out: &mut dyn Write,
) -> Result<Run, Failure> {
    let played = game::with_session(runtime, scene, settings, |mut session| {
        for frame in 1..=settings.frames {
            session.step().map_err(|panic| runtime.explain(panic))?;
            between(runtime)?;
            if shows_progress(frame, settings) {
                print_progress(name, session.progress(), out)?;
            }
        }
        Ok(session.finish())
    });
    played.map_err(|panic| runtime.explain(panic))?
}

/// Two runs, frame by frame in turns and in changing order, so that whatever else the machine does disturbs both.
fn side_by_side(
    framed: &Framed,
    plain: &Plain,
    settings: Settings,
    scene: &Scene,
    between: Between<'_, Framed>,
    out: &mut dyn Write,
) -> Result<[Run; 2], Failure> {
    let played = game::with_session(framed, scene, settings, |mut one| {
        game::with_session(plain, scene, settings, |mut other| {
            for frame in 1..=settings.frames {
                if frame % 2 == 0 {
                    other.step().map_err(|panic| plain.explain(panic))?;
                }
                one.step().map_err(|panic| framed.explain(panic))?;
                between(framed)?;
                if frame % 2 == 1 {
                    other.step().map_err(|panic| plain.explain(panic))?;
                }
                if shows_progress(frame, settings) {
                    print_progress(FRAMEALLOC, one.progress(), out)?;
                    print_progress(STD, other.progress(), out)?;
                }
            }
            Ok([one.finish(), other.finish()])
        })
    });
    played.map_err(|panic| framed.explain(panic))?.map_err(|panic| plain.explain(panic))?
}

fn shows_progress(frame: usize, settings: Settings) -> bool {
    frame.is_multiple_of(100) || frame == settings.frames
}

fn print_progress(name: &str, progress: Progress, out: &mut dyn Write) -> Result<(), Failure> {
    let Progress { frame, frames, contacts, drawn, voices, time } = progress;
    let ms = time.as_secs_f64() * 1000.0;
    writeln!(
        out,
        "{name:>10}  frame {frame:>4}/{frames}  {contacts:>5} contacts  {drawn:>5} drawn  {voices:>2} voices  {ms:.2} ms"
    )
    .and_then(|()| out.flush())
    .map_err(closed)
}

fn prove_contacts(run: &Run, report: &mut Report) {
    report.prove("there are contacts", run.counts.contacts > 0, run.counts.contacts.to_string());
}

/// What every run on framealloc claims.
fn prove_run(framed: &Framed, run: &Run, settings: Settings, report: &mut Report) {
    prove_contacts(run, report);
    let TransferStats { sent, received, crossed, dropped, .. } = framed.transfers();
    let arrived = received == sent && dropped == 0 && (crossed > 0) == (settings.workers > 0 && sent > 0);
    report.prove("every path arrived", arrived, format!("{received} of {sent}, {crossed} from workers"));
    if settings.workers > 0 {
        let least = run.worker_frame_bytes.iter().copied().min().unwrap_or(0);
        let each: Vec<_> = run.worker_frame_bytes.iter().copied().map(report::bytes).collect();
        report.prove("every worker allocated", least > 0, format!("{} of frame memory", each.join(" and ")));
        let met = run.barrier.frames == settings.frames as u64 * STAGES && run.barrier.departures == 0;
        let detail =
            format!("{} times; the longest wait took {:.1?}", run.barrier.frames, run.barrier.longest_wait);
        report.prove("all threads ended every stage together", met, detail);
    }
    if let Some(calls) = run.steady_heap_calls {
        let detail = format!("{calls} in frames {} to {}", WARM_UP + 1, settings.frames);
        report.prove("no heap calls from annotated systems", calls == 0, detail);
    }
}

/// The checks of `--verify`; each needs a runtime of its own.
fn verify_on<R: Runtime>(
    name: &str,
    fresh: impl Fn() -> Result<R, Failure>,
    settings: Settings,
    scene: &Scene,
    run: &Run,
    report: &mut Report,
) -> Result<(), Failure> {
    let contacts = verify::contacts(&fresh()?, scene)?;
    report.prove("contacts equal brute force", true, format!("{contacts} on a small scene"));
    let paths = verify::paths(&fresh()?, scene)?;
    report.prove("path costs equal Dijkstra's", true, format!("{paths} paths"));
    for workers in (0..=MOST_WORKERS).filter(|&workers| workers != settings.workers) {
        let runtime = fresh()?;
        let other = game::run(&runtime, scene, Settings { workers, ..settings });
        let other = other.map_err(|panic| runtime.explain(panic))?;
        let detail = format!("{name}, {workers} instead of {}", settings.workers);
        report.prove("the number of threads does not matter", other.digests == run.digests, detail);
    }
    Ok(())
}

fn write_level(path: &Path) -> Result<(), Failure> {
    let mut text = String::new();
    let failure =
        |error: &dyn std::fmt::Display| Failure::input(format!("--write-level {}: {error}", path.display()));
    level::write_level(&mut text).map_err(|error| failure(&error))?;
    fs::write(path, text).map_err(|error| failure(&error))
}

/// Nobody reads what is printed any more.
fn closed(error: io::Error) -> Failure {
    Failure::input(format!("cannot print: {error}"))
}
