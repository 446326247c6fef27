//! One request: deadline, retries, the server's own words when it refuses.

use std::time::Duration;

use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::Value;

use super::{Cluster, Error};
use crate::ui::log;

/// How often a request is sent before its failure is believed.
const TRIES: u32 = 5;
/// The pause after the first failure; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The version of an API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Such as `v1.34.1-gke.100`, verbatim.
    pub git_version: String,
    pub major: u32,
    pub minor: u32,
}

impl Version {
    /// Reads the numbers at the start of a version such as `v1.34.1`.
    pub fn parse(git_version: &str) -> Option<Self> {
        let mut numbers = git_version.trim_start_matches('v').split('.');
        let number = |text: Option<&str>| {
            let digits: String = text?.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        };
        let (major, minor) = (number(numbers.next())?, number(numbers.next())?);
        Some(Version { git_version: git_version.to_owned(), major, minor })
    }
}

/// A request body and how the server is to read it.
pub(super) struct Payload {
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

impl Payload {
    /// A body of JSON.
    pub fn json(value: &Value) -> Self {
        Payload { content_type: "application/json", bytes: value.to_string().into_bytes() }
    }
}

/// A query string from its pairs, percent-encoded; pairs with an empty value are left out.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (key, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        text.push(if text.is_empty() { '?' } else { '&' });
        text.push_str(key);
        text.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => text.push(byte as char),
                _ => text.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    text
}

impl Cluster {
    /// Sends a request and gives the JSON answer. `accept` is empty for plain JSON.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        payload: Option<&Payload>,
        accept: &str,
    ) -> Result<Value, Error> {
        let mut pause = FIRST_PAUSE;
        let mut tried = 1;
        loop {
            let failure = match self.send_once(&method, path, payload, accept).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let again = tried < TRIES && self.may_repeat(&method, &failure.error);
            log::debug(&format!("{method} {path}: {} (try {tried})", failure.error));
            if !again {
                return Err(failure.error);
            }
            tokio::time::sleep(failure.retry_after.unwrap_or(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            tried += 1;
        }
    }

    /// Whether sending the same request again is safe and may help. A POST is repeated only when it was turned away.
    fn may_repeat(&self, method: &Method, error: &Error) -> bool {
        match error {
            Error::Api { code: 429 | 503, .. } => true,
            Error::Api { code: 500 | 502 | 504, message, .. } => {
                *method != Method::POST && !message.contains("admission webhook")
            }
            Error::Unreachable { .. } | Error::Answer { .. } => *method != Method::POST && self.answered.get(),
            _ => false,
        }
    }

    async fn send_once(
        &self,
        method: &Method,
        path: &str,
        payload: Option<&Payload>,
        accept: &str,
    ) -> Result<Value, Refusal> {
        let what = || format!("{method} {}", path.split('?').next().unwrap_or(path));
        let accept = if accept.is_empty() { "application/json" } else { accept };
        let mut request = Request::builder().method(method.clone()).uri(path).header("accept", accept);
        if let Some(payload) = payload {
            request = request.header("content-type", payload.content_type);
        }
        let body = payload.map_or_else(Vec::new, |payload| payload.bytes.clone());
        let request = request
            .body(Body::from(body))
            .map_err(|error| Error::Answer { what: what(), reason: error.to_string() })?;
        let exchange = async {
            let response = self.client.send(request).await.map_err(|error| self.transport(&what(), error))?;
            self.answered.set(true);
            self.read_clock(&response);
            let (head, body) = response.into_parts();
            let bytes = body
                .collect()
                .await
                .map_err(|error| Error::Unreachable { url: self.url.clone(), reason: error.to_string() })?
                .to_bytes();
            Ok::<_, Error>((head, bytes))
        };
        let (head, bytes) = tokio::time::timeout(self.request_timeout, exchange)
            .await
            .map_err(|_| Error::Timeout { url: self.url.clone(), what: what(), limit: self.request_timeout })??;
        log::debug(&format!("{method} {path}: {}", head.status));
        if head.status.is_success() {
            if bytes.is_empty() {
                return Ok(Value::Null);
            }
            return serde_json::from_slice(&bytes)
                .map_err(|error| Error::Answer { what: what(), reason: error.to_string() }.into());
        }
        let seconds = head.headers.get("retry-after").and_then(|v| v.to_str().ok()).and_then(|text| text.parse().ok());
        let retry_after = seconds.map(|seconds: u64| Duration::from_secs(seconds).min(LONGEST_PAUSE));
        Err(Refusal { error: api_error(head.status, &bytes), retry_after })
    }

    /// Learns from an answer's date how the server's clock differs. Dates have whole seconds, so small differences are none.
    fn read_clock<B>(&self, response: &http::Response<B>) {
        let date = response.headers().get("date").and_then(|date| date.to_str().ok());
        let Some(there) = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) else { return };
        let ahead = there.timestamp().duration_since(jiff::Timestamp::now());
        self.ahead.set(if ahead.abs().as_secs() > 2 { ahead } else { jiff::SignedDuration::ZERO });
    }

    fn transport(&self, what: &str, error: kube::Error) -> Error {
        match error {
            kube::Error::Api(status) => {
                Error::Api { code: status.code, reason: status.reason.clone(), message: status.message.clone() }
            }
            kube::Error::Auth(error) => Error::Config { reason: super::error::chain(&error) },
            kube::Error::SerdeError(error) => Error::Answer { what: what.to_owned(), reason: error.to_string() },
            other => Error::Unreachable { url: self.url.clone(), reason: innermost(&other) },
        }
    }

    /// A GET of any path of the server, such as `/healthz` pages that speak JSON.
    pub async fn get_path(&self, path: &str) -> Result<Value, Error> {
        self.send(Method::GET, path, None, "").await
    }

    /// The server's version.
    pub async fn version(&self) -> Result<Version, Error> {
        let answer = self.get_path("/version").await?;
        let text = answer["gitVersion"].as_str().unwrap_or_default();
        Version::parse(text)
            .ok_or_else(|| Error::Answer { what: "GET /version".to_owned(), reason: format!("gitVersion is {text:?}") })
    }
}

/// A failed try.
struct Refusal {
    error: Error,
    retry_after: Option<Duration>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal { error, retry_after: None }
    }
}

/// The `Status` object in an answer, or what stands in its place.
fn api_error(status: StatusCode, bytes: &[u8]) -> Error {
    let answer: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    let message = match text("message") {
        message if !message.is_empty() => message,
        _ => match String::from_utf8_lossy(bytes).trim() {
            "" => status.to_string(),
            body => format!("{status}: {}", body.chars().take(200).collect::<String>()),
        },
    };
    Error::Api { code: status.as_u16(), reason: text("reason"), message }
}

/// The last cause of a transport error, which names the refused connection or the bad certificate.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_keep_the_vendors_suffix() {
        let version = Version::parse("v1.33.1-gke.100").expect("a version");
        assert_eq!((version.major, version.minor, version.git_version.as_str()), (1, 33, "v1.33.1-gke.100"));
        assert_eq!(Version::parse("v1.30+").map(|v| v.minor), Some(30));
        assert_eq!(Version::parse("latest"), None);
    }

    #[test]
    fn queries_are_encoded_and_empty_pairs_left_out() {
        assert_eq!(query(&[("labelSelector", "a=b,!c"), ("continue", "")]), "?labelSelector=a%3Db%2C%21c");
        assert_eq!(query(&[("x", "")]), "");
    }
}
