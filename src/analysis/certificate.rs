//! Certificates in secrets: present, readable, in force, and for the hosts they are used for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension, X509Certificate};

use super::snapshot::Resource;
use super::view::View;

/// What became of looking at a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    Good,
    /// Why it cannot be used.
    Bad(String),
}

/// Names of the certificate and the key in a secret, in the order in which they are tried.
const PAIRS: &[(&str, &str)] = &[("cert", "key"), ("tls.crt", "tls.key")];

/// Judges the secret of a gateway's server. The reference looks at validity alone, and at `data` alone.
pub fn judge_secret(secret: &Resource<'_>, now: i64, reference: bool, mutual: bool, hosts: View<'_>) -> Judgement {
    let entry = |name: &str| read(secret, name, reference);
    let pair = PAIRS.iter().find_map(|(certificate, key)| {
        let (certificate, key) = (entry(certificate)?, entry(key)?);
        (!certificate.is_empty() && !key.is_empty()).then_some((certificate, key))
    });
    let Some((certificate, key)) = pair else {
        return Judgement::Bad("the secret has no certificate and key (tls.crt and tls.key)".into());
    };
    if let Err(problem) = judge_certificate(&certificate, now, if reference { None } else { Some(hosts) }) {
        return Judgement::Bad(problem);
    }
    if reference {
        return Judgement::Good;
    }
    if first_block(&key).is_none() {
        return Judgement::Bad("the key is not PEM".into());
    }
    let has_ca = ["ca.crt", "cacert"].iter().any(|name| entry(name).is_some_and(|text| !text.is_empty()));
    if mutual && !has_ca {
        return Judgement::Bad(
            "mode MUTUAL needs the CA of the clients: ca.crt in this secret, or a secret of the same name with -cacert"
                .into(),
        );
    }
    Judgement::Good
}

/// An entry of the secret, decoded.
fn read(secret: &Resource<'_>, name: &str, reference: bool) -> Option<Vec<u8>> {
    let plain = secret.root.key("stringData").key(name);
    if !reference && let Some(text) = plain.text() {
        return Some(text.as_bytes().to_vec());
    }
    let text: String = secret.root.key("data").key(name).text()?.split_whitespace().collect();
    STANDARD.decode(text).ok()
}

/// The bytes of the first PEM block, and its label.
fn first_block(pem: &[u8]) -> Option<(String, Vec<u8>)> {
    let text = std::str::from_utf8(pem).ok()?;
    let start = text.find("-----BEGIN ")?;
    let rest = &text[start + 11..];
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let base64: String = body.lines().filter(|line| !line.contains(':')).flat_map(str::split_whitespace).collect();
    Some((label.to_string(), STANDARD.decode(base64).ok()?))
}

fn judge_certificate(pem: &[u8], now: i64, hosts: Option<View<'_>>) -> Result<(), String> {
    let (_, der) = first_block(pem).ok_or("the certificate is not PEM")?;
    let mut rest: &[u8] = &der;
    let mut leaf = true;
    while !rest.is_empty() {
        let (left, certificate) = X509Certificate::from_der(rest).map_err(|_| "the certificate cannot be read")?;
        let (from, until) =
            (certificate.validity().not_before.timestamp(), certificate.validity().not_after.timestamp());
        if now < from {
            return Err(format!("the certificate is valid from {} on", date(from)));
        }
        if now > until {
            return Err(format!("the certificate expired on {}", date(until)));
        }
        if leaf && let Some(hosts) = hosts {
            judge_names(&certificate, hosts)?;
        }
        leaf = false;
        rest = left;
    }
    Ok(())
}

fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map_or_else(|_| seconds.to_string(), |time| time.strftime("%Y-%m-%d").to_string())
}

/// Every host of the server must be a name of the certificate. Wildcards stand for one label.
fn judge_names(certificate: &X509Certificate<'_>, hosts: View<'_>) -> Result<(), String> {
    let mut names: Vec<String> = Vec::new();
    for extension in certificate.extensions() {
        if let ParsedExtension::SubjectAlternativeName(alternative) = extension.parsed_extension() {
            names.extend(alternative.general_names.iter().filter_map(|name| match name {
                GeneralName::DNSName(name) => Some((*name).to_string()),
                _ => None,
            }));
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    for host in hosts.strings().map(|host| host.rsplit('/').next().unwrap_or(host)).filter(|host| *host != "*") {
        if !names.iter().any(|name| names_host(name, host)) {
            return Err(format!("the certificate is for {} and not for {host}", names.join(", ")));
        }
    }
    Ok(())
}

fn names_host(name: &str, host: &str) -> bool {
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    match (name.strip_prefix("*."), host.split_once('.')) {
        (Some(suffix), Some((_, rest))) => suffix.eq_ignore_ascii_case(rest),
        _ => false,
    }
}

/// The certificates and their last day, for rules about expiry.
pub fn expiry(secret: &Resource<'_>) -> Option<i64> {
    let pem = PAIRS.iter().find_map(|(certificate, _)| read(secret, certificate, false))?;
    let (_, der) = first_block(&pem)?;
    let (_, certificate) = X509Certificate::from_der(&der).ok()?;
    Some(certificate.validity().not_after.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        assert!(names_host("*.example.com", "a.example.com"));
        assert!(!names_host("*.example.com", "a.b.example.com"));
        assert!(!names_host("*.example.com", "example.com"));
        assert!(names_host("Example.com", "example.COM"));
    }
}
