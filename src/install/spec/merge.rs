//! Laying one tree over another.

use crate::yaml::Value;

/// Deep merge: maps merge key by key; anything else, null and lists included, replaces.
pub fn merge(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                match base.get_mut(&key) {
                    Some(place) => merge(place, value),
                    None => {
                        base.insert(key, value);
                    }
                }
            }
        }
        (base, over) => *base = over,
    }
}

/// Numbers become what a 64-bit float holds, since every later stage reads them as such: `2.0` is the integer 2.
pub fn as_floats(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(float) = number.as_f64()
                && let Some(same) = number_of(float)
            {
                *number = same;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(as_floats),
        Value::Object(map) => map.values_mut().for_each(as_floats),
        _ => {}
    }
}

/// The JSON number of a float, an integer where it is one. `None` for infinities and NaN.
pub fn number_of(float: f64) -> Option<serde_json::Number> {
    const WHOLE: f64 = 9_007_199_254_740_992.0 * 1024.0;
    if float.fract() == 0.0 && float.abs() < WHOLE {
        // Exact: the magnitude is below 2^63.
        return Some(serde_json::Number::from(float as i64));
    }
    serde_json::Number::from_f64(float)
}

/// The value at these keys.
pub fn at<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v Value> {
    keys.iter().try_fold(value, |value, key| value.get(key))
}

/// The text at these keys, if it is text and not empty.
pub fn text_at<'v>(value: &'v Value, keys: &[&str]) -> Option<&'v str> {
    at(value, keys)?.as_str().filter(|text| !text.is_empty())
}

/// Puts a value at these keys; whatever on the way is no map becomes one.
pub fn put(value: &mut Value, keys: &[&str], new: Value) {
    let mut place = value;
    for key in keys {
        if !place.is_object() {
            *place = Value::Object(serde_json::Map::new());
        }
        let Value::Object(map) = place else { return };
        place = map.entry((*key).to_owned()).or_insert(Value::Null);
    }
    *place = new;
}

/// Takes away the value at these keys.
pub fn remove(value: &mut Value, keys: &[&str]) -> Option<Value> {
    let (last, parents) = keys.split_last()?;
    let parent = parents.iter().try_fold(value, |value, key| value.get_mut(key))?;
    parent.as_object_mut()?.shift_remove(*last)
}

/// A value as a person would write it in one line.
pub fn brief(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn maps_merge_and_everything_else_replaces() {
        let mut base = json!({"a": {"x": 1, "y": [1, 2]}, "b": 1, "c": {"k": 1}});
        merge(&mut base, json!({"a": {"y": [3], "z": null}, "b": {"n": 2}, "c": {}}));
        assert_eq!(base, json!({"a": {"x": 1, "y": [3], "z": null}, "b": {"n": 2}, "c": {"k": 1}}));
    }

    #[test]
    fn whole_floats_are_integers() {
        let mut value = json!([2.0, 1.5, 123_456_789_012_345_678_i64, 1e21]);
        as_floats(&mut value);
        assert_eq!(value.to_string(), "[2,1.5,123456789012345680,1e+21]");
    }
}
