//! Kubernetes scalars that print in their own way: times, quantities, numbers that may be names; and protobuf's enums.

use std::any::Any;

use serde_json::Value as Json;

use crate::gotemplate::{IntKind, Object, Value};
use crate::inject::proto;

/// A time, which prints as Go prints its times.
pub struct Time(pub Option<String>);

impl Object for Time {
    fn type_name(&self) -> &str {
        "v1.Time"
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "IsZero" => Some(Value::Bool(self.0.is_none())),
            "String" => Some(self.print().into()),
            _ => None,
        }
    }

    fn print(&self) -> String {
        match &self.0 {
            None => "0001-01-01 00:00:00 +0000 UTC".to_string(),
            Some(text) => match text.strip_suffix('Z').and_then(|text| text.split_once('T')) {
                Some((day, hour)) => format!("{day} {hour} +0000 UTC"),
                None => text.clone(),
            },
        }
    }

    fn to_json(&self) -> Json {
        self.0.clone().map_or(Json::Null, Json::String)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A quantity such as `500m`.
pub struct Quantity(pub String);

impl Object for Quantity {
    fn type_name(&self) -> &str {
        "resource.Quantity"
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "String" => Some(self.0.as_str().into()),
            "IsZero" => Some(Value::Bool(self.0 == "0")),
            _ => None,
        }
    }

    /// Go prints the parts of the struct: amount, scale, nothing, text, format.
    fn print(&self) -> String {
        let (amount, scale, format) = parts(&self.0);
        format!("{{{{{amount} {scale}}} {{<nil>}} {} {format}}}", self.0)
    }

    fn to_json(&self) -> Json {
        Json::String(self.0.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn parts(text: &str) -> (i128, i32, &'static str) {
    let end = text.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    let amount: i128 = digits.parse().unwrap_or(0);
    if let Some(step) = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].iter().position(|name| *name == suffix) {
        let factor = 1024i128.pow(u32::try_from(step + 1).unwrap_or(1));
        return (amount.saturating_mul(factor), 0, "BinarySI");
    }
    if let Some(scale) = suffix.strip_prefix(['e', 'E']) {
        return (amount, scale.parse().unwrap_or(0), "DecimalExponent");
    }
    let scale = [("n", -9), ("u", -6), ("m", -3), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15)]
        .iter()
        .find(|(name, _)| *name == suffix)
        .map_or(0, |(_, scale)| *scale);
    (amount, scale, "DecimalSI")
}

/// A number or a name.
pub struct IntOrText(pub Json);

impl Object for IntOrText {
    fn type_name(&self) -> &str {
        "intstr.IntOrString"
    }

    fn field(&self, name: &str) -> Option<Value> {
        let number = self.0.as_i64();
        match name {
            "IntVal" => Some(Value::Sized(number.unwrap_or(0), IntKind::Int32)),
            "StrVal" => Some(self.0.as_str().unwrap_or_default().into()),
            "Type" => Some(Value::Sized(i64::from(number.is_none()), IntKind::Int64)),
            "String" => Some(self.print().into()),
            "IntValue" => Some(Value::Int(number.or_else(|| self.0.as_str()?.parse().ok()).unwrap_or(0))),
            _ => None,
        }
    }

    fn print(&self) -> String {
        self.0.as_str().map_or_else(|| self.0.to_string(), str::to_string)
    }

    fn to_json(&self) -> Json {
        self.0.clone()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A protobuf enum: prints as its name.
pub struct EnumName {
    pub name: String,
    pub number: i64,
    pub type_name: String,
}

impl Object for EnumName {
    fn type_name(&self) -> &str {
        &self.type_name
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "String" => Some(self.name.as_str().into()),
            "Number" => Some(Value::Sized(self.number, IntKind::Int32)),
            _ => None,
        }
    }

    fn print(&self) -> String {
        self.name.clone()
    }

    fn to_json(&self) -> Json {
        Json::from(self.number)
    }

    fn truth(&self) -> bool {
        self.number != 0
    }

    fn kind(&self) -> &'static str {
        "int32"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A protobuf duration; `text` is its JSON form.
pub struct Duration(pub String);

impl Duration {
    /// Go's text for it: `1m30s`.
    pub fn go_text(&self) -> String {
        let Some((negative, length)) = proto::duration(&self.0) else { return self.0.clone() };
        let nanos = length.as_nanos();
        if nanos == 0 {
            return "0s".to_string();
        }
        let sign = if negative { "-" } else { "" };
        if nanos < 1_000_000_000 {
            let (unit, scale) = match nanos {
                1_000_000.. => ("ms", 1_000_000),
                1_000.. => ("µs", 1_000),
                _ => ("ns", 1),
            };
            return format!("{sign}{}{unit}", with_fraction(nanos, scale));
        }
        let seconds = length.as_secs();
        let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
        let rest = with_fraction(nanos % 60_000_000_000, 1_000_000_000);
        match (hours, minutes) {
            (0, 0) => format!("{sign}{rest}s"),
            (0, _) => format!("{sign}{minutes}m{rest}s"),
            _ => format!("{sign}{hours}h{minutes}m{rest}s"),
        }
    }
}

fn with_fraction(nanos: u128, scale: u128) -> String {
    let (whole, rest) = (nanos / scale, nanos % scale);
    if rest == 0 {
        return whole.to_string();
    }
    let width = scale.ilog10() as usize;
    format!("{whole}.{}", format!("{rest:0width$}").trim_end_matches('0'))
}

impl Object for Duration {
    fn type_name(&self) -> &str {
        "*durationpb.Duration"
    }

    fn field(&self, name: &str) -> Option<Value> {
        let (negative, length) = proto::duration(&self.0)?;
        let signed = |number: i64| if negative { -number } else { number };
        match name.strip_prefix("Get").unwrap_or(name) {
            "Seconds" => Some(Value::Sized(signed(i64::try_from(length.as_secs()).ok()?), IntKind::Int64)),
            "Nanos" => Some(Value::Sized(signed(i64::from(length.subsec_nanos())), IntKind::Int32)),
            "AsDuration" => Some(self.go_text().into()),
            "String" => Some(self.print().into()),
            _ => None,
        }
    }

    fn print(&self) -> String {
        let Some((negative, length)) = proto::duration(&self.0) else { return self.0.clone() };
        let sign = if negative { "-" } else { "" };
        let mut parts = Vec::new();
        if length.as_secs() != 0 {
            parts.push(format!("seconds:{sign}{}", length.as_secs()));
        }
        if length.subsec_nanos() != 0 {
            parts.push(format!("nanos:{sign}{}", length.subsec_nanos()));
        }
        parts.join(" ")
    }

    fn to_json(&self) -> Json {
        Json::String(self.0.clone())
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A wrapper message such as `BoolValue`.
pub struct Wrapper {
    pub value: Value,
    pub json: Json,
}

impl Object for Wrapper {
    fn type_name(&self) -> &str {
        match self.value {
            Value::Bool(_) => "*wrapperspb.BoolValue",
            Value::Float(_) => "*wrapperspb.DoubleValue",
            Value::Str(_) => "*wrapperspb.StringValue",
            Value::Sized(_, IntKind::Uint32) => "*wrapperspb.UInt32Value",
            Value::Sized(_, IntKind::Int64) => "*wrapperspb.Int64Value",
            _ => "*wrapperspb.Int32Value",
        }
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Value" | "GetValue" => Some(self.value.clone()),
            "String" => Some(self.print().into()),
            _ => None,
        }
    }

    fn print(&self) -> String {
        if self.value.truth() { format!("value:{}", crate::gotemplate::show(&self.value)) } else { String::new() }
    }

    fn to_json(&self) -> Json {
        self.json.clone()
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
