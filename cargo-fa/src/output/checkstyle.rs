//! Checkstyle's XML, one `<file>` for each file with findings.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, Event};

use super::{Report, full_text, one_line, severity, xml_text};
use crate::finding::Finding;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut files: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings {
        files.entry(report.place(finding.primary.span).path).or_default().push(finding);
    }
    let mut writer = Writer::new_with_indent(&mut *out, b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = writer.create_element("checkstyle").with_attribute(("version", "4.3"));
    if files.is_empty() {
        root.write_empty()?;
    } else {
        root.write_inner_content(|writer| {
            for (path, findings) in &files {
                let file = writer.create_element("file").with_attribute(("name", xml_text(path).as_str()));
                file.write_inner_content(|writer| {
                    findings.iter().try_for_each(|finding| error(report, finding, writer))
                })?;
            }
            Ok(())
        })?;
    }
    writeln!(out)
}

fn error<W: Write>(report: &Report<'_>, finding: &Finding, writer: &mut Writer<W>) -> io::Result<()> {
    let place = report.place(finding.primary.span);
    writer
        .create_element("error")
        .with_attribute(("line", place.start.line.to_string().as_str()))
        .with_attribute(("column", place.start.column.to_string().as_str()))
        .with_attribute(("severity", severity(finding.level)))
        .with_attribute(("message", xml_text(&one_line(&full_text(finding))).as_str()))
        .with_attribute(("source", format!("cargo-fa.{}.{}", finding.lint.code, finding.lint.name).as_str()))
        .write_empty()?;
    Ok(())
}
