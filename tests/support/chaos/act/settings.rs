//! Budgets, and looking at what there is.

use framealloc::diagnostics::Strict;
use framealloc::{Budget, OnExceed};

use super::Act;
use crate::chaos::here::{self, Caller, interrupt};
use crate::chaos::left;
use crate::chaos::op::TAGS;
use crate::chaos::shelf::{Plain, keep, keep_for_all};

impl Act {
    pub(super) fn budget(self, whose: u8, bytes: usize, reaction: u8) {
        let reaction = match reaction % 5 {
            0..=1 => OnExceed::Warn,
            2..=3 => OnExceed::Fail,
            _ => OnExceed::Panic,
        };
        let budget = Budget::bytes(bytes).on_exceed(reaction);
        match whose % 8 {
            0 => self.alloc.set_budget(budget),
            1 => self.alloc.set_thread_pool_budget(budget),
            2 => self.alloc.set_thread_frame_budget(budget),
            3 => self.alloc.set_phase_budget("p", budget),
            tag => self.alloc.set_tag_budget(TAGS[usize::from(tag - 4)], budget),
        }
    }

    pub(super) fn look(self, n: u8) {
        match n % 5 {
            0 => drop(self.alloc.stats()),
            1 => drop(self.alloc.snapshot()),
            2 => drop(self.alloc.behavior_report()),
            3 => drop(self.alloc.intent_report()),
            _ => _ = self.alloc.would_fit(TAGS[usize::from(n % 4)], 1000),
        }
    }

    pub(super) fn subscribe(self) {
        keep_for_all(self.world, Plain(self.alloc.subscribe(|_| interrupt(Caller::Listener))));
    }

    pub(super) fn strict(self, level: u8) {
        let level = match level % 3 {
            0 => Strict::Off,
            1 => Strict::Errors,
            _ => Strict::Warnings,
        };
        keep(Plain(self.alloc.diagnostics().strict_guard(level)));
    }

    pub(super) fn check(self) {
        here::when_quiet(self.world, || left::check_sums(self.world, self.place));
    }
}
