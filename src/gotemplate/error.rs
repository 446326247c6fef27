//! What can go wrong in a template, in Go's words: `template: NAME:LINE:COL: executing "NAME" at <EXPR>: …`.

use std::fmt;

/// A template that cannot be parsed or executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The file (parse name) the position counts in.
    pub name: Box<str>,
    /// 1-based line; 0 when the error belongs to no place.
    pub line: u32,
    /// 0-based byte column, for errors of execution.
    pub column: Option<u32>,
    /// The template that was executing and the expression at fault. `None` for parse errors.
    pub executing: Option<(Box<str>, Box<str>)>,
    pub message: Box<str>,
    refusal: Option<Box<str>>,
}

impl Error {
    pub(super) fn parse(name: &str, line: u32, message: String) -> Self {
        Error { name: name.into(), line, column: None, executing: None, message: message.into(), refusal: None }
    }

    pub(super) fn execution(
        name: &str,
        (line, column): (u32, u32),
        template: &str,
        context: String,
        fault: Fault,
    ) -> Self {
        Error {
            name: name.into(),
            line,
            column: Some(column),
            executing: Some((template.into(), context.into())),
            message: fault.message.into(),
            refusal: fault.refusal.map(String::into_boxed_str),
        }
    }

    /// The message of the `fail` or `required` that stopped the execution, if one did.
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// Whether the text was no template, rather than its execution failing.
    pub fn is_parse_error(&self) -> bool {
        self.executing.is_none()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "template: {}", self.name)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        if let Some((template, context)) = &self.executing {
            write!(f, ": executing {} at <{context}>", super::quote::quoted(template))?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for Error {}

/// Why a function refused its arguments; the evaluator adds where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub message: String,
    pub(super) refusal: Option<String>,
}

impl Fault {
    pub fn new(message: impl Into<String>) -> Self {
        Fault { message: message.into(), refusal: None }
    }

    /// The template's author refuses the input in these words.
    pub fn refusal(message: impl Into<String>) -> Self {
        let message = message.into();
        Fault { refusal: Some(message.clone()), message }
    }

    /// The same fault told with these words before it.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        self.message = format!("{prefix}{}", self.message);
        self
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault { message: error.to_string(), refusal: error.refusal.map(String::from) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}
