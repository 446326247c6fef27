//! The DestinationRule of a service, as far as it matters to these pods.

use serde::Serialize;
use serde_json::Value;

use super::{list_at, text_at};

/// What a DestinationRule says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DestinationRule {
    pub host: String,
    pub subsets: Vec<Subset>,
    pub traffic_policy: Option<TrafficPolicy>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subset {
    pub name: String,
    pub labels: Value,
    /// Whether one of the pods is in it.
    pub matches: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrafficPolicy {
    #[serde(flatten)]
    pub settings: Settings,
    pub port_level_settings: Vec<PortSettings>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PortSettings {
    pub port: i64,
    #[serde(flatten)]
    pub settings: Settings,
}

/// Settings as they stand in the rule; nothing where it has none.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    pub tls: Option<Value>,
    pub load_balancer: Option<Value>,
    pub connection_pool: Option<Value>,
    pub outlier_detection: Option<Value>,
}

impl DestinationRule {
    /// Reads a rule for pods with these labels.
    pub fn of(rule: &Value, labels: &[&Value]) -> Self {
        let subset = |subset: &Value| {
            let wanted = subset["labels"].as_object();
            let fits =
                |labels: &&Value| wanted.into_iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
            Subset {
                name: text_at(subset, "/name").to_owned(),
                labels: subset["labels"].clone(),
                matches: labels.iter().any(fits),
            }
        };
        DestinationRule {
            host: text_at(rule, "/spec/host").to_owned(),
            subsets: list_at(rule, "/spec/subsets").iter().map(subset).collect(),
            traffic_policy: rule.pointer("/spec/trafficPolicy").map(TrafficPolicy::of),
        }
    }

    /// The names of the subsets that have a pod, or of those that have none.
    pub fn subsets_that(&self, matches: bool) -> Vec<&str> {
        self.subsets.iter().filter(|subset| subset.matches == matches).map(|subset| &*subset.name).collect()
    }
}

impl TrafficPolicy {
    fn of(policy: &Value) -> Self {
        let port = |port: &Value| PortSettings {
            port: port["port"]["number"].as_i64().unwrap_or_default(),
            settings: Settings::of(port),
        };
        TrafficPolicy {
            settings: Settings::of(policy),
            port_level_settings: list_at(policy, "/portLevelSettings").iter().map(port).collect(),
        }
    }
}

impl Settings {
    fn of(policy: &Value) -> Self {
        let setting = |key: &str| policy.get(key).cloned();
        Settings {
            tls: setting("tls"),
            load_balancer: setting("loadBalancer"),
            connection_pool: setting("connectionPool"),
            outlier_detection: setting("outlierDetection"),
        }
    }

    pub fn tls_mode(&self) -> Option<&str> {
        self.tls.as_ref()?.get("mode")?.as_str()
    }
}
