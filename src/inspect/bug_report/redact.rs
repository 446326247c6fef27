//! Keeping secrets out of what is handed to others.
//!
//! Objects are cleaned by their structure, texts by the shapes that keys, tokens and passwords have. What is taken out
//! is said in its place.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

const GONE: &str = "REDACTED";
/// Ends of names, letters only, whose values are secret.
const SECRET_NAMES: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "clientsecret",
    "credentials",
];
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Text patterns; what group `keep` holds stays.
static PATTERNS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?s)(?P<keep>-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z)",
        r"(?P<keep>)\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
        r"(?i)(?P<keep>\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{12,}",
        r#"(?P<keep>[a-z][a-z0-9+.-]*://[^\s/:@"']+:)[^\s/@"']+@"#,
        r#"(?i)(?P<keep>(?:password|passwd|passphrase|client[_-]?secret|api[_-]?key|access[_-]?key|secret[_-]?key)["']?\s*[:=]\s*["']?)[^\s"',;}&]{3,}"#,
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

/// A text without private keys, tokens and passwords.
pub fn text(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    for pattern in PATTERNS.iter() {
        if !pattern.is_match(&clean) {
            continue;
        }
        let replaced = pattern.replace_all(&clean, |found: &Captures| {
            let kept = found.name("keep").map(|kept| kept.as_str()).unwrap_or_default();
            let at = if found.get(0).is_some_and(|all| all.as_str().ends_with('@')) { "@" } else { "" };
            format!("{kept}{GONE}{at}")
        });
        clean = Cow::Owned(replaced.into_owned());
    }
    clean
}

/// Takes secrets out of an object.
pub fn object(object: &mut Value) {
    if let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    if let Some(annotations) = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(LAST_APPLIED); // says again, in one text, what is below
    }
    if object["kind"] == "Secret" {
        for key in ["data", "stringData"] {
            for (_, value) in object.get_mut(key).and_then(Value::as_object_mut).into_iter().flatten() {
                let length = value.as_str().map_or(0, str::len);
                *value = format!("{GONE} ({length} characters)").into();
            }
        }
        return;
    }
    walk(object);
}

fn walk(tree: &mut Value) {
    match tree {
        Value::Object(map) => {
            // An environment variable says its name beside its value.
            let named = map.get("name").and_then(Value::as_str).is_some_and(is_secret);
            for (key, value) in map.iter_mut() {
                match value {
                    Value::String(text) if !text.is_empty() && (is_secret(key) || (named && key == "value")) => {
                        *value = GONE.into();
                    }
                    other => walk(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(walk),
        Value::String(held) => {
            if let Cow::Owned(clean) = text(held) {
                *held = clean;
            }
        }
        _ => {}
    }
}

/// Whether a name is that of a secret value, such as `DB_PASSWORD`; `passwordSecretName` names a place only.
fn is_secret(name: &str) -> bool {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    SECRET_NAMES.iter().any(|end| letters.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_lose_what_is_secret_and_nothing_else() {
        let cases = [
            ("plain text with a token word", "plain text with a token word"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest",
                "-----BEGIN RSA PRIVATE KEY-----REDACTED\nrest",
            ),
            ("-----BEGIN PRIVATE KEY-----\ncut short", "-----BEGIN PRIVATE KEY-----REDACTED"),
            (
                "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
                "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
            ),
            ("jwt eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4eHgifQ.c2lnbmF0dXJl end", "jwt REDACTED end"),
            ("Authorization: Bearer abcdefghijklmnop", "Authorization: Bearer REDACTED"),
            ("postgres://user:hunter2@db:5432/x", "postgres://user:REDACTED@db:5432/x"),
            ("password=hunter2&x=1", "password=REDACTED&x=1"),
            ("\"api_key\": \"abc123\"", "\"api_key\": \"REDACTED\""),
        ];
        for (before, after) in cases {
            assert_eq!(text(before), after);
        }
    }

    #[test]
    fn objects_lose_values_and_keep_their_shape() {
        let mut pod = json!({
            "kind": "Pod",
            "metadata": {"name": "p", "managedFields": [1], "annotations": {LAST_APPLIED: "{}", "a": "b"}},
            "spec": {"containers": [{"env": [
                {"name": "DB_PASSWORD", "value": "hunter2"},
                {"name": "DB_HOST", "value": "db"},
                {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "token"}}},
            ]}], "serviceAccountName": "x", "automountServiceAccountToken": true},
        });
        object(&mut pod);
        assert_eq!(
            pod,
            json!({
                "kind": "Pod",
                "metadata": {"name": "p", "annotations": {"a": "b"}},
                "spec": {"containers": [{"env": [
                    {"name": "DB_PASSWORD", "value": "REDACTED"},
                    {"name": "DB_HOST", "value": "db"},
                    {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "token"}}},
                ]}], "serviceAccountName": "x", "automountServiceAccountToken": true},
            })
        );
        let mut secret = json!({"kind": "Secret", "metadata": {"name": "s"}, "data": {"key": "YWJj"}});
        object(&mut secret);
        assert_eq!(
            secret,
            json!({"kind": "Secret", "metadata": {"name": "s"}, "data": {"key": "REDACTED (4 characters)"}})
        );
    }
}
