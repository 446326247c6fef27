//! The mesh configuration the rules consult, with the defaults of what nobody wrote.

use super::view::View;

/// Mesh configuration as written over the built-in defaults.
#[derive(Clone, Copy)]
pub struct MeshConfig<'a> {
    written: View<'a>,
    /// The root namespace where none is written.
    usual_root: &'a str,
}

impl<'a> MeshConfig<'a> {
    pub fn new(written: View<'a>, usual_root: &'a str) -> Self {
        MeshConfig { written, usual_root }
    }

    pub fn written(&self) -> View<'a> {
        self.written
    }

    pub fn root_namespace(&self) -> &'a str {
        let written = self.written.get("rootNamespace").str();
        if written.is_empty() { self.usual_root } else { written }
    }

    pub fn ingress_service(&self) -> &'a str {
        let written = self.written.get("ingressService").str();
        if written.is_empty() { "istio-ingressgateway" } else { written }
    }

    pub fn ingress_controller_off(&self) -> bool {
        self.written.get("ingressControllerMode").str() == "OFF"
    }

    pub fn default_config(&self) -> View<'a> {
        self.written.get("defaultConfig")
    }

    /// Whether istiod hands out addresses for ServiceEntries that have none.
    pub fn allocates_addresses(&self) -> bool {
        let metadata = self.default_config().get("proxyMetadata");
        let on = |key: &str| metadata.key(key).str() == "true";
        on("ISTIO_META_DNS_CAPTURE") && (on("ISTIO_META_DNS_AUTO_ALLOCATE") || on("PILOT_ENABLE_IP_AUTOALLOCATE"))
    }

    pub fn default_access_logging(&self) -> bool {
        !self.written.get("defaultProviders").get("accessLogging").is_empty()
    }

    pub fn extension_providers(&self) -> impl Iterator<Item = View<'a>> + use<'a> {
        self.written.get("extensionProviders").items()
    }

    /// Sidecars send to unknown hosts nowhere.
    pub fn registry_only(&self) -> bool {
        self.written.get("outboundTrafficPolicy").get("mode").str() == "REGISTRY_ONLY"
    }

    pub fn trust_domain(&self) -> &'a str {
        let written = self.written.get("trustDomain").str();
        if written.is_empty() { "cluster.local" } else { written }
    }
}
