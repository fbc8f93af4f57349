//! Sizes as the attributes write them: `8MB`.

use crate::error::AllocError;

/// The units, in powers of 1024. `KB` and `KiB` are the same.
const UNITS: [(&str, u32); 7] =
    [("B", 0), ("KB", 10), ("MB", 20), ("GB", 30), ("KiB", 10), ("MiB", 20), ("GiB", 30)];

/// Reads a whole number, with `_` between digits if wanted, and an optional unit; spaces around either are ignored. No
/// unit means bytes.
pub(crate) fn parse_size(text: &str) -> Result<u64, AllocError> {
    let refuse = |why: &str| {
        AllocError::config(
            "size",
            format!("is \"{text}\": {why}; write a whole number and one of B, KB, MB, GB"),
        )
    };
    let trimmed = text.trim();
    let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(trimmed.len());
    let (digits, unit) = (trimmed[..end].replace('_', ""), trimmed[end..].trim_start());
    if digits.is_empty() {
        return Err(refuse("no number"));
    }
    let shift = match unit {
        "" => 0,
        _ => UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(|| refuse("unknown unit"))?.1,
    };
    let number: u64 = digits.parse().map_err(|_| refuse("too large"))?;
    number.checked_mul(1 << shift).ok_or_else(|| refuse("too large"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_powers_of_1024() {
        for (text, bytes) in [
            ("0", 0),
            ("17", 17),
            ("17B", 17),
            ("8KB", 8 << 10),
            ("8KiB", 8 << 10),
            ("8 MB", 8 << 20),
            (" 1_000MiB ", 1000 << 20),
            ("2GB", 2 << 30),
            ("2GiB", 2 << 30),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, why) in [
            ("", "no number"),
            ("MB", "no number"),
            ("-1", "no number"),
            ("8 mb", "unknown unit"),
            ("8TB", "unknown unit"),
            ("1.5MB", "unknown unit"),
            ("99999999999999999999", "too large"),
            ("18446744073709551615KB", "too large"),
        ] {
            let error = parse_size(text).unwrap_err().to_string();
            assert!(error.contains(why) && error.contains("B, KB, MB, GB"), "{text}: {error}");
        }
    }
}
