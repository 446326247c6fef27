//! References to gateways by `namespace/name`.

use super::hosts;
use super::report::Report;
use crate::api::view::View;

/// Checks a list of gateway names. A name without a namespace ends the check of the whole list, as in the reference; we go on.
pub fn check<'d>(report: &mut Report<'d>, view: View<'d>) {
    for (name, node) in view.texts("gateways") {
        let Some((namespace, short)) = name.split_once('/') else {
            if let Some((short, rest)) = name.split_once('.') {
                let namespace = rest.split('.').next().unwrap_or_default();
                report.warning(
                    "gwref-legacy",
                    node,
                    format!("{name:?} is the old form of a gateway's name; write {namespace}/{short}"),
                );
            }
            report.check(node, hosts::fqdn(name));
            if report.compat() {
                return;
            }
            continue;
        };
        if namespace.is_empty() || short.is_empty() {
            report.error("gwref-part-empty", node, format!("both sides of the slash in {name:?} must be given"));
        }
        if !hosts::is_label(namespace) {
            report.error("gwref-namespace", node, format!("{namespace:?} in {name:?} is not a namespace"));
        }
        if !hosts::is_label(short) {
            report.error("gwref-name", node, format!("{short:?} in {name:?} is not the name of a gateway"));
        }
    }
}
