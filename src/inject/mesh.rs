//! Mesh configuration as injection sees it: built-in defaults, a mesh file over them, a pod's own proxy settings over that.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::proto::{self, ProtoError};
use crate::api::mesh::config::MESH_CONFIG;
use crate::api::mesh::proxy::PROXY_CONFIG;

/// A mesh or proxy configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MeshError {
    #[error("{0}")]
    Shape(#[from] ProtoError),
    #[error("{0}")]
    Invalid(String),
}

/// A `MeshConfig` message in protobuf's JSON form, fields in declaration order.
#[derive(Clone, Debug, PartialEq)]
pub struct MeshConfig {
    pub message: Map<String, Value>,
}

/// A `ProxyConfig` message in protobuf's JSON form, fields in declaration order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProxyConfig {
    pub message: Map<String, Value>,
}

impl MeshError {
    /// The error as the reference words it.
    pub fn reference(&self) -> String {
        match self {
            MeshError::Shape(error) => format!("{NO_PROTO}{}", error.reference),
            MeshError::Invalid(reason) => reason.clone(),
        }
    }
}

/// How the reference begins about a mesh configuration that is none.
pub const NO_PROTO: &str = "failed to convert to proto. ";

impl Default for MeshConfig {
    fn default() -> Self {
        MeshConfig { message: DEFAULTS.clone() }
    }
}

impl MeshConfig {
    /// The defaults with `given` applied: what a mesh file or the `mesh` key of the ConfigMap means.
    pub fn over_defaults(given: &Value) -> Result<Self, MeshError> {
        let mut mesh = MeshConfig::default();
        mesh.apply(given)?;
        mesh.proxy_config().validate()?;
        Ok(mesh)
    }

    fn apply(&mut self, given: &Value) -> Result<(), MeshError> {
        let before = self.message.clone();
        proto::apply(&mut self.message, given, &MESH_CONFIG)?;
        if let Some(proxy) = given.get("defaultConfig").or_else(|| given.get("default_config")) {
            let mut merged = ProxyConfig { message: object_at(&before, "defaultConfig") };
            merged.merge(proxy)?;
            self.message.insert("defaultConfig".to_string(), Value::Object(merged.message));
        }
        if given.get("defaultProviders").is_some_and(Value::is_object) {
            let mut providers = object_at(&before, "defaultProviders");
            providers.extend(object_at(&self.message, "defaultProviders"));
            self.message.insert("defaultProviders".to_string(), Value::Object(providers));
        }
        if let Some(Value::Array(added)) = given.get("extensionProviders") {
            let mut providers = list_at(&before, "extensionProviders");
            for provider in added {
                match providers.iter_mut().find(|known| known.get("name") == provider.get("name")) {
                    Some(known) => *known = provider.clone(),
                    None => providers.push(provider.clone()),
                }
            }
            self.message.insert("extensionProviders".to_string(), Value::Array(providers));
        }
        if let Some(Value::Array(aliases)) = self.message.get_mut("trustDomainAliases") {
            if let Some(Value::Array(earlier)) = before.get("trustDomainAliases") {
                aliases.extend(earlier.iter().cloned());
            }
            aliases.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            aliases.dedup();
        }
        proto::in_order(&mut self.message, &MESH_CONFIG);
        Ok(())
    }

    pub fn proxy_config(&self) -> ProxyConfig {
        ProxyConfig { message: object_at(&self.message, "defaultConfig") }
    }

    /// The same mesh with another default proxy configuration.
    #[must_use]
    pub fn with_proxy_config(mut self, proxy: &ProxyConfig) -> Self {
        self.message.insert("defaultConfig".to_string(), Value::Object(proxy.message.clone()));
        proto::in_order(&mut self.message, &MESH_CONFIG);
        self
    }

    pub fn prometheus_merge(&self) -> bool {
        self.message.get("enablePrometheusMerge").and_then(Value::as_bool).unwrap_or(true)
    }

    pub fn root_namespace(&self) -> &str {
        self.message.get("rootNamespace").and_then(Value::as_str).unwrap_or_default()
    }

    pub fn inbound_is_localhost(&self) -> bool {
        self.message.get("inboundTrafficPolicy").and_then(|policy| policy.get("mode")).and_then(Value::as_str)
            == Some("LOCALHOST")
    }
}

impl ProxyConfig {
    /// Lays a proxy configuration over this one: `proxyMetadata` is merged by key, header settings one by one.
    pub fn merge(&mut self, given: &Value) -> Result<(), ProtoError> {
        let metadata = object_at(&self.message, "proxyMetadata");
        let headers = object_at(&self.message, "proxyHeaders");
        proto::apply(&mut self.message, given, &PROXY_CONFIG)?;
        for (key, before) in [("proxyMetadata", metadata), ("proxyHeaders", headers)] {
            if before.is_empty() {
                continue;
            }
            let mut merged = before;
            merged.extend(object_at(&self.message, key));
            if key == "proxyMetadata" {
                merged.sort_keys();
            }
            self.message.insert(key.to_string(), Value::Object(merged));
        }
        proto::in_order(&mut self.message, &PROXY_CONFIG);
        Ok(())
    }

    /// Adds environment entries as a `ProxyConfig` resource does.
    pub fn add_metadata(&mut self, entries: &Map<String, Value>) {
        let mut merged = object_at(&self.message, "proxyMetadata");
        merged.extend(entries.iter().map(|(key, value)| (key.clone(), value.clone())));
        merged.sort_keys();
        self.message.insert("proxyMetadata".to_string(), Value::Object(merged));
        proto::in_order(&mut self.message, &PROXY_CONFIG);
    }

    pub fn text(&self, field: &str) -> &str {
        self.message.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn status_port(&self) -> i64 {
        self.message.get("statusPort").and_then(Value::as_i64).unwrap_or(0)
    }

    pub fn holds_application(&self) -> bool {
        self.message.get("holdApplicationUntilProxyStarts").and_then(Value::as_bool).unwrap_or(false)
    }

    /// `None` without an image setting, `Some("")` for one that names no type.
    pub fn image_type(&self) -> Option<&str> {
        self.message.get("image").map(|image| image.get("imageType").and_then(Value::as_str).unwrap_or_default())
    }

    /// The JSON that `protoToJSON` gives: what differs from the built-in defaults.
    pub fn beyond_defaults(&self) -> Value {
        let defaults = DEFAULTS.get("defaultConfig").unwrap_or(&Value::Null);
        let differs = |key: &String, value: &Value| match key.as_str() {
            "proxyMetadata" => value.as_object().is_some_and(|entries| !entries.is_empty()),
            "statusPort" => value.as_i64() != Some(15020),
            _ => defaults.get(key) != Some(value),
        };
        let kept = self.message.iter().filter(|(key, value)| differs(key, value));
        Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    /// The checks a mesh or a pod annotation has to pass.
    pub fn validate(&self) -> Result<(), MeshError> {
        let mut faults = Vec::new();
        for (field, label) in [("configPath", "config path"), ("binaryPath", "binary path")] {
            if self.text(field).is_empty() {
                faults.push(format!("invalid {label}: file path cannot be empty"));
            }
        }
        if self.text("serviceCluster").is_empty() && !self.message.contains_key("tracingServiceName") {
            faults.push("ClusterName must be set".to_string());
        }
        for (field, label) in [("drainDuration", "drain duration"), ("terminationDrainDuration", "")] {
            if label.is_empty() {
                continue;
            }
            match proto::duration(self.text(field)) {
                Some((false, length)) if length.as_millis() >= 1 && length.subsec_nanos() % 1_000_000 == 0 => {}
                Some((false, length)) if length.as_millis() >= 1 => {
                    faults.push(format!("invalid {label}: only durations to ms precision are supported"));
                }
                _ => faults.push(format!("invalid {label}: duration must be greater than 1ms")),
            }
        }
        let port = |field: &str| self.message.get(field).and_then(Value::as_i64).unwrap_or(0);
        let in_range = |port: i64| (1..=65535).contains(&port);
        if !in_range(port("proxyAdminPort")) {
            faults.push(format!(
                "invalid proxy admin port: port number {} must be in the range 1..65535",
                port("proxyAdminPort")
            ));
        }
        if !in_range(port("statusPort")) {
            faults
                .push(format!("invalid status port: port number {} must be in the range 1..65535", port("statusPort")));
        }
        for field in ["discoveryAddress", "zipkinAddress", "statsdUdpAddress", "envoyMetricsServiceAddress"] {
            let address = self.text(field);
            if (field == "discoveryAddress" || !address.is_empty()) && !is_address(address) {
                faults.push(format!("invalid {field} {address:?}: expected HOST:PORT"));
            }
        }
        if !matches!(self.text("controlPlaneAuthPolicy"), "" | "NONE" | "MUTUAL_TLS") {
            faults.push(format!("unrecognized control plane auth policy {:?}", self.text("controlPlaneAuthPolicy")));
        }
        match faults.len() {
            0 => Ok(()),
            _ => Err(MeshError::Invalid(faults.join("; "))),
        }
    }
}

/// `host:port`, where the host may be a name, an address or a variable such as `$(HOST_IP)`.
fn is_address(address: &str) -> bool {
    let Some((host, port)) = address.rsplit_once(':') else { return false };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn object_at(message: &Map<String, Value>, field: &str) -> Map<String, Value> {
    message.get(field).and_then(Value::as_object).cloned().unwrap_or_default()
}

fn list_at(message: &Map<String, Value>, field: &str) -> Vec<Value> {
    message.get(field).and_then(Value::as_array).cloned().unwrap_or_default()
}

static DEFAULTS: LazyLock<Map<String, Value>> = LazyLock::new(defaults);

fn defaults() -> Map<String, Value> {
    let defaults = json!({
        "proxyListenPort": 15001,
        "proxyInboundListenPort": 15006,
        "connectTimeout": "10s",
        "protocolDetectionTimeout": "0s",
        "ingressClass": "istio",
        "ingressService": "istio-ingressgateway",
        "ingressControllerMode": "STRICT",
        "enableTracing": true,
        "defaultConfig": {
            "configPath": "./etc/istio/proxy",
            "binaryPath": "/usr/local/bin/envoy",
            "serviceCluster": "istio-proxy",
            "drainDuration": "45s",
            "discoveryAddress": "istiod.istio-system.svc:15012",
            "proxyAdminPort": 15000,
            "controlPlaneAuthPolicy": "MUTUAL_TLS",
            "statNameLength": 189,
            "statusPort": 15020,
            "terminationDrainDuration": "5s",
        },
        "outboundTrafficPolicy": {"mode": "ALLOW_ANY"},
        "inboundTrafficPolicy": {},
        "enableAutoMtls": true,
        "trustDomain": "cluster.local",
        "defaultServiceExportTo": ["*"],
        "defaultVirtualServiceExportTo": ["*"],
        "defaultDestinationRuleExportTo": ["*"],
        "rootNamespace": "istio-system",
        "localityLbSetting": {"enabled": true},
        "dnsRefreshRate": "60s",
        "enablePrometheusMerge": true,
        "extensionProviders": [
            {"name": "prometheus", "prometheus": {}},
            {"name": "stackdriver", "stackdriver": {}},
            {"name": "envoy", "envoyFileAccessLog": {"path": "/dev/stdout"}},
        ],
        "defaultProviders": {},
    });
    match defaults {
        Value::Object(message) => message,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mesh_file_is_laid_over_the_defaults_field_by_field() {
        let given = json!({
            "unknown": 1,
            "defaultConfig": {"proxy_metadata": {"B": "2", "A": "1"}, "drainDuration": "1.5s", "concurrency": 0},
            "inboundTrafficPolicy": {"mode": 1},
            "extensionProviders": [{"name": "envoy", "envoyFileAccessLog": {"path": "/x"}}],
        });
        let mesh = MeshConfig::over_defaults(&given).unwrap();
        assert!(mesh.inbound_is_localhost());
        assert_eq!(
            mesh.proxy_config().beyond_defaults().to_string(),
            r#"{"drainDuration":"1.500s","concurrency":0,"proxyMetadata":{"A":"1","B":"2"}}"#
        );
        assert_eq!(list_at(&mesh.message, "extensionProviders").len(), 3);
    }

    #[test]
    fn a_bad_setting_is_told_with_its_path() {
        let wrong = MeshConfig::over_defaults(&json!({"defaultConfig": {"statusPort": "x"}}));
        assert_eq!(
            wrong.map_err(|error| error.to_string()),
            Err("field defaultConfig.statusPort: expected a whole number, found \"x\"".to_string())
        );
        let wrong = MeshConfig::over_defaults(&json!({"defaultConfig": {"drainDuration": "0s"}}));
        assert_eq!(
            wrong.map_err(|error| error.to_string()),
            Err("invalid drain duration: duration must be greater than 1ms".to_string())
        );
    }
}
