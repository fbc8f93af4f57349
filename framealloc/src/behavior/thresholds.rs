//! From when on something is an issue.

use crate::error::AllocError;

/// From when on the behaviour filter calls something an issue.
///
/// | setting | default |
/// |---|---|
/// | [`with_long_lived_frames`](Self::with_long_lived_frames) (BF001) | more than 10 frames |
/// | [`with_same_frame_objects`](Self::with_same_frame_objects) (BF002) | 10 objects of a tag, and half of those it made |
/// | [`with_promotion_percent`](Self::with_promotion_percent) (BF003) | more than 5 % of a frame's allocations |
/// | [`with_least_promotions`](Self::with_least_promotions) (BF003) | 4 promotions in the frame |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BehaviorThresholds {
    pub(super) long_lived_frames: u64,
    pub(super) same_frame_objects: u64,
    pub(super) promotion_percent: u8,
    pub(super) least_promotions: u64,
}

impl Default for BehaviorThresholds {
    fn default() -> Self {
        Self { long_lived_frames: 10, same_frame_objects: 10, promotion_percent: 5, least_promotions: 4 }
    }
}

impl BehaviorThresholds {
    /// BF001: frame data may live on, or be retained again, for this many frames.
    #[must_use]
    pub fn with_long_lived_frames(mut self, frames: u64) -> Self {
        self.long_lived_frames = frames;
        self
    }

    /// BF002: this many pool objects of a tag, if they are half of those it made or more, may not be freed in the frame
    /// that made them.
    #[must_use]
    pub fn with_same_frame_objects(mut self, objects: u64) -> Self {
        self.same_frame_objects = objects;
        self
    }

    /// BF003: this share of a frame's allocations may be promoted.
    #[must_use]
    pub fn with_promotion_percent(mut self, percent: u8) -> Self {
        self.promotion_percent = percent;
        self
    }

    /// BF003: fewer promotions than this in a frame are never an issue.
    #[must_use]
    pub fn with_least_promotions(mut self, promotions: u64) -> Self {
        self.least_promotions = promotions;
        self
    }

    pub(super) fn validate(&self) -> Result<(), AllocError> {
        if self.promotion_percent >= 100 {
            let reason = format!("is {}; no frame promotes more than 99 %", self.promotion_percent);
            return Err(AllocError::config("promotion_percent", reason));
        }
        for (field, value) in [
            ("long_lived_frames", self.long_lived_frames),
            ("same_frame_objects", self.same_frame_objects),
            ("least_promotions", self.least_promotions),
        ] {
            if value == 0 {
                return Err(AllocError::config(field, "is 0; every program would have issues"));
            }
        }
        Ok(())
    }
}
