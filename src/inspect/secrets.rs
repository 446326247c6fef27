//! `proxy-config secret`: the certificates and roots a proxy holds.

use crate::envoy::certificate::Certificate;
use crate::envoy::decode::TYPE_PREFIX;
use crate::envoy::value::Value;
use crate::envoy::well_known::{format_timestamp, parse_bytes};
use crate::ui::tabwriter::TabWriter;

/// The message of a secret.
pub const SECRET: &str = "envoy.extensions.transport_sockets.tls.v3.Secret";
const SPIFFE_VALIDATOR: &str = "envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig";

/// A secret cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("secret {name} cannot be read: {reason}")]
pub struct SecretError {
    pub name: String,
    pub reason: String,
}

/// One certificate of one secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub name: String,
    pub status: &'static str,
    /// The bundle's name, or what the certificate's SPIFFE name says; empty if neither.
    pub trust_domain: String,
    /// Absent when there is none that can be read.
    pub certificate: Option<Certificate>,
}

/// The rows of a canonical secrets section: warming ones first.
pub fn rows(section: &Value) -> Result<Vec<Row>, SecretError> {
    let mut rows = Vec::new();
    for (field, status) in [("dynamicWarmingSecrets", "WARMING"), ("dynamicActiveSecrets", "ACTIVE")] {
        for entry in section.list(&[field]) {
            let name = entry.text(&["name"]);
            let fail = |reason: String| SecretError { name: name.to_owned(), reason };
            let secret = entry.get("secret").ok_or_else(|| fail("it has no content".to_owned()))?;
            let url = secret.text(&["@type"]);
            if url.rsplit('/').next() != Some(SECRET) {
                return Err(fail(format!("expected {TYPE_PREFIX}{SECRET}, found {url:?}")));
            }
            rows.extend(of_secret(secret, name, status));
        }
    }
    Ok(rows)
}

fn of_secret(secret: &Value, name: &str, status: &'static str) -> Vec<Row> {
    let chain = secret.at(&["tlsCertificate", "certificateChain", "inlineBytes"]);
    let root = secret.at(&["validationContext", "trustedCa", "inlineBytes"]);
    if chain.is_none()
        && root.is_none()
        && let Some(validator) = secret.at(&["validationContext", "customValidatorConfig", "typedConfig"])
        && validator.text(&["@type"]).rsplit('/').next() == Some(SPIFFE_VALIDATOR)
    {
        let bundles = validator.list(&["trustDomains"]).iter();
        return bundles
            .map(|bundle| {
                let certificate =
                    bytes(bundle.at(&["trustBundle", "inlineBytes"])).and_then(|pem| Certificate::first(&pem));
                let domain = certificate.as_ref().map(|_| bundle.text(&["name"]).to_owned());
                let trust_domain = domain.unwrap_or_default();
                Row { name: secret.text(&["name"]).to_owned(), status, trust_domain, certificate }
            })
            .collect();
    }
    let certificate = bytes(chain.or(root)).and_then(|pem| Certificate::first(&pem));
    let trust_domain = certificate.as_ref().and_then(Certificate::trust_domain).unwrap_or_default().to_owned();
    vec![Row { name: name.to_owned(), status, trust_domain, certificate }]
}

pub(super) fn bytes(value: Option<&Value>) -> Option<Vec<u8>> {
    parse_bytes(value?.as_str()?)
}

/// The table at this time (seconds since 1970); a sentence where there is nothing to show.
pub fn table(section: &Value, now: i64, named: bool) -> Result<TabWriter, SecretError> {
    let has = |field: &str| !section.list(&[field]).is_empty();
    if !has("dynamicWarmingSecrets") && !has("dynamicActiveSecrets") {
        return Ok(sentence("No active or warming secrets found.\n"));
    }
    let rows = rows(section)?;
    if rows.is_empty() {
        return Ok(sentence("No secret items to show.\n"));
    }
    let with_domain = rows.iter().all(|row| !row.trust_domain.is_empty());
    let mut table = TabWriter::new(5);
    table.push("RESOURCE NAME\tTYPE\tSTATUS\tVALID CERT\tSERIAL NUMBER\tNOT AFTER\tNOT BEFORE");
    table.push(if with_domain { "\tTRUST DOMAIN\n" } else { "\n" });
    for row in rows {
        let name = if named { format!("secret/{}", row.name) } else { row.name };
        let mut cells = match &row.certificate {
            Some(certificate) => vec![
                name,
                if certificate.is_ca { "CA" } else { "Cert Chain" }.to_owned(),
                row.status.to_owned(),
                certificate.is_valid_at(now).to_string(),
                certificate.serial.clone(),
                format_timestamp(certificate.not_after, 0),
                format_timestamp(certificate.not_before, 0),
            ],
            None => [&*name, "", row.status, "false", "", "", ""].map(str::to_owned).to_vec(),
        };
        if with_domain {
            cells.push(row.trust_domain);
        }
        table.row(cells);
    }
    Ok(table)
}

fn sentence(text: &str) -> TabWriter {
    let mut table = TabWriter::new(5);
    table.push(text);
    table
}
