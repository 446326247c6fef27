//! PeerAuthentication.

use super::report::Report;
use super::{labels, ports};
use crate::api::view::View;

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>) {
    let selector = spec.message_or_empty("selector");
    if !spec.is_empty("portLevelMtls") && selector.is_empty("matchLabels") {
        report.error("pa-port-needs-selector", spec.at("portLevelMtls"), "portLevelMtls needs a selector with labels");
    }
    if spec.has("portLevelMtls") && spec.is_empty("portLevelMtls") {
        report.error("pa-port-empty", spec.at("portLevelMtls"), "portLevelMtls is empty");
    }
    for (port, _) in spec.entries("portLevelMtls") {
        report.check(port, ports::port(port.text().trim_matches(' ').parse().unwrap_or(0)));
    }
    labels::selector(report, spec.message("selector"));
}
