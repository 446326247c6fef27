//! VirtualServices that hand requests on to others.
//!
//! # BOW0018 DelegateNotFound
//! ## What it does
//! Checks that the VirtualService a route delegates to exists.
//! ## Why is this bad?
//! The route is dropped, and its requests get 404.
//! ## Example
//! ```yaml
//! http:
//! - match: [{uri: {prefix: /cart}}]
//!   delegate: {name: cart, namespace: shop}
//! ```
//! without a VirtualService `cart` in namespace `shop`.
//! ## Use instead
//! The name and namespace of a VirtualService without `hosts`.

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::BOW0018;
use crate::analysis::kind::Kind;

pub static RULE: Rule = Rule {
    name: "bowline.Delegates",
    description: "VirtualServices delegate to VirtualServices that exist",
    inputs: &[Kind::VirtualService],
    more: &[],
    codes: &[&BOW0018],
    check,
    set: Set::Ours,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for service in snapshot.all(Kind::VirtualService) {
        for route in service.spec().get("http").items() {
            let delegate = route.get("delegate");
            let name = delegate.get("name");
            if name.str().is_empty() {
                continue;
            }
            let namespace =
                delegate.get("namespace").text().filter(|namespace| !namespace.is_empty()).unwrap_or(service.namespace);
            if snapshot.find(Kind::VirtualService, namespace, name.str()).is_some() {
                continue;
            }
            // The object itself is evidence for its own namespace only if there is another one.
            let others =
                snapshot.all(Kind::VirtualService).any(|other| other.namespace == namespace && other.id != service.id);
            if others || snapshot.settings.complete || snapshot.settings.listed.contains(&Kind::VirtualService) {
                check.report(&BOW0018, &service, name, params! { delegate: format!("{namespace}/{}", name.str()) });
            } else {
                check.unverified(
                    "delegates",
                    format!("no other VirtualService of namespace {namespace} in the input"),
                    name.str(),
                    &service,
                );
            }
        }
    }
}
