//! What stops an installation: the age of Kubernetes, missing permissions, the age of the Gateway API.

use serde_json::Value;

use super::{finding, origin};
use crate::analysis::check::params;
use crate::analysis::codes::{Code, IST0141, IST0142, IST0156, IST0172};
use crate::analysis::finding::Finding;
use crate::cluster::Version;

/// Group and kind of what an installation creates, and whether that is in the namespace of the control plane.
pub const CREATED: &[(&str, &str, bool)] = &[
    ("", "Namespace", false),
    ("rbac.authorization.k8s.io", "ClusterRole", false),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", false),
    ("apiextensions.k8s.io", "CustomResourceDefinition", false),
    ("rbac.authorization.k8s.io", "Role", true),
    ("", "ServiceAccount", true),
    ("", "Service", true),
    ("apps", "Deployment", true),
    ("", "ConfigMap", true),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration", false),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", false),
];

const GATEWAY_API: &str = "gateway.networking.k8s.io";

/// A version that kinds of the Gateway API must serve, and what it means if one does not.
struct Needed {
    version: &'static str,
    kinds: &'static [&'static str],
    code: &'static Code,
}

const NEEDED: &[Needed] = &[
    Needed { version: "v1beta1", kinds: &["Gateway", "GatewayClass", "HTTPRoute", "ReferenceGrant"], code: &IST0156 },
    Needed { version: "v1", kinds: &["Gateway", "GatewayClass", "HTTPRoute", "GRPCRoute"], code: &IST0172 },
];

/// Whether Kubernetes is too old.
pub fn kubernetes(version: &Version, oldest: u32) -> Option<Finding> {
    let too_old = version.major == 1 && version.minor < oldest;
    too_old.then(|| {
        let minimum = format!("1.{oldest}");
        finding(&IST0142, "Cluster", params! { version: version.git_version.as_str(), minimumVersion: minimum })
    })
}

/// A kind that may not be created.
pub fn permission(plural: &str, reason: &str) -> Finding {
    let reason = if reason.is_empty() { "permission denied" } else { reason };
    finding(&IST0141, "Cluster", params! { resource: plural, error: reason })
}

/// Gateway API kinds that are installed at versions too old.
pub fn gateway_api(definitions: &[Value]) -> Vec<Finding> {
    let mut found = Vec::new();
    for definition in definitions.iter().filter(|one| one["spec"]["group"] == GATEWAY_API) {
        let kind = definition["spec"]["names"]["kind"].as_str().unwrap_or_default();
        let versions = definition["spec"]["versions"].as_array().into_iter().flatten();
        let mut served: Vec<&str> = versions
            .filter(|version| version["served"] == true)
            .filter_map(|version| version["name"].as_str())
            .collect();
        served.sort_unstable();
        let listed = if served.is_empty() { "none".to_owned() } else { served.join(",") };
        for needed in NEEDED.iter().filter(|needed| needed.kinds.contains(&kind) && !served.contains(&needed.version)) {
            let params = params! { version: listed.as_str(), minimumVersion: needed.version };
            found.push(finding(needed.code, origin(definition), params));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_served_versions_of_the_gateway_api_count() {
        let definition = |kind: &str, versions: Value| {
            json!({"kind": "CustomResourceDefinition", "metadata": {"name": kind.to_lowercase()},
                "spec": {"group": GATEWAY_API, "names": {"kind": kind}, "versions": versions}})
        };
        let all = [
            definition("HTTPRoute", json!([{"name": "v1", "served": false}, {"name": "v1beta1", "served": true}])),
            definition("ReferenceGrant", json!([{"name": "v1beta1", "served": false}])),
            definition("TCPRoute", json!([])),
        ];
        let told: Vec<String> = gateway_api(&all)
            .iter()
            .map(|one| format!("{} {} {}", one.code.id, one.origin.as_deref().unwrap_or_default(), one.sentence()))
            .collect();
        assert_eq!(
            told,
            [
                "IST0172 CustomResourceDefinition httproute Gateway API v1beta1 will not be supported by the next release, which needs v1",
                "IST0156 CustomResourceDefinition referencegrant Gateway API none is older than v1beta1, the oldest version supported",
            ]
        );
    }
}
