//! Defaults that users keep outside the command line: `~/.istioctl/config.yaml` and `ISTIOCTL_*` variables.
//!
//! Precedence: command line, environment, file, built in. The eight keys are flag names.

use std::path::{Path, PathBuf};

use super::normalize::Defaults;
use super::values::{parse_bool, parse_int};
use super::{Exit, Failure};
use crate::ui::log;
use crate::yaml;

/// The flags that take defaults from outside, in ASCII order.
pub const KEYS: [&str; 8] = [
    "authority",
    "cert-dir",
    "insecure",
    "istioNamespace",
    "plaintext",
    "prefer-experimental",
    "xds-address",
    "xds-port",
];

/// Where a default comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    BuiltIn,
    File(String),
    /// The variable's name without the dollar sign.
    Environment(String),
}

/// The effective defaults of the eight keys.
#[derive(Debug, Default)]
pub struct Settings {
    file: Option<(String, yaml::Value)>,
}

impl Settings {
    /// Reads the defaults file. Only a file named by `ISTIOCONFIG` must be readable.
    pub fn load() -> Result<Self, Failure> {
        let explicit = std::env::var("ISTIOCONFIG").ok().filter(|path| !path.is_empty());
        let Some(path) = explicit.clone().or_else(default_path) else { return Ok(Settings::default()) };
        match read_file(Path::new(&path)) {
            Ok(tree) => Ok(Settings { file: tree.map(|tree| (path, tree)) }),
            Err(reason) if explicit.is_some() => Err(Failure::new(format!("Could not initialize: {path}: {reason}"))
                .hint("correct the file, or unset ISTIOCONFIG")
                .with_exit(Exit::ERROR)),
            Err(reason) => {
                if Path::new(&path).exists() {
                    log::warn(&format!("{path}: {reason}; none of its defaults are used"));
                }
                Ok(Settings::default())
            }
        }
    }

    /// The effective text of a key and where it comes from.
    pub fn effective(&self, key: &str) -> (String, Origin) {
        let built_in = (built_in(key).to_owned(), Origin::BuiltIn);
        let variable = variable(key);
        if let Ok(text) = std::env::var(&variable) {
            if has_the_type(key, &text) {
                return (text, Origin::Environment(variable));
            }
            log::warn(&format!("{variable}={text} has the wrong type; using the default"));
            return built_in;
        }
        match &self.file {
            Some((path, tree)) => match tree.get(key).map(text_of) {
                Some(text) if has_the_type(key, &text) => (text, Origin::File(path.clone())),
                _ => built_in,
            },
            None => built_in,
        }
    }

    /// Whether the experimental commands take the place of the stable ones.
    pub fn prefer_experimental(&self) -> bool {
        parse_bool(&self.effective("prefer-experimental").0).unwrap_or(false)
    }
}

impl Defaults for Settings {
    fn value(&self, flag: &str) -> Option<String> {
        match self.effective(flag) {
            (_, Origin::BuiltIn) => None,
            (text, _) => Some(text),
        }
    }
}

fn built_in(key: &str) -> &'static str {
    match key {
        "istioNamespace" => "istio-system",
        "xds-port" => "15012",
        _ => "",
    }
}

fn variable(key: &str) -> String {
    format!("ISTIOCTL_{}", key.to_ascii_uppercase().replace('-', "_"))
}

fn has_the_type(key: &str, text: &str) -> bool {
    match key {
        "insecure" | "plaintext" | "prefer-experimental" => parse_bool(text).is_some(),
        "xds-port" => parse_int(text).is_ok(),
        _ => true,
    }
}

fn text_of(value: &yaml::Value) -> String {
    match value {
        yaml::Value::String(text) => text.clone(),
        yaml::Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn default_path() -> Option<String> {
    let home = std::env::var("HOME").ok().filter(|home| !home.is_empty())?;
    Some(PathBuf::from(home).join(".istioctl").join("config.yaml").to_string_lossy().into_owned())
}

/// The tree in the file; none when the file is empty.
fn read_file(path: &Path) -> Result<Option<yaml::Value>, String> {
    let candidates: Vec<PathBuf> = match path.extension() {
        Some(_) => vec![path.to_owned()],
        None => ["yaml", "yml", "json"].iter().map(|ext| path.with_extension(ext)).collect(),
    };
    let found = candidates.iter().find(|path| path.exists()).unwrap_or(&candidates[0]);
    let text = std::fs::read_to_string(found).map_err(|error| error.to_string())?;
    match found.extension().and_then(|ext| ext.to_str()) {
        Some("yaml" | "yml" | "json") => {}
        other => return Err(format!("a {} file is not read; use yaml or json", other.unwrap_or("nameless"))),
    }
    let tree = yaml::from_str(&text).map_err(|error| error.to_string())?;
    match tree {
        yaml::Value::Null => Ok(None),
        yaml::Value::Object(_) => Ok(Some(tree)),
        _ => Err("expected a map of flag names to values".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_gives_values_and_says_where_they_come_from() {
        let tree = serde_json::json!({"istioNamespace": "mesh", "xds-port": 15010, "insecure": "maybe"});
        let settings = Settings { file: Some(("f.yaml".into(), tree)) };
        assert_eq!(settings.effective("istioNamespace"), ("mesh".into(), Origin::File("f.yaml".into())));
        assert_eq!(settings.effective("xds-port"), ("15010".into(), Origin::File("f.yaml".into())));
        assert_eq!(settings.effective("insecure"), (String::new(), Origin::BuiltIn));
        assert_eq!(settings.effective("authority"), (String::new(), Origin::BuiltIn));
    }
}
