//! Parsed injection templates, and the text they make of a pod.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;

use super::functions;
use crate::gotemplate::{Blind, Error, Functions, Limits, Set, StandIns, Value};

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
}

/// Templates by name. Each is a set of its own: definitions are not shared.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    by_name: BTreeMap<String, Template>,
}

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
        self.by_name.insert(name, Template { set, text });
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

    /// What the template makes of `data`; `None` when there is no such template.
    pub fn render(&self, name: &str, data: Value) -> Option<Result<String, TemplateError>> {
        let template = self.by_name.get(name)?;
        Some(template.set.execute(NAME, data).map_err(failed(name)))
    }

    /// The same of data with stand-ins, and what it took for granted of them; nothing if the template looked at one.
    pub fn render_blind(
        &self,
        name: &str,
        data: Value,
        stand_ins: StandIns,
    ) -> Option<Result<Option<Blind>, TemplateError>> {
        let template = self.by_name.get(name)?;
        Some(template.set.execute_blind(NAME, data, stand_ins).map_err(failed(name)))
    }
}

fn failed(template: &str) -> impl Fn(Error) -> TemplateError {
    move |error| TemplateError { template: template.to_string(), message: error.to_string() }
}
