//! Persistent worker threads that run the parallel systems of a frame.
//!
//! ```text
//! main      orders ─► mailboxes │ meanwhile │ wait_all ─► looks for panics ─► the frame goes on
//! worker    waits for its order │ own jobs  │ signal
//! ```
//!
//! The main thread and every worker take part in a [`FrameBarrier`]: a stage of the frame is over when all of them have
//! signalled. A worker that is gone, by whichever panic, is not waited for.
//!
//! Which worker runs which job depends only on their numbers, so that every worker has the same work in every frame.
//! Handing out jobs allocates nothing.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use framealloc::{BarrierStats, FrameBarrier, Participant};

use crate::quiet::{self, Panic};
use crate::tally::Tally;

/// A parallel piece of work of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// One part of the narrow phase.
    NarrowPhase(usize),
    /// One part of the paths that agents ask for.
    FindPaths(usize),
    MixAudio,
    Visibility,
}

/// What a worker is to do or has done.
#[derive(Debug)]
enum Order {
    Wait,
    Work(&'static [Job]),
    Failed(Panic),
    Stop,
}

#[derive(Debug)]
struct Mailbox {
    content: Mutex<(Order, Tally)>,
    /// There is a new order.
    changed: Condvar,
}

/// The workers of a run, in the hands of the main thread.
#[derive(Debug)]
pub struct Crew {
    /// One for each worker; none if the main thread runs the jobs.
    mailboxes: Arc<[Mailbox]>,
    part: Participant,
}

/// Starts `count` workers that run jobs through `execute`, runs `body`, and stops them.
pub fn with_workers<T>(count: usize, execute: &(impl Fn(Job) + Sync), body: impl FnOnce(Crew) -> T) -> T {
    let mailbox =
        || Mailbox { content: Mutex::new((Order::Wait, Tally::default())), changed: Condvar::new() };
    let mailboxes: Arc<[Mailbox]> = (0..count).map(|_| mailbox()).collect();
    let barrier = FrameBarrier::new(count as u32 + 1);
    thread::scope(|scope| {
        let crew = Crew { mailboxes: mailboxes.clone(), part: barrier.participant() };
        for number in 0..count {
            let (mailboxes, part) = (&mailboxes, barrier.participant());
            thread::Builder::new()
                .name(worker_name(number))
                .spawn_scoped(scope, move || serve(number, mailboxes, part, execute))
                .expect("the system starts a thread");
        }
        body(crew)
    })
}

/// The name of a worker's thread.
pub fn worker_name(number: usize) -> String {
    format!("worker {number}")
}

impl Crew {
    /// Runs `jobs` on the workers and `meanwhile` on the calling thread, and returns when all are done.
    ///
    /// After an error, or a panic of `meanwhile`, the crew is good for nothing but being dropped.
    ///
    /// # Errors
    /// The first panic of a job, or a worker that is gone.
    pub fn run<T>(
        &mut self,
        jobs: &'static [Job],
        execute: impl Fn(Job),
        meanwhile: impl FnOnce() -> T,
    ) -> Result<T, Panic> {
        if self.mailboxes.is_empty() {
            jobs.iter().for_each(|&job| execute(job));
            return Ok(meanwhile());
        }
        self.mailboxes.iter().for_each(|mailbox| mailbox.send(Order::Work(jobs)));
        let result = meanwhile();
        self.part.wait_all();
        for (number, mailbox) in self.mailboxes.iter().enumerate() {
            match &mailbox.open().0 {
                Order::Failed(panic) => return Err(panic.clone()),
                // Nobody took the order back: the worker left without a word.
                Order::Work(_) => {
                    let text = format!("{} is gone", worker_name(number));
                    return Err(Panic { text, place: "unknown place".to_owned() });
                }
                Order::Wait | Order::Stop => {}
            }
        }
        Ok(result)
    }

    /// The counters of each worker as of its last job.
    pub fn tallies(&self) -> impl Iterator<Item = Tally> + '_ {
        self.mailboxes.iter().map(|mailbox| mailbox.open().1)
    }

    /// What the barrier has seen: one of its frames is one call of [`run`](Self::run) with workers.
    pub fn barrier_stats(&self) -> BarrierStats {
        self.part.barrier().stats()
    }
}

/// Lets the workers return when the main thread is done, or unwinds.
impl Drop for Crew {
    fn drop(&mut self) {
        self.mailboxes.iter().for_each(|mailbox| mailbox.send(Order::Stop));
    }
}

/// A worker's life; its part in the barrier ends with it.
fn serve(number: usize, mailboxes: &[Mailbox], mut part: Participant, execute: impl Fn(Job)) {
    let mailbox = &mailboxes[number];
    loop {
        let mut content = mailbox.open();
        let jobs = loop {
            match content.0 {
                Order::Work(jobs) => break jobs,
                Order::Stop | Order::Failed(_) => return,
                Order::Wait => {
                    content = mailbox.changed.wait(content).unwrap_or_else(PoisonError::into_inner);
                }
            }
        };
        drop(content);
        let own = jobs.iter().skip(number).step_by(mailboxes.len());
        let outcome = quiet::catch(|| own.for_each(|&job| execute(job)));
        let mut content = mailbox.open();
        content.1 = Tally::of_this_thread();
        if matches!(content.0, Order::Work(_)) {
            content.0 = outcome.map_or_else(Order::Failed, |()| Order::Wait);
        }
        drop(content);
        // The stage ends without waiting for the others; what comes next comes by mail.
        part.signal_frame_complete();
    }
}

impl Mailbox {
    fn send(&self, order: Order) {
        self.open().0 = order;
        self.changed.notify_one();
    }

    fn open(&self) -> MutexGuard<'_, (Order, Tally)> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    static JOBS: [Job; 4] = [Job::NarrowPhase(0), Job::NarrowPhase(1), Job::NarrowPhase(2), Job::MixAudio];

    #[test]
    fn every_job_runs_once_per_round() {
        for count in 0..4 {
            let ran = AtomicU32::new(0);
            let execute = |job| {
                let digit = JOBS.iter().position(|&other| other == job).unwrap() as u32;
                ran.fetch_add(100u32.pow(digit), Ordering::Relaxed);
            };
            let (sum, stats) = with_workers(count, &execute, |mut crew| {
                let sum = (0..50).map(|round| crew.run(&JOBS, execute, || round).unwrap()).sum::<u32>();
                (sum, crew.barrier_stats())
            });
            assert_eq!((sum, ran.into_inner()), (1225, 50_505_050), "{count} workers");
            let threads = if count == 0 { 0 } else { count as u64 + 1 };
            assert_eq!((stats.frames, stats.signals), (50 * threads.min(1), 50 * threads), "{count} workers");
        }
    }

    #[test]
    fn a_panicking_job_ends_the_run_with_its_text() {
        let execute = |job| assert_ne!(job, Job::MixAudio, "out of tune");
        let panic = with_workers(2, &execute, |mut crew| crew.run(&JOBS, execute, || ()).unwrap_err());
        assert!(panic.text.contains("out of tune"), "{panic}");
    }

    #[test]
    fn a_panicking_main_thread_does_not_hang() {
        let execute = |_| ();
        let panic = quiet::catch(|| {
            with_workers(2, &execute, |mut crew| crew.run(&JOBS, execute, || panic!("main")).unwrap());
        });
        assert_eq!(panic.unwrap_err().text, "main");
    }

    #[test]
    fn a_worker_that_dies_without_a_word_does_not_hang() {
        /// Panics where the panic that carries it is caught, and so past the catch.
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("a payload that panics");
            }
        }
        let execute = |job| {
            if job == Job::MixAudio {
                std::panic::panic_any(Bomb);
            }
        };
        let mut first = None;
        let scope = quiet::catch(|| {
            with_workers(2, &execute, |mut crew| {
                first = Some(crew.run(&JOBS, execute, || ()).unwrap_err());
                assert_eq!(crew.run(&JOBS[..3], execute, || ()).unwrap_err().text, "worker 1 is gone");
                assert_eq!(crew.barrier_stats().panics, 1);
            });
        });
        assert_eq!(first.unwrap().text, "worker 1 is gone");
        assert_eq!(scope.unwrap_err().text, "a scoped thread panicked");
    }
}
