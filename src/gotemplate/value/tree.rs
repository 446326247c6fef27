//! What is done to a value and all that lies below it: JSON forms, copies, comparison.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::{List, MAX_NESTING, Map, Value, Watch};
use crate::gotemplate::Fault;

impl Value {
    /// A value out of JSON or YAML. All numbers become `float64`, as they do in Go.
    pub fn from_json(json: &serde_json::Value) -> Value {
        Value::from_tree(json, None)
    }

    /// The same, so that `watch` notices when a template changes one of its maps.
    pub fn from_json_watched(json: &serde_json::Value, watch: &Watch) -> Value {
        Value::from_tree(json, Some(watch))
    }

    fn from_tree(json: &serde_json::Value, watch: Option<&Watch>) -> Value {
        match json {
            serde_json::Value::Null => Value::Nil,
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => Value::Float(number.as_f64().unwrap_or(0.0)),
            serde_json::Value::String(text) => Value::str(text.as_str()),
            serde_json::Value::Array(items) => {
                Value::list(items.iter().map(|item| Value::from_tree(item, watch)).collect())
            }
            serde_json::Value::Object(entries) => {
                let entries =
                    entries.iter().map(|(key, value)| (Arc::from(key.as_str()), Value::from_tree(value, watch)));
                Value::Map(match watch {
                    Some(watch) => Map::watched(entries.collect(), watch.clone()),
                    None => entries.collect(),
                })
            }
        }
    }

    /// The JSON form, map keys sorted.
    ///
    /// # Errors
    /// NaN and infinities have no JSON form; a map that contains itself has no end.
    pub fn to_json(&self) -> Result<serde_json::Value, Fault> {
        self.to_json_at(0)
    }

    fn to_json_at(&self, depth: usize) -> Result<serde_json::Value, Fault> {
        if depth > MAX_NESTING {
            return Err(Fault::new("the value nests too deeply, or contains itself"));
        }
        Ok(match self {
            Value::Nil => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(number) | Value::Sized(number, _) => (*number).into(),
            Value::Float(number) => serde_json::Value::Number(json_number(*number)?),
            Value::Str(text) => serde_json::Value::String(text.to_string()),
            Value::Bytes(bytes) => {
                use base64::Engine as _;
                serde_json::Value::String(base64::engine::general_purpose::STANDARD.encode(bytes))
            }
            Value::List(list) => serde_json::Value::Array(
                list.items().iter().map(|item| item.to_json_at(depth + 1)).collect::<Result<_, _>>()?,
            ),
            Value::Map(map) => {
                let entries = map.borrow();
                let mut object = serde_json::Map::with_capacity(entries.len());
                for (key, value) in entries.iter() {
                    object.insert(key.to_string(), value.to_json_at(depth + 1)?);
                }
                serde_json::Value::Object(object)
            }
            Value::Object(object) => object.to_json(),
        })
    }

    /// A copy that shares no map with the original.
    ///
    /// # Errors
    /// A map that contains itself cannot be copied.
    pub fn deep_copy(&self) -> Result<Value, Fault> {
        self.deep_copy_at(0)
    }

    fn deep_copy_at(&self, depth: usize) -> Result<Value, Fault> {
        if depth > MAX_NESTING {
            return Err(Fault::new("the value nests too deeply, or contains itself"));
        }
        Ok(match self {
            Value::List(list) => Value::List(List::typed(
                list.items().iter().map(|item| item.deep_copy_at(depth + 1)).collect::<Result<_, _>>()?,
                list.type_name(),
            )),
            Value::Map(map) => {
                let entries = map.borrow();
                let mut copy = BTreeMap::new();
                for (key, value) in entries.iter() {
                    copy.insert(key.clone(), value.deep_copy_at(depth + 1)?);
                }
                Value::Map(Map::typed(map.kind(), copy))
            }
            other => other.clone(),
        })
    }

    /// Go's `reflect.DeepEqual`: same types, same contents.
    pub fn deep_equal(&self, other: &Value) -> bool {
        self.deep_equal_at(other, 0)
    }

    fn deep_equal_at(&self, other: &Value, depth: usize) -> bool {
        if depth > MAX_NESTING {
            return false;
        }
        match (self, other) {
            (Value::Nil, Value::Nil) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Sized(a, ka), Value::Sized(b, kb)) => a == b && ka == kb,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Bytes(a), Value::Bytes(b)) => a == b,
            (Value::List(a), Value::List(b)) => {
                a.type_name() == b.type_name()
                    && a.len() == b.len()
                    && a.items().iter().zip(b.items()).all(|(a, b)| a.deep_equal_at(b, depth + 1))
            }
            (Value::Map(a), Value::Map(b)) => {
                a.same(b)
                    || (a.type_name() == b.type_name()
                        && a.len() == b.len()
                        && a.borrow().iter().zip(b.borrow().iter()).all(|((key, value), (other_key, other))| {
                            key == other_key && value.deep_equal_at(other, depth + 1)
                        }))
            }
            (Value::Object(a), Value::Object(b)) => {
                Rc::ptr_eq(a, b) || (a.type_name() == b.type_name() && a.to_json() == b.to_json())
            }
            _ => false,
        }
    }
}

/// The number as JSON text would carry it: an integer when its shortest digits are one, which `toYaml` depends on.
fn json_number(number: f64) -> Result<serde_json::Number, Fault> {
    if number.fract() == 0.0 && number.abs() < 1e21 {
        let digits = number.to_string();
        if let Ok(integer) = digits.parse::<i64>() {
            return Ok(integer.into());
        }
        if let Ok(integer) = digits.parse::<u64>() {
            return Ok(integer.into());
        }
    }
    serde_json::Number::from_f64(number).ok_or_else(|| {
        let name = if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        Fault::new(format!("json: unsupported value: {name}"))
    })
}
