//! A finding: a code, its parameters, the object and the place, and perhaps a way to mend it.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::codes::{Code, Level};
use super::fixes::Fix;

/// Index of a resource in its snapshot.
pub type ResourceId = u32;

/// The rule's name in findings of the checks before an installation.
pub const PRECHECK: &str = "precheck";

/// Bytes of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub source: u32,
    pub start: u32,
    pub end: u32,
}

/// A parameter of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Param {
    Text(String),
    Number(i64),
    Texts(Vec<String>),
    Numbers(Vec<i64>),
}

impl Param {
    fn write(&self, out: &mut String) {
        match self {
            Param::Text(text) => out.push_str(text),
            Param::Number(number) => {
                let _ = write!(out, "{number}");
            }
            Param::Texts(texts) => out.push_str(&texts.join(", ")),
            Param::Numbers(numbers) => {
                let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
                out.push_str(&texts.join(", "));
            }
        }
    }

    /// As JSON, for machine output and tests.
    pub fn to_value(&self) -> serde_json::Value {
        match self {
            Param::Text(text) => text.as_str().into(),
            Param::Number(number) => (*number).into(),
            Param::Texts(texts) => texts.as_slice().into(),
            Param::Numbers(numbers) => numbers.as_slice().into(),
        }
    }
}

macro_rules! param_from {
    ($($from:ty => $variant:ident $convert:expr;)*) => {$(
        impl From<$from> for Param {
            fn from(value: $from) -> Self {
                Param::$variant($convert(value))
            }
        }
    )*};
}

param_from! {
    &str => Text |text: &str| text.to_string();
    String => Text std::convert::identity;
    Cow<'_, str> => Text Cow::into_owned;
    i64 => Number std::convert::identity;
    Vec<String> => Texts std::convert::identity;
    Vec<i64> => Numbers std::convert::identity;
}

/// Another place that has to do with a finding, such as the other side of a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    pub resource: ResourceId,
    pub place: Option<Place>,
    pub note: String,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Finding {
    pub code: &'static Code,
    /// The code's level, unless the configuration changed it.
    pub level: Level,
    /// The rule's name.
    pub rule: &'static str,
    pub params: Vec<(&'static str, Param)>,
    pub resource: Option<ResourceId>,
    /// What it is about, where that is no object of the snapshot.
    pub origin: Option<String>,
    /// A place more exact than the start of the object.
    pub place: Option<Place>,
    /// Added to the sentence in our own formats: a hint at what was probably meant.
    pub hint: Option<String>,
    pub related: Vec<Related>,
    pub fix: Option<Fix>,
}

impl Finding {
    pub fn new(code: &'static Code, rule: &'static str) -> Self {
        Finding {
            code,
            level: code.level,
            rule,
            params: Vec::new(),
            resource: None,
            origin: None,
            place: None,
            hint: None,
            related: Vec::new(),
            fix: None,
        }
    }

    /// The page to read about it. The reference's pre-flight checks name it without saying who refers to it.
    pub fn url(&self) -> String {
        let url = self.code.url();
        if self.rule == PRECHECK { url.split('?').next().unwrap_or_default().to_owned() } else { url }
    }

    /// The sentence with its parameters filled in.
    pub fn sentence(&self) -> String {
        let mut out = String::with_capacity(self.code.sentence.len() + 40);
        let mut rest = self.code.sentence;
        while let Some(open) = rest.find('{') {
            out.push_str(&rest[..open]);
            let Some(close) = rest[open..].find('}') else { break };
            let name = &rest[open + 1..open + close];
            if let Some((_, param)) = self.params.iter().find(|(key, _)| *key == name) {
                param.write(&mut out);
            }
            rest = &rest[open + close + 1..];
        }
        out.push_str(rest);
        out
    }

    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|(key, _)| *key == name).map(|(_, param)| param)
    }
}
