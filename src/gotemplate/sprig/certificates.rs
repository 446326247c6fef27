//! Certificates made while rendering: authorities, what they sign, and what signs itself.

use std::any::Any;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::string::{Ia5String, PrintableString};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyUsagePurpose, SanType, SerialNumber,
};

use super::keys::PrivateKey;
use crate::gotemplate::function::{CERTIFICATE, Call, Function, Outcome, Type, show};
use crate::gotemplate::value::{List as Values, Object, Value};
use crate::gotemplate::{Fault, Sight};

use Type::{Certificate, Int, List, Text};

pub(super) const TABLE: &[Function] = &[
    Function::new("genCA", &[Text, Int], |call| authority(call, PrivateKey::for_certificate()?)).seeing(Sight::Fresh),
    Function::new("genCAWithKey", &[Text, Int, Text], |call| authority(call, given_key(call, 2)?)).seeing(Sight::Fresh),
    Function::new("genSelfSignedCert", &[Text, List, List, Int], |call| {
        self_signed(call, PrivateKey::for_certificate()?)
    })
    .seeing(Sight::Fresh),
    Function::new("genSelfSignedCertWithKey", &[Text, List, List, Int, Text], |call| {
        self_signed(call, given_key(call, 4)?)
    })
    .seeing(Sight::Fresh),
    Function::new("genSignedCert", &[Text, List, List, Int, Certificate], |call| {
        signed(call, PrivateKey::for_certificate()?)
    })
    .seeing(Sight::Fresh),
    Function::new("genSignedCertWithKey", &[Text, List, List, Int, Certificate, Text], |call| {
        signed(call, given_key(call, 5)?)
    })
    .seeing(Sight::Fresh),
    Function::new("buildCustomCert", &[Text, Text], |call| {
        let cert = decoded(call, 0, "certificate")?;
        let key = decoded(call, 1, "private key")?;
        x509_parser::pem::parse_x509_pem(cert.as_bytes())
            .ok()
            .filter(|(_, pem)| pem.parse_x509().is_ok())
            .ok_or_else(|| Fault::new("unable to decode certificate"))?;
        PrivateKey::parse(&key)?;
        Ok(Value::object(Made { cert, key }))
    }),
];

/// A certificate and its private key, both PEM.
struct Made {
    cert: String,
    key: String,
}

impl Object for Made {
    fn type_name(&self) -> &str {
        CERTIFICATE
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Cert" => Some(self.cert.as_str().into()),
            "Key" => Some(self.key.as_str().into()),
            _ => None,
        }
    }

    fn print(&self) -> String {
        format!("{{{} {}}}", self.cert, self.key)
    }

    fn to_json(&self) -> serde_json::Value {
        serde_json::json!({"Cert": self.cert, "Key": self.key})
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn authority(call: &Call<'_, '_>, key: PrivateKey) -> Outcome {
    let mut params = params(call.text(0), call.int(1))?;
    params.key_usages.push(KeyUsagePurpose::KeyCertSign);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    made(params.self_signed(&key.pair), key)
}

fn self_signed(call: &Call<'_, '_>, key: PrivateKey) -> Outcome {
    made(leaf(call)?.self_signed(&key.pair), key)
}

fn signed(call: &Call<'_, '_>, key: PrivateKey) -> Outcome {
    let Value::Object(object) = call.value(4) else { return Err(Fault::new("no certificate authority given")) };
    let Some(authority) = object.as_any().downcast_ref::<Made>() else {
        return Err(Fault::new("the certificate authority is of another kind"));
    };
    let signer = PrivateKey::parse(&authority.key)?;
    let issuer = Issuer::from_ca_cert_pem(&authority.cert, signer.pair).map_err(unusable)?;
    let mut params = leaf(call)?;
    params.use_authority_key_identifier_extension = true;
    made(params.signed_by(&key.pair, &issuer), key)
}

fn made(certificate: Result<rcgen::Certificate, rcgen::Error>, key: PrivateKey) -> Outcome {
    let cert = certificate.map_err(unusable)?.pem().replace("\r\n", "\n");
    Ok(Value::object(Made { cert, key: key.pem }))
}

/// What a certificate for a server or client says: `NAME IPS DNS-NAMES DAYS`.
fn leaf(call: &Call<'_, '_>) -> Result<CertificateParams, Fault> {
    let mut params = params(call.text(0), call.int(3))?;
    params.is_ca = IsCa::ExplicitNoCa;
    for address in texts(&call.list(1), "ip")? {
        let parsed: IpAddr = address.parse().map_err(|_| Fault::new(format!("error parsing ip: {address}")))?;
        params.subject_alt_names.push(SanType::IpAddress(parsed));
    }
    for name in texts(&call.list(2), "alternate dns name")? {
        let ascii = Ia5String::try_from(name.as_str())
            .map_err(|_| Fault::new(format!("alternate dns name {name:?} has letters outside ASCII")))?;
        params.subject_alt_names.push(SanType::DnsName(ascii));
    }
    Ok(params)
}

fn params(common_name: &str, days: i64) -> Result<CertificateParams, Fault> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    if !common_name.is_empty() {
        let name = PrintableString::try_from(common_name)
            .map_or_else(|_| DnValue::Utf8String(common_name.to_owned()), DnValue::PrintableString);
        params.distinguished_name.push(DnType::CommonName, name);
    }
    let mut serial = [0; 16];
    getrandom::fill(&mut serial).map_err(unusable)?;
    serial[0] &= 0x7f;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    let now = SystemTime::now();
    params.not_before = now.into();
    params.not_after = moved(now, days)?.into();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}

/// The longest time Go's durations can name: some 292 years.
const MOST_DAYS: u64 = 106_751;

fn moved(from: SystemTime, days: i64) -> Result<SystemTime, Fault> {
    let count = days.unsigned_abs();
    let span = Duration::from_secs(count.saturating_mul(24 * 60 * 60));
    let to = if days < 0 { from.checked_sub(span) } else { from.checked_add(span) };
    to.filter(|_| count <= MOST_DAYS)
        .ok_or_else(|| Fault::new(format!("a certificate can't be valid for {days} days: {MOST_DAYS} at most")))
}

fn texts(list: &Values, what: &str) -> Result<Vec<String>, Fault> {
    let text = |value: &Value| match value.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(Fault::new(format!("error processing {what}: {} is not a string", show(value)))),
    };
    list.items().iter().map(text).collect()
}

fn given_key(call: &Call<'_, '_>, at: usize) -> Result<PrivateKey, Fault> {
    PrivateKey::parse(call.text(at))
}

fn decoded(call: &Call<'_, '_>, at: usize, what: &str) -> Result<String, Fault> {
    let bytes = STANDARD.decode(call.text(at)).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    bytes.ok_or_else(|| Fault::new(format!("unable to decode base64 {what}")))
}

fn unusable(error: impl std::fmt::Display) -> Fault {
    Fault::new(format!("error creating certificate: {error}"))
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::*;

    use crate::gotemplate::tests::rendered;

    /// What one certificate says: issuer, subject, whether an authority, days of validity, alternate names.
    fn told(pem: &str) -> String {
        let (_, pem) = parse_x509_pem(pem.as_bytes()).expect("PEM");
        let certificate = pem.parse_x509().expect("a certificate");
        let validity = certificate.validity();
        let days = (validity.not_after.timestamp() - validity.not_before.timestamp()) / 86_400;
        let names = certificate.subject_alternative_name().ok().flatten();
        let names: Vec<String> =
            names.iter().flat_map(|names| &names.value.general_names).map(|n| n.to_string()).collect();
        let (issuer, subject) = (certificate.issuer(), certificate.subject());
        format!("{issuer} > {subject} ca={} days={days} {}", certificate.is_ca(), names.join(" "))
    }

    #[test]
    fn an_authority_signs_and_others_sign_themselves() {
        let made = rendered(concat!(
            "{{ $key := genPrivateKey \"ecdsa\" }}{{ $ca := genCAWithKey \"root\" 365 $key }}{{ $ca.Cert }}|",
            "{{ (genSignedCertWithKey \"shop\" (list \"10.0.0.1\") (list \"shop.example\") 30 $ca $key).Cert }}|",
            "{{ (genSelfSignedCertWithKey \"own\" nil (list \"a.b\") 2 (genPrivateKey \"ed25519\")).Cert }}|",
            "{{ (buildCustomCert ($ca.Cert | b64enc) ($ca.Key | b64enc)).Cert }}",
        ));
        let told: Vec<String> = made.split('|').map(told).collect();
        assert_eq!(
            told,
            [
                "CN=root > CN=root ca=true days=365 ",
                "CN=root > CN=shop ca=false days=30 IPAddress(0a:00:00:01) DNSName(shop.example)",
                "CN=own > CN=own ca=false days=2 DNSName(a.b)",
                "CN=root > CN=root ca=true days=365 ",
            ]
        );
    }

    #[test]
    fn without_a_key_an_rsa_key_comes_with_it() {
        let made = rendered("{{ $c := genSelfSignedCert \"x\" nil nil 1 }}{{ $c.Key }}{{ typeOf $c }}");
        assert!(made.starts_with("-----BEGIN RSA PRIVATE KEY-----\n"), "{made}");
        assert!(made.ends_with("-----END RSA PRIVATE KEY-----\nsprig.certificate"), "{made}");
    }

    #[test]
    fn what_can_not_be_signed_is_told() {
        let errors = [
            ("{{ genCAWithKey \"x\" 1 \"bad\" }}", "no PEM data in input"),
            ("{{ genSelfSignedCert \"x\" (list \"1.2.3\") nil 1 }}", "error parsing ip: 1.2.3"),
            ("{{ genSignedCert \"x\" nil nil 1 \"ca\" }}", "can't handle \"ca\" for arg of type sprig.certificate"),
            ("{{ buildCustomCert \"%%\" \"\" }}", "unable to decode base64 certificate"),
            (
                "{{ (genCAWithKey \"x\" 1 (genPrivateKey \"ecdsa\")).Foo }}",
                "can't evaluate field Foo in type sprig.certificate",
            ),
            ("{{ genCA \"x\" 200000 }}", "106751 at most"),
        ];
        for (template, expected) in errors {
            let error = rendered(template);
            assert!(error.contains(expected), "{template}: {error}");
        }
    }
}
