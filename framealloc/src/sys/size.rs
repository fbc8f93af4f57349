//! Sizes as people write and read them.

use core::fmt;

/// Sizes in powers of 1024, as engines count them.
///
/// ```
/// use framealloc::Bytes;
///
/// assert_eq!(8.megabytes(), 8 * 1024 * 1024);
/// assert_eq!(3.kilobytes(), 3072);
/// ```
///
/// # Panics
///
/// Each method panics when the number is negative or the product does not fit a `usize`.
pub trait Bytes: Copy {
    /// This many KiB, in bytes.
    fn kilobytes(self) -> usize;

    /// This many MiB, in bytes.
    fn megabytes(self) -> usize;

    /// This many GiB, in bytes.
    fn gigabytes(self) -> usize;
}

fn scaled(count: Option<usize>, shift: u32) -> usize {
    count
        .and_then(|count| count.checked_mul(1 << shift))
        .expect("a size is not negative and fits the address space")
}

macro_rules! impl_bytes {
    ($($int:ty),*) => {$(
        impl Bytes for $int {
            fn kilobytes(self) -> usize {
                scaled(usize::try_from(self).ok(), 10)
            }

            fn megabytes(self) -> usize {
                scaled(usize::try_from(self).ok(), 20)
            }

            fn gigabytes(self) -> usize {
                scaled(usize::try_from(self).ok(), 30)
            }
        }
    )*};
}

impl_bytes!(usize, u64, u32, i32);

/// A number of bytes that displays in the largest unit that keeps it above one: `1.50 MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormattedBytes(pub u64);

impl fmt::Display for FormattedBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0;
        let text = match bytes {
            0..1024 => format!("{bytes} B"),
            1024..0x10_0000 => format!("{:.2} KB", bytes as f64 / 1024.0),
            0x10_0000..0x4000_0000 => format!("{:.2} MB", bytes as f64 / 1_048_576.0),
            _ => format!("{:.2} GB", bytes as f64 / 1_073_741_824.0),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_powers_of_1024() {
        assert_eq!(1.gigabytes(), 1024.megabytes());
        assert_eq!(2_u64.megabytes(), 2048.kilobytes());
    }

    #[test]
    fn display_picks_the_unit() {
        let shown = [0, 1023, 1024, 1_572_864].map(|n| FormattedBytes(n).to_string());
        assert_eq!(shown, ["0 B", "1023 B", "1.00 KB", "1.50 MB"]);
        assert_eq!(format!("{:>8}", FormattedBytes(5)), "     5 B");
    }

    #[test]
    #[should_panic(expected = "not negative")]
    fn negative_sizes_panic() {
        (-1).kilobytes();
    }
}
