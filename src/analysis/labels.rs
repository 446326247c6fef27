//! Label selectors: the map form, the Kubernetes form with expressions, and the canonical text.

use super::view::View;

/// `key=value` pairs sorted by key and joined by commas.
pub fn canonical(selector: View<'_>) -> String {
    let mut pairs: Vec<_> = selector.entries().map(|(key, value)| (key, value.str())).collect();
    pairs.sort_unstable();
    pairs.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
}

/// The first entry in the order of keys.
pub fn first<'a>(selector: View<'a>) -> View<'a> {
    selector.entries().min_by_key(|(key, _)| *key).map_or(View::NONE, |(_, value)| value)
}

/// Whether every entry of `part` is in `whole`.
pub fn is_subset(part: View<'_>, whole: View<'_>) -> bool {
    part.entries().all(|(key, value)| whole.key(key).text() == Some(value.str()))
}

/// A set of labels to try a selector on.
pub trait Labels {
    fn label(&self, key: &str) -> Option<&str>;
}

impl Labels for View<'_> {
    fn label(&self, key: &str) -> Option<&str> {
        self.key(key).text()
    }
}

impl Labels for [(&str, &str)] {
    fn label(&self, key: &str) -> Option<&str> {
        self.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }
}

/// Whether a `LabelSelector` with matchLabels and matchExpressions picks these labels.
///
/// An absent selector picks everything, one with an unknown operator or a wrong number of values nothing.
pub fn selector_matches(selector: View<'_>, labels: &(impl Labels + ?Sized)) -> bool {
    selector.key("matchLabels").entries().all(|(key, value)| labels.label(key) == Some(value.str()))
        && selector.key("matchExpressions").items().all(|expression| expression_matches(expression, labels))
}

fn expression_matches(expression: View<'_>, labels: &(impl Labels + ?Sized)) -> bool {
    let actual = labels.label(expression.key("key").str());
    let values = expression.key("values");
    let listed = |text: &str| values.strings().any(|value| value == text);
    match expression.key("operator").str() {
        "In" => !values.is_empty() && actual.is_some_and(listed),
        "NotIn" => !values.is_empty() && !actual.is_some_and(listed),
        "Exists" => values.is_empty() && actual.is_some(),
        "DoesNotExist" => values.is_empty() && actual.is_none(),
        _ => false,
    }
}
