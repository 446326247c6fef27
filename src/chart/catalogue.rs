//! The charts in the binary, under the names people use and the folders the installer knows.

use super::{Chart, Error};

/// One chart of the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: &'static str,
    /// Below `charts/`, as a manifests directory has it.
    pub folder: &'static str,
    /// What it is for, in a line.
    pub purpose: &'static str,
}

/// Every embedded chart, in the order in which they are installed.
pub const CATALOGUE: &[Entry] = &[
    Entry { name: "base", folder: "base", purpose: "custom resource definitions and what a cluster shares" },
    Entry { name: "default", folder: "default", purpose: "webhooks of the default revision" },
    Entry { name: "istiod", folder: "istio-control/istio-discovery", purpose: "the control plane" },
    Entry { name: "cni", folder: "istio-cni", purpose: "traffic redirection by a node agent" },
    Entry { name: "ztunnel", folder: "ztunnel", purpose: "the node proxy of ambient mode" },
    Entry { name: "istio-ingress", folder: "gateways/istio-ingress", purpose: "the ingress gateway of the installer" },
    Entry { name: "istio-egress", folder: "gateways/istio-egress", purpose: "the egress gateway of the installer" },
    Entry { name: "gateway", folder: "gateway", purpose: "a gateway of your own, in any namespace" },
];

impl Entry {
    /// By either name.
    pub fn find(name: &str) -> Option<&'static Entry> {
        let folder = name.trim_start_matches("charts/").trim_end_matches('/');
        CATALOGUE.iter().find(|entry| entry.name == name || entry.folder == folder)
    }

    /// Where its files are embedded.
    pub fn path(&self) -> String {
        format!("charts/{}", self.folder)
    }

    /// # Errors
    /// As [`Chart::embedded`].
    pub fn load(&self) -> Result<Chart, Error> {
        Chart::embedded(&self.path())
    }
}
