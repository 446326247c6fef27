//! WasmPlugin, and the settings of a WebAssembly module that TrafficExtension shares with it.

use super::report::Report;
use super::targets::{self, Targeting};
use super::{ports, url};
use crate::api::view::View;

pub fn plugin<'d>(report: &mut Report<'d>, spec: View<'d>) {
    targets::check(report, spec, Targeting::All);
    module(report, spec);
    match_ports(report, spec);
}

/// Where a module comes from and what it is given.
pub fn module<'d>(report: &mut Report<'d>, module: View<'d>) {
    let location = module.text("url");
    let place = module.at("url");
    if location.is_empty() {
        report.error("wasm-url-missing", place, "the module has no url");
    } else {
        let absolute = url::request_scheme(location);
        match absolute.or_else(|_| url::request_scheme(&format!("http://{location}"))) {
            Err(why) => report.error("wasm-url-parse", place, format!("{location:?} is not a URL: {why}")),
            Ok(scheme) if !matches!(scheme.as_str(), "" | "file" | "http" | "https" | "oci") => {
                let message = format!("the scheme {scheme:?} must be oci, http, https or file");
                report.error("wasm-url-scheme", place, message);
            }
            Ok(_) => {}
        }
    }
    let checksum = module.text("sha256");
    if !checksum.is_empty() && checksum.len() != 64 {
        report.error(
            "wasm-sha-length",
            module.at("sha256"),
            format!("a SHA-256 checksum has 64 digits, this one {}", checksum.len()),
        );
    } else if !checksum.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        report.error("wasm-sha-chars", module.at("sha256"), "a SHA-256 checksum has only the digits 0-9 and a-f");
    }
    for (field, code, longest) in
        [("imagePullSecret", "wasm-pull-secret", 253), ("pluginName", "wasm-plugin-name", 256)]
    {
        let length = module.text(field).len();
        if length > longest {
            report.error(
                code,
                module.at(field),
                format!("{field} has {length} characters, at most {longest} are allowed"),
            );
        }
    }
    environment(report, module.message_or_empty("vmConfig"));
}

/// The first thing wrong with the environment of the module.
fn environment<'d>(report: &mut Report<'d>, machine: View<'d>) {
    let mut seen = std::collections::HashSet::new();
    for variable in machine.list("env") {
        let name = variable.text("name");
        if name.is_empty() {
            report.error("wasm-env-name-empty", variable.at("name"), "the variable has no name");
        } else if name.len() > 256 {
            report.error(
                "wasm-env-name-length",
                variable.at("name"),
                "the variable's name has more than 256 characters",
            );
        } else if !seen.insert(name) {
            report.error("wasm-env-duplicate", variable.at("name"), format!("the variable {name} is given twice"));
        } else if !variable.text("value").is_empty() && variable.choice("valueFrom") != "INLINE" {
            let message = format!("the value of {name} has no effect unless valueFrom is INLINE");
            report.error("wasm-env-value", variable.at("value"), message);
        } else {
            continue;
        }
        return;
    }
}

/// The first port out of range among those a filter applies to.
pub fn match_ports<'d>(report: &mut Report<'d>, spec: View<'d>) {
    let ports = spec.list("match").flat_map(|matched| matched.list("ports"));
    for port in ports {
        if !report.check(port.at("number"), ports::port(port.number("number"))) {
            return;
        }
    }
}
