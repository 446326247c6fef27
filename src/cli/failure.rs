//! How a command ends when it cannot do its work: what failed, where, why, and what to try next.

use std::fmt::Write as _;
use std::io;

use crate::cluster;

/// The process's exit code. `0` success, `1` run-time error, `64` usage, `65` unreadable input, `79` findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    /// All is well.
    pub const OK: Exit = Exit(0);
    /// The work could not be done.
    pub const ERROR: Exit = Exit(1);
    /// A mistake on the command line.
    pub const USAGE: Exit = Exit(64);
    /// Some input could not be read.
    pub const UNREADABLE: Exit = Exit(65);
    /// There are findings.
    pub const FINDINGS: Exit = Exit(79);
}

/// Why a command ended without a result. Printed on stderr as `Error: MESSAGE` and one `hint: …` line each.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    /// Empty when everything worth saying has been printed already.
    pub message: String,
    pub hints: Vec<String>,
}

impl Failure {
    /// A run-time error, exit code 1.
    pub fn new(message: impl Into<String>) -> Self {
        Failure { exit: Exit::ERROR, message: message.into(), hints: Vec::new() }
    }

    /// A mistake on the command line, exit code 64.
    pub fn usage(message: impl Into<String>) -> Self {
        Failure { exit: Exit::USAGE, message: message.into(), hints: Vec::new() }
    }

    /// Ends with this exit code and prints nothing more.
    pub fn silent(exit: Exit) -> Self {
        Failure { exit, message: String::new(), hints: Vec::new() }
    }

    /// What was to be done, and why the cluster did not do it.
    pub fn of_cluster(what: &str, error: &cluster::Error) -> Self {
        Failure::new(format!("{what}: {error}")).hints(hint_of_cluster(error).map(str::to_owned))
    }

    /// Adds the next thing to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds what there is to try, if there is anything.
    #[must_use]
    pub fn hints(mut self, hints: impl IntoIterator<Item = String>) -> Self {
        self.hints.extend(hints);
        self
    }

    /// The same failure with another exit code.
    #[must_use]
    pub fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// The text for stderr.
    pub fn render(&self) -> String {
        if self.message.is_empty() {
            return String::new();
        }
        let mut text = format!("Error: {}\n", without_numbers(self.message.trim_end()));
        for hint in &self.hints {
            let _ = writeln!(text, "hint: {hint}");
        }
        text
    }
}

/// The operating system's errors without the numbers that the standard library adds: ` (os error 2)` tells a reader nothing.
fn without_numbers(message: &str) -> String {
    let mut parts = message.split(" (os error ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')') {
            Some((number, rest)) if number.parse::<u32>().is_ok() => text.push_str(rest),
            _ => {
                text.push_str(" (os error ");
                text.push_str(part);
            }
        }
    }
    text
}

/// Any library error becomes a run-time failure that tells its whole chain of causes, each once.
impl<E: std::error::Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let any: &(dyn std::error::Error + 'static) = &error;
        if let Some(io) = any.downcast_ref::<io::Error>()
            && io.kind() == io::ErrorKind::BrokenPipe
        {
            return Failure::silent(Exit::OK);
        }
        let mut message = error.to_string();
        let mut hint = any.downcast_ref().and_then(hint_of_cluster);
        let mut source = error.source();
        while let Some(cause) = source {
            hint = hint.or_else(|| cause.downcast_ref().and_then(hint_of_cluster));
            let text = cause.to_string();
            if !message.contains(&text) {
                message.push_str(": ");
                message.push_str(&text);
            }
            source = cause.source();
        }
        let failure = Failure::new(message);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// What to try when the API server is not there, does not know us, or does not let us.
pub fn hint_of_cluster(error: &cluster::Error) -> Option<&'static str> {
    match error {
        _ if error.is_unreachable() => Some("is the cluster running, and is this the right --context?"),
        cluster::Error::NoControlPlane { .. } => {
            Some("is Istio installed? --istioNamespace and --revision look elsewhere")
        }
        cluster::Error::Api { code: 401, .. } => Some("the credentials of this context are not accepted; log in again"),
        cluster::Error::Api { code: 403, message, .. } if message.contains("forbidden: User") => {
            Some("this account lacks the permission; `experimental precheck` lists those an installation needs")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_operating_system_are_left_out() {
        let failure = Failure::new("open a: No such file (os error 2): b (os error x), c (os error 13)").hint("look");
        assert_eq!(failure.render(), "Error: open a: No such file: b (os error x), c\nhint: look\n");
    }
}
