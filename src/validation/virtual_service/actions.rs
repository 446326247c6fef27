//! What an HTTP route does besides sending requests on: CORS, faults, redirects, direct answers, retries, rewrites.

use super::{amounts, headers, http};
use crate::api::view::View;
use crate::validation::ports;
use crate::validation::report::Report;
use crate::validation::string_match;

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*"];

pub fn cors<'d>(report: &mut Report<'d>, policy: Option<View<'d>>) {
    let Some(policy) = policy else { return };
    for origin in policy.list("allowOrigins") {
        let value =
            ["exact", "prefix", "regex"].into_iter().find(|form| origin.has(form)).map(|form| origin.text(form));
        if value.is_none_or(str::is_empty) {
            report.error("cors-origin-empty", origin.here(), "the origin is empty");
        } else {
            string_match::check_regex(report, origin);
        }
    }
    for (method, node) in policy.texts("allowMethods") {
        if !METHODS.contains(&method) {
            report.error("cors-method", node, format!("{method:?} is not an HTTP method in capitals, nor `*`"));
        }
    }
    for field in ["allowHeaders", "exposeHeaders"] {
        for (name, node) in policy.texts(field) {
            report.check(node, headers::cors_name(name));
        }
    }
    if let Some(age) = policy.duration("maxAge") {
        amounts::duration_field(report, policy, "maxAge");
        if age % amounts::SECOND != 0 {
            report.error("cors-max-age-seconds", policy.at("maxAge"), "maxAge must be in whole seconds");
        }
    }
}

pub fn fault<'d>(report: &mut Report<'d>, fault: Option<View<'d>>) {
    let Some(fault) = fault else { return };
    if !fault.has("abort") && !fault.has("delay") {
        report.error("fault-empty", fault.here(), "a fault needs an abort or a delay");
    }
    if let Some(abort) = fault.message("abort") {
        amounts::fraction_field(report, abort, "percentage");
        if abort.has("grpcStatus") {
            report.check(abort.at("grpcStatus"), amounts::grpc_status(abort.text("grpcStatus")));
        }
        if abort.has("http2Error") {
            report.error("fault-http2", abort.at("http2Error"), "http2Error is not supported");
        }
        if let Some(status) = abort.number_if_set("httpStatus") {
            report.check(abort.at("httpStatus"), amounts::http_status(status));
        }
    }
    if let Some(delay) = fault.message("delay") {
        amounts::fraction_field(report, delay, "percentage");
        amounts::duration_field(report, delay, "fixedDelay");
        if delay.has("exponentialDelay") {
            amounts::duration_field(report, delay, "exponentialDelay");
            report.error("fault-exponential", delay.at("exponentialDelay"), "exponentialDelay is not supported");
        }
    }
}

/// The first thing wrong with a redirect.
pub fn redirect<'d>(report: &mut Report<'d>, redirect: Option<View<'d>>) {
    let Some(redirect) = redirect else { return };
    let changes = ["uri", "authority", "scheme"].iter().any(|field| !redirect.text(field).is_empty());
    let code = redirect.number("redirectCode");
    let scheme = redirect.text("scheme");
    let port = redirect.number("port");
    if !changes && !redirect.has("port") && !redirect.has("derivePort") {
        report.error("redirect-empty", redirect.here(), "the redirect changes none of uri, authority, scheme and port");
    } else if code != 0 && !(300..=399).contains(&code) {
        report.error(
            "redirect-code",
            redirect.at("redirectCode"),
            format!("{code} is not a redirect status between 300 and 399"),
        );
    } else if !matches!(scheme, "" | "http" | "https") {
        report.error("redirect-scheme", redirect.at("scheme"), format!("the scheme {scheme:?} must be http or https"));
    } else if port > 0 {
        report.check(redirect.at("port"), ports::port(port));
    }
}

/// Largest body of a direct response, and the size from which it hurts the proxies.
const LARGEST_BODY: usize = 1024 * 1024;
const LARGE_BODY: usize = 100 * 1024;

pub fn direct_response<'d>(report: &mut Report<'d>, response: Option<View<'d>>) {
    let Some(response) = response else { return };
    let body = response.message_or_empty("body");
    let size = if body.has("string") {
        body.text("string").len()
    } else {
        // Four characters of base64 are three bytes.
        let text = body.text("bytes");
        text.len() / 4 * 3 - text.bytes().rev().take_while(|byte| *byte == b'=').count().min(text.len() / 4 * 3)
    };
    if size > LARGEST_BODY {
        report.error("direct-response-max", response.at("body"), format!("the body has {size} bytes, more than 1 MiB"));
    } else if size > LARGE_BODY {
        report.warning(
            "direct-response-large",
            response.at("body"),
            format!("a body of {size} bytes is copied to every proxy"),
        );
    }
    report.check(response.at("status"), amounts::http_status(response.number("status")));
}

/// Conditions of `retryOn` beside status numbers.
const RETRY_ON: &[&str] = &[
    "5xx",
    "gateway-error",
    "reset",
    "reset-before-request",
    "connect-failure",
    "retriable-4xx",
    "refused-stream",
    "retriable-status-codes",
    "retriable-headers",
    "envoy-ratelimited",
    "http3-post-connect-failure",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];

pub fn retries<'d>(report: &mut Report<'d>, retries: Option<View<'d>>) {
    let Some(retries) = retries else { return };
    let attempts = retries.number("attempts");
    if attempts < 0 {
        report.error(
            "retry-attempts-negative",
            retries.at("attempts"),
            format!("attempts is {attempts} and must not be negative"),
        );
    }
    let settings =
        retries.has("perTryTimeout") || !retries.text("retryOn").is_empty() || retries.has("retryRemoteLocalities");
    if attempts == 0 && settings {
        report.error(
            "retry-attempts-zero",
            retries.at("attempts"),
            "with 0 attempts there are no retries, so their settings must not be given",
        );
    }
    amounts::duration_field(report, retries, "perTryTimeout");
    let conditions = retries.text("retryOn");
    if !conditions.is_empty() {
        for condition in conditions.split(',') {
            let status = condition.parse::<u16>().is_ok_and(amounts::is_registered_status);
            if !status && !RETRY_ON.contains(&condition) {
                report.error(
                    "retry-on",
                    retries.at("retryOn"),
                    format!("{condition:?} is not a condition to retry on"),
                );
            }
        }
    }
    amounts::duration_field(report, retries, "backoff");
}

/// The first thing wrong with a rewrite.
pub fn rewrite<'d>(report: &mut Report<'d>, rewrite: Option<View<'d>>) {
    let Some(rewrite) = rewrite else { return };
    let uri = !rewrite.text("uri").is_empty();
    let regex = rewrite.message("uriRegexRewrite");
    if uri && regex.is_some() {
        report.error("rewrite-conflict", rewrite.at("uriRegexRewrite"), "give uri or uriRegexRewrite, not both");
    } else if let Some(regex) = regex {
        http::regex_rewrite(report, regex);
    } else if !uri && rewrite.text("authority").is_empty() {
        report.error("rewrite-empty", rewrite.here(), "the rewrite changes neither uri nor authority");
    }
}
