//! Waypoints: the Gateway objects that ask istiod for a proxy of a namespace or service.

use serde_json::{Value, json};

/// The class istiod makes waypoint proxies for.
pub const CLASS: &str = "istio-waypoint";
/// Which traffic goes through a waypoint.
pub const TRAFFIC_LABEL: &str = "istio.io/waypoint-for";
/// The waypoint that a namespace or service uses.
pub const USE_LABEL: &str = "istio.io/use-waypoint";

/// What a waypoint can be for, in the order that messages list them.
const TRAFFIC: [&str; 4] = ["all", "none", "service", "workload"];

/// Why there is no such waypoint.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a waypoint cannot be called none: the word is reserved")]
    ReservedName,
    #[error("traffic {given:?} is none of {}", TRAFFIC.join(", "))]
    Traffic { given: String },
}

/// A waypoint as the flags describe it. Empty texts mean "not given".
#[derive(Debug, Default)]
pub struct Waypoint<'a> {
    pub name: &'a str,
    pub namespace: &'a str,
    pub traffic: &'a str,
    pub revision: &'a str,
}

impl Waypoint<'_> {
    /// The Gateway object.
    pub fn gateway(&self) -> Result<Value, Error> {
        let name = match self.name {
            "" => "waypoint",
            "none" => return Err(Error::ReservedName),
            name => name,
        };
        if !self.traffic.is_empty() && !TRAFFIC.contains(&self.traffic) {
            return Err(Error::Traffic { given: self.traffic.to_owned() });
        }
        let mut metadata = json!({"name": name});
        if !self.namespace.is_empty() {
            metadata["namespace"] = self.namespace.into();
        }
        for (label, value) in [("istio.io/rev", self.revision), (TRAFFIC_LABEL, self.traffic)] {
            if !value.is_empty() {
                metadata["labels"][label] = value.into();
            }
        }
        Ok(json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": metadata,
            "spec": {
                "gatewayClassName": CLASS,
                "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}],
            },
        }))
    }
}

/// Whether a Gateway asks for a waypoint.
pub fn is_waypoint(gateway: &Value) -> bool {
    gateway["spec"]["gatewayClassName"].as_str() == Some(CLASS)
}

/// The `Programmed` condition of a Gateway: status, reason, message. Absent until a controller has seen it.
pub fn programmed(gateway: &Value) -> Option<(&str, &str, &str)> {
    let condition = gateway["status"]["conditions"].as_array()?.iter().find(|c| c["type"] == "Programmed")?;
    let text = |key: &str| condition[key].as_str().unwrap_or_default();
    Some((text("status"), text("reason"), text("message")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waypoint_is_a_gateway_with_one_mesh_listener() {
        let waypoint = Waypoint { name: "wp", namespace: "ns", traffic: "all", revision: "canary" };
        assert_eq!(
            waypoint.gateway(),
            Ok(json!({
                "apiVersion": "gateway.networking.k8s.io/v1",
                "kind": "Gateway",
                "metadata": {
                    "name": "wp",
                    "namespace": "ns",
                    "labels": {"istio.io/rev": "canary", "istio.io/waypoint-for": "all"},
                },
                "spec": {
                    "gatewayClassName": "istio-waypoint",
                    "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}],
                },
            }))
        );
        assert_eq!(Waypoint { name: "none", ..Waypoint::default() }.gateway(), Err(Error::ReservedName));
        let odd = Waypoint { traffic: "foo", ..Waypoint::default() }.gateway().expect_err("refused");
        assert_eq!(odd.to_string(), "traffic \"foo\" is none of all, none, service, workload");
    }
}
