//! GitHub's workflow commands: `::warning file=..,line=..::message`.

use std::io::{self, Write};

use super::{Report, full_text, severity};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let place = report.place(finding.primary.span);
        let title = format!("{} {}", finding.lint.code, finding.lint.name);
        writeln!(
            out,
            "::{} file={},line={},endLine={},col={},endColumn={},title={}::{}",
            severity(finding.level),
            property(place.path),
            place.start.line,
            place.end.line,
            place.start.column,
            place.end.column,
            property(&title),
            data(&full_text(finding)),
        )?;
    }
    Ok(())
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
