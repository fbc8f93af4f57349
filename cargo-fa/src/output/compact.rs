//! `path:line:column: level[CODE]: message`.

use std::io::{self, Write};

use super::{Report, one_line, severity};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let place = report.place(finding.primary.span);
        let (level, code) = (severity(finding.level), finding.lint.code);
        let (line, column) = (place.start.line, place.start.column);
        writeln!(out, "{}:{line}:{column}: {level}[{code}]: {}", place.path, one_line(&finding.message))?;
    }
    Ok(())
}
