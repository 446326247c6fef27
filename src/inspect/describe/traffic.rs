//! DestinationRule and VirtualService of a service, as far as they matter to these pods.

use serde_json::Value;

use super::{list, shown_name, text};

/// The subsets of a DestinationRule, told apart by whether these pods are in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subsets {
    pub matching: Vec<String>,
    pub others: Vec<String>,
    /// There is a DestinationRule that could define some.
    pub defined: bool,
}

/// The lines of a DestinationRule, and its subsets.
pub fn destination_rule(rule: &Value, labels: &[&Value], current: &str, indent: &str) -> (String, Subsets) {
    let name = shown_name(text(rule, "/metadata/name"), text(rule, "/metadata/namespace"), current);
    let mut out = format!("{indent}DestinationRule: {name} for \"{}\"\n", text(rule, "/spec/host"));
    let mut subsets = Subsets { defined: true, ..Subsets::default() };
    for subset in list(rule, "/spec/subsets") {
        let wanted = subset["labels"].as_object();
        let fits = |labels: &&Value| wanted.into_iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
        let side = if labels.iter().any(&fits) { &mut subsets.matching } else { &mut subsets.others };
        side.push(text(subset, "/name").to_owned());
    }
    if subsets.matching.is_empty() && !subsets.others.is_empty() {
        let others = subsets.others.join(",");
        out.push_str(&format!("{indent}   WARNING POD DOES NOT MATCH ANY SUBSETS.  (Non matching subsets {others})\n"));
    } else if !subsets.matching.is_empty() {
        out.push_str(&format!("{indent}   Matching subsets: {}\n", subsets.matching.join(",")));
        if !subsets.others.is_empty() {
            out.push_str(&format!("{indent}      (Non-matching subsets {})\n", subsets.others.join(",")));
        }
    }
    match rule.pointer("/spec/trafficPolicy") {
        None => out.push_str(&format!("{indent}   No Traffic Policy\n")),
        Some(policy) => {
            policy_lines(policy, &format!("{indent}   "), &mut out);
            let ports = list(policy, "/portLevelSettings");
            if !ports.is_empty() {
                out.push_str(&format!("{indent}   Port Level Settings:\n"));
            }
            for port in ports {
                out.push_str(&format!("{indent}    {}:\n", port["port"]["number"]));
                policy_lines(port, &format!("{indent}      "), &mut out);
            }
        }
    }
    (out, subsets)
}

fn policy_lines(policy: &Value, indent: &str, out: &mut String) {
    if let Some(mode) = policy.pointer("/tls/mode").and_then(Value::as_str) {
        out.push_str(&format!("{indent}Traffic Policy TLS Mode: {mode}\n"));
    }
    let kinds = [
        ("loadBalancer", "load balancer"),
        ("connectionPool", "connection pool"),
        ("outlierDetection", "outlier detection"),
    ];
    let set: Vec<&str> = kinds.iter().filter(|(key, _)| policy.get(key).is_some()).map(|(_, shown)| *shown).collect();
    if !set.is_empty() {
        out.push_str(&format!("{indent}Policies: {}\n", set.join("/")));
    }
}

/// The lines of a VirtualService for the service of this host, short or full.
pub fn virtual_service(service: &Value, host: &str, subsets: &Subsets, current: &str, indent: &str) -> String {
    let (name, namespace) = (text(service, "/metadata/name"), text(service, "/metadata/namespace"));
    let mut out = format!("{indent}VirtualService: {}\n", shown_name(name, namespace, current));
    let mut facts: Vec<String> = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    let (http, tcp) = (list(service, "/spec/http"), list(service, "/spec/tcp"));
    let mut reaching = 0;
    for route in http {
        let (reaches, mut lines) = destinations(route, host, namespace, subsets, &matches(route), &mut notes);
        if !reaches {
            continue;
        }
        reaching += 1;
        let matches = matches(route);
        if !matches.is_empty() {
            lines.push(matches);
        }
        if let Some(fault) = route.get("fault") {
            lines.push(format!("Fault injection {}", proto_text(fault)));
        }
        facts.extend(lines);
    }
    for route in tcp {
        let (reaches, mut lines) = destinations(route, host, namespace, subsets, "everything", &mut notes);
        if reaches {
            reaching += 1;
            let ports = list(route, "/match").iter().filter_map(|one| one["port"].as_i64());
            let ports: Vec<String> = ports.map(|port| format!(":{port}")).collect();
            if !ports.is_empty() {
                lines.push(ports.join(", "));
            }
            facts.extend(lines);
        }
    }
    if reaching == 0 {
        let (count, kind) = if http.is_empty() { (tcp.len(), "TCP") } else { (http.len(), "HTTP") };
        out.push_str(&format!(
            "{indent}   WARNING: No destinations match pod subsets (checked {count} {kind} routes)\n"
        ));
        notes.iter().for_each(|note| out.push_str(&format!("{indent}      {note}\n")));
        return out;
    }
    if facts.is_empty() {
        let counts = [(http.len(), "HTTP"), (tcp.len(), "TCP")];
        facts.extend(
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{count} {kind} route(s)")),
        );
    }
    facts.iter().for_each(|fact| out.push_str(&format!("{indent}   {fact}\n")));
    let more = (http.len() + tcp.len()).saturating_sub(reaching);
    if more > 0 {
        out.push_str(&format!("{indent}   {more} additional destination(s) that will not reach this pod\n"));
    }
    out
}

/// Whether a route reaches the pods, its shares as facts, and notes on subsets that it misses.
fn destinations(
    route: &Value,
    host: &str,
    namespace: &str,
    subsets: &Subsets,
    condition: &str,
    notes: &mut Vec<String>,
) -> (bool, Vec<String>) {
    let mut facts = Vec::new();
    let mut reaches = false;
    for one in list(route, "/route") {
        let (its_host, subset) = (text(one, "/destination/host"), text(one, "/destination/subset"));
        let ours = is_host(its_host, host, namespace);
        if ours && !(subset.is_empty() || subsets.matching.iter().any(|known| known == subset)) {
            let condition = if condition.is_empty() { "everything" } else { condition };
            notes.push(if subsets.others.iter().any(|known| known == subset) {
                format!("Route to non-matching subset {subset} for ({condition})")
            } else if subsets.defined {
                format!("Warning: Route to UNKNOWN subset {subset}; check DestinationRule")
            } else {
                format!("Warning: Route to subset {subset} but NO DESTINATION RULE defining subsets!")
            });
            continue;
        }
        reaches |= ours;
        let weight = one["weight"].as_i64().unwrap_or(0);
        if weight > 0 {
            let subset = if subset.is_empty() { String::new() } else { format!(" subset \"{subset}\"") };
            facts.push(format!("Route to host \"{its_host}\"{subset} with weight {weight}%"));
        }
    }
    (reaches, facts)
}

/// A short name means the service in the object's own namespace.
fn is_host(given: &str, full: &str, namespace: &str) -> bool {
    given == full
        || full.strip_prefix(given).is_some_and(|rest| {
            let in_namespace = format!(".{namespace}.");
            rest.starts_with('.') && (given.contains('.') || rest.starts_with(&in_namespace))
        })
}

/// `Match: /a, Match: /b* when headers are k=v`.
fn matches(route: &Value) -> String {
    let string = |matcher: &Value| {
        let part = |key: &str| matcher.get(key).and_then(Value::as_str).map(str::to_owned);
        part("exact")
            .or_else(|| part("prefix").map(|prefix| format!("{prefix}*")))
            .or_else(|| part("regex").map(|regex| format!("regex {regex}")))
            .unwrap_or_default()
    };
    let one = |rule: &Value| {
        let mut text = format!("Match: {}", rule.get("uri").map(string).unwrap_or_default());
        let headers = rule["headers"].as_object().into_iter().flatten();
        let headers: Vec<String> = headers.map(|(name, value)| format!("{name}={}", string(value))).collect();
        if !headers.is_empty() {
            text.push_str(&format!(" when headers are {}", headers.join("; ")));
        }
        text
    };
    list(route, "/match").iter().map(one).collect::<Vec<_>>().join(", ")
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
    fn short_hosts_mean_the_objects_own_namespace() {
        let full = "reviews.shop.svc.cluster.local";
        assert!(is_host("reviews", full, "shop") && is_host("reviews.shop", full, "x") && is_host(full, full, "x"));
        assert!(!is_host("reviews", full, "other") && !is_host("review", full, "shop"));
    }

    #[test]
    fn faults_are_told() {
        let fault = json!({"delay": {"percentage": {"value": 10}, "fixedDelay": "5s"}});
        assert_eq!(proto_text(&fault), "delay:{fixed_delay:{seconds:5}  percentage:{value:10}}");
    }
}
