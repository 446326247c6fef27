//! The language the API types are written in: messages are constant tables of fields.
//!
//! One table serves the decoder ([`super::decode`]), the CRDs ([`super::crd`]), the editors' JSON schema
//! ([`super::json_schema`]) and the field docs ([`super::docs`]). Fields stand in the order of the published API, since that order
//! decides which of several oneof members wins.

/// A message of the API.
#[derive(Debug)]
pub struct Message {
    /// Full protobuf name, `istio.networking.v1alpha3.HTTPRoute`.
    pub name: &'static str,
    pub fields: &'static [Field],
}

/// A field of a message.
#[derive(Debug)]
pub struct Field {
    /// JSON name, lowerCamelCase.
    pub name: &'static str,
    pub ty: Type,
    pub doc: &'static str,
    /// The oneof group this field is a member of, or empty.
    pub one_of: &'static str,
    /// The CRD demands the field. The decoder does not.
    pub required: bool,
    /// What the CRD demands of the value.
    pub rules: &'static [Rule],
    /// What the CRD demands of each list item or map value.
    pub item_rules: &'static [Rule],
    /// What the control plane uses when the field is absent, in words, or empty.
    pub default: &'static str,
    /// First minor release that has the field; empty when older than 1.14.
    pub since: &'static str,
    pub deprecated: bool,
    /// The CRD lists the protobuf name as a property of its own, for objects stored long ago.
    pub proto_in_crd: bool,
    /// The protobuf name where it does not follow from the JSON name.
    proto: Option<&'static str>,
}

/// The type of a field.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    Bool,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Double,
    String,
    /// Base64 text.
    Bytes,
    /// Go's notation, `1h30m`.
    Duration,
    /// RFC 3339.
    Timestamp,
    /// Any JSON object.
    Struct,
    /// A scalar whose absence differs from its zero.
    Wrapper(&'static Type),
    Enum(&'static Enum),
    Msg(&'static Message),
    List(&'static Type),
    /// A map with text keys.
    Map(&'static Type),
    /// A map with unsigned 32-bit keys.
    PortMap(&'static Type),
}

/// An enumeration, in the published order.
#[derive(Debug)]
pub struct Enum {
    pub name: &'static str,
    pub values: &'static [EnumValue],
}

#[derive(Debug)]
pub struct EnumValue {
    pub name: &'static str,
    pub number: i32,
    /// First minor release that has the value; empty when older than 1.14.
    pub since: &'static str,
}

/// A demand of the CRD schema that the decoder does not make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// A CEL expression over `self`.
    Cel(&'static str),
    /// A duration of one millisecond or more.
    AtLeast1Ms,
    /// 1 to 65535, as a CEL rule.
    PortNumber,
    Pattern(&'static str),
    Minimum(u64),
    Maximum(u64),
    MinLength(u64),
    MaxLength(u64),
    MinItems(u64),
    MaxItems(u64),
    MinProperties(u64),
    MaxProperties(u64),
    /// No two items of the list agree in this field.
    UniqueBy(&'static str),
}

impl Rule {
    /// The CEL expression of the rule, if it is one.
    pub fn cel(self) -> Option<&'static str> {
        match self {
            Rule::Cel(text) => Some(text),
            Rule::AtLeast1Ms => Some("duration(self) >= duration('1ms')"),
            Rule::PortNumber => Some("0 < self && self <= 65535"),
            _ => None,
        }
    }

    /// The keyword of JSON Schema that says the same, with its value, if there is one.
    pub fn keyword(self) -> Option<(&'static str, serde_json::Value)> {
        Some(match self {
            Rule::Pattern(pattern) => ("pattern", pattern.into()),
            Rule::Minimum(limit) => ("minimum", limit.into()),
            Rule::Maximum(limit) => ("maximum", limit.into()),
            Rule::MinLength(limit) => ("minLength", limit.into()),
            Rule::MaxLength(limit) => ("maxLength", limit.into()),
            Rule::MinItems(limit) => ("minItems", limit.into()),
            Rule::MaxItems(limit) => ("maxItems", limit.into()),
            Rule::MinProperties(limit) => ("minProperties", limit.into()),
            Rule::MaxProperties(limit) => ("maxProperties", limit.into()),
            Rule::Cel(_) | Rule::AtLeast1Ms | Rule::PortNumber | Rule::UniqueBy(_) => return None,
        })
    }
}

/// A field with nothing but name, type and doc; the builder methods add the rest.
pub const fn field(name: &'static str, ty: Type, doc: &'static str) -> Field {
    Field {
        name,
        ty,
        doc,
        one_of: "",
        required: false,
        rules: &[],
        item_rules: &[],
        default: "",
        since: "",
        deprecated: false,
        proto_in_crd: false,
        proto: None,
    }
}

pub const fn value(name: &'static str, number: i32) -> EnumValue {
    EnumValue { name, number, since: "" }
}

impl EnumValue {
    pub const fn since(mut self, release: &'static str) -> Self {
        self.since = release;
        self
    }
}

impl Field {
    pub const fn one_of(mut self, group: &'static str) -> Self {
        self.one_of = group;
        self
    }

    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub const fn rules(mut self, rules: &'static [Rule]) -> Self {
        self.rules = rules;
        self
    }

    pub const fn item_rules(mut self, rules: &'static [Rule]) -> Self {
        self.item_rules = rules;
        self
    }

    pub const fn default(mut self, words: &'static str) -> Self {
        self.default = words;
        self
    }

    pub const fn since(mut self, release: &'static str) -> Self {
        self.since = release;
        self
    }

    pub const fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    /// Sets a protobuf name that does not follow from the JSON name; empty if the decoder accepts none.
    pub const fn proto(mut self, name: &'static str) -> Self {
        self.proto = Some(name);
        self
    }

    pub const fn proto_in_crd(mut self) -> Self {
        self.proto_in_crd = true;
        self
    }

    /// The protobuf name, if the decoder accepts one that differs from the JSON name.
    pub fn proto_name(&self) -> Option<std::string::String> {
        let name = match self.proto {
            Some(name) => name.to_owned(),
            None => {
                let mut snake = std::string::String::with_capacity(self.name.len() + 4);
                for letter in self.name.chars() {
                    if letter.is_ascii_uppercase() {
                        snake.push('_');
                    }
                    snake.push(letter.to_ascii_lowercase());
                }
                snake
            }
        };
        (!name.is_empty() && name != self.name).then_some(name)
    }

    /// Whether the decoder takes this key as the field's protobuf name: `_` before each capital, all lower case.
    pub fn has_proto_name(&self, key: &str) -> bool {
        if let Some(name) = self.proto {
            return name == key && !name.is_empty();
        }
        let mut rest = key.bytes();
        self.name.bytes().all(|byte| {
            if byte.is_ascii_uppercase() {
                rest.next() == Some(b'_') && rest.next() == Some(byte.to_ascii_lowercase())
            } else {
                rest.next() == Some(byte)
            }
        }) && rest.next().is_none()
    }
}

impl Message {
    /// The field with this JSON name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The name without the package: `HTTPRoute`, `HTTPFaultInjection.Delay`.
    pub fn short_name(&self) -> &'static str {
        let mut parts = self.name.splitn(4, '.');
        parts.nth(3).unwrap_or(self.name)
    }
}

impl Enum {
    pub fn number(&self, name: &str) -> Option<i32> {
        self.values.iter().find(|value| value.name == name).map(|value| value.number)
    }

    pub fn name_of(&self, number: i32) -> Option<&'static str> {
        self.values.iter().find(|value| value.number == number).map(|value| value.name)
    }
}

impl Type {
    /// The message inside lists and maps, if the type holds messages.
    pub fn message(self) -> Option<&'static Message> {
        match self {
            Type::Msg(message) => Some(message),
            Type::List(item) | Type::Map(item) | Type::PortMap(item) => item.message(),
            _ => None,
        }
    }

    /// The type as `api.md` and people write it: `[]HTTPRoute`, `map<string,string>`.
    pub fn label(self) -> std::string::String {
        match self {
            Type::Bool => "bool".into(),
            Type::Int32 => "int32".into(),
            Type::Int64 => "int64".into(),
            Type::Uint32 => "uint32".into(),
            Type::Uint64 => "uint64".into(),
            Type::Double => "double".into(),
            Type::String => "string".into(),
            Type::Bytes => "bytes".into(),
            Type::Duration => "Duration".into(),
            Type::Timestamp => "Timestamp".into(),
            Type::Struct => "object".into(),
            Type::Wrapper(inner) => inner.label(),
            Type::Enum(_) => "enum".into(),
            Type::Msg(message) => message.short_name().into(),
            Type::List(item) => format!("[]{}", item.label()),
            Type::Map(item) => format!("map<string,{}>", item.label()),
            Type::PortMap(item) => format!("map<uint32,{}>", item.label()),
        }
    }
}
