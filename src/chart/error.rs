//! What can be wrong with a chart, or with the values given to it.

use std::path::PathBuf;

use crate::{gotemplate, yaml};

/// Why a chart cannot be loaded or rendered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no chart at {}", path.display())]
    NotFound { path: PathBuf },

    #[error("no embedded chart {name:?}; there are {}", known.join(", "))]
    NotEmbedded { name: String, known: Vec<String> },

    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },

    #[error("{origin}: not a chart archive: {reason}")]
    Archive { origin: String, reason: String },

    #[error("{origin}: Chart.yaml is missing")]
    NoMetadata { origin: String },

    #[error("{origin}: {reason}")]
    Metadata { origin: String, reason: String },

    #[error("{file}: {source}")]
    Yaml { file: String, source: Box<yaml::Error> },

    #[error("{file} is not a map but {found}")]
    NotAMap { file: String, found: &'static str },

    #[error("{file} is not UTF-8 text")]
    NotText { file: String },

    #[error("the values of subchart {chart} are not a map but {found}")]
    SubchartValues { chart: String, found: &'static str },

    #[error("chart {chart} requires kubeVersion {wanted}, which {found} does not meet")]
    Incompatible { chart: String, wanted: String, found: String },

    #[error("invalid Kubernetes version {text:?}")]
    KubeVersion { text: String },

    /// Every line reads `- at '/path': reason`, under the name of its chart.
    #[error("values don't meet the specifications of the schema(s) in the following chart(s):\n{0}")]
    Schema(String),

    #[error("{file}: not a usable JSON schema: {reason}")]
    BadSchema { file: String, reason: String },

    #[error("parse error at ({name}:{line}): {message}")]
    Parse { name: String, line: u32, message: String },

    /// The chart's author refuses the values: `fail` or `required`.
    #[error("execution error at ({name}:{line}:{column}): {message}")]
    Refused { name: String, line: u32, column: u32, message: String },

    #[error(transparent)]
    Execution(Box<gotemplate::Error>),

    #[error("{file}: the rendered text is not valid YAML: {source}")]
    Output { file: String, source: Box<yaml::Error> },

    #[error("cannot start a thread to render in")]
    Thread(#[source] std::io::Error),
}

impl From<gotemplate::Error> for Error {
    fn from(error: gotemplate::Error) -> Self {
        let name = error.name.to_string();
        if error.is_parse_error() {
            return Error::Parse { name, line: error.line, message: error.message.into() };
        }
        match error.refusal() {
            Some(message) => Error::Refused {
                name,
                line: error.line,
                column: error.column.unwrap_or_default(),
                message: message.to_owned(),
            },
            None => Error::Execution(Box::new(error)),
        }
    }
}

/// What a JSON value is, for messages.
pub(super) fn kind(value: &yaml::Value) -> &'static str {
    match value {
        yaml::Value::Null => "null",
        yaml::Value::Bool(_) => "a boolean",
        yaml::Value::Number(_) => "a number",
        yaml::Value::String(_) => "a string",
        yaml::Value::Array(_) => "a list",
        yaml::Value::Object(_) => "a map",
    }
}
