//! Persistent worker threads that run the parallel systems of a frame.
//!
//! Which worker runs which job depends only on their numbers, so that every worker has the same work in every frame.
//! Handing out jobs allocates nothing.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::quiet::{self, Panic};
use crate::tally::Tally;

/// A parallel piece of work of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// One part of the narrow phase.
    NarrowPhase(usize),
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
    changed: Condvar,
}

/// The workers of a run.
#[derive(Debug)]
pub struct Crew {
    mailboxes: Vec<Mailbox>,
    /// Runs jobs on the main thread if there is no worker.
    alone: bool,
}

/// Starts `count` workers that run jobs through `execute`, runs `body`, and stops them.
pub fn with_workers<T>(count: usize, execute: &(impl Fn(Job) + Sync), body: impl FnOnce(&Crew) -> T) -> T {
    let mailbox =
        || Mailbox { content: Mutex::new((Order::Wait, Tally::default())), changed: Condvar::new() };
    let crew = Crew { mailboxes: (0..count).map(|_| mailbox()).collect(), alone: count == 0 };
    thread::scope(|scope| {
        for number in 0..count {
            let crew = &crew;
            thread::Builder::new()
                .name(worker_name(number))
                .spawn_scoped(scope, move || crew.serve(number, execute))
                .expect("the system starts a thread");
        }
        let _stop = StopOnDrop(&crew);
        body(&crew)
    })
}

/// The name of a worker's thread.
pub fn worker_name(number: usize) -> String {
    format!("worker {number}")
}

impl Crew {
    /// Runs `jobs` on the workers and `meanwhile` on the calling thread, and returns when all are done.
    ///
    /// # Errors
    /// The first panic of a job.
    pub fn run<T>(
        &self,
        jobs: &'static [Job],
        execute: impl Fn(Job),
        meanwhile: impl FnOnce() -> T,
    ) -> Result<T, Panic> {
        if self.alone {
            jobs.iter().for_each(|&job| execute(job));
            return Ok(meanwhile());
        }
        for mailbox in &self.mailboxes {
            mailbox.open().0 = Order::Work(jobs);
            mailbox.changed.notify_one();
        }
        let result = meanwhile();
        for mailbox in &self.mailboxes {
            let mut content = mailbox.open();
            while matches!(content.0, Order::Work(_)) {
                content = mailbox.changed.wait(content).unwrap_or_else(PoisonError::into_inner);
            }
            if let Order::Failed(panic) = &content.0 {
                return Err(panic.clone());
            }
        }
        Ok(result)
    }

    /// The counters of each worker as of its last job.
    pub fn tallies(&self) -> impl Iterator<Item = Tally> + '_ {
        self.mailboxes.iter().map(|mailbox| mailbox.open().1)
    }

    fn serve(&self, number: usize, execute: impl Fn(Job)) {
        let mailbox = &self.mailboxes[number];
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
            let own = jobs.iter().skip(number).step_by(self.mailboxes.len());
            let outcome = quiet::catch(|| own.for_each(|&job| execute(job)));
            let mut content = mailbox.open();
            content.1 = Tally::of_this_thread();
            if matches!(content.0, Order::Work(_)) {
                content.0 = outcome.map_or_else(Order::Failed, |()| Order::Wait);
            }
            mailbox.changed.notify_one();
        }
    }
}

impl Mailbox {
    fn open(&self) -> MutexGuard<'_, (Order, Tally)> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the workers return when the main thread is done, or unwinds.
struct StopOnDrop<'c>(&'c Crew);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        for mailbox in &self.0.mailboxes {
            mailbox.open().0 = Order::Stop;
            mailbox.changed.notify_one();
        }
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
            let sum = with_workers(count, &execute, |crew| {
                (0..50).map(|round| crew.run(&JOBS, execute, || round).unwrap()).sum::<u32>()
            });
            assert_eq!((sum, ran.into_inner()), (1225, 50_505_050), "{count} workers");
        }
    }

    #[test]
    fn a_panicking_job_ends_the_run_with_its_text() {
        let execute = |job| assert_ne!(job, Job::MixAudio, "out of tune");
        let panic = with_workers(2, &execute, |crew| crew.run(&JOBS, execute, || ()).unwrap_err());
        assert!(panic.text.contains("out of tune"), "{panic}");
    }

    #[test]
    fn a_panicking_main_thread_does_not_hang() {
        let execute = |_| ();
        let panic = quiet::catch(|| {
            with_workers(2, &execute, |crew| crew.run(&JOBS, execute, || panic!("main")).unwrap());
        });
        assert_eq!(panic.unwrap_err().text, "main");
    }
}
