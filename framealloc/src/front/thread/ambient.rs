//! Ambient frames: `begin_frame`, `end_frame`, and the segments of checkpoints.
//!
//! ```text
//!   ambient ─► segment (checkpoint 2) ─► segment (checkpoint 1) ─► ambient frame ─► (vacant)
//!                      below                     below                   below
//! ```
//!
//! There is one way to retire a core, whoever asks: it is closed, gives up its own count, and is freed when its count is
//! zero.

#![expect(unsafe_code, reason = "walks the stack of ambient cores")]

use core::panic::Location;
use core::ptr::{self, NonNull};

use super::news::NOTICED;
use super::{DRIVES, SHARES, ThreadHeap};
use crate::diagnostics::{self, Diagnostic};
use crate::error::AllocError;
use crate::front::promotion::splice_retained;
use crate::raw::core::{Core, Kind};
use crate::raw::tls;
use crate::sys::caught::Caught;
use crate::threads::Moment;
use crate::tracking;

/// Names a segment: its core and the serial of this use of it (F8).
#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentKey {
    pub(crate) core: NonNull<Core>,
    pub(crate) serial: u64,
}

impl ThreadHeap {
    #[inline(always)]
    pub(super) fn top(&self) -> &Core {
        // SAFETY: F3: the top of the stack is open, or the vacant core.
        unsafe { self.ambient.get().as_ref() }
    }

    #[inline(always)]
    fn set_top(&self, core: NonNull<Core>) {
        self.ambient.set(core);
        tls::update(self.shared.id, core);
    }

    /// Takes the ambient core off the stack, whose bottom it is: segments are above it. The caller found this heap by the
    /// thread-local pair, and nothing foreign has run since.
    #[inline(always)]
    fn vacate(&self) {
        let vacant = NonNull::from(&self.vacant);
        self.ambient.set(vacant);
        tls::replace(vacant);
    }

    pub(crate) fn has_ambient(&self) -> bool {
        self.top().kind.get() != Kind::Vacant
    }

    /// Whether this thread drives the frame number and is in one frame.
    pub(crate) fn drives_outermost_frame(&self) -> bool {
        self.drives() && self.begun.get() & !NOTICED == 1
    }

    /// Whether deferred work is due at `moment` of a frame.
    #[inline(always)]
    pub(crate) fn is_due(&self, moment: Moment) -> bool {
        !self.attention.is_idle() && self.attention.due() == moment as u32
    }

    /// The core that ambient allocations use, opened on demand. `location` is where FA001 points if no frame is active.
    pub(crate) fn ambient_core(
        &self,
        location: &'static Location<'static>,
    ) -> Result<NonNull<Core>, AllocError> {
        self.end_stale_ambient();
        self.tend_shares(self.frame_number());
        if self.has_ambient() {
            return Ok(self.ambient.get());
        }
        self.open_ambient()?;
        let outside = !self.shared.clock.is_active() || self.shared.clock.is_driver();
        if self.begun.get() == 0 && outside {
            self.report_lazily(|| {
                Diagnostic::new(&diagnostics::FA001, "an ambient allocation outside of a frame")
                    .with_location(location)
                    .with_suggestion("call `begin_frame` first, or allocate in a scoped `frame()`")
            });
            if !self.has_ambient() {
                // A sink ended the frame (F7).
                self.open_ambient()?;
            }
        }
        Ok(self.ambient.get())
    }

    /// Ends an ambient frame that was opened in a frame that is over by now: on demand, or by a thread that does not drive
    /// the frame number and may never end what it began. Such a thread goes on in a fresh one.
    pub(crate) fn end_stale_ambient(&self) {
        let may_stay = self.begun.get() != 0 && self.drives();
        if !may_stay && self.has_ambient() && self.top().frame_number.get() != self.frame_number() {
            self.retire_ambient();
        }
    }

    fn open_ambient(&self) -> Result<(), AllocError> {
        let core = self.open(Kind::Ambient, &self.ambient_sizing)?;
        // A sink or the backend may have opened one meanwhile (F7): an ambient frame has the vacant core below it.
        if self.has_ambient() {
            self.retire_ambient_quietly();
        }
        self.push_core(core);
        Ok(())
    }

    fn push_core(&self, core: NonNull<Core>) {
        // SAFETY: F1: the core was just opened.
        let this = unsafe { core.as_ref() };
        this.below.set(self.ambient.get().as_ptr());
        this.frame_number.set(self.frame_number());
        self.set_top(core);
    }

    /// Takes the top core off the stack.
    fn pop_core(&self) -> NonNull<Core> {
        let core = self.ambient.get();
        // SAFETY: F3: the top core is open, and what is below it is open or vacant.
        let below = NonNull::new(unsafe { core.as_ref() }.below.get().cast_mut());
        self.set_top(below.unwrap_or(NonNull::from(&self.vacant)));
        core
    }

    /// Begins a frame on the driving thread, if nothing is to be settled, opened or told; otherwise does nothing.
    #[inline(always)]
    pub(crate) fn begin_quickly(&self) -> bool {
        let quick = self.begun.get() == 0
            && self.role.get() == DRIVES
            && self.unsealed.get().is_null()
            && tracking::thread_activity() == self.quick_mark.get()
            && self.attention.is_idle()
            && self.ambient.get() == NonNull::from(&self.vacant);
        let warm = NonNull::new(self.ambient_sizing.warm.get().cast_mut());
        match warm {
            Some(core) if quick => {
                self.begun.set(1);
                self.shared.clock.advance();
                // SAFETY: F1: warm cores are live.
                self.open_warm(unsafe { core.as_ref() }, &self.ambient_sizing);
                // SAFETY: F1: as above.
                unsafe { core.as_ref() }.frame_number.set(self.frame_number());
                self.ambient.set(core);
                tls::replace(core);
                true
            }
            _ => false,
        }
    }

    /// Ends a frame of the driving thread that handed nothing out; otherwise does nothing.
    #[inline(always)]
    pub(crate) fn end_quickly(&self) -> bool {
        let core = self.top();
        let quick = core.allocs.get() == 0
            && core.refs.get() == 1
            && core.linked.get()
            && core.kind.get() == Kind::Ambient
            && core.committed.get().is_null()
            && self.begun.get() == 1
            && self.role.get() == DRIVES
            && self.attention.is_idle();
        if !quick {
            return false;
        }
        self.unlink(core);
        self.make_warm(core, &self.ambient_sizing);
        self.vacate();
        self.begun.set(0);
        self.shared.clock.stop();
        self.count_frame();
        // SAFETY: F5: the frame's keep; the thread or a guard keeps the heap that the caller found.
        unsafe { self.unkeep() };
        true
    }

    /// Begins a frame on this thread.
    #[inline(never)]
    pub(crate) fn begin(&self, location: &'static Location<'static>) -> Result<(), AllocError> {
        self.before_switch();
        self.deliver_events();
        let advances = self.begun.get() == 0 && self.drives();
        self.tend_shares(self.frame_number() + u64::from(advances));
        if self.begun.get() != 0 {
            return self.begin_again(location);
        }
        // What may fail or panic comes first: a frame that did not begin does not count.
        if self.has_ambient() {
            self.retire_ambient();
            if self.begun.get() != 0 {
                // A destructor or a sink began one (F7): this one is inside it.
                return self.begin_again(location);
            }
        }
        self.open_ambient()?;
        if self.begun.get() != 0 {
            // The backend did.
            return self.begin_again(location);
        }
        if self.drives() {
            self.shared.clock.advance();
        } else {
            // A thread past its exit would never pass the role on.
            if !self.exited.get() && self.shared.clock.begin() {
                self.role.set(self.role.get() | DRIVES);
            }
        }
        self.top().frame_number.set(self.frame_number());
        self.begun.set(1);
        self.begun_in.set(self.frame_number());
        self.notice_beginning();
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn begin_again(&self, location: &'static Location<'static>) -> Result<(), AllocError> {
        if !self.drives() && self.begun_in.get() != self.frame_number() {
            // A worker that never ended its frame; the driver's frame it belonged to is over.
            let alive = self.retire_ambient_quietly();
            self.notice_end(self.begun.replace(0), alive);
            self.tell(alive, None);
            self.begin(location)?;
            self.report_lazily(|| {
                Diagnostic::new(
                    &diagnostics::FA002,
                    "`begin_frame` on a thread whose last frame was never ended",
                )
                .with_location(location)
                .with_suggestion("call `end_frame` before the next `begin_frame`")
            });
            return Ok(());
        }
        self.begun.set(self.begun.get() + 1);
        self.report_lazily(|| {
            Diagnostic::new(&diagnostics::FA003, "`begin_frame` inside a frame of this thread")
                .with_location(location)
                .with_suggestion(
                    "call it once a frame; for memory that goes earlier use `frame()` or a checkpoint",
                )
        });
        Ok(())
    }

    /// Ends the frame of this thread.
    #[inline(never)]
    pub(crate) fn end(&self, location: &'static Location<'static>) {
        let core = self.top();
        let plain = self.begun.get() == 1
            && core.kind.get() == Kind::Ambient
            && core.refs.get() == 1
            && core.committed.get().is_null()
            && core.retained.get().is_null()
            && self.role.get() & SHARES == 0;
        if !plain {
            self.end_slow(location);
            return self.tend_shares(self.frame_number());
        }
        self.vacate();
        self.detach_if_unused(core);
        // SAFETY: F2: the frame's own count is the only one, and it is given up here.
        unsafe { self.recycle(core) };
        self.keeps.set(self.keeps.get() - 1);
        self.end_begun();
        self.deliver_events();
    }

    /// The outermost frame of this thread is over. Returns what `begun` was.
    #[inline(always)]
    fn end_begun(&self) -> u64 {
        let begun = self.begun.replace(0);
        if self.drives() {
            self.shared.clock.stop();
        }
        self.count_frame();
        begun
    }

    #[cold]
    #[inline(never)]
    fn end_slow(&self, location: &'static Location<'static>) {
        self.before_switch();
        // The frame ends although a report panics.
        let mut panic = Caught::default();
        panic.catch(|| self.deliver_events());
        match self.begun.get() & !NOTICED {
            0 => {
                let message = "`end_frame` without a `begin_frame` on this thread, or a second one";
                let report = || {
                    Diagnostic::new(&diagnostics::FA002, message)
                        .with_location(location)
                        .with_suggestion("call `end_frame` once for each `begin_frame`, on the same thread")
                };
                panic.catch(|| self.report_lazily(report));
                if self.has_ambient() {
                    panic.catch(|| self.retire_ambient());
                }
            }
            1 => {
                let alive = self.retire_ambient_quietly();
                let begun = self.end_begun();
                self.notice_end(begun, alive);
                panic.catch(|| self.tell(alive, Some(location)));
                panic.catch(|| self.judge_frame());
            }
            _ => self.begun.set(self.begun.get() - 1),
        }
        panic.resume();
    }

    /// Retires the whole stack of ambient cores.
    pub(super) fn retire_ambient(&self) {
        let alive = self.retire_ambient_quietly();
        self.tell(alive, None);
    }

    /// Reports handles that are alive and goes on with the panic of a retained value's destructor or of a report, now that
    /// the frame is gone and everything is told.
    fn tell(&self, alive: u64, location: Option<&'static Location<'static>>) {
        let mut panic = self.take_panic();
        panic.catch(|| self.deliver_events());
        panic.catch(|| self.report_alive(alive, location));
        panic.resume();
    }

    /// Retires the whole stack of ambient cores and returns how many handles are alive in them. Does not panic: the caller
    /// tells the events.
    pub(super) fn retire_ambient_quietly(&self) -> u64 {
        let mut alive = 0;
        while self.has_ambient() {
            alive += self.retire(self.pop_core(), false);
        }
        alive
    }

    pub(super) fn report_alive(&self, alive: u64, location: Option<&'static Location<'static>>) {
        if alive == 0 {
            return;
        }
        self.report_lazily(|| {
            let (handles, they) =
                if alive == 1 { ("handle is", "it drops") } else { ("handles are", "they drop") };
            let message =
                format!("{alive} {handles} alive at the end of the frame; its memory is kept until {they}");
            let diagnostic = Diagnostic::new(&diagnostics::FA601, message).with_suggestion(
                "drop them before `end_frame`, or retain the values that should live longer",
            );
            match location {
                Some(location) => diagnostic.with_location(location),
                None => diagnostic,
            }
        });
    }

    /// Opens a segment on top of the ambient frame.
    pub(crate) fn checkpoint(&self, location: &'static Location<'static>) -> Result<SegmentKey, AllocError> {
        self.ambient_core(location)?;
        let core = self.open(Kind::Segment, &self.segment_sizing)?;
        self.push_core(core);
        // SAFETY: F1: the core was just opened.
        Ok(SegmentKey { core, serial: unsafe { core.as_ref() }.serial.get() })
    }

    /// Whether `key` names a segment of the current stack.
    fn is_open(&self, key: SegmentKey) -> bool {
        let mut core: *const Core = self.ambient.get().as_ptr();
        // SAFETY: F3: cores of the stack are open or vacant; the vacant one has nothing below.
        while let Some(this) = unsafe { core.as_ref() } {
            if ptr::eq(core, key.core.as_ptr()) {
                return this.serial.get() == key.serial && this.kind.get() == Kind::Segment;
            }
            core = this.below.get();
        }
        false
    }

    /// Gives back what was allocated since `key`: the segments above it and its own, which starts afresh.
    ///
    /// # Errors
    ///
    /// [`AllocError::StaleCheckpoint`] when the checkpoint is gone. [`AllocError::HandlesAlive`] when handles keep some
    /// of the segments: those stay until the handles drop, the others are given back.
    pub(crate) fn roll_back(&self, key: SegmentKey) -> Result<(), AllocError> {
        let top = self.top();
        let plain = self.ambient.get() == key.core
            && top.serial.get() == key.serial
            && top.kind.get() == Kind::Segment
            && top.refs.get() == 1
            && top.committed.get().is_null()
            && top.retained.get().is_null();
        if plain {
            self.pop_core();
            // SAFETY: F2: the segment's own count is the only one, and it is given up here.
            unsafe { self.recycle(top) };
            self.keeps.set(self.keeps.get() - 1);
            self.deliver_events();
            return Ok(());
        }
        if !self.is_open(key) {
            return Err(AllocError::StaleCheckpoint);
        }
        self.before_switch();
        let mut alive = 0;
        // Destructors of retained values run here and may end the frame (F7).
        while self.is_open(key) {
            alive += self.retire(self.pop_core(), true);
        }
        self.tell(0, None);
        if alive > 0 {
            Err(AllocError::HandlesAlive { operation: "rollback_to", handles: alive })
        } else {
            Ok(())
        }
    }

    /// Makes what was allocated since `key` part of the enclosing frame.
    ///
    /// # Errors
    ///
    /// [`AllocError::StaleCheckpoint`] when the checkpoint is gone.
    pub(crate) fn commit(&self, key: SegmentKey) -> Result<(), AllocError> {
        if !self.is_open(key) {
            return Err(AllocError::StaleCheckpoint);
        }
        self.before_switch();
        while self.is_open(key) {
            self.keep_committed(self.pop_core());
        }
        self.deliver_events();
        Ok(())
    }

    /// Hands a segment that was taken off the stack to the core below it, with the segments committed to it.
    fn keep_committed(&self, core: NonNull<Core>) {
        // SAFETY: F2: the segment's own count keeps it.
        let this = unsafe { core.as_ref() };
        if !self.has_ambient() {
            // The backend ended the frame while this segment was opened (F7).
            self.retire(core, true);
            return;
        }
        if this.refs.get() == 1 && this.committed.get().is_null() && this.retained.get().is_null() {
            self.close_core(core, false);
            return;
        }
        let below = self.top();
        splice_retained(this, below);
        let mut last = this;
        // SAFETY: F2: committed segments have their own count.
        while let Some(next) = unsafe { last.committed.get().as_ref() } {
            last = next;
        }
        last.committed.set(below.committed.get());
        below.committed.set(core.as_ptr());
    }
}
