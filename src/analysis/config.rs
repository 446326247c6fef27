//! The configuration file, `bowline.yaml`: rules, levels, paths and suppressions that a project shares.

use std::collections::BTreeMap;

use super::codes::{Code, Level};
use super::finding::Finding;

/// The `analyze` section of the file.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Config {
    /// `off`, or another level, by code.
    pub rules: BTreeMap<String, String>,
    /// Patterns of paths that are not read.
    pub exclude: Vec<String>,
    /// Namespaces whose findings are left out.
    pub exclude_namespaces: Vec<String>,
    pub suppress: Vec<Entry>,
    pub failure_threshold: Option<String>,
    pub output_threshold: Option<String>,
    /// The files are the whole mesh.
    pub complete: Option<bool>,
    pub target_version: Option<String>,
}

/// One suppression.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub code: String,
    /// Pattern for `Kind namespace/name`.
    pub object: Option<String>,
    /// Pattern for the file's path.
    pub path: Option<String>,
    pub namespace: Option<String>,
    /// Why; for readers.
    pub reason: String,
    /// Last day, `YYYY-MM-DD`.
    pub until: Option<String>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    analyze: Config,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Yaml(#[from] crate::yaml::Error),
    #[error("{0}")]
    Form(#[from] serde_json::Error),
    #[error("there is no code {0}")]
    UnknownCode(String),
    #[error("{code}: {level} is no level, expected off, info, warning or error")]
    Level { code: String, level: String },
}

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is no YAML, has unknown fields, or names codes or levels that do not exist.
    pub fn read(text: &str) -> Result<Self, Error> {
        let value = crate::yaml::from_str_strict(text)?;
        if value.is_null() {
            return Ok(Config::default());
        }
        let File { analyze } = serde_json::from_value(value)?;
        let suppressed = analyze.suppress.iter().map(|entry| &entry.code).filter(|code| *code != "*");
        if let Some(code) = analyze.rules.keys().chain(suppressed).find(|code| Code::find(code).is_none()) {
            return Err(Error::UnknownCode(code.clone()));
        }
        if let Some((code, level)) =
            analyze.rules.iter().find(|(_, level)| !is_off(level) && Level::parse(level).is_none())
        {
            return Err(Error::Level { code: code.clone(), level: level.clone() });
        }
        Ok(analyze)
    }

    /// Drops findings of rules that are off and of excluded namespaces, and sets levels. Gives the number dropped.
    pub fn adjust(&self, findings: &mut Vec<Finding>, namespace: impl Fn(&Finding) -> String) -> usize {
        let before = findings.len();
        findings.retain_mut(|finding| {
            if let Some(level) = self.rules.get(finding.code.id) {
                match Level::parse(level) {
                    Some(level) => finding.level = level,
                    None => return false,
                }
            }
            let home = namespace(finding);
            home.is_empty() || !self.exclude_namespaces.iter().any(|pattern| super::suppression::glob(pattern, &home))
        });
        before - findings.len()
    }

    /// Whether a path is not to be read.
    pub fn excludes(&self, path: &str) -> bool {
        self.exclude.iter().any(|pattern| super::suppression::glob(&pattern.replace("**", "*"), path))
    }
}

/// YAML reads a bare `off` as false.
fn is_off(level: &str) -> bool {
    matches!(level, "off" | "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_in_the_file_are_told() {
        assert!(Config::read("analyze: {rules: {IST0118: \"off\", IST0102: warning}}").is_ok());
        assert_eq!(
            Config::read("analyze: {rules: {IST0104: info}}").map_err(|e| e.to_string()).err().as_deref(),
            Some("there is no code IST0104")
        );
        assert!(Config::read("analyze: {ruels: {}}").is_err());
    }
}
