//! Regular expressions of RE2 in the dialect of Go's `regexp`: what the control plane, the proxies and templates take.
//!
//! Rust's `regex` takes and refuses other things and reads some differently, so an expression is read here first and then written
//! anew for it.

mod characters;
mod classes;
mod reader;
#[cfg(test)]
mod tests;

use std::fmt;

use regex::{Regex, RegexBuilder};

/// Memory for a compiled expression; `regex` would refuse some that RE2 takes.
const MOST_MEMORY: usize = 32 << 20;

/// Why RE2 does not compile an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// What RE2 calls it: `missing closing ]`.
    pub code: &'static str,
    /// The part of the expression that it is about.
    pub part: String,
    why: String,
}

impl Invalid {
    fn new(code: &'static str, part: &str, why: impl Into<String>) -> Self {
        Invalid { code, part: part.to_owned(), why: why.into() }
    }

    /// The message of Go's `regexp.Compile`.
    pub fn go_text(&self) -> String {
        format!("error parsing regexp: {}: `{}`", self.code, self.part)
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Invalid {}

/// Whether RE2 compiles the expression.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<(), Invalid> {
    reader::rewritten(text).map(drop)
}

/// The expression, ready to be used.
///
/// # Errors
/// What is wrong with it.
pub fn compile(text: &str) -> Result<Regex, Invalid> {
    let rust = reader::rewritten(text)?;
    RegexBuilder::new(&rust)
        .size_limit(MOST_MEMORY)
        .build()
        .map_err(|error| Invalid::new("expression too large", text, error.to_string()))
}
