//! What can go wrong between us and a cluster, told apart by what the user can do about it.

use std::time::Duration;

/// An answer that was not given, or not the one asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client configuration cannot be used.
    #[error("cannot tell how to reach a cluster: {reason}")]
    Config { reason: String },
    /// Nobody answers at the address.
    #[error("cannot reach the API server at {url}: {reason}")]
    Unreachable { url: String, reason: String },
    /// No answer within the time limit.
    #[error("no answer from {url} within {limit:?} while waiting for {what}")]
    Timeout { url: String, what: String, limit: Duration },
    /// The server refused: RBAC, an admission webhook, a wrong object.
    #[error("{message}")]
    Api { code: u16, reason: String, message: String },
    /// The server's answer makes no sense.
    #[error("unexpected answer to {what}: {reason}")]
    Answer { what: String, reason: String },
    /// A word that names pods names none.
    #[error("{word}: {reason}")]
    Word { word: String, reason: String },
    /// No control plane runs where it was looked for.
    #[error("no running istiod of revision {revision:?} was found in namespace {namespace:?}")]
    NoControlPlane { namespace: String, revision: String },
    /// The server has no such kind.
    #[error("the server doesn't have a resource type \"{kind}\"")]
    NoSuchKind { kind: String },
    /// A port-forward or exec session failed.
    #[error("{what}: {reason}")]
    Session { what: String, reason: String },
}

impl Error {
    /// Whether the server said that the object or kind is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Error::Api { code: 404, .. } | Error::NoSuchKind { .. })
    }

    /// Whether the server knows us and refuses.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Error::Api { code: 401 | 403, .. })
    }

    /// Whether somebody else changed or owns what was to be written.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Error::Api { code: 409, .. })
    }

    /// Whether the object exists already (a create that was repeated).
    pub fn is_already_exists(&self) -> bool {
        matches!(self, Error::Api { code: 409, reason, .. } if reason == "AlreadyExists")
    }

    /// Whether there was no answer at all, so that asking for something else is no use.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Error::Unreachable { .. } | Error::Timeout { .. })
    }
}

/// An error and its causes, each once.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    // The library would print the server's whole answer.
    if let Some(kube::Error::Api(status)) = error.downcast_ref() {
        return status.message.clone();
    }
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = cause.source();
    }
    text
}
