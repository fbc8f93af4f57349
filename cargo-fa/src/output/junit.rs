//! JUnit's XML: each finding is a failed test, and a run without any is one that passed.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Report, full_text};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut suite = TestSuite::new("cargo fa");
    for finding in report.findings {
        let place = report.place(finding.primary.span);
        let name =
            format!("{} {}:{}:{}", finding.lint.code, place.path, place.start.line, place.start.column);
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status
            .set_message(finding.message.as_str())
            .set_type(finding.lint.code)
            .set_description(full_text(finding));
        let mut case = TestCase::new(name, status);
        case.set_classname(finding.lint.name);
        suite.add_test_case(case);
    }
    if report.findings.is_empty() {
        suite.add_test_case(TestCase::new("no findings", TestCaseStatus::success()));
    }
    let mut document = Document::new("cargo fa");
    document.add_test_suite(suite);
    document.serialize(&mut *out).map_err(io::Error::other)?;
    writeln!(out)
}
