//! A set of templates that can call each other.

use std::collections::HashMap;
use std::sync::Arc;

use super::ast::Template;
use super::blind::{Blind, StandIns, Watcher};
use super::budget::{Limits, Run};
use super::error::Error;
use super::eval;
use super::function::Functions;
use super::value::Value;
use super::{parser, quote};

/// What a field gives that its map doesn't have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// Go's default: no value at all, on which further fields are allowed.
    #[default]
    Invalid,
    /// The zero value of the map's element type, nil for most; Helm's choice. A field of it is an error.
    Zero,
    /// An error.
    Error,
}

/// Templates by name, and the functions they may call. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Set {
    functions: Functions,
    templates: HashMap<Arc<str>, Arc<Template>>,
    pub(super) missing_key: MissingKey,
    pub(super) limits: Limits,
}

impl Set {
    pub fn new(functions: Functions) -> Self {
        Set { functions, templates: HashMap::new(), missing_key: MissingKey::default(), limits: Limits::default() }
    }

    /// The same set with another answer for keys that maps do not have.
    #[must_use]
    pub fn with_missing_key(mut self, missing_key: MissingKey) -> Self {
        self.missing_key = missing_key;
        self
    }

    /// The same set with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds the template `name` and every `define` in it. Later definitions replace earlier ones, unless they are blank.
    ///
    /// # Errors
    /// Text that is not a template.
    pub fn parse(&mut self, name: &str, text: &str) -> Result<(), Error> {
        for template in parser::parse(name, text, &self.functions)? {
            let blank = template.is_empty();
            if !blank || !self.templates.contains_key(&template.name) {
                self.templates.insert(template.name.clone(), Arc::new(template));
            }
        }
        Ok(())
    }

    /// As [`Set::parse`], but a blank text replaces the template `name`, too: `tpl` renders what it was given.
    pub(super) fn parse_here(&mut self, name: &str, text: &str) -> Result<(), Error> {
        self.templates.remove(name);
        self.parse(name, text)
    }

    /// Whether a template of this name is defined.
    pub fn contains(&self, name: &str) -> bool {
        self.templates.contains_key(name)
    }

    pub(super) fn lookup(&self, name: &str) -> Option<&Template> {
        self.templates.get(name).map(|template| &**template)
    }

    /// The text the template makes of the data.
    ///
    /// # Errors
    /// Whatever stops the template, with its place.
    pub fn execute(&self, name: &str, data: Value) -> Result<String, Error> {
        let template = self.known(name)?;
        let mut run = Run::new(self.limits);
        self.executed(template, data, &mut run)
    }

    /// The text the template makes of data with stand-ins, and on which conditions it makes the same of what these stand
    /// for; `None` when that could make a difference.
    ///
    /// # Errors
    /// As [`Set::execute`].
    pub fn execute_blind(&self, name: &str, data: Value, stand_ins: StandIns) -> Result<Option<Blind>, Error> {
        let template = self.known(name)?;
        let mut run = Run::new(self.limits);
        run.watcher = Some(Watcher::new(stand_ins));
        let text = self.executed(template, data, &mut run)?;
        let watcher = run.watcher.filter(|watcher| !watcher.looked);
        Ok(watcher.map(|Watcher { conditions, .. }| Blind { text, conditions }))
    }

    fn executed(&self, template: &Template, data: Value, run: &mut Run) -> Result<String, Error> {
        let mut out = String::with_capacity(template.source.text.len());
        eval::execute(self, template, data, run, &mut out).map_err(|error| *error)?;
        Ok(out)
    }

    fn known(&self, name: &str) -> Result<&Template, Error> {
        self.lookup(name).ok_or_else(|| {
            let quoted = quote::quoted(name);
            Error::parse(name, 0, format!("no template {quoted} associated with template {quoted}"))
        })
    }
}
