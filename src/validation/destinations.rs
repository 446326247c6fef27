//! Destinations of routes: a host of the registry, perhaps a subset, perhaps a port.

use super::report::{Fault, Report};
use super::{hosts, ports};
use crate::api::view::View;

pub fn check<'d>(report: &mut Report<'d>, destination: View<'d>) {
    let host = destination.text("host");
    let verdict = if host == "*" {
        Err(Fault::new("destination-host-star", "a destination must be one host, not `*`"))
    } else {
        hosts::wildcard_domain(host)
    };
    report.check(destination.at("host"), verdict);
    let subset = destination.text("subset");
    if !subset.is_empty() {
        report.check(destination.at("subset"), subset_name(subset));
    }
    if let Some(port) = destination.message("port") {
        report.check(port.at("number"), ports::port(port.number("number")));
    }
}

/// The name of a subset is a DNS label.
pub fn subset_name(name: &str) -> Result<(), Fault> {
    if hosts::is_label(name) {
        Ok(())
    } else {
        Err(Fault::new("subset-name", format!("subset name {name:?} is not a DNS label")))
    }
}
