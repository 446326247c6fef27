//! What an IstioOperator and its values may hold, as constant tables of shapes. [`super::check`] walks them.

mod kubernetes;
mod operator;
mod values;
mod volumes;

use crate::api::schema::Message;

/// The shape of a value. A null is accepted everywhere.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    Any,
    /// Any map.
    Tree,
    Bool,
    Text,
    /// A whole number.
    Int {
        min: i64,
        max: i64,
    },
    /// A whole number that may stand in quotes.
    QuotedInt {
        min: i64,
        max: i64,
    },
    /// A number that may stand in quotes.
    Number,
    /// A Kubernetes quantity, as text or number.
    Quantity,
    IntOrText,
    /// A duration in Go's notation.
    Duration,
    /// RFC 3339.
    Time,
    /// One of these words.
    Choice(&'static [&'static str]),
    List(&'static Shape),
    Map(&'static Shape),
    Object(&'static Object),
    /// A message of the Istio API. Fields it does not know are let through, as istiod does.
    Message(&'static Message),
}

/// A map with known keys.
#[derive(Debug)]
pub struct Object {
    pub name: &'static str,
    pub fields: &'static [(&'static str, Shape)],
}

impl Object {
    pub fn field(&self, name: &str) -> Option<Shape> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, shape)| *shape)
    }
}

const fn object(name: &'static str, fields: &'static [(&'static str, Shape)]) -> Object {
    Object { name, fields }
}

const INT32: Shape = Shape::Int { min: i32::MIN as i64, max: i32::MAX as i64 };
const UINT32: Shape = Shape::Int { min: 0, max: u32::MAX as i64 };
const INT64: Shape = Shape::Int { min: i64::MIN, max: i64::MAX };
const PROTO_INT32: Shape = Shape::QuotedInt { min: i32::MIN as i64, max: i32::MAX as i64 };
const PROTO_UINT32: Shape = Shape::QuotedInt { min: 0, max: u32::MAX as i64 };
const PROTO_INT64: Shape = Shape::QuotedInt { min: i64::MIN, max: i64::MAX };

/// The whole document.
pub const OPERATOR: Shape = Shape::Object(&operator::ISTIO_OPERATOR);
/// `spec.values`.
pub const VALUES: Shape = Shape::Object(&values::VALUES);
/// The mesh configuration.
pub const MESH_CONFIG: Shape = Shape::Message(&crate::api::mesh::config::MESH_CONFIG);

/// Whether `spec` has a field of this name.
pub fn is_field_of_spec(name: &str) -> bool {
    operator::ISTIO_OPERATOR_SPEC.field(name).is_some()
}

/// Values that are free maps for the values schema, and Kubernetes types in truth.
pub const KUBERNETES_VALUES: &[(&[&str], Shape)] = {
    use Shape::{List, Object};
    use kubernetes::*;
    const LABEL_SELECTORS: Shape = List(&Object(&LABEL_SELECTOR));
    const TOLERATIONS: Shape = List(&Object(&TOLERATION));
    &[
        (&["cni", "affinity"], Object(&AFFINITY)),
        (&["cni", "seccompProfile"], Object(&SECCOMP_PROFILE)),
        (&["gateways", "istio-egressgateway", "tolerations"], TOLERATIONS),
        (&["gateways", "istio-ingressgateway", "tolerations"], TOLERATIONS),
        (&["global", "defaultTolerations"], TOLERATIONS),
        (&["pilot", "tolerations"], TOLERATIONS),
        (&["pilot", "affinity"], Object(&AFFINITY)),
        (&["pilot", "seccompProfile"], Object(&SECCOMP_PROFILE)),
        (&["pilot", "topologySpreadConstraints"], List(&Object(&TOPOLOGY_SPREAD_CONSTRAINT))),
        (&["pilot", "volumeMounts"], List(&Object(&VOLUME_MOUNT))),
        (&["pilot", "volumes"], List(&Object(&volumes::VOLUME))),
        (&["global", "proxy", "seccompProfile"], Object(&SECCOMP_PROFILE)),
        (&["global", "proxy", "lifecycle"], Object(&LIFECYCLE)),
        (&["global", "waypoint", "affinity"], Object(&AFFINITY)),
        (&["global", "waypoint", "topologySpreadConstraints"], List(&Object(&TOPOLOGY_SPREAD_CONSTRAINT))),
        (&["global", "waypoint", "toleration"], TOLERATIONS),
        (&["sidecarInjectorWebhook", "neverInjectSelector"], LABEL_SELECTORS),
        (&["sidecarInjectorWebhook", "alwaysInjectSelector"], LABEL_SELECTORS),
    ]
};
