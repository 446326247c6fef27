//! JSON Web Keys (RFC 7517, 7518, 8037) as istiod reads them: which members a key of each kind has, and which keys are secret.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Deserializer, Map, Value};

/// A kind of key: its name, whether it names a curve, the encoded members it must have, and those of its private half.
struct KeyType {
    name: &'static str,
    curve: bool,
    needs: &'static [&'static str],
    private: &'static [&'static str],
}

const KEY_TYPES: &[KeyType] = &[
    KeyType { name: "RSA", curve: false, needs: &["n", "e"], private: &["d", "p", "q", "dp", "dq", "qi"] },
    KeyType { name: "EC", curve: true, needs: &["x", "y"], private: &["d"] },
    KeyType { name: "OKP", curve: true, needs: &["x"], private: &["d"] },
    KeyType { name: "oct", curve: false, needs: &["k"], private: &[] },
];

const CURVES: &[&str] = &["P-256", "P-384", "P-521", "Ed25519", "Ed448", "X25519", "X448"];
const TEXTS: &[&str] = &["kid", "use", "x5u", "x5t", "x5t#S256"];
const LISTS: &[&str] = &["key_ops", "x5c"];

/// Signature, key management and content encryption.
const ALGORITHMS: &[&str] = &[
    "HS256",
    "HS384",
    "HS512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "ES256K",
    "EdDSA",
    "none",
    "RSA1_5",
    "RSA-OAEP",
    "RSA-OAEP-256",
    "RSA-OAEP-384",
    "RSA-OAEP-512",
    "A128KW",
    "A192KW",
    "A256KW",
    "dir",
    "ECDH-ES",
    "ECDH-ES+A128KW",
    "ECDH-ES+A192KW",
    "ECDH-ES+A256KW",
    "A128GCMKW",
    "A192GCMKW",
    "A256GCMKW",
    "PBES2-HS256+A128KW",
    "PBES2-HS384+A192KW",
    "PBES2-HS512+A256KW",
    "A128GCM",
    "A192GCM",
    "A256GCM",
    "A128CBC-HS256",
    "A192CBC-HS384",
    "A256CBC-HS512",
];

/// How many keys of a set (or single key) are private or symmetric, or why it cannot be read. What follows the first JSON value is
/// not looked at.
pub fn secret_keys(text: &str) -> Result<usize, String> {
    let first = Deserializer::from_str(text).into_iter::<Value>().next();
    let parsed = first.ok_or("it is empty")?.map_err(|error| error.to_string())?;
    let Value::Object(object) = &parsed else { return Err("it is not a JSON object".into()) };
    let keys = match object.get("keys") {
        None => std::slice::from_ref(&parsed),
        Some(Value::Null) => &[],
        Some(Value::Array(keys)) => keys.as_slice(),
        Some(_) => return Err("`keys` is not a list".into()),
    };
    keys.iter().try_fold(0, |secrets, key| {
        let key = key.as_object().ok_or("a key is not a JSON object")?;
        Ok(secrets + usize::from(is_secret(key)?))
    })
}

/// Whether a key is private or symmetric, or what is wrong with it.
fn is_secret(key: &Map<String, Value>) -> Result<bool, String> {
    let kind = key.get("kty").and_then(Value::as_str).unwrap_or_default();
    let Some(kty) = KEY_TYPES.iter().find(|kty| kty.name == kind) else {
        return Err(format!("{kind:?} is not a kind of key"));
    };
    if let Some(missing) = kty.needs.iter().find(|name| !key.contains_key(**name)) {
        return Err(format!("a key of kind {kind} has no {missing}"));
    }
    let names: [(&str, &[&str], bool); 2] = [("crv", CURVES, kty.curve), ("alg", ALGORITHMS, key.contains_key("alg"))];
    for (member, known, wanted) in names {
        if wanted && !key.get(member).and_then(Value::as_str).is_some_and(|name| known.contains(&name)) {
            return Err(format!("{member} of a key of kind {kind} is none that is known"));
        }
    }
    let given = |name: &&&str| key.get(**name).is_some_and(|value| !value.is_null());
    let is_text = |name: &&str| key.get(*name).is_some_and(Value::is_string);
    let is_list = |name: &&str| {
        let list = key.get(*name).and_then(Value::as_array);
        list.is_some_and(|list| list.iter().all(|item| item.is_string() || item.is_null()))
    };
    let private = key.contains_key("d") && !kty.private.is_empty();
    let encoded = kty.needs.iter().chain(if private { kty.private } else { &[] });
    let wrong = TEXTS.iter().filter(given).find(|name| !is_text(name));
    let wrong = wrong.or_else(|| LISTS.iter().filter(given).find(|name| !is_list(name)));
    let decodes = |name: &&&str| key.get(**name).and_then(Value::as_str).is_some_and(is_base64);
    match wrong.or_else(|| encoded.filter(given).find(|name| !decodes(name))) {
        Some(name) => Err(format!("{name} of a key of kind {kind} has a wrong form")),
        None => Ok(private || kind == "oct"),
    }
}

/// Base64 in either alphabet; padded in full or not at all. Line breaks are passed over.
fn is_base64(text: &str) -> bool {
    let text = text.replace(['\r', '\n'], "");
    let padding =
        if text.ends_with('=') { DecodePaddingMode::RequireCanonical } else { DecodePaddingMode::RequireNone };
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(padding).with_decode_allow_trailing_bits(true);
    [URL_SAFE, STANDARD].iter().any(|alphabet| GeneralPurpose::new(alphabet, config).decode(&text).is_ok())
}

#[cfg(test)]
mod tests {
    use super::secret_keys;

    #[test]
    fn sets_and_single_keys() {
        let cases = [
            (r#"{"keys": []}"#, Some(0)),
            (r#"{"keys": null, "a": 1} and more"#, Some(0)),
            (r#"{"kty": "oct", "k": "AQ=="}"#, Some(1)),
            (r#"{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQ\nAB"}, {"kty": "oct", "k": null}]}"#, Some(1)),
            (r#"{"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": null, "p": "AQ"}"#, Some(1)),
            (
                r#"{"kty": "RSA", "n": "AQAB", "e": "AQAB", "p": 3, "foo": 3, "alg": "RS256", "x5c": ["a", null]}"#,
                Some(0),
            ),
            (r#"{"kty": "EC", "crv": "P-256", "x": "+/+/", "y": "_-_-"}"#, Some(0)),
            (r#"{"kty": "EC", "crv": "secp256k1", "x": "AQ", "y": "AQ"}"#, None),
            (r#"{"kty": "OKP", "x": "AQ"}"#, None),
            (r#"{"kty": "oct", "k": "AQ="}"#, None),
            (r#"{"kty": "oct", "k": "+_"}"#, None),
            (r#"{"kty": "oct", "k": "AQ", "alg": "rs256"}"#, None),
            (r#"{"kty": "oct", "k": "AQ", "kid": 3}"#, None),
            (r#"{"kty": "oct", "k": "AQ", "key_ops": "verify"}"#, None),
            (r#"{"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQ", "p": 3}"#, None),
            (r#"{"keys": [3]}"#, None),
            ("{}", None),
            ("[]", None),
            ("", None),
        ];
        for (text, secrets) in cases {
            assert_eq!(secret_keys(text).ok(), secrets, "{text}");
        }
    }
}
