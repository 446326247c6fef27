//! RequestAuthentication: issuers, keys, where tokens come from and where their claims go.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::report::Report;
use super::targets::{self, Targeting};
use super::{amounts, headers, url};
use crate::api::view::View;

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>) {
    targets::check(report, spec, Targeting::All);
    for rule in spec.list("jwtRules") {
        check_rule(report, rule);
    }
}

fn check_rule<'d>(report: &mut Report<'d>, rule: View<'d>) {
    if rule.text("issuer").is_empty() && rule.text("jwksUri").is_empty() {
        report.error("jwt-issuer", rule.at("issuer"), "the rule needs an issuer or a jwksUri");
    }
    let named = [
        ("audiences", "jwt-audience-empty", "the audience is empty"),
        ("fromParams", "jwt-param-empty", "the parameter's name is empty"),
        ("fromCookies", "jwt-cookie-empty", "the cookie's name is empty"),
    ];
    for (field, code, message) in named {
        for (_, node) in rule.texts(field).filter(|(text, _)| text.is_empty()) {
            report.error(code, node, message);
        }
    }
    let location = rule.text("jwksUri");
    if !location.is_empty() {
        match url::scheme(location) {
            Err(why) => report.error("url-parse", rule.at("jwksUri"), format!("{location:?} is not a URL: {why}")),
            Ok(scheme) if scheme != "http" && scheme != "https" => {
                let message = format!("{location:?} must be an http or https URL");
                report.error("jwks-uri-scheme", rule.at("jwksUri"), message);
            }
            Ok(_) => {}
        }
    }
    let keys = rule.text("jwks");
    if !keys.is_empty() {
        match secret_keys(keys) {
            Err(why) => report.error("jwks-parse", rule.at("jwks"), format!("the key set cannot be read: {why}")),
            Ok(secrets) => {
                for _ in 0..secrets {
                    report.warning(
                        "jwks-private",
                        rule.at("jwks"),
                        "the key set holds a private or symmetric key; tokens are checked with public ones",
                    );
                }
            }
        }
    }
    for header in rule.list("fromHeaders").filter(|header| header.text("name").is_empty()) {
        report.error("jwt-header-empty", header.at("name"), "the header's name is empty");
    }
    for claim in rule.list("outputClaimToHeaders") {
        let header = claim.text("header");
        if claim.text("claim").is_empty() || header.is_empty() {
            report.error("jwt-claim-empty", claim.here(), "both claim and header must be given");
        } else {
            report.check(claim.at("header"), headers::strict_name(header));
        }
    }
    amounts::duration_field(report, rule, "timeout");
}

/// Kinds of keys and the members each needs.
const KEY_TYPES: &[(&str, &[&str], &[&str])] =
    &[("RSA", &[], &["n", "e"]), ("EC", &["crv"], &["x", "y"]), ("OKP", &["crv"], &["x"]), ("oct", &[], &["k"])];

/// Base64 in either alphabet, padded or not.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// How many keys of a JWK set (or single JWK) are private or symmetric.
fn secret_keys(text: &str) -> Result<usize, String> {
    let parsed: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let Value::Object(object) = &parsed else { return Err("it is not a JSON object".into()) };
    let keys = match object.get("keys") {
        None => std::slice::from_ref(&parsed),
        Some(Value::Null) => &[],
        Some(Value::Array(keys)) => keys.as_slice(),
        Some(_) => return Err("`keys` is not a list".into()),
    };
    let mut secrets = 0;
    for key in keys {
        let kind = key.get("kty").and_then(Value::as_str).unwrap_or_default();
        let Some((_, texts, encoded)) = KEY_TYPES.iter().find(|(name, ..)| *name == kind) else {
            return Err(format!("{kind:?} is not a kind of key"));
        };
        let member = |name: &str| key.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(missing) = texts.iter().chain(*encoded).find(|name| member(name).is_none()) {
            return Err(format!("a key of kind {kind} has no {missing}"));
        }
        let decodes = |text: &str| {
            [URL_SAFE, STANDARD].iter().any(|alphabet| GeneralPurpose::new(alphabet, LENIENT).decode(text).is_ok())
        };
        if let Some(bad) =
            encoded.iter().chain(["d"].iter()).find(|name| member(name).is_some_and(|text| !decodes(text)))
        {
            return Err(format!("{bad} of a key is not base64"));
        }
        secrets += usize::from(kind == "oct" || member("d").is_some());
    }
    Ok(secrets)
}
