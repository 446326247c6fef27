//! Label selectors of objects that came as JSON.

use std::collections::BTreeMap;

use serde_json::Value;

/// Labels by key.
pub type Labels = BTreeMap<String, String>;

/// The labels of an object.
pub fn labels_of(object: &Value) -> Labels {
    let labels = object["metadata"]["labels"].as_object().into_iter().flatten();
    labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// One label of an object.
pub fn label<'o>(object: &'o Value, key: &str) -> Option<&'o str> {
    object["metadata"]["labels"].get(key)?.as_str()
}

/// Whether a `LabelSelector` picks these labels. An absent selector picks everything, an invalid one nothing.
pub fn selects(selector: &Value, labels: &Labels) -> bool {
    let exact = selector["matchLabels"].as_object().into_iter().flatten();
    exact.into_iter().all(|(key, value)| labels.get(key).map(String::as_str) == value.as_str())
        && selector["matchExpressions"].as_array().into_iter().flatten().all(|rule| holds(rule, labels))
}

fn holds(rule: &Value, labels: &Labels) -> bool {
    let actual = rule["key"].as_str().and_then(|key| labels.get(key));
    let values: Vec<&str> = rule["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let listed = actual.is_some_and(|actual| values.contains(&actual.as_str()));
    match rule["operator"].as_str() {
        Some("In") => !values.is_empty() && listed,
        Some("NotIn") => !values.is_empty() && !listed,
        Some("Exists") => values.is_empty() && actual.is_some(),
        Some("DoesNotExist") => values.is_empty() && actual.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_follow_the_rules_of_kubernetes() {
        let labels = Labels::from([("a".to_owned(), "1".to_owned())]);
        let rule = |key: &str, operator: &str, values: &[&str]| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
        assert!(selects(&Value::Null, &labels));
        assert!(selects(&json!({"matchLabels": {"a": "1"}}), &labels));
        assert!(!selects(&json!({"matchLabels": {"a": "2"}}), &labels));
        assert!(selects(&rule("a", "In", &["1", "2"]), &labels));
        assert!(selects(&rule("b", "NotIn", &["1"]), &labels));
        assert!(selects(&rule("b", "DoesNotExist", &[]), &labels));
        assert!(!selects(&rule("a", "Exists", &["1"]), &labels));
        assert!(!selects(&rule("a", "Almost", &["1"]), &labels));
    }
}
