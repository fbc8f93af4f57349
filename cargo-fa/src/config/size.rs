//! Sizes as the attributes write them: `"8MB"`.

/// What a unit is worth. `KB` and `KiB` are the same: engines do not count in powers of 1000.
const UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("KB", 1 << 10),
    ("MB", 1 << 20),
    ("GB", 1 << 30),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// The bytes that `"8MB"`, `"8 MB"` or `"64_000 B"` names, or what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (number, unit) = (text[..digits].replace('_', ""), text[digits..].trim());
    if number.is_empty() {
        return Err(format!("`{text}` is not a size; write one such as \"8MB\""));
    }
    if unit.is_empty() {
        return Err(format!(
            "`{text}` has no unit; write {number} without quotes for bytes, or a unit, as in \"{number}KB\""
        ));
    }
    if unit.starts_with(['.', ',']) {
        return Err(format!("`{text}` is not a whole number; use the next smaller unit, as in \"1536KB\""));
    }
    let Some((_, worth)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let near = meant(unit).map_or_else(String::new, |near| format!("; did you mean \"{number}{near}\"?"));
        return Err(format!("unknown unit `{unit}`{near} (units are B, KB, MB, GB; 1KB is 1024 bytes)"));
    };
    let bytes = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*worth));
    bytes.ok_or_else(|| format!("`{text}` does not fit 64 bits of bytes"))
}

/// The unit that `mb`, `M` or `mi` stands for.
fn meant(unit: &str) -> Option<&'static str> {
    UNITS.iter().map(|(name, _)| *name).find(|name| {
        let letters = name.trim_end_matches('B');
        unit.eq_ignore_ascii_case(name) || (!letters.is_empty() && unit.eq_ignore_ascii_case(letters))
    })
}

/// Bytes as people write them: `8 MiB`, or all of them where no unit fits.
pub(crate) fn size_text(bytes: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if bytes >= 1 << shift && bytes.is_multiple_of(1 << shift) {
            return format!("{} {unit}", bytes >> shift);
        }
    }
    format!("{bytes} bytes")
}

#[cfg(test)]
mod tests {
    use super::{parse, size_text};

    #[test]
    fn units_are_those_of_the_attributes() {
        assert_eq!(parse("8MB"), Ok(8 << 20));
        assert_eq!(parse("8 MiB"), Ok(8 << 20));
        assert_eq!(parse("64_000 B"), Ok(64_000));
    }

    #[test]
    fn sizes_are_written_in_the_largest_unit_that_fits() {
        let texts = [1 << 30, 12 << 20, 1536 << 10, 1000, 0].map(size_text);
        assert_eq!(texts, ["1 GiB", "12 MiB", "1536 KiB", "1000 bytes", "0 bytes"]);
    }

    #[test]
    fn mistakes_say_what_to_write() {
        for (text, part) in [
            ("8mb", "did you mean \"8MB\"?"),
            ("64K", "did you mean \"64KB\"?"),
            ("1g", "did you mean \"1GB\"?"),
            ("8XB", "unknown unit `XB` (units"),
            ("8", "write 8 without quotes for bytes, or a unit, as in \"8KB\""),
            ("1.5MB", "use the next smaller unit"),
            ("MB", "is not a size"),
            ("99999999999GB", "does not fit 64 bits"),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
    }
}
