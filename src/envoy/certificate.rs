//! X.509 certificates, as far as the tables tell about them.

use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};

/// What is shown of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Lower-case hex, at least 32 digits.
    pub serial: String,
    /// Seconds since 1970.
    pub not_before: i64,
    pub not_after: i64,
    pub is_ca: bool,
    pub subject: String,
    pub issuer: String,
    /// URI names, such as `spiffe://cluster.local/ns/a/sa/b`.
    pub uris: Vec<String>,
    pub dns_names: Vec<String>,
    der: Vec<u8>,
}

impl Certificate {
    /// The first certificate of a PEM text.
    pub fn first(pem: &[u8]) -> Option<Self> {
        blocks(pem).next().and_then(|der| Self::from_der(&der))
    }

    /// Every certificate of a PEM text, the leaf of a chain first. Blocks that are no certificate are left out.
    pub fn all(pem: &[u8]) -> Vec<Self> {
        blocks(pem).filter_map(|der| Self::from_der(&der)).collect()
    }

    fn from_der(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let mut uris = Vec::new();
        let mut dns_names = Vec::new();
        let mut is_ca = false;
        for extension in certificate.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::BasicConstraints(constraints) => is_ca = constraints.ca,
                ParsedExtension::SubjectAlternativeName(names) => {
                    for name in &names.general_names {
                        match name {
                            GeneralName::URI(uri) => uris.push((*uri).to_owned()),
                            GeneralName::DNSName(name) => dns_names.push((*name).to_owned()),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        Some(Certificate {
            serial: format!("{:0>32}", certificate.tbs_certificate.serial.to_str_radix(16)),
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            is_ca,
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            uris,
            dns_names,
            der: der.to_vec(),
        })
    }

    /// Whether the time lies within the validity, its ends excluded.
    pub fn is_valid_at(&self, seconds: i64) -> bool {
        self.not_before < seconds && seconds < self.not_after
    }

    /// The trust domain of the last SPIFFE name.
    pub fn trust_domain(&self) -> Option<&str> {
        let spiffe = self.uris.iter().rev().find_map(|uri| uri.strip_prefix("spiffe://"))?;
        spiffe.split(['/', '?', '#']).next()
    }

    /// Whether both are the same bytes.
    pub fn is_same(&self, other: &Self) -> bool {
        self.der == other.der
    }

    /// Whether the name of its issuer is the name of `root`. The signature is not checked.
    pub fn names_as_issuer(&self, root: &Self) -> bool {
        self.issuer == root.subject
    }
}

fn blocks(pem: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    x509_parser::pem::Pem::iter_from_buffer(pem).map_while(Result::ok).map(|block| block.contents)
}
