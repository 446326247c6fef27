//! Mutual TLS of a pod: the PeerAuthentications that apply, and what they add up to.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{ObjectName, selects, text_at};

/// What a pod accepts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MutualTls {
    pub mode: String,
    /// The ports that have a mode of their own.
    pub ports: Vec<PortMode>,
    /// The PeerAuthentications that made it so, those of the mesh first.
    pub applied: Vec<ObjectName>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PortMode {
    pub port: i64,
    pub mode: String,
}

impl MutualTls {
    /// Of a pod: `root` are the policies of the mesh's namespace, `own` those of the pod's.
    pub fn of(pod: &Value, root: &[Value], own: &[Value]) -> Self {
        let labels = &pod["metadata"]["labels"];
        let in_root = root.iter().any(|one| text_at(one, "/metadata/namespace") == text_at(pod, "/metadata/namespace"));
        let own = if in_root { &[][..] } else { own };
        let applies = |policy: &&Value| selector(policy).is_none_or(|selector| selects(selector, labels));
        let of_mesh = root.iter().filter(|policy| if in_root { applies(policy) } else { selector(policy).is_none() });
        let applied: Vec<&Value> = of_mesh.chain(own.iter().filter(applies)).collect();
        let mut mode = "PERMISSIVE";
        let mut ports: BTreeMap<i64, &str> = BTreeMap::new();
        // General ones first, so that the more specific win.
        let (general, specific): (Vec<&Value>, Vec<&Value>) =
            applied.iter().partition(|policy| selector(policy).is_none());
        for policy in general.into_iter().chain(specific) {
            match text_at(policy, "/spec/mtls/mode") {
                "" | "UNSET" => {}
                set => mode = set,
            }
            let by_port = policy.pointer("/spec/portLevelMtls").and_then(Value::as_object);
            for (port, settings) in by_port.into_iter().flatten() {
                if let (Ok(port), Some(set)) = (port.parse(), settings["mode"].as_str()) {
                    ports.insert(port, set);
                }
            }
        }
        MutualTls {
            mode: mode.to_owned(),
            ports: ports.into_iter().map(|(port, mode)| PortMode { port, mode: mode.to_owned() }).collect(),
            applied: applied.into_iter().map(ObjectName::of).collect(),
        }
    }
}

fn selector(policy: &Value) -> Option<&Value> {
    let labels = policy.pointer("/spec/selector/matchLabels")?;
    labels.as_object().is_some_and(|labels| !labels.is_empty()).then_some(labels)
}

/// The namespace of policies for the whole mesh, out of the mesh's ConfigMap.
pub fn root_namespace(config_map: Option<&Value>, istio_namespace: &str) -> String {
    let mesh = config_map.and_then(|map| map["data"]["mesh"].as_str());
    let mesh = mesh.and_then(|text| crate::yaml::from_str(text).ok()).unwrap_or_default();
    match mesh["rootNamespace"].as_str() {
        Some(namespace) if !namespace.is_empty() => namespace.to_owned(),
        _ => istio_namespace.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn policy(namespace: &str, name: &str, spec: Value) -> Value {
        json!({"metadata": {"name": name, "namespace": namespace}, "spec": spec})
    }

    #[test]
    fn the_most_specific_policy_wins() {
        let pod = json!({"metadata": {"namespace": "shop", "labels": {"app": "web"}}});
        let selector = |app: &str| json!({"matchLabels": {"app": app}});
        let root = [
            policy("istio-system", "mesh", json!({"mtls": {"mode": "STRICT"}})),
            policy("istio-system", "gateway", json!({"selector": selector("web"), "mtls": {"mode": "DISABLE"}})),
        ];
        let own = [
            policy(
                "shop",
                "web",
                json!({"selector": selector("web"), "mtls": {"mode": "DISABLE"},
                "portLevelMtls": {"9090": {"mode": "STRICT"}, "80": {"mode": "PERMISSIVE"}, "x": {"mode": "STRICT"}}}),
            ),
            policy("shop", "other", json!({"selector": selector("db"), "mtls": {"mode": "STRICT"}})),
            policy("shop", "default", json!({"mtls": {"mode": "UNSET"}})),
        ];
        let port = |port, mode: &str| PortMode { port, mode: mode.to_owned() };
        let name = |namespace: &str, name: &str| ObjectName { name: name.to_owned(), namespace: namespace.to_owned() };
        let wanted = MutualTls {
            mode: "DISABLE".to_owned(),
            ports: vec![port(80, "PERMISSIVE"), port(9090, "STRICT")],
            applied: vec![name("istio-system", "mesh"), name("shop", "web"), name("shop", "default")],
        };
        assert_eq!(MutualTls::of(&pod, &root, &own), wanted);
    }
}
