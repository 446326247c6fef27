//! How values come together: the user's over the chart's, a parent's `global` over its subcharts'.

use serde_json::map::Entry;

use super::error::kind;
use super::{Chart, Error};
use crate::yaml;

type Table = serde_json::Map<String, yaml::Value>;

/// The user's values with the chart's below them.
///
/// Maps merge; any other value of the user replaces the chart's. A null of the user removes a key that the chart has, and
/// stays where the chart has nothing.
pub fn coalesce(user: &yaml::Value, chart: &yaml::Value) -> yaml::Value {
    let mut values = table(user);
    if let Some(defaults) = chart.as_object() {
        fill(&mut values, defaults, "", &mut Vec::new());
    }
    yaml::Value::Object(values)
}

/// One set of the user's values over another (`-f a -f b`): maps merge, nulls stay for the chart to see.
pub fn merge(over: &yaml::Value, under: &yaml::Value) -> yaml::Value {
    match (over, under) {
        (yaml::Value::Object(over), yaml::Value::Object(under)) => {
            let mut merged = under.clone();
            for (key, value) in over {
                let value = match merged.get(key) {
                    Some(below) => merge(value, below),
                    None => value.clone(),
                };
                merged.insert(key.clone(), value);
            }
            yaml::Value::Object(merged)
        }
        (over, _) => over.clone(),
    }
}

/// The values of a chart and, under their names, of its subcharts.
pub(super) fn for_chart(chart: &Chart, user: &yaml::Value, warnings: &mut Vec<String>) -> Result<yaml::Value, Error> {
    let mut values = table(user);
    if let Some(defaults) = chart.values.as_object() {
        fill(&mut values, defaults, chart.name(), warnings);
    }
    for subchart in &chart.subcharts {
        let given = match values.get(subchart.name()) {
            None | Some(yaml::Value::Null) => yaml::Value::Object(Table::new()),
            Some(map @ yaml::Value::Object(_)) => map.clone(),
            Some(other) => {
                return Err(Error::SubchartValues { chart: subchart.name().to_owned(), found: kind(other) });
            }
        };
        let mut given = table(&given);
        inherit_globals(&mut given, values.get("global"));
        let inner = for_chart(subchart, &yaml::Value::Object(given), warnings)?;
        values.insert(subchart.name().to_owned(), inner);
    }
    Ok(yaml::Value::Object(values))
}

fn table(value: &yaml::Value) -> Table {
    value.as_object().cloned().unwrap_or_default()
}

/// Adds to `values` what only the defaults have.
fn fill(values: &mut Table, defaults: &Table, path: &str, warnings: &mut Vec<String>) {
    for (key, default) in defaults {
        match values.entry(key.clone()) {
            Entry::Vacant(place) => {
                place.insert(default.clone());
            }
            Entry::Occupied(mut place) => match (place.get_mut(), default) {
                (yaml::Value::Null, _) => {
                    place.shift_remove();
                }
                (yaml::Value::Object(inner), yaml::Value::Object(defaults)) => {
                    fill(inner, defaults, &format!("{path}.{key}"), warnings);
                }
                (given, yaml::Value::Object(_)) => {
                    warnings.push(format!("{path}.{key}: {} replaces a map", kind(given)));
                }
                (yaml::Value::Object(_), default) if !default.is_null() => {
                    warnings.push(format!("{path}.{key}: a map replaces {}", kind(default)));
                }
                _ => {}
            },
        }
    }
}

/// The parent's `global` over the subchart's.
fn inherit_globals(values: &mut Table, parents: Option<&yaml::Value>) {
    let mut globals = match parents {
        Some(yaml::Value::Object(globals)) => globals.clone(),
        _ => Table::new(),
    };
    match values.get("global") {
        Some(yaml::Value::Object(own)) => fill(&mut globals, own, "global", &mut Vec::new()),
        Some(yaml::Value::Null) | None => {}
        Some(_) => return,
    }
    values.insert("global".into(), yaml::Value::Object(globals));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn user_values_win_and_nulls_remove() {
        for (user, chart, expected) in [
            (json!({"a": {"x": null}}), json!({"a": {"x": 1, "z": 2}}), json!({"a": {"z": 2}})),
            (json!({"q": null}), json!({"a": 1}), json!({"q": null, "a": 1})),
            (json!({"a": {}}), json!({"a": {"x": 1}}), json!({"a": {"x": 1}})),
            (json!({"a": [1]}), json!({"a": {"x": 1}}), json!({"a": [1]})),
            (json!({}), json!({"a": null}), json!({"a": null})),
            (json!({"a": null}), json!({"a": null}), json!({})),
            (json!(null), json!({"a": 1}), json!({"a": 1})),
        ] {
            assert_eq!(coalesce(&user, &chart), expected, "{user} over {chart}");
        }
    }

    #[test]
    fn later_files_win_and_keep_their_nulls() {
        let merged = merge(&json!({"a": {"x": null}, "l": [2]}), &json!({"a": {"x": 1, "y": 2}, "l": [1]}));
        assert_eq!(merged, json!({"a": {"x": null, "y": 2}, "l": [2]}));
    }
}
