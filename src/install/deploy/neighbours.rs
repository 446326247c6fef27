//! The cluster's network plugin, as far as its settings get into the mesh's way.

use serde_json::Value;

use crate::cluster::{Cluster, Error, Resource};
use crate::install::revisions::live::kind;

/// The settings of the plugins we know, each null when it is not there.
#[derive(Clone, Debug, Default)]
pub struct Neighbours {
    /// Calico's `FelixConfiguration` named `default`.
    pub calico: Value,
    /// Cilium's ConfigMap.
    pub cilium: Value,
}

/// Which parts of the mesh the settings matter to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mesh {
    pub cni: bool,
    pub ztunnel: bool,
}

/// Reads them. Whoever may not read them is not warned.
pub async fn look(cluster: &Cluster) -> Result<Neighbours, Error> {
    let felix = Resource {
        group: "projectcalico.org".to_owned(),
        version: "v3".to_owned(),
        kind: "FelixConfiguration".to_owned(),
        plural: "felixconfigurations".to_owned(),
        namespaced: false,
    };
    let read = async |resource: &Resource, namespace, name| match cluster.get(resource, namespace, name).await {
        Err(error) if error.is_unreachable() => Err(error),
        answer => Ok(answer.ok().flatten().unwrap_or_default()),
    };
    Ok(Neighbours {
        calico: read(&felix, None, "default").await?,
        cilium: read(&kind("", "ConfigMap")?, Some("kube-system"), "cilium-config").await?,
    })
}

impl Neighbours {
    /// What should be changed there before pods join the mesh.
    pub fn warnings(&self, mesh: Mesh) -> Vec<String> {
        let mut found = Vec::new();
        let felix = &self.calico["spec"];
        let balancing = felix["bpfConnectTimeLoadBalancing"].as_str();
        if balancing.is_some_and(|mode| mode != "Disabled") || felix["bpfConnectTimeLoadBalancingEnabled"] == true {
            found.push(
                "Calico balances connections before they reach a proxy: set bpfConnectTimeLoadBalancing to Disabled in \
                 FelixConfiguration default"
                    .to_owned(),
            );
        }
        let cilium = |key: &str| self.cilium["data"][key].as_str().unwrap_or_default();
        if mesh.cni && cilium("cni-exclusive") == "true" {
            found.push("Cilium removes other CNI plugins, Istio's too: set cni-exclusive to false".to_owned());
        }
        if mesh.ztunnel && cilium("enable-bpf-masquerade") == "true" {
            found.push(
                "Cilium rewrites the addresses that kubelet's probes come from, so that ambient pods fail them: set \
                 enable-bpf-masquerade to false"
                    .to_owned(),
            );
        }
        let everywhere = cilium("bpf-lb-sock-hostns-only") != "true";
        if everywhere && (cilium("bpf-lb-sock") == "true" || cilium("kube-proxy-replacement") == "strict") {
            found.push(
                "Cilium balances connections inside pods, before they reach a proxy: set bpf-lb-sock-hostns-only to true"
                    .to_owned(),
            );
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_that_get_into_the_way_are_told() {
        let count = |calico: Value, cilium: Value, mesh: Mesh| {
            Neighbours { calico: json!({"spec": calico}), cilium: json!({"data": cilium}) }.warnings(mesh).len()
        };
        let ambient = Mesh { cni: true, ztunnel: true };
        assert_eq!(count(json!({"bpfConnectTimeLoadBalancing": "TCP"}), json!({}), Mesh::default()), 1);
        assert_eq!(count(json!({"bpfConnectTimeLoadBalancing": "Disabled"}), json!({}), Mesh::default()), 0);
        assert_eq!(count(json!({"bpfConnectTimeLoadBalancingEnabled": true}), json!({}), Mesh::default()), 1);
        let cilium = json!({"cni-exclusive": "true", "enable-bpf-masquerade": "true", "bpf-lb-sock": "true"});
        assert_eq!(count(json!({}), cilium.clone(), Mesh::default()), 1);
        assert_eq!(count(json!({}), cilium, ambient), 3);
        let kept = json!({"kube-proxy-replacement": "strict", "bpf-lb-sock-hostns-only": "true"});
        assert_eq!(count(json!({}), kept, ambient), 0);
        assert_eq!(Neighbours::default().warnings(ambient), Vec::<String>::new());
    }
}
