//! The text of a description: what `-o short` shows.

use serde_json::Value;

use super::destination_rule::{DestinationRule, Settings};
use super::ingress::Ingress;
use super::mutual_tls::MutualTls;
use super::pod::{NotReady, Pod, Suggestion, Warning};
use super::service::{Port, Service, Shape};
use super::virtual_service::{Destination, LeadsTo, Protocol, Route, VirtualService};
use super::{ObjectName, PodDescription, Referred, ServiceDescription};

/// The line between two parts.
const RULE: &str = "--------------------\n";

/// Text of a pod; names in the current namespace stand without it.
pub fn of_pod(described: &PodDescription, current: &str) -> String {
    let mut out = pod(&described.pod, current);
    let Some(selected_by) = &described.selected_by else { return out };
    if selected_by.is_empty() {
        out.push_str("Warning: No Kubernetes Services select this pod (see its labels).\n");
    }
    out.push_str(RULE);
    let services: Vec<String> = described.services.iter().map(|one| service(one, current)).collect();
    out.push_str(&services.join(RULE));
    if let Some(tls) = &described.mutual_tls {
        out.push_str(RULE);
        out.push_str(&mutual_tls(tls));
    }
    out.push_str(&ingress(&described.ingress, current));
    out
}

/// Text of a service.
pub fn of_service(described: &ServiceDescription, current: &str) -> String {
    let name = described.service.name.shown(current);
    if described.pods.is_empty() {
        return format!("Service {name:?} has no pods.\n");
    }
    let mut out = String::new();
    for one in &described.pods {
        let name = one.name.shown(current);
        if !one.runs() {
            out.push_str(&format!("   Pod is not Running ({})\n", one.phase));
        } else if !one.has_proxy {
            out.push_str(&format!("Pod {name}: no container \"istio-proxy\" in pod\n"));
        } else {
            one.not_ready.iter().for_each(|container| out.push_str(&not_ready(&name, container)));
        }
    }
    if !described.pods.iter().any(|pod| pod.is_usable()) {
        let count = described.pods.len();
        let hint = "Use `kube-inject`, or label the namespace with istio-injection=enabled and restart the pods.";
        out.push_str(&format!("Service {name:?} has no Istio pods.  ({count} pods in service).\n{hint}\n"));
    }
    if described.proxy.is_some() {
        out.push_str(&service(&described.service, current));
    }
    out.push_str(&ingress(&described.ingress, current));
    out
}

fn pod(pod: &Pod, current: &str) -> String {
    const RESERVED: &str = "WARNING: User ID (UID) 1337 is reserved for the sidecar proxy.\n";
    let name = pod.name.shown(current);
    let (of_containers, others): (Vec<&Warning>, Vec<&Warning>) =
        pod.warnings.iter().partition(|warning| matches!(warning, Warning::ReservedUser { .. }));
    let mut out = RESERVED.repeat(of_containers.len());
    out.push_str(&format!("Pod: {name}\n   Pod Revision: {}\n", pod.revision));
    let ports: Vec<String> = pod
        .ports
        .iter()
        .map(|port| match port.protocol.as_str() {
            "TCP" => format!("{} ({})", port.port, port.container),
            other => format!("{}/{other} ({})", port.port, port.container),
        })
        .collect();
    if ports.is_empty() {
        out.push_str("   Pod does not expose ports\n");
    } else {
        out.push_str(&format!("   Pod Ports: {}\n", ports.join(", ")));
    }
    if !pod.runs() {
        out.push_str(&format!("   Pod is not Running ({})\n", pod.phase));
    }
    for warning in others {
        out.push_str(&match warning {
            Warning::ReservedUser { .. } => RESERVED.to_owned(),
            Warning::ReservedPodUser => format!("   {RESERVED}"),
            Warning::NotReady(container) => not_ready(&name, container),
            Warning::NotInMesh => format!("WARNING: {name} is not part of mesh; no Istio sidecar\n"),
        });
    }
    for Suggestion::AddLabel { telemetry, one_of } in &pod.suggestions {
        let labels = one_of.join(", ");
        out.push_str(&format!(
            "Suggestion: add required service {telemetry} label for Istio telemetry: one of {labels}.\n"
        ));
    }
    out
}

fn not_ready(pod: &str, NotReady { container, init }: &NotReady) -> String {
    let kind = if *init { "Init Container" } else { "Container" };
    format!("WARNING: Pod {pod} {kind} {container} NOT READY\n")
}

/// A service with the Istio objects that shaped what the proxy knows of it.
fn service(service: &Service, current: &str) -> String {
    let mut out = format!("Service: {}\n", service.name.shown(current));
    for port in &service.ports {
        let name = if port.name.is_empty() { String::new() } else { format!("{} ", port.name) };
        out.push_str(&match (port.target_port, &port.target_port_name) {
            (Some(target), _) => {
                format!("   Port: {name}{}/{} targets pod port {target}\n", port.port, port.protocol)
            }
            (None, missing) => {
                format!("   no container of the pod has a port named {:?}\n", missing.as_deref().unwrap_or_default())
            }
        });
    }
    let several = service.ports.len() > 1;
    for port in &service.ports {
        if let Some(shape) = &port.shape {
            out.push_str(&shape_of(shape, port, several, service, current));
        }
    }
    out
}

fn shape_of(shape: &Shape, port: &Port, several: bool, service: &Service, current: &str) -> String {
    let indent = if several { "   " } else { "" };
    let mut out = if several { format!("{}:\n", port.port) } else { String::new() };
    if let Some(rule) = &shape.destination_rule {
        out.push_str(&match &rule.content {
            Some(content) => destination_rule(&rule.name, content, current, indent),
            None => stale("destination rule", &rule.name),
        });
    }
    if let Some(routing) = &shape.virtual_service {
        out.push_str(&virtual_service(routing, current, indent));
    }
    if !service.rbac_policies.is_empty() {
        let prefix = if several { format!("{} ", port.port) } else { String::new() };
        let keys: Vec<&str> = service.rbac_policies.iter().map(|policy| &*policy.key).collect();
        out.push_str(&format!("{prefix}RBAC policies: {}\n", keys.join(", ")));
    }
    out
}

fn stale(kind: &str, ObjectName { name, namespace }: &ObjectName) -> String {
    format!("WARNING: Proxy is stale; it references to non-existent {kind} {name}.{namespace}\n")
}

fn destination_rule(name: &ObjectName, rule: &DestinationRule, current: &str, indent: &str) -> String {
    let mut out = format!("{indent}DestinationRule: {} for \"{}\"\n", name.shown(current), rule.host);
    let (matching, others) = (rule.subsets_that(true), rule.subsets_that(false).join(","));
    if matching.is_empty() && !others.is_empty() {
        out.push_str(&format!("{indent}   WARNING POD DOES NOT MATCH ANY SUBSETS.  (Non matching subsets {others})\n"));
    } else if !matching.is_empty() {
        out.push_str(&format!("{indent}   Matching subsets: {}\n", matching.join(",")));
        if !others.is_empty() {
            out.push_str(&format!("{indent}      (Non-matching subsets {others})\n"));
        }
    }
    let Some(policy) = &rule.traffic_policy else {
        out.push_str(&format!("{indent}   No Traffic Policy\n"));
        return out;
    };
    out.push_str(&settings(&policy.settings, &format!("{indent}   ")));
    if !policy.port_level_settings.is_empty() {
        out.push_str(&format!("{indent}   Port Level Settings:\n"));
    }
    for port in &policy.port_level_settings {
        out.push_str(&format!("{indent}    {}:\n", port.port));
        out.push_str(&settings(&port.settings, &format!("{indent}      ")));
    }
    out
}

fn settings(settings: &Settings, indent: &str) -> String {
    let mut out = String::new();
    if let Some(mode) = settings.tls_mode() {
        out.push_str(&format!("{indent}Traffic Policy TLS Mode: {mode}\n"));
    }
    let kinds = [
        (&settings.load_balancer, "load balancer"),
        (&settings.connection_pool, "connection pool"),
        (&settings.outlier_detection, "outlier detection"),
    ];
    let set: Vec<&str> = kinds.iter().filter(|(set, _)| set.is_some()).map(|(_, shown)| *shown).collect();
    if !set.is_empty() {
        out.push_str(&format!("{indent}Policies: {}\n", set.join("/")));
    }
    out
}

fn virtual_service(referred: &Referred<VirtualService>, current: &str, indent: &str) -> String {
    let Some(content) = &referred.content else { return stale("virtual service", &referred.name) };
    let mut out = format!("{indent}VirtualService: {}\n", referred.name.shown(current));
    let of = |protocol| content.routes.iter().filter(|route| route.protocol == protocol).count();
    let (http, tcp) = (of(Protocol::Http), of(Protocol::Tcp));
    let reaching: Vec<&Route> = content.routes.iter().filter(|route| route.reaches_pods).collect();
    if reaching.is_empty() {
        let (count, kind) = if http == 0 { (tcp, "TCP") } else { (http, "HTTP") };
        out.push_str(&format!(
            "{indent}   WARNING: No destinations match pod subsets (checked {count} {kind} routes)\n"
        ));
        let rule = content.subsets_of.as_ref().map(|name| name.shown(current)).unwrap_or_default();
        let notes =
            content.routes.iter().flat_map(|route| route.destinations.iter().filter_map(|one| note(one, route, &rule)));
        notes.for_each(|note| out.push_str(&format!("{indent}      {note}\n")));
        return out;
    }
    let mut facts: Vec<String> = reaching.iter().flat_map(|route| facts(route)).collect();
    if facts.is_empty() {
        let counts = [(http, "HTTP"), (tcp, "TCP")].into_iter().filter(|(count, _)| *count > 0);
        facts.extend(counts.map(|(count, kind)| format!("{count} {kind} route(s)")));
    }
    facts.iter().for_each(|fact| out.push_str(&format!("{indent}   {fact}\n")));
    let more = content.routes.len().saturating_sub(reaching.len());
    if more > 0 {
        out.push_str(&format!("{indent}   {more} additional destination(s) that will not reach this pod\n"));
    }
    out
}

/// What a route that reaches the pods does: shares, conditions, faults.
fn facts(route: &Route) -> Vec<String> {
    let shown = |one: &&Destination| matches!(one.leads_to, LeadsTo::Pods | LeadsTo::OtherHost);
    let mut facts: Vec<String> = route.destinations.iter().filter(shown).filter_map(share).collect();
    facts.extend(Some(conditions(route)).filter(|conditions| !conditions.is_empty()));
    facts.extend(route.fault.as_ref().map(|fault| format!("Fault injection {}", proto_text(fault))));
    facts
}

fn share(Destination { host, subset, weight, .. }: &Destination) -> Option<String> {
    let weight = weight.filter(|weight| *weight > 0)?;
    let subset = subset.as_ref().map(|subset| format!(" subset \"{subset}\"")).unwrap_or_default();
    Some(format!("Route to host \"{host}\"{subset} with weight {weight}%"))
}

/// Why a destination misses the pods.
fn note(one: &Destination, route: &Route, rule: &str) -> Option<String> {
    let subset = one.subset.as_deref().unwrap_or_default();
    match one.leads_to {
        LeadsTo::Pods | LeadsTo::OtherHost => None,
        LeadsTo::OtherSubset => {
            let conditions = match route.protocol {
                Protocol::Http => conditions(route),
                Protocol::Tcp => String::new(),
            };
            let conditions = if conditions.is_empty() { "everything" } else { &conditions };
            Some(format!("Route to non-matching subset {subset} for ({conditions})"))
        }
        LeadsTo::UnknownSubset => {
            Some(format!("Warning: Route to UNKNOWN subset {subset}; check DestinationRule {rule}"))
        }
        LeadsTo::UndefinedSubset => {
            Some(format!("Warning: Route to subset {subset} but NO DESTINATION RULE defining subsets!"))
        }
    }
}

/// `Match: /a, Match: /b* when headers are k=v`; of a TCP route `:80, :81`.
fn conditions(route: &Route) -> String {
    let one = |condition: &Value| match route.protocol {
        Protocol::Tcp => Some(format!(":{}", condition["port"].as_i64()?)),
        Protocol::Http => {
            let mut text = format!("Match: {}", condition.get("uri").map(string_match).unwrap_or_default());
            let headers = condition["headers"].as_object().into_iter().flatten();
            let headers: Vec<String> = headers.map(|(name, value)| format!("{name}={}", string_match(value))).collect();
            if !headers.is_empty() {
                text.push_str(&format!(" when headers are {}", headers.join("; ")));
            }
            Some(text)
        }
    };
    route.conditions.iter().filter_map(one).collect::<Vec<_>>().join(", ")
}

fn string_match(matcher: &Value) -> String {
    let part = |key: &str| matcher.get(key).and_then(Value::as_str);
    part("exact")
        .map(str::to_owned)
        .or_else(|| part("prefix").map(|prefix| format!("{prefix}*")))
        .or_else(|| part("regex").map(|regex| format!("regex {regex}")))
        .unwrap_or_default()
}

fn mutual_tls(tls: &MutualTls) -> String {
    let mut out = format!("Effective PeerAuthentication:\n   Workload mTLS mode: {}\n", tls.mode);
    if !tls.ports.is_empty() {
        out.push_str("   Port Level mTLS mode:\n");
        tls.ports.iter().for_each(|port| out.push_str(&format!("      {}: {}\n", port.port, port.mode)));
    }
    if !tls.applied.is_empty() {
        let names: Vec<String> = tls.applied.iter().map(|name| format!("{}.{}", name.name, name.namespace)).collect();
        out.push_str(&format!("Applied PeerAuthentication:\n   {}\n", names.join(", ")));
    }
    out
}

fn ingress(found: &[Ingress], current: &str) -> String {
    let mut out = String::new();
    for one in found {
        match one {
            Ingress::NoGatewayPods => out.push_str("Skipping Gateway information (no ingress gateway pods)\n"),
            Ingress::NoGatewayService { .. } => {
                out.push_str("Skipping Gateway information (no ingress gateway service)\n");
            }
            Ingress::MissingVirtualService(name) => out.push_str(&stale("virtual service", name)),
            Ingress::MissingGateway(name) => out.push_str(&stale("gateway", name)),
            Ingress::Exposed(exposure) => {
                out.push_str(RULE);
                exposure.urls.iter().for_each(|url| out.push_str(&format!("Exposed on Ingress Gateway {url}\n")));
                out.push_str(&virtual_service(&exposure.virtual_service, current, ""));
            }
        }
    }
    out
}

/// A fault as the text of its message, such as `delay:{fixed_delay:{seconds:5}  percentage:{value:10}}`.
fn proto_text(value: &Value) -> String {
    let Value::Object(fields) = value else {
        return value.as_str().map_or_else(|| value.to_string(), |text| format!("{text:?}"));
    };
    let one = |(key, value): (&String, &Value)| {
        let name: String = key
            .chars()
            .flat_map(|c| if c.is_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] })
            .collect();
        let duration =
            value.as_str().and_then(crate::envoy::well_known::parse_duration).filter(|_| name.ends_with("_delay"));
        match duration {
            Some((seconds, 0)) => format!("{name}:{{seconds:{seconds}}}"),
            Some((0, nanos)) => format!("{name}:{{nanos:{nanos}}}"),
            Some((seconds, nanos)) => format!("{name}:{{seconds:{seconds}  nanos:{nanos}}}"),
            None if value.is_object() => format!("{name}:{{{}}}", proto_text(value)),
            None => format!("{name}:{}", proto_text(value)),
        }
    };
    let mut parts: Vec<String> = fields.iter().map(one).collect();
    parts.sort();
    parts.join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn faults_are_told() {
        let fault = json!({"delay": {"percentage": {"value": 10}, "fixedDelay": "5s"}});
        assert_eq!(proto_text(&fault), "delay:{fixed_delay:{seconds:5}  percentage:{value:10}}");
    }

    /// The text of a VirtualService for `web` whose DestinationRule has a subset `v1` with a pod and `v2` without.
    fn told(spec: Value, with_rule: bool) -> String {
        let rule = json!({"spec": {"host": "web", "subsets": [
            {"name": "v1", "labels": {"version": "v1"}}, {"name": "v2", "labels": {"version": "v2"}}]}});
        let rule = DestinationRule::of(&rule, &[&json!({"version": "v1"})]);
        let name = ObjectName { name: "subsets".to_owned(), namespace: "shop".to_owned() };
        let rule = Referred::new(name, Some(rule));
        let object = json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": spec});
        let content = VirtualService::of(&object, "web.shop.svc.cluster.local", with_rule.then_some(&rule));
        virtual_service(&Referred::new(ObjectName::of(&object), Some(content)), "shop", "")
    }

    #[test]
    fn routes_that_miss_the_pods_are_explained() {
        let route = |subset: &str| json!({"route": [{"destination": {"host": "web", "subset": subset}}]});
        let mut conditional = route("v2");
        conditional["match"] = json!([{"uri": {"regex": "/a.*"}}, {"headers": {"x": {"prefix": "b"}}}]);
        let spec = json!({"http": [conditional, route("v3")], "tcp": [route("v2")]});
        assert_eq!(
            told(spec.clone(), true),
            "VirtualService: web\n   WARNING: No destinations match pod subsets (checked 2 HTTP routes)\n      \
             Route to non-matching subset v2 for (Match: regex /a.*, Match:  when headers are x=b*)\n      \
             Warning: Route to UNKNOWN subset v3; check DestinationRule subsets\n      \
             Route to non-matching subset v2 for (everything)\n"
        );
        assert_eq!(
            told(json!({"tcp": [route("v1")]}), false),
            "VirtualService: web\n   WARNING: No destinations match pod subsets (checked 1 TCP routes)\n      \
             Warning: Route to subset v1 but NO DESTINATION RULE defining subsets!\n"
        );
    }

    #[test]
    fn routes_without_facts_are_counted() {
        let route = json!({"route": [{"destination": {"host": "web.shop.svc.cluster.local"}}]});
        assert_eq!(
            told(json!({"http": [route], "tcp": [route]}), true),
            "VirtualService: web\n   1 HTTP route(s)\n   1 TCP route(s)\n"
        );
        let mut by_port = route.clone();
        by_port["match"] = json!([{"port": 80}, {"port": 81}]);
        assert_eq!(told(json!({"tcp": [by_port]}), true), "VirtualService: web\n   :80, :81\n");
    }
}
