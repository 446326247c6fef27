//! WorkloadGroup: a template, labels, a health probe.

use super::report::Report;
use super::{amounts, headers, labels, ports};
use crate::api::view::View;

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>) {
    if !spec.has("template") {
        report.error("wg-template", spec.at("template"), "the WorkloadGroup has no template");
        return;
    }
    let metadata = spec.message_or_empty("metadata");
    let mut faults = Vec::new();
    for (key, value) in metadata.entries("labels") {
        faults.extend(
            [labels::key(key.text()), labels::value(value.as_str().unwrap_or_default())]
                .into_iter()
                .filter_map(Result::err),
        );
    }
    if !faults.is_empty() {
        let all: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
        report.error("labels", metadata.at("labels"), all.join("; "));
        return;
    }
    if let Some(probe) = spec.message("probe") {
        check_probe(report, probe);
    }
}

fn check_probe<'d>(report: &mut Report<'d>, probe: View<'d>) {
    for field in ["periodSeconds", "initialDelaySeconds", "timeoutSeconds", "successThreshold", "failureThreshold"] {
        amounts::count_field(report, probe, field);
    }
    if let Some(http) = probe.message("httpGet") {
        report.check(http.at("port"), ports::port(http.number("port")));
        let scheme = http.text("scheme");
        if !matches!(scheme, "" | "HTTP" | "HTTPS") {
            report.error("probe-scheme", http.at("scheme"), format!("the scheme {scheme:?} must be HTTP or HTTPS"));
        }
        for header in http.list("httpHeaders") {
            report.check(header.at("name"), headers::probe_name(header.text("name")));
        }
    } else if let Some(tcp) = probe.message("tcpSocket") {
        report.check(tcp.at("port"), ports::port(tcp.number("port")));
    } else if let Some(exec) = probe.message("exec") {
        if exec.is_empty("command") {
            report.error("probe-exec-command", exec.at("command"), "the probe has no command");
        }
    } else {
        report.error("probe-method", probe.here(), "the probe needs one of httpGet, tcpSocket and exec");
    }
}
