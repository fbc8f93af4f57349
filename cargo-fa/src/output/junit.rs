//! JUnit's XML: each finding is a failed test, and a run without any is one that passed.
//!
//! Written by hand, because `quick-junit` counts skipped tests on `<testsuites>`, which the schema does not allow.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{Report, full_text, one_line, xml_text};
use crate::finding::Finding;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let failures = report.findings.len().to_string();
    let tests = report.findings.len().max(1).to_string();
    let counts =
        [("name", "cargo fa"), ("tests", tests.as_str()), ("failures", failures.as_str()), ("errors", "0")];
    let mut writer = Writer::new_with_indent(&mut *out, b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    writer.create_element("testsuites").with_attributes(counts).write_inner_content(|writer| {
        writer.create_element("testsuite").with_attributes(counts).write_inner_content(|writer| {
            if report.findings.is_empty() {
                writer.create_element("testcase").with_attribute(("name", "no findings")).write_empty()?;
            }
            report.findings.iter().try_for_each(|finding| case(report, finding, writer))
        })?;
        Ok(())
    })?;
    writeln!(out)
}

fn case<W: Write>(report: &Report<'_>, finding: &Finding, writer: &mut Writer<W>) -> io::Result<()> {
    let place = report.place(finding.primary.span);
    let name = format!("{} {}:{}:{}", finding.lint.code, place.path, place.start.line, place.start.column);
    let message = xml_text(&one_line(&finding.message));
    let text = xml_text(&full_text(finding));
    let case = writer.create_element("testcase").with_attribute(("name", xml_text(&name).as_str()));
    case.with_attribute(("classname", finding.lint.name)).write_inner_content(|writer| {
        let failure = writer.create_element("failure").with_attribute(("message", message.as_str()));
        failure.with_attribute(("type", finding.lint.code)).write_text_content(BytesText::new(&text))?;
        Ok(())
    })?;
    Ok(())
}
