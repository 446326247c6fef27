//! Routes of the Gateway API: their parents, their backends, and the permission to use those of other namespaces.
//!
//! # BOW0007 RouteParentNotFound
//! ## What it does
//! Checks that the Gateway, and the listener by `sectionName`, that a route names as its parent exist.
//! ## Why is this bad?
//! The route is attached to nothing and takes no traffic.
//! ## Example
//! ```yaml
//! kind: HTTPRoute
//! spec:
//!   parentRefs: [{name: publik}]
//! ```
//! ## Use instead
//! The Gateway's name, with `namespace` if it is in another one.
//!
//! # BOW0008 RouteBackendNotFound
//! ## What it does
//! Checks that the Services that a route sends to exist, and have the port.
//! ## Why is this bad?
//! Requests get 500.
//! ## Example
//! ```yaml
//!   rules: [{backendRefs: [{name: cart, port: 8080}]}]   # the Service has port 80
//! ```
//! ## Use instead
//! The name and a port of the Service (not of its pods).
//!
//! # BOW0009 ReferenceGrantMissing
//! ## What it does
//! Reports routes that send to a Service of another namespace without a ReferenceGrant there.
//! ## Why is this bad?
//! The reference is refused, and requests get 500.
//! ## Example
//! An HTTPRoute in `edge` with `backendRefs: [{name: cart, namespace: shop, port: 80}]`.
//! ## Use instead
//! ```yaml
//! kind: ReferenceGrant
//! metadata: {name: edge, namespace: shop}
//! spec:
//!   from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: edge}]
//!   to: [{group: "", kind: Service}]
//! ```

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{BOW0007, BOW0008, BOW0009};
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::{Resource, Snapshot};
use crate::analysis::view::View;
use crate::ui::nearest::nearest;

pub static RULE: Rule = Rule {
    name: "bowline.GatewayApiRoutes",
    description: "Routes of the Gateway API have parents and backends that exist and may be used",
    inputs: ROUTES,
    more: &[Kind::KubernetesGateway, Kind::Service, Kind::ReferenceGrant],
    codes: &[&BOW0007, &BOW0008, &BOW0009],
    check,
    set: Set::Ours,
};

const ROUTES: &[Kind] = &[Kind::HttpRoute, Kind::GrpcRoute, Kind::TlsRoute, Kind::TcpRoute];
const GROUP: &str = "gateway.networking.k8s.io";

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for kind in ROUTES {
        for route in snapshot.all(*kind) {
            for parent in route.spec().key("parentRefs").items() {
                judge_parent(check, &route, parent);
            }
            for rule in route.spec().key("rules").items() {
                let mirrors = rule
                    .key("filters")
                    .items()
                    .map(|filter| filter.key("requestMirror").key("backendRef"))
                    .filter(|backend| backend.is_set());
                for backend in rule.key("backendRefs").items().chain(mirrors) {
                    judge_backend(check, &route, backend);
                }
            }
        }
    }
}

fn or<'a>(view: View<'a>, default: &'a str) -> &'a str {
    view.text().unwrap_or(default)
}

fn judge_parent<'a>(check: &mut Check<'_, 'a>, route: &Resource<'a>, parent: View<'a>) {
    let snapshot = check.snapshot;
    if or(parent.key("group"), GROUP) != GROUP || or(parent.key("kind"), "Gateway") != "Gateway" {
        return;
    }
    let (namespace, name) = (or(parent.key("namespace"), route.namespace), parent.key("name"));
    let Some(gateway) = snapshot.find(Kind::KubernetesGateway, namespace, name.str()) else {
        if !check.closed(&[Kind::KubernetesGateway], Some(namespace)) {
            check.unverified(
                "parents of routes",
                format!("no Gateway of namespace {namespace} in the input"),
                name.str(),
                route,
            );
            return;
        }
        let names = snapshot
            .all(Kind::KubernetesGateway)
            .filter(|gateway| gateway.namespace == namespace)
            .map(|gateway| gateway.name);
        let near = nearest(name.str(), names);
        let report = check.report(&BOW0007, route, name, params! { parent: format!("{namespace}/{}", name.str()) });
        if let Some(near) = near {
            report.hint(format!("did you mean {near}?"));
        }
        return;
    };
    let section = parent.key("sectionName");
    let known = gateway.spec().key("listeners").items().any(|listener| listener.key("name").str() == section.str());
    if section.is_set() && !known {
        let listener = format!("{namespace}/{} listener {}", name.str(), section.str());
        check.report(&BOW0007, route, section, params! { parent: listener }).related(
            &gateway,
            gateway.spec().key("listeners"),
            "its listeners",
        );
    }
}

fn judge_backend<'a>(check: &mut Check<'_, 'a>, route: &Resource<'a>, backend: View<'a>) {
    let snapshot = check.snapshot;
    if !or(backend.key("group"), "").is_empty() || or(backend.key("kind"), "Service") != "Service" {
        return;
    }
    let (namespace, name, port) =
        (or(backend.key("namespace"), route.namespace), backend.key("name"), backend.key("port"));
    if namespace != route.namespace && !is_granted(snapshot, route, namespace, name.str()) {
        if check.closed(&[Kind::ReferenceGrant], Some(namespace))
            || snapshot.find(Kind::Service, namespace, name.str()).is_some()
        {
            let params = params! { service: format!("{namespace}/{}", name.str()), namespace: namespace };
            check.report(&BOW0009, route, name, params);
        } else {
            check.unverified(
                "references to other namespaces",
                format!("no ReferenceGrant of namespace {namespace} in the input"),
                name.str(),
                route,
            );
        }
    }
    let Some(service) = snapshot.find(Kind::Service, namespace, name.str()) else {
        if !check.closed(&[Kind::Service], Some(namespace)) {
            check.unverified(
                "backends of routes",
                format!("no Service of namespace {namespace} in the input"),
                name.str(),
                route,
            );
            return;
        }
        let names = snapshot.hosts().services_of(namespace).iter().copied();
        let near = nearest(name.str(), names.take(500));
        let report = check.report(&BOW0008, route, name, params! { backend: format!("{namespace}/{}", name.str()) });
        if let Some(near) = near {
            report.hint(format!("did you mean {near}?"));
        }
        return;
    };
    let known = service.spec().key("ports").items().any(|candidate| candidate.key("port").int() == port.int());
    if port.is_set() && !known {
        let backend = format!("{namespace}/{} port {}", name.str(), port.int().unwrap_or(0));
        check.report(&BOW0008, route, port, params! { backend: backend }).related(
            &service,
            service.spec().key("ports"),
            "its ports",
        );
    }
}

fn is_granted(snapshot: &Snapshot<'_>, route: &Resource<'_>, namespace: &str, service: &str) -> bool {
    snapshot.all(Kind::ReferenceGrant).filter(|grant| grant.namespace == namespace).any(|grant| {
        let from = grant.spec().key("from").items().any(|from| {
            from.key("group").str() == GROUP
                && from.key("kind").str() == route.kind.name()
                && from.key("namespace").str() == route.namespace
        });
        let to = grant.spec().key("to").items().any(|to| {
            to.key("kind").str() == "Service"
                && to.key("group").str().is_empty()
                && to.key("name").text().is_none_or(|name| name == service)
        });
        from && to
    })
}
