//! `proxy-config rootca-compare`: whether proxies trust the same roots.

use crate::envoy::certificate::Certificate;
use crate::envoy::value::Value;

/// Why a proxy's roots cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the proxy holds no root certificate (no secret ROOTCA)")]
pub struct NoRoot;

/// The roots that a proxy trusts, out of its canonical secrets section.
pub fn roots(section: &Value) -> Result<Vec<Certificate>, NoRoot> {
    let mut secrets = section.list(&["dynamicActiveSecrets"]).iter();
    let root = secrets.find(|secret| secret.text(&["name"]) == "ROOTCA").ok_or(NoRoot)?;
    let pem = super::secrets::bytes(root.at(&["secret", "validationContext", "trustedCa", "inlineBytes"]));
    let roots = pem.map(|pem| Certificate::all(&pem)).unwrap_or_default();
    if roots.is_empty() { Err(NoRoot) } else { Ok(roots) }
}

/// Whether any root of one is a root of the other.
pub fn share_root(a: &[Certificate], b: &[Certificate]) -> bool {
    a.iter().any(|root| b.iter().any(|other| root.is_same(other)))
}
