//! Whether a pod is injected, and which rule said so.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub const INJECT: &str = "sidecar.istio.io/inject";

/// Namespaces whose pods are never injected.
pub const IGNORED_NAMESPACES: &[&str] = &["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

/// What an injector does with pods that say nothing themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Policy {
    Enabled,
    Disabled,
    /// Any other word switches injection off altogether.
    Unknown(String),
}

impl Policy {
    pub fn parse(text: &str) -> Self {
        match text {
            "enabled" => Policy::Enabled,
            "disabled" => Policy::Disabled,
            other => Policy::Unknown(other.to_string()),
        }
    }
}

/// The rule that decided about a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    HostNetwork,
    IgnoredNamespace(String),
    /// The label or annotation `sidecar.istio.io/inject` said so.
    Asked {
        label: bool,
        value: String,
    },
    NeverSelector(usize),
    AlwaysSelector(usize),
    Policy(Policy),
}

/// Whether the pod is injected, why, and what was odd on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub inject: bool,
    pub reason: Reason,
    pub warnings: Vec<String>,
}

/// The parts of an injector's configuration that decide.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    pub policy: Policy,
    pub never: Vec<Value>,
    pub always: Vec<Value>,
}

impl Default for Rules {
    fn default() -> Self {
        Rules { policy: Policy::Enabled, never: Vec::new(), always: Vec::new() }
    }
}

impl Rules {
    /// The keys of labels that the selectors look at.
    pub fn label_keys(&self) -> Vec<String> {
        let selectors = self.never.iter().chain(&self.always).filter_map(|selector| Selector::parse(selector).ok());
        selectors.flat_map(|selector| selector.terms).map(|term| term.key).collect()
    }
}

/// Decides about a pod, given its metadata and spec.
pub fn decide(metadata: &Value, spec: &Value, rules: &Rules) -> Decision {
    let mut warnings = Vec::new();
    let (inject, reason) = rule(metadata, spec, rules, &mut warnings);
    // A policy that is neither word refuses even pods that ask.
    let (inject, reason) = match (&rules.policy, inject) {
        (policy @ Policy::Unknown(_), true) => (false, Reason::Policy(policy.clone())),
        _ => (inject, reason),
    };
    Decision { inject, reason, warnings }
}

fn rule(metadata: &Value, spec: &Value, rules: &Rules, warnings: &mut Vec<String>) -> (bool, Reason) {
    if spec.get("hostNetwork").and_then(Value::as_bool) == Some(true) {
        return (false, Reason::HostNetwork);
    }
    let namespace = metadata.get("namespace").and_then(Value::as_str).unwrap_or_default();
    if IGNORED_NAMESPACES.contains(&namespace) {
        return (false, Reason::IgnoredNamespace(namespace.to_string()));
    }
    let label = text_at(metadata, "labels", INJECT);
    let asked = label.or_else(|| text_at(metadata, "annotations", INJECT)).unwrap_or_default();
    match asked {
        "true" | "false" => {
            return (asked == "true", Reason::Asked { label: label.is_some(), value: asked.to_string() });
        }
        "" => {}
        other => warnings.push(format!("{INJECT} is {other:?}, which is neither \"true\" nor \"false\": ignored")),
    }
    let empty = Map::new();
    let labels = metadata.get("labels").and_then(Value::as_object).unwrap_or(&empty);
    if let Some(at) = first_match(&rules.never, labels, "neverInjectSelector", warnings) {
        return (false, Reason::NeverSelector(at));
    }
    if let Some(at) = first_match(&rules.always, labels, "alwaysInjectSelector", warnings) {
        return (true, Reason::AlwaysSelector(at));
    }
    (rules.policy == Policy::Enabled, Reason::Policy(rules.policy.clone()))
}

fn first_match(
    selectors: &[Value],
    labels: &Map<String, Value>,
    name: &str,
    warnings: &mut Vec<String>,
) -> Option<usize> {
    selectors.iter().enumerate().find_map(|(at, selector)| match Selector::parse(selector) {
        Ok(selector) => (!selector.is_empty() && selector.matches(labels)).then_some(at),
        Err(reason) => {
            warnings.push(format!("{name}[{at}] is passed over: {reason}"));
            None
        }
    })
}

/// A Kubernetes label selector.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selector {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl Selector {
    /// Reads `matchLabels` and `matchExpressions`. An error names what cannot be a selector.
    pub fn parse(selector: &Value) -> Result<Self, String> {
        let mut terms = Vec::new();
        let labels: BTreeMap<&String, &Value> =
            selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten().collect();
        for (key, value) in labels {
            let value = value.as_str().ok_or_else(|| format!("the value of label {key} is not text"))?;
            check_label(key, std::slice::from_ref(&value))?;
            terms.push(Term { key: key.clone(), operator: Operator::In, values: vec![value.to_string()] });
        }
        for expression in selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
            let key = expression.get("key").and_then(Value::as_str).unwrap_or_default();
            let values: Vec<&str> = expression
                .get("values")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let operator = match expression.get("operator").and_then(Value::as_str).unwrap_or_default() {
                "In" => Operator::In,
                "NotIn" => Operator::NotIn,
                "Exists" => Operator::Exists,
                "DoesNotExist" => Operator::DoesNotExist,
                other => return Err(format!("{other:?} is not a valid label selector operator")),
            };
            let needs_values = matches!(operator, Operator::In | Operator::NotIn);
            if needs_values == values.is_empty() {
                return Err(format!("the values of {key} do not fit its operator"));
            }
            check_label(key, &values)?;
            terms.push(Term {
                key: key.to_string(),
                operator,
                values: values.into_iter().map(str::to_string).collect(),
            });
        }
        Ok(Selector { terms })
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    pub fn matches(&self, labels: &Map<String, Value>) -> bool {
        self.terms.iter().all(|term| term.holds(labels.get(&term.key).and_then(Value::as_str)))
    }

    /// The first term that these labels do not meet, in words.
    pub fn first_unmet(&self, labels: &Map<String, Value>) -> Option<String> {
        self.terms.iter().find(|term| !term.holds(labels.get(&term.key).and_then(Value::as_str))).map(Term::describe)
    }
}

impl Term {
    fn holds(&self, value: Option<&str>) -> bool {
        let listed = value.is_some_and(|value| self.values.iter().any(|known| known == value));
        match self.operator {
            Operator::In => listed,
            Operator::NotIn => !listed,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }

    fn describe(&self) -> String {
        match self.operator {
            Operator::In if self.values.len() == 1 => format!("{}={}", self.key, self.values.join("")),
            Operator::In => format!("{} in ({})", self.key, self.values.join(",")),
            Operator::NotIn => format!("{} not in ({})", self.key, self.values.join(",")),
            Operator::Exists => format!("{} is set", self.key),
            Operator::DoesNotExist => format!("{} is not set", self.key),
        }
    }
}

/// Keys and values a label can have; a selector on others is invalid.
fn check_label(key: &str, values: &[&str]) -> Result<(), String> {
    let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let prefix_fits = prefix.is_none_or(|prefix| {
        !prefix.is_empty()
            && prefix.len() <= 253
            && prefix.split('.').all(|part| is_name(part, |byte| byte == b'-'))
            && !prefix.bytes().any(|byte| byte.is_ascii_uppercase())
    });
    if !prefix_fits || !is_label_text(name) {
        return Err(format!("{key:?} is no label name"));
    }
    match values.iter().find(|value| !value.is_empty() && !is_label_text(value)) {
        Some(value) => Err(format!("{value:?} is no label value")),
        None => Ok(()),
    }
}

fn is_label_text(text: &str) -> bool {
    text.len() <= 63 && is_name(text, |byte| matches!(byte, b'-' | b'_' | b'.'))
}

/// Letters and digits, and the extra bytes anywhere but at the ends.
fn is_name(text: &str, extra: impl Fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || extra(*byte))
}

fn text_at<'m>(metadata: &'m Value, map: &str, key: &str) -> Option<&'m str> {
    metadata.get(map)?.get(key)?.as_str()
}
