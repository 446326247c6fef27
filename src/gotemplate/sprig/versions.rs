//! `semver` and `semverCompare`.

use std::any::Any;

use crate::gotemplate::Fault;
use crate::gotemplate::function::{Call, Function, Outcome, Type};
use crate::gotemplate::semver::{Range, Version};
use crate::gotemplate::value::{IntKind, Object, Value};

use Type::Text;

pub(super) const TABLE: &[Function] = &[
    Function::new("semver", &[Text], |call| Ok(Value::object(VersionObject(version(call.text(0))?)))),
    Function::new("semverCompare", &[Text, Text], compare),
];

fn version(text: &str) -> Result<Version, Fault> {
    Version::parse(text).ok_or_else(|| Fault::new("invalid semantic version"))
}

fn compare(call: &mut Call<'_, '_>) -> Outcome {
    let range =
        Range::parse(call.text(0)).ok_or_else(|| Fault::new(format!("improper constraint: {}", call.text(0))))?;
    Ok(range.contains(&version(call.text(1))?).into())
}

struct VersionObject(Version);

fn unsigned(number: u64) -> Value {
    Value::Sized(i64::try_from(number).unwrap_or(i64::MAX), IntKind::Uint64)
}

impl Object for VersionObject {
    fn type_name(&self) -> &str {
        "*semver.Version"
    }

    fn field(&self, name: &str) -> Option<Value> {
        Some(match name {
            "Major" => unsigned(self.0.major),
            "Minor" => unsigned(self.0.minor),
            "Patch" => unsigned(self.0.patch),
            "Prerelease" => self.0.prerelease.as_str().into(),
            "Metadata" => self.0.metadata.as_str().into(),
            "Original" => self.0.original.as_str().into(),
            "String" => self.print().into(),
            _ => return None,
        })
    }

    fn call(&self, name: &str, args: &[Value]) -> Option<Result<Value, Fault>> {
        let answer: fn(std::cmp::Ordering) -> Value = match name {
            "Compare" => |order| Value::Int(order as i64),
            "Equal" => |order| order.is_eq().into(),
            "GreaterThan" => |order| order.is_gt().into(),
            "GreaterThanEqual" => |order| order.is_ge().into(),
            "LessThan" => |order| order.is_lt().into(),
            "LessThanEqual" => |order| order.is_le().into(),
            _ => return None,
        };
        let other = match args {
            [Value::Object(other)] => other.as_any().downcast_ref::<VersionObject>(),
            _ => None,
        };
        Some(match other {
            Some(other) => Ok(answer(self.0.precedence(&other.0))),
            None => Err(Fault::new("expected a *semver.Version")),
        })
    }

    fn print(&self) -> String {
        self.0.to_string()
    }

    fn to_json(&self) -> serde_json::Value {
        self.print().into()
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
