//! RequestAuthentication: issuers, keys, where tokens come from and where their claims go.

use super::report::Report;
use super::targets::{self, Targeting};
use super::{amounts, headers, jwks, url};
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
        match jwks::secret_keys(keys) {
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
