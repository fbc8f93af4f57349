//! The behaviour filter.

#![forbid(unsafe_code)]

use super::smart_alloc::SmartAlloc;
use crate::behavior::{BehaviorReport, BehaviorThresholds};
use crate::error::AllocError;

impl SmartAlloc {
    /// Switches the behaviour filter on, with the default [`BehaviorThresholds`]: from now on every frame is looked at for
    /// memory that is used against what it is for (BF001 to BF004). Starts afresh when it is on already.
    ///
    /// Pool objects are counted one by one while it is on, and frames take a slower path: it is for development. Other
    /// threads notice at their next slow path or switch of tag, phase or system. In builds with the feature `minimal` this
    /// does nothing.
    ///
    /// ```
    /// use framealloc::SmartAlloc;
    ///
    /// let alloc = SmartAlloc::with_defaults();
    /// alloc.enable_behavior_filter();
    /// for _ in 0..20 {
    ///     alloc.begin_frame();
    ///     drop(alloc.pool_box([0_u8; 64])); // does not outlive the frame
    ///     alloc.end_frame();
    /// }
    /// let report = alloc.behavior_report();
    /// println!("{report}"); // BF002
    /// assert_eq!(report.issues.len(), usize::from(report.enabled));
    /// ```
    pub fn enable_behavior_filter(&self) {
        let possible = self.enable_behavior_filter_with(BehaviorThresholds::default());
        debug_assert!(possible.is_ok() || cfg!(feature = "minimal"), "the defaults are valid");
    }

    /// [`SmartAlloc::enable_behavior_filter`] with other thresholds.
    ///
    /// # Errors
    ///
    /// [`AllocError::InvalidConfig`] names a threshold that cannot work; [`AllocError::Unsupported`] in builds with the
    /// feature `minimal`.
    pub fn enable_behavior_filter_with(&self, thresholds: BehaviorThresholds) -> Result<(), AllocError> {
        if !self.shared.behavior.enable(thresholds)? {
            self.shared.events.watch();
        }
        self.shared.budgets.renew();
        self.heap().settle_now();
        Ok(())
    }

    /// Switches the behaviour filter off. What it found stays in the report.
    pub fn disable_behavior_filter(&self) {
        if self.shared.behavior.disable() {
            self.shared.events.unwatch();
            self.shared.budgets.renew();
            self.heap().settle_now();
        }
    }

    /// What the behaviour filter has found since it was switched on, as of the driver's last `end_frame`.
    pub fn behavior_report(&self) -> BehaviorReport {
        crate::tracking::exempt(|| self.shared.behavior.report())
    }
}
