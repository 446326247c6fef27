//! Documents of Istio's groups that nobody reads, for a slip in their kind or version.

use super::object::Object;
use super::report::Report;
use crate::api::KINDS;
use crate::ui::nearest::nearest;

/// Groups whose other kinds are not ours to know.
const OTHER: &[&str] = &["install.istio.io", "gateway.istio.io", "operator.istio.io", "sailoperator.io"];

pub fn check<'d>(report: &mut Report<'d>, object: &Object<'d>) {
    let place = object.root.get("apiVersion").unwrap_or(object.root);
    let served: Vec<String> = KINDS
        .iter()
        .filter(|kind| kind.name == object.kind)
        .flat_map(|kind| kind.versions.iter().map(move |version| format!("{}/{version}", kind.group)))
        .collect();
    let istio = object.group.ends_with(".istio.io") && !OTHER.contains(&object.group);
    // Other projects have kinds called Gateway or ProxyConfig, too.
    let slip = istio || (object.group.contains("istio") && !served.is_empty());
    if !slip || OTHER.contains(&object.group) {
        return;
    }
    let version = format!("{}/{}", object.group, object.version);
    if served.is_empty() {
        let node = object.root.get("kind").unwrap_or(object.root);
        let message = format!("there is no kind {} in {version}, so the document is not checked", object.kind);
        report.warning("unknown-kind", node, message);
        if let Some(near) = nearest(object.kind, KINDS.iter().map(|kind| kind.name)) {
            report.hint(format!("did you mean {near}?"));
        }
    } else {
        let message = format!("{} is not served at {version}, so the document is not checked", object.kind);
        report.warning("unknown-version", place, message);
        report.hint(format!("it is served at {}", served.join(", ")));
    }
}
