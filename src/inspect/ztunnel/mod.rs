//! `ztunnel-config`: what a ztunnel knows, from its config dump.
//!
//! The dump is read into fixed shapes (`shape`): known keys in a fixed order, all others dropped, so that JSON looks the
//! same whatever version of ztunnel wrote it.

pub mod certificates;
pub mod connections;
mod shape;
pub mod tables;

use crate::envoy::dump::place;
use crate::envoy::json::Json;
use crate::envoy::value::Value;

/// A dump cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZtunnelError {
    #[error("error unmarshalling config dump response from ztunnel: {0}")]
    Unreadable(String),
    #[error("{path}: {message}")]
    Field { path: String, message: String },
}

/// A ztunnel's config dump.
#[derive(Debug, Default)]
pub struct Dump<'a> {
    pub workloads: Vec<Value<'a>>,
    pub services: Vec<Value<'a>>,
    pub policies: Vec<Value<'a>>,
    /// `None` where the dump does not mention them at all.
    pub certificates: Option<Vec<Value<'a>>>,
    /// The state of each workload on the node, with its connections.
    pub states: Vec<Value<'a>>,
}

impl<'a> Dump<'a> {
    pub fn is_empty(&self) -> bool {
        let Dump { workloads, services, policies, certificates, states } = self;
        [workloads, services, policies, states].iter().all(|list| list.is_empty()) && certificates.is_none()
    }

    pub fn parse(text: &'a [u8]) -> Result<Self, ZtunnelError> {
        let unreadable = |reason: String| ZtunnelError::Unreadable(reason);
        let text = place::as_text(text).map_err(unreadable)?;
        let json: Json = serde_json::from_str(text).map_err(|error| unreadable(place::of_text(&error)))?;
        let Json::Object(entries) = json else {
            return match json {
                Json::Null => Ok(Dump::default()),
                other => Err(unreadable(format!("expected an object, found {}", other.kind()))),
            };
        };
        let mut dump = Dump::default();
        for (key, json) in entries {
            let list = |shape| shape::items(&key, json.clone(), shape);
            match key.to_lowercase().as_str() {
                "workloads" => dump.workloads = list(&shape::WORKLOAD)?,
                "services" => dump.services = list(&shape::SERVICE)?,
                "policies" => dump.policies = list(&shape::POLICY)?,
                "certificates" => dump.certificates = Some(list(&shape::CERTIFICATE)?),
                "workloadstate" => dump.states = list(&shape::STATE)?,
                _ => {}
            }
        }
        Ok(dump)
    }
}

/// Whether a condition holds: it is empty, or equal ignoring case.
fn admits(wanted: &str, value: &str) -> bool {
    wanted.is_empty() || wanted.to_lowercase() == value.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::text::compact;

    #[test]
    fn known_keys_come_out_in_their_order() {
        let dump = Dump::parse(
            br#"{"services": {"b": {"Name": "x", "new": 1, "cidrVips": [{"network": "n", "cidr": "1.0.0.0/8"}],
            "waypoint": {}, "ports": {"9": 2, "80": 1}}}, "policies": [{"rules": null}]}"#,
        )
        .expect("a dump");
        let texts: Vec<String> = dump.services.iter().chain(&dump.policies).map(compact).collect();
        assert_eq!(
            texts,
            [
                r#"{"name":"x","namespace":"","hostname":"","vips":null,"cidrVips":["n/1.0.0.0/8"],"ports":{"80":1,"9":2},"waypoint":{"destination":""},"endpoints":null,"ipFamilies":""}"#,
                r#"{"name":"","namespace":"","scope":"","action":"","rules":null}"#,
            ]
        );
        assert!(dump.certificates.is_none());
    }

    #[test]
    fn a_number_with_a_fraction_is_no_integer() {
        let error = Dump::parse(br#"{"services": [{"ports": {"80": 80.0}}]}"#).map(drop).map_err(|e| e.to_string());
        assert_eq!(error, Err("services[0].ports[80]: expected an integer, found a number".to_owned()));
    }

    #[test]
    fn errors_name_the_field() {
        let error = Dump::parse(br#"{"workloads": [{}, {"name": 5}]}"#).map(drop).map_err(|error| error.to_string());
        assert_eq!(error, Err("workloads[1].name: expected a string, found a number".to_owned()));
    }
}
