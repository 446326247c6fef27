//! What one field of an installation is: its type, its value in every profile, and the objects it changes.

use serde_json::{Map, Value, json};

use super::Finish;
use super::compare::{Change, Difference, differences};
use super::object::Object;
use crate::api::schema::Type;
use crate::chart::{self, Chart, embedded};
use crate::install::spec::check::{wanted, wanted_type};
use crate::install::spec::merge::{at, merge, put};
use crate::install::spec::package::Package;
use crate::install::spec::path::Path;
use crate::install::spec::schema::{MESH_CONFIG, OPERATOR, Shape, VALUES};
use crate::install::spec::set::{Assignment, Typing};
use crate::install::spec::{self, Operator, Wish};
use crate::ui::nearest::nearest;
use crate::yaml;

/// Everything worth knowing about a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Below `spec`.
    pub path: Path,
    pub takes: String,
    /// What the field is for, where the API says so.
    pub doc: String,
    /// The fields in it, if it is a map with known fields.
    pub fields: Vec<&'static str>,
    /// The value when no profile is chosen.
    pub default: Option<Value>,
    /// Profiles in which it has another value.
    pub profiles: Vec<(String, Option<Value>)>,
    /// The value that was tried to see what changes. None when no other value could be made up or rendered.
    pub tried: Option<Value>,
    pub touched: Vec<Touched>,
}

/// An object that the field changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Touched {
    /// `Kind:namespace:name`
    pub object: String,
    /// Where; empty when the whole object appears or goes.
    pub paths: Vec<Path>,
    pub how: &'static str,
}

/// Why a field cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{parent} has no field {key}{near}")]
    Unknown { parent: String, key: String, near: String },
    #[error(transparent)]
    Spec(#[from] spec::Error),
    #[error(transparent)]
    Chart(#[from] chart::Error),
}

/// Explains a field by its path: below `spec`, or below `spec.values`.
///
/// # Errors
/// When there is no such field.
pub fn explain(word: &str) -> Result<Explanation, Error> {
    let path = full_path(word);
    let keys: Vec<&str> = path.0.iter().map(|step| step.as_str()).collect();
    let field = field(&keys)?;
    let default = value_in("default", &keys)?;
    let mut profiles = Vec::new();
    for name in Package::Embedded.profiles() {
        let value = value_in(&name, &keys)?;
        if value != default {
            profiles.push((name, value));
        }
    }
    let (tried, touched) = touched(&keys, field.takes, default.as_ref());
    let fields = fields(field.takes);
    Ok(Explanation { takes: words(field.takes), doc: field.doc, fields, path, default, profiles, tried, touched })
}

/// Fields of `spec` that people name without `spec.` in front; everything else is a value.
const SPEC_FIELDS: [&str; 9] = [
    "components",
    "meshConfig",
    "hub",
    "tag",
    "profile",
    "compatibilityVersion",
    "installPackagePath",
    "unvalidatedValues",
    "values",
];

fn full_path(word: &str) -> Path {
    let path = Path::parse(word.strip_prefix("spec.").unwrap_or(word));
    match path.0.first() {
        Some(first) if SPEC_FIELDS.contains(&first.as_str()) => path,
        Some(_) => Path(Path::keys(&["values"]).0.into_iter().chain(path.0).collect()),
        None => path,
    }
}

/// The type of a field, by the installer's shapes or by the messages of the API.
#[derive(Clone, Copy, Debug)]
enum Takes {
    Shape(Shape),
    Type(Type),
}

struct Field {
    takes: Takes,
    doc: String,
}

fn words(takes: Takes) -> String {
    match takes {
        Takes::Shape(shape) => wanted(shape),
        Takes::Type(ty) => wanted_type(ty),
    }
}

fn fields(takes: Takes) -> Vec<&'static str> {
    match takes {
        Takes::Shape(Shape::Object(object)) => object.fields.iter().map(|(name, _)| *name).collect(),
        Takes::Shape(Shape::Message(message)) | Takes::Type(Type::Msg(message)) => {
            message.fields.iter().map(|field| field.name).collect()
        }
        _ => vec![],
    }
}

fn field(keys: &[&str]) -> Result<Field, Error> {
    let mut found = Field { takes: Takes::Shape(OPERATOR), doc: String::new() };
    let mut parent = String::new();
    for key in ["spec"].iter().chain(keys) {
        found = child(&found, key, &parent)?;
        // Free where the document is checked, and checked by their own tables.
        match (parent.as_str(), *key) {
            ("spec", "values") => found.takes = Takes::Shape(VALUES),
            ("spec" | "spec.values", "meshConfig") => found.takes = Takes::Shape(MESH_CONFIG),
            _ => {}
        }
        parent = if parent.is_empty() { (*key).to_owned() } else { format!("{parent}.{key}") };
    }
    Ok(found)
}

fn child(of: &Field, key: &str, parent: &str) -> Result<Field, Error> {
    let selects = key.starts_with('[');
    let plain = |takes| Ok(Field { takes, doc: String::new() });
    let unknown = |names: Vec<&str>| {
        let near = nearest(key, names).map_or(String::new(), |near| format!("; did you mean {near}?"));
        Err(Error::Unknown { parent: parent.to_owned(), key: key.to_owned(), near })
    };
    match of.takes {
        Takes::Shape(Shape::Object(object)) => match object.field(key) {
            Some(shape) => plain(Takes::Shape(shape)),
            None => unknown(object.fields.iter().map(|(name, _)| *name).collect()),
        },
        Takes::Shape(Shape::Message(message)) | Takes::Type(Type::Msg(message)) => match message.field(key) {
            Some(field) => {
                let absent =
                    if field.default.is_empty() { String::new() } else { format!(" (when absent: {})", field.default) };
                Ok(Field { takes: Takes::Type(field.ty), doc: format!("{}{absent}", field.doc) })
            }
            None => unknown(message.fields.iter().map(|field| field.name).collect()),
        },
        Takes::Shape(Shape::List(item)) if selects => plain(Takes::Shape(*item)),
        Takes::Shape(Shape::Map(item)) => plain(Takes::Shape(*item)),
        Takes::Type(Type::List(item)) if selects => plain(Takes::Type(*item)),
        Takes::Type(Type::Map(item) | Type::PortMap(item)) => plain(Takes::Type(*item)),
        Takes::Shape(Shape::Any | Shape::Tree) | Takes::Type(Type::Struct) => plain(Takes::Shape(Shape::Any)),
        _ => unknown(vec![]),
    }
}

/// The value of a field in a profile: as the document has it, or as the chart that reads it would.
fn value_in(profile: &str, keys: &[&str]) -> Result<Option<Value>, Error> {
    let sets =
        vec![Assignment { word: String::new(), path: Path::keys(&["profile"]), value: profile.into(), replaces: true }];
    let operator = Wish { sets, ..Wish::default() }.merged()?;
    let below = match keys {
        ["values", below @ ..] if !below.is_empty() => below,
        ["meshConfig", ..] => keys,
        _ => return Ok(operator.spec(keys).filter(|value| !value.is_null()).cloned()),
    };
    let values = effective_values(&operator, below)?;
    let below = match below {
        ["pilot" | "cni" | "ztunnel", own @ ..] if !own.is_empty() => own,
        all => all,
    };
    Ok(at(&values, below).filter(|value| !value.is_null()).cloned())
}

/// The values as the templates of the chart that reads this path see them.
fn effective_values(operator: &Operator, path: &[&str]) -> Result<Value, Error> {
    let folder = match path {
        ["cni", ..] => "istio-cni",
        ["ztunnel", ..] => "ztunnel",
        ["base", ..] => "base",
        ["gateways", "istio-egressgateway", ..] => "gateways/istio-egress",
        ["gateways", ..] => "gateways/istio-ingress",
        _ => "istio-control/istio-discovery",
    };
    let folder = format!("charts/{folder}");
    let chart = Chart::embedded(&folder)?;
    let empty = || Value::Object(Map::new());
    let mut values = chart.values.get("_internal_defaults_do_not_set").cloned().unwrap_or_else(empty);
    let user = operator.spec(&["values"]).cloned().unwrap_or_else(empty);
    let named =
        |keys: &[&str]| at(&user, keys).and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned);
    let layers = [("", named(&["profile"])), ("platform-", named(&["global", "platform"]))];
    for (kind, name) in layers {
        let file = name.and_then(|name| embedded::file(&format!("{folder}/files/profile-{kind}{name}.yaml")));
        if let Some(layer) = file.and_then(|bytes| yaml::from_str(std::str::from_utf8(&bytes).ok()?).ok()) {
            merge(&mut values, layer);
        }
    }
    merge(&mut values, user);
    if let ["pilot" | "cni" | "ztunnel", ..] = path
        && let Some(own) = path.first().and_then(|key| values.get(key)).cloned()
    {
        merge(&mut values, own);
    }
    Ok(values)
}

/// Sets the field to something else in an installation with every component, and looks what differs.
fn touched(keys: &[&str], takes: Takes, current: Option<&Value>) -> (Option<Value>, Vec<Touched>) {
    let Some(before) = rendered(None) else { return (None, vec![]) };
    let mut tried = None;
    for value in other_values(takes, current) {
        let Some(after) = rendered(Some((keys, &value))) else { continue };
        let touched = summary(differences(&before, &after));
        if !touched.is_empty() {
            return (Some(value), touched);
        }
        tried = tried.or(Some(value));
    }
    (tried, vec![])
}

fn rendered(set: Option<(&[&str], &Value)>) -> Option<Vec<Object>> {
    let on =
        ["components.cni.enabled=true", "components.ztunnel.enabled=true", "components.egressGateways[0].enabled=true"];
    let mut sets: Vec<Assignment> =
        on.iter().filter_map(|word| Assignment::parse(word, Typing::Guess, false).ok()).collect();
    if let Some((keys, value)) = set {
        let mut nested = Value::Null;
        let (first, rest) = keys.split_first()?;
        if keys.iter().any(|key| key.starts_with('[')) {
            sets.push(Assignment { word: String::new(), path: Path::keys(keys), value: value.clone(), replaces: true });
        } else {
            // Set within what is there, not in place of it.
            put(&mut nested, rest, value.clone());
            let files = vec![crate::install::spec::input::InputFile {
                name: "probe".to_owned(),
                text: json!({"kind": "IstioOperator", "spec": {*first: nested}}).to_string(),
            }];
            return objects(&Wish { files, sets, ..Wish::default() });
        }
    }
    objects(&Wish { sets, ..Wish::default() })
}

fn objects(wish: &Wish) -> Option<Vec<Object>> {
    let mut operator = wish.merged().ok()?;
    operator.merge_unvalidated();
    let rendered = operator.render(Finish::Settings, |_| true).ok()?;
    let objects = rendered.parts.into_iter().flat_map(|part| part.objects);
    // This one repeats the values as they are: it tells nothing.
    Some(objects.filter(|object| !(object.identity.kind == "ConfigMap" && object.identity.name == "values")).collect())
}

/// Values that the field does not have now, the likeliest to show something first.
fn other_values(takes: Takes, current: Option<&Value>) -> Vec<Value> {
    let number = || json!(current.and_then(Value::as_i64).map_or(7, |now| now + 1));
    let others = match takes {
        Takes::Shape(shape) => match shape {
            Shape::Bool => vec![json!(true), json!(false)],
            Shape::Int { .. } | Shape::QuotedInt { .. } | Shape::Number => vec![number()],
            Shape::Quantity => vec![json!("123m")],
            Shape::IntOrText => vec![json!("7%")],
            Shape::Duration => vec![json!("7m")],
            Shape::Choice(words) => words.iter().map(|word| json!(word)).collect(),
            Shape::List(Shape::Text) => vec![json!(["example"])],
            Shape::List(_) => vec![json!([{"name": "example"}])],
            Shape::Tree | Shape::Map(_) => vec![json!({"example": "example"})],
            Shape::Object(_) | Shape::Message(_) => vec![],
            Shape::Any if current.is_some_and(Value::is_object) => vec![json!({"example": "example"})],
            Shape::Text | Shape::Any | Shape::Time => vec![json!("example"), json!("true")],
        },
        Takes::Type(ty) => match ty {
            Type::Bool | Type::Wrapper(Type::Bool) => vec![json!(true), json!(false)],
            Type::Enum(of) => of.values.iter().map(|value| json!(value.name)).collect(),
            Type::Duration => vec![json!("7s")],
            Type::String => vec![json!("example")],
            Type::List(Type::String) => vec![json!(["example"])],
            Type::Map(_) | Type::Struct => vec![json!({"example": "example"})],
            Type::Int32 | Type::Int64 | Type::Uint32 | Type::Uint64 | Type::Double | Type::Wrapper(_) => vec![number()],
            _ => vec![],
        },
    };
    others.into_iter().filter(|value| Some(value) != current).collect()
}

fn summary(found: Vec<(String, Difference)>) -> Vec<Touched> {
    let touched = found.into_iter().map(|(object, difference)| match difference {
        Difference::OnlyInOld => Touched { object, paths: vec![], how: "goes" },
        Difference::OnlyInNew => Touched { object, paths: vec![], how: "appears" },
        Difference::Changed(changes) => {
            let paths: Vec<Path> = changes.into_iter().map(|(path, _): (Path, Change)| path).collect();
            Touched { object, paths, how: "changes" }
        }
    });
    touched.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_tells_its_type_its_defaults_and_what_it_changes() {
        let found = explain("pilot.autoscaleMin").unwrap();
        assert_eq!(found.path.to_string(), "values.pilot.autoscaleMin");
        assert_eq!((found.takes.as_str(), found.default), ("a whole number, zero or more", Some(json!(1))));
        assert_eq!(found.profiles, [("production".to_owned(), Some(json!(2)))]);
        assert_eq!(found.tried, Some(json!(2)));
        let objects: Vec<(&str, &str)> =
            found.touched.iter().map(|touched| (touched.object.as_str(), touched.how)).collect();
        assert_eq!(
            objects,
            [
                ("HorizontalPodAutoscaler:istio-system:istiod", "changes"),
                ("PodDisruptionBudget:istio-system:istiod", "appears")
            ]
        );
    }

    #[test]
    fn mesh_settings_are_looked_up_in_the_api() {
        let found = explain("meshConfig.accessLogEncoding").unwrap();
        assert_eq!(found.takes, "one of TEXT, JSON");
        assert_eq!(found.touched.len(), 1);
        assert_eq!(found.touched[0].object, "ConfigMap:istio-system:istio");
    }

    #[test]
    fn an_unknown_field_names_the_nearest() {
        let error = explain("pilot.autoscaleMn").unwrap_err().to_string();
        assert_eq!(error, "spec.values.pilot has no field autoscaleMn; did you mean autoscaleMin?");
    }
}
