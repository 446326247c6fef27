//! Parsed injection templates, and the text they make of a pod.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use super::functions;
use crate::gotemplate::{Functions, Limits, Set, Value};

/// The name every injection template goes by in Go's messages.
const NAME: &str = "inject";

/// Far more than any pod needs: whoever writes a template must not hold up the pods of others.
const LIMITS: Limits = Limits { output: 16 << 20, steps: 5_000_000, time: Duration::from_secs(10) };

/// A template that does not parse or does not run; the text is Go's.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// Which of the configured templates it is.
    pub template: String,
    pub message: String,
}

#[derive(Clone, Debug)]
struct Template {
    set: Set,
    text: String,
    changes_values: bool,
}

/// Templates by name. Each is a set of its own: definitions are not shared.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    by_name: BTreeMap<String, Template>,
}

static CHANGING: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(set|unset|merge|mergeOverwrite|mustMerge|mustMergeOverwrite)\b").ok());
static FUNCTIONS: LazyLock<Functions> = LazyLock::new(functions::all);

impl Templates {
    /// Parses all of them: a fault in one that is never used counts as well.
    pub fn parse(texts: BTreeMap<String, String>) -> Result<Self, TemplateError> {
        let mut templates = Templates::default();
        for (name, text) in texts {
            templates.insert(name, text)?;
        }
        Ok(templates)
    }

    pub fn insert(&mut self, name: String, text: String) -> Result<(), TemplateError> {
        let mut set = Set::new(FUNCTIONS.clone()).with_limits(LIMITS);
        set.parse(NAME, &text).map_err(|error| TemplateError { template: name.clone(), message: error.to_string() })?;
        let changes_values = CHANGING.as_ref().is_none_or(|pattern| pattern.is_match(&text));
        self.by_name.insert(name, Template { set, text, changes_values });
        Ok(())
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.by_name.get(name).map(|template| template.text.as_str())
    }

    /// Whether a template calls functions that change maps in place, so that its data must not be shared.
    pub fn changes_values(&self, name: &str) -> bool {
        self.by_name.get(name).is_some_and(|template| template.changes_values)
    }

    /// What the template makes of `data`; `None` when there is no such template.
    pub fn render(&self, name: &str, data: Value) -> Option<Result<String, TemplateError>> {
        let template = self.by_name.get(name)?;
        Some(
            template
                .set
                .execute(NAME, data)
                .map_err(|error| TemplateError { template: name.to_string(), message: error.to_string() }),
        )
    }
}
