//! JUnit: one test case for each object with findings, which fails for each of them.

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;

use super::Report;
use crate::analysis::codes::Level;

pub(super) fn render(report: &Report<'_, '_>) -> String {
    let mut suites: BTreeMap<String, Vec<TestCase>> = BTreeMap::new();
    for finding in report.findings {
        let origin = report.origin(finding).unwrap_or_else(|| "mesh".into());
        let at = report.location(finding);
        let file = at.as_ref().map_or("cluster", |at| at.file).to_string();
        let sentence = report.full_sentence(finding);
        let mut status = if finding.level == Level::Info {
            TestCaseStatus::success()
        } else {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(sentence.clone()).set_type(format!("{} {}", finding.code.id, finding.code.name));
            status
        };
        let place =
            at.map_or_else(|| origin.clone(), |at| format!("{}:{}:{}", at.file, at.start.line, at.start.column));
        status.set_description(format!("{place}: {sentence}"));
        let mut case = TestCase::new(format!("{} {origin}", finding.code.id), status);
        case.set_classname(file.clone());
        suites.entry(file).or_default().push(case);
    }
    let mut junit = quick_junit::Report::new("bowline analyze");
    for (file, cases) in suites {
        let mut suite = TestSuite::new(file);
        suite.add_test_cases(cases);
        junit.add_test_suite(suite);
    }
    if junit.test_suites.is_empty() {
        let mut suite = TestSuite::new("mesh");
        suite.add_test_case(TestCase::new("no findings", TestCaseStatus::success()));
        junit.add_test_suite(suite);
    }
    junit.to_string().unwrap_or_default()
}
