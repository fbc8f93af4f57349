//! What a user sets.

use core::str::FromStr;

use super::size_text::parse_size;
use crate::error::AllocError;

/// What a budget does when its limit is passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OnExceed {
    /// Serve the allocation, count the overrun and report FA311. Costs nothing until the frame is settled.
    #[default]
    Warn,
    /// Refuse: `try_` methods return [`AllocError::BudgetExceeded`], the others panic with its text. FA312.
    Fail,
    /// Panic, in `try_` methods too; as [`Fail`](Self::Fail) where a panic would abort the process: while the thread unwinds,
    /// and at its exit.
    Panic,
}

/// Where a budget gives its early warning, FA310.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SoftLimit {
    /// At 80 % of the limit.
    #[default]
    Default80,
    /// At this many bytes, from 1 to the limit.
    Bytes(u64),
    /// At this percentage of the limit, from 1 to 100.
    Percent(u8),
}

/// How many bytes something may have.
///
/// ```
/// use framealloc::{Budget, Bytes, OnExceed};
///
/// let physics = Budget::bytes(8.megabytes()).soft_percent(75).on_exceed(OnExceed::Fail);
/// assert_eq!((physics.limit(), physics.soft_bytes()), (8 << 20, 6 << 20));
/// assert_eq!("8MB".parse::<Budget>().unwrap().limit(), 8 << 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    limit: u64,
    soft: SoftLimit,
    on_exceed: OnExceed,
}

impl Budget {
    /// A budget of `limit` bytes that warns at 80 % and when it is exceeded. A limit of 0 allows nothing.
    #[must_use]
    pub const fn bytes(limit: usize) -> Self {
        Self::of(limit as u64)
    }

    pub(crate) const fn of(limit: u64) -> Self {
        Self { limit, soft: SoftLimit::Default80, on_exceed: OnExceed::Warn }
    }

    /// The same with the early warning at `bytes`.
    #[must_use]
    pub const fn soft(mut self, bytes: usize) -> Self {
        self.soft = SoftLimit::Bytes(bytes as u64);
        self
    }

    /// The same with the early warning at `percent` of the limit.
    #[must_use]
    pub const fn soft_percent(mut self, percent: u8) -> Self {
        self.soft = SoftLimit::Percent(percent);
        self
    }

    /// The same with the early warning as `soft` says.
    #[must_use]
    pub const fn soft_limit(mut self, soft: SoftLimit) -> Self {
        self.soft = soft;
        self
    }

    /// The same with another reaction to the limit.
    #[must_use]
    pub const fn on_exceed(mut self, on_exceed: OnExceed) -> Self {
        self.on_exceed = on_exceed;
        self
    }

    /// The hard limit in bytes.
    #[must_use]
    pub const fn limit(&self) -> u64 {
        self.limit
    }

    /// What happens when the limit is passed.
    #[must_use]
    pub const fn reaction(&self) -> OnExceed {
        self.on_exceed
    }

    /// Where the early warning is, in bytes; rounded up.
    #[must_use]
    pub const fn soft_bytes(&self) -> u64 {
        let percent = match self.soft {
            SoftLimit::Bytes(bytes) => return bytes,
            SoftLimit::Percent(percent) => percent,
            SoftLimit::Default80 => 80,
        };
        (self.limit as u128 * percent as u128).div_ceil(100) as u64
    }

    /// Checks the early warning against the limit.
    ///
    /// # Errors
    ///
    /// [`AllocError::InvalidConfig`] for a percentage outside 1..=100 and for a threshold of 0 bytes or above the limit.
    pub fn validate(&self) -> Result<(), AllocError> {
        let refuse = |reason: String| Err(AllocError::config("soft", reason));
        match self.soft {
            SoftLimit::Percent(percent) if !(1..=100).contains(&percent) => {
                refuse(format!("is {percent} %; accepted are 1 to 100"))
            }
            SoftLimit::Bytes(0) => refuse("is 0 bytes; accepted are 1 byte to the limit".into()),
            SoftLimit::Bytes(bytes) if bytes > self.limit => {
                refuse(format!("is {bytes} bytes, above the limit of {} bytes", self.limit))
            }
            _ => Ok(()),
        }
    }
}

/// Warns at 80 % of the limit, and when it is passed. The only conversion from a number, so that a bare literal works.
impl From<usize> for Budget {
    fn from(limit: usize) -> Self {
        Self::bytes(limit)
    }
}

/// Reads `8MB`: a whole number, `_` allowed between digits, and `B`, `KB`, `MB`, `GB`, `KiB`, `MiB` or `GiB` in powers of
/// 1024; no unit means bytes.
impl FromStr for Budget {
    type Err = AllocError;

    fn from_str(text: &str) -> Result<Self, AllocError> {
        parse_size(text).map(Self::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_thresholds_round_up_and_never_overflow() {
        let soft = |budget: Budget| budget.soft_bytes();
        assert_eq!(soft(Budget::bytes(1000)), 800);
        assert_eq!(soft(Budget::bytes(1)), 1);
        assert_eq!(soft(Budget::bytes(0)), 0);
        assert_eq!(soft(Budget::of(u64::MAX).soft_percent(100)), u64::MAX);
        assert_eq!(soft(Budget::bytes(10).soft(3)), 3);
    }

    #[test]
    fn settings_that_cannot_work_are_named() {
        let budget = Budget::bytes(100);
        for (bad, text) in [
            (budget.soft_percent(0), "0 %"),
            (budget.soft_percent(101), "101 %"),
            (budget.soft(0), "0 bytes"),
            (budget.soft(101), "above the limit of 100"),
        ] {
            let error = bad.validate().unwrap_err().to_string();
            assert!(error.contains("`soft`") && error.contains(text), "{error}");
        }
        for good in [budget, budget.soft(1), budget.soft(100), budget.soft_percent(100), Budget::bytes(0)] {
            assert_eq!(good.validate(), Ok(()));
        }
    }
}
