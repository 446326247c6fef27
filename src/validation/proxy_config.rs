//! ProxyConfig, the kind.

use super::labels;
use super::report::Report;
use crate::api::view::View;

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>) {
    labels::selector(report, spec.message("selector"));
    let threads = spec.number("concurrency");
    if threads < 0 {
        report.error(
            "concurrency-negative",
            spec.at("concurrency"),
            format!("concurrency is {threads} and must not be negative"),
        );
    }
}
