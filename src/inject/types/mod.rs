//! The Go types a pod template passes through, as tables: field order, JSON and Go names, zero values, merge keys.
//!
//! One table serves decoding and re-encoding ([`decode`]), strategic merge (`inject::merge`), Go-style field access from
//! injection templates (`inject::data`) and struct-ordered JSON. Source: the Kubernetes API reference (core/v1, apps/v1, batch/v1).

pub mod decode;
pub mod gateway;
pub mod meta;
pub mod pod;
pub mod quantity;
pub mod status;
pub mod time;
pub mod volume;
pub mod workload;

/// One Go struct.
#[derive(Debug)]
pub struct Struct {
    /// The Go type, with its package: `v1.PodSpec`.
    pub name: &'static str,
    pub fields: &'static [Field],
    /// Embedded structs whose fields are listed here as well; a template may name them.
    pub embedded: &'static [&'static str],
}

/// One field of a [`Struct`].
#[derive(Debug)]
pub struct Field {
    pub json: &'static str,
    /// The Go name where it is not the JSON name with a capital first letter.
    go: &'static str,
    pub kind: Kind,
    /// A Go pointer: absent is different from zero.
    pub pointer: bool,
    /// Printed even when empty (no `omitempty`).
    pub always: bool,
    pub merge: Merge,
    /// The Go type of the text or texts it holds, where that has a name of its own.
    pub named: &'static str,
}

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Text,
    Bool,
    Int32,
    Int64,
    Quantity,
    IntOrText,
    Time,
    Any,
    List(&'static Kind),
    Map(&'static Kind),
    Struct(&'static Struct),
}

/// How strategic merge treats a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Maps are merged, lists replaced.
    Usual,
    /// A map that is replaced.
    Whole,
    /// Items are matched by this key.
    ByKey(&'static str),
    /// A list of scalars used as a set.
    Union,
}

impl Struct {
    pub const fn new(name: &'static str, fields: &'static [Field]) -> Self {
        Struct { name, fields, embedded: &[] }
    }

    /// An object with an `apiVersion` and a `kind`.
    pub const fn typed(name: &'static str, fields: &'static [Field]) -> Self {
        Struct::new(name, fields).embedding(&["TypeMeta"])
    }

    pub const fn embedding(mut self, embedded: &'static [&'static str]) -> Self {
        self.embedded = embedded;
        self
    }

    /// The type's name without its package, as Go's JSON errors print it.
    pub fn bare_name(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }

    pub fn field(&self, json: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.json == json)
    }

    /// The field of this name; failing that, one whose name differs only in case.
    pub fn field_in_any_case(&self, json: &str) -> Option<&'static Field> {
        self.field(json).or_else(|| self.fields.iter().find(|field| field.json.eq_ignore_ascii_case(json)))
    }

    /// The embedded struct that a field really belongs to, if it is not this one's own.
    pub fn embeds(&self, json: &str) -> Option<&'static str> {
        let holds = |name: &&&'static str| match **name {
            "TypeMeta" => matches!(json, "apiVersion" | "kind"),
            "LocalObjectReference" => json == "name",
            "ProbeHandler" => matches!(json, "exec" | "httpGet" | "tcpSocket" | "grpc"),
            "VolumeSource" => json != "name",
            "EphemeralContainerCommon" => json != "targetContainerName",
            _ => false,
        };
        self.embedded.iter().find(holds).copied()
    }

    /// The position of the field with this Go name.
    pub fn go_position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.is_go(name))
    }
}

impl Field {
    const fn new(json: &'static str, kind: Kind) -> Self {
        Field { json, go: "", kind, pointer: false, always: false, merge: Merge::Usual, named: "" }
    }

    pub const fn go(mut self, name: &'static str) -> Self {
        self.go = name;
        self
    }

    pub const fn always(mut self) -> Self {
        self.always = true;
        self
    }

    pub const fn optional(mut self) -> Self {
        self.pointer = true;
        self
    }

    pub const fn key(mut self, key: &'static str) -> Self {
        self.merge = Merge::ByKey(key);
        self
    }

    pub const fn named(mut self, name: &'static str) -> Self {
        self.named = name;
        self
    }

    pub const fn union(mut self) -> Self {
        self.merge = Merge::Union;
        self
    }

    pub const fn whole(mut self) -> Self {
        self.merge = Merge::Whole;
        self
    }

    /// The Go name, built when it follows the rule.
    pub fn go_name(&self) -> String {
        if !self.go.is_empty() {
            return self.go.to_string();
        }
        let mut letters = self.json.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
    }

    fn is_go(&self, name: &str) -> bool {
        if !self.go.is_empty() {
            return self.go == name;
        }
        let (json, name) = (self.json.as_bytes(), name.as_bytes());
        match (json.split_first(), name.split_first()) {
            (Some((a, rest)), Some((b, other))) => a.to_ascii_uppercase() == *b && rest == other,
            _ => false,
        }
    }
}

pub const fn text(json: &'static str) -> Field {
    Field::new(json, Kind::Text)
}
pub const fn texts(json: &'static str) -> Field {
    Field::new(json, Kind::List(&Kind::Text))
}
pub const fn text_map(json: &'static str) -> Field {
    Field::new(json, Kind::Map(&Kind::Text))
}
pub const fn boolean(json: &'static str) -> Field {
    Field::new(json, Kind::Bool)
}
pub const fn int32(json: &'static str) -> Field {
    Field::new(json, Kind::Int32)
}
pub const fn int64(json: &'static str) -> Field {
    Field::new(json, Kind::Int64)
}
pub const fn quantity(json: &'static str) -> Field {
    Field::new(json, Kind::Quantity)
}
pub const fn quantities(json: &'static str) -> Field {
    Field::new(json, Kind::Map(&Kind::Quantity))
}
pub const fn int_or_text(json: &'static str) -> Field {
    Field::new(json, Kind::IntOrText)
}
pub const fn time(json: &'static str) -> Field {
    Field::new(json, Kind::Time)
}
pub const fn any(json: &'static str) -> Field {
    Field::new(json, Kind::Any)
}
pub const fn list(json: &'static str, kind: &'static Kind) -> Field {
    Field::new(json, Kind::List(kind))
}
pub const fn object(json: &'static str, of: &'static Struct) -> Field {
    Field::new(json, Kind::Struct(of))
}
