//! X.509 certificates, as far as the tables tell about them.

use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::pem::blocks;

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
        let (_, certificate) = X509Certificate::from_der(der).ok().filter(|(rest, _)| rest.is_empty())?;
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
        let named =
            |uri: &'_ String| uri.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("spiffe"));
        let (_, spiffe) = self.uris.iter().rev().find(|uri| named(uri))?.split_once("://")?;
        let authority = spiffe.split(['/', '?', '#']).next()?;
        authority.rsplit('@').next()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::well_known::format_timestamp;

    /// A certificate with these URI names that never ends.
    fn certificate(uris: &[&str]) -> rcgen::Certificate {
        let mut wanted = rcgen::CertificateParams::default();
        wanted.not_after = rcgen::date_time_ymd(9999, 12, 31);
        wanted.serial_number = Some(0xdead_beef_u64.into());
        let uri = |uri: &&str| rcgen::SanType::URI((*uri).try_into().expect("ASCII"));
        wanted.subject_alt_names = uris.iter().map(uri).collect();
        wanted.self_signed(&rcgen::KeyPair::generate().expect("a key")).expect("a certificate")
    }

    #[test]
    fn the_first_block_counts_whatever_stands_before_it() {
        let pem = certificate(&["spiffe://a/ns/b"]).pem();
        let first = |pem: &str| Certificate::first(pem.as_bytes());
        let read = first(&format!("# of a\n{}", pem.replace('\n', "\r\n"))).expect("a certificate");
        let shown = (&*read.serial, format_timestamp(read.not_after, 0), read.is_ca, read.trust_domain());
        assert_eq!(shown, ("000000000000000000000000deadbeef", "9999-12-31T00:00:00Z".to_owned(), false, Some("a")));
        assert_eq!(first(&format!("-----BEGIN KEY-----\nb25l\n-----END KEY-----\n{pem}")), None);
    }

    #[test]
    fn what_follows_a_certificate_in_its_block_makes_it_none() {
        let mut der = certificate(&[]).der().to_vec();
        assert!(Certificate::from_der(&der).is_some());
        der.push(0);
        assert_eq!(Certificate::from_der(&der), None);
    }

    #[test]
    fn the_trust_domain_is_the_host_of_the_last_spiffe_name() {
        let cases: [(&[&str], Option<&str>); 5] = [
            (&["spiffe://a/x", "spiffe://b:80/y", "https://c/z"], Some("b:80")),
            (&["SPIFFE://user@Up.org?q"], Some("Up.org")),
            (&["spiffe:///x"], Some("")),
            (&["urn:a:b"], None),
            (&[], None),
        ];
        for (uris, wanted) in cases {
            let read = Certificate::first(certificate(uris).pem().as_bytes()).expect("a certificate");
            assert_eq!(read.trust_domain(), wanted, "{uris:?}");
        }
    }
}
