//! Private keys of the kinds templates may ask for, and the PEM forms Go gives each of them.

use getrandom::SysRng;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::pkcs8::der::asn1::OctetStringRef;
use rsa::pkcs8::der::{Decode, Encode, SecretDocument};
use rsa::pkcs8::spki::AlgorithmIdentifierRef;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding, ObjectIdentifier, PrivateKeyInfoRef};
use sec1::{EcParameters, EcPrivateKey};

use crate::gotemplate::function::{Call, Function, Outcome, Type};
use crate::gotemplate::{Fault, Sight};

pub(super) const TABLE: &[Function] =
    &[Function::new("genPrivateKey", &[Type::Text], private_key).seeing(Sight::Fresh)];

/// Bits of a key that a template asks for by name.
const NAMED_RSA_BITS: usize = 4096;
/// Bits of the key that comes with a certificate.
const RSA_BITS: usize = 2048;

const RSA_LABEL: &str = "RSA PRIVATE KEY";
const EC_LABEL: &str = "EC PRIVATE KEY";
const PKCS8_LABEL: &str = "PRIVATE KEY";

const RSA_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// `genPrivateKey KIND`; an unknown kind is told in the text, as Sprig does.
fn private_key(call: &mut Call<'_, '_>) -> Outcome {
    let key = match call.text(0) {
        "" | "rsa" => PrivateKey::rsa(NAMED_RSA_BITS)?,
        "ecdsa" => PrivateKey::generated(&PKCS_ECDSA_P256_SHA256)?,
        "ed25519" => PrivateKey::generated(&PKCS_ED25519)?,
        "dsa" => return Err(Fault::new("DSA keys are not made any more: ask for \"ecdsa\", \"ed25519\" or \"rsa\"")),
        other => return Ok(format!("Unknown type {other}").into()),
    };
    Ok(key.pem.into())
}

/// A private key that can sign, with its text.
pub(super) struct PrivateKey {
    pub(super) pair: KeyPair,
    pub(super) pem: String,
}

impl PrivateKey {
    /// The key a certificate gets when the template brings none.
    pub(super) fn for_certificate() -> Result<Self, Fault> {
        PrivateKey::rsa(RSA_BITS)
    }

    fn rsa(bits: usize) -> Result<Self, Fault> {
        let key = rsa::PrivateKey::new(&mut SysRng, bits).map_err(unusable)?;
        PrivateKey::from_pkcs8(key.to_pkcs8_der().map_err(unusable)?.as_bytes())
    }

    fn generated(algorithm: &'static rcgen::SignatureAlgorithm) -> Result<Self, Fault> {
        let pair = KeyPair::generate_for(algorithm).map_err(unusable)?;
        PrivateKey::from_pkcs8(pair.serialized_der())
    }

    /// A key in any of the three PEM forms.
    pub(super) fn parse(pem: &str) -> Result<Self, Fault> {
        let label = pem.split("-----BEGIN ").nth(1).and_then(|rest| rest.split("-----").next());
        let Some(label) = label else { return Err(Fault::new("no PEM data in input")) };
        match label {
            RSA_LABEL => {
                let key = rsa::PrivateKey::from_pkcs1_pem(pem).map_err(unusable)?;
                PrivateKey::from_pkcs8(key.to_pkcs8_der().map_err(unusable)?.as_bytes())
            }
            EC_LABEL => {
                let (_, der) = SecretDocument::from_pem(pem).map_err(unusable)?;
                let key = EcPrivateKey::from_der(der.as_bytes()).map_err(unusable)?;
                let curve = key.parameters.and_then(|parameters| parameters.named_curve()).unwrap_or(P256);
                let algorithm = AlgorithmIdentifierRef { oid: EC_KEY, parameters: Some((&curve).into()) };
                let octets = OctetStringRef::new(der.as_bytes()).map_err(unusable)?;
                let info = PrivateKeyInfoRef::new(algorithm, octets).to_der().map_err(unusable)?;
                PrivateKey::from_pkcs8(&info)
            }
            PKCS8_LABEL => {
                let (_, der) = SecretDocument::from_pem(pem).map_err(unusable)?;
                PrivateKey::from_pkcs8(der.as_bytes())
            }
            other => Err(Fault::new(format!("no private key data in PEM block of type {other}"))),
        }
    }

    /// The key with the text Go writes for its kind: PKCS #1 for RSA, SEC 1 for elliptic curves, PKCS #8 for the rest.
    fn from_pkcs8(der: &[u8]) -> Result<Self, Fault> {
        let info = PrivateKeyInfoRef::from_der(der).map_err(unusable)?;
        let pem = match info.algorithm.oid {
            RSA_KEY => {
                let key = rsa::PrivateKey::from_pkcs8_der(der).map_err(unusable)?;
                key.to_pkcs1_pem(LineEnding::LF).map_err(unusable)?.to_string()
            }
            EC_KEY => {
                let curve = info.algorithm.parameters_oid().map_err(unusable)?;
                let mut key = EcPrivateKey::from_der(info.private_key.as_bytes()).map_err(unusable)?;
                key.parameters = Some(EcParameters::NamedCurve(curve));
                armoured(EC_LABEL, &key)?
            }
            _ => {
                let mut info = info;
                info.public_key = None;
                armoured(PKCS8_LABEL, &info)?
            }
        };
        let pair = KeyPair::try_from(der).map_err(unusable)?;
        Ok(PrivateKey { pair, pem })
    }
}

fn armoured(label: &'static str, key: &impl Encode) -> Result<String, Fault> {
    let der = SecretDocument::encode_msg(key).map_err(unusable)?;
    Ok(der.to_pem(label, LineEnding::LF).map_err(unusable)?.to_string())
}

fn unusable(error: impl std::fmt::Display) -> Fault {
    Fault::new(format!("unusable private key: {error}"))
}

#[cfg(test)]
mod tests {
    use super::PrivateKey;
    use crate::gotemplate::tests::rendered;

    #[test]
    fn keys_come_in_the_form_of_their_kind_and_can_be_read_again() {
        for (kind, label) in [("ecdsa", "EC PRIVATE KEY"), ("ed25519", "PRIVATE KEY")] {
            let pem = rendered(&format!("{{{{ genPrivateKey {kind:?} }}}}"));
            assert!(pem.starts_with(&format!("-----BEGIN {label}-----\n")), "{pem}");
            let read = PrivateKey::parse(&pem).map(|key| key.pem);
            assert_eq!(read.ok(), Some(pem));
        }
        assert_eq!(rendered("{{ genPrivateKey \"foo\" }}"), "Unknown type foo");
    }
}
