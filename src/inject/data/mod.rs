//! What injection templates see: Go structs, protobuf messages and a few scalars with types of their own.

mod go_struct;
mod message;
mod scalar;

use std::any::Any;
use std::rc::Rc;

use serde_json::{Value as Json, json};

pub use go_struct::GoStruct;
pub use message::MessageObject;
pub use scalar::Duration;

use super::workload::Owner;
use crate::gotemplate::{IntKind, Object, Value};

/// The root of a template's data: named fields of one Go type.
pub struct Root {
    pub type_name: &'static str,
    pub fields: Vec<(&'static str, Value)>,
}

impl Object for Root {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn field(&self, name: &str) -> Option<Value> {
        self.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    fn print(&self) -> String {
        let shown: Vec<String> = self.fields.iter().map(|(_, value)| crate::gotemplate::show(value)).collect();
        format!("{{{}}}", shown.join(" "))
    }

    fn to_json(&self) -> Json {
        let fields = self.fields.iter().map(|(name, value)| ((*name).to_string(), value.to_json().unwrap_or_default()));
        Json::Object(fields.collect())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The `TypeMeta` and `DeploymentMeta` of a workload.
pub fn owner_fields(owner: &Owner) -> [(&'static str, Value); 2] {
    let type_meta = Root {
        type_name: "v1.TypeMeta",
        fields: vec![("Kind", owner.kind.as_str().into()), ("APIVersion", owner.api_version.as_str().into())],
    };
    let name = NamespacedName { name: owner.name.clone(), namespace: owner.namespace.clone() };
    [("TypeMeta", Value::object(type_meta)), ("DeploymentMeta", Value::object(name))]
}

/// `namespace/name`.
struct NamespacedName {
    name: String,
    namespace: String,
}

impl Object for NamespacedName {
    fn type_name(&self) -> &str {
        "types.NamespacedName"
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Name" => Some(self.name.as_str().into()),
            "Namespace" => Some(self.namespace.as_str().into()),
            "String" => Some(self.print().into()),
            _ => None,
        }
    }

    fn print(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    fn to_json(&self) -> Json {
        json!({"Namespace": self.namespace, "Name": self.name})
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A nil pointer of a known Go type.
pub struct NilPointer {
    pub type_name: String,
    /// What `%v` prints: Kubernetes types say `nil`, protobuf types `<nil>`.
    pub printed: &'static str,
    /// Getters of a nil message give zero values.
    pub getter: fn(&str, &NilPointer) -> Option<Value>,
    pub message: Option<&'static crate::api::schema::Message>,
}

impl Object for NilPointer {
    fn type_name(&self) -> &str {
        &self.type_name
    }

    fn field(&self, name: &str) -> Option<Value> {
        (self.getter)(name, self)
    }

    fn print(&self) -> String {
        self.printed.to_string()
    }

    fn to_json(&self) -> Json {
        Json::Null
    }

    fn truth(&self) -> bool {
        false
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// An `int64`.
pub fn int64(number: i64) -> Value {
    Value::Sized(number, IntKind::Int64)
}

/// The object behind a value, if it is one of type `T`.
pub fn downcast<T: Object>(value: &Value) -> Option<&T> {
    match value {
        Value::Object(object) => object.as_any().downcast_ref::<T>(),
        _ => None,
    }
}

/// A shared object as a template value.
pub fn shared(object: Rc<dyn Object>) -> Value {
    Value::Object(object)
}
