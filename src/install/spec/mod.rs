//! Merging what the user wants over a profile, into one document whose values remember where they came from.
//!
//! Lowest to highest: profile `default`, the chosen profile, what the cluster says, hub and tag of this build, files, `--set`.

pub mod check;
pub mod flatten;
pub mod input;
pub mod merge;
pub mod origin;
pub mod package;
pub mod path;
pub mod schema;
pub mod set;
pub mod validate;

use serde_json::{Map, Value, json};

use input::InputFile;
use merge::{at, brief, merge, put, remove, text_at};
use origin::{COPIED, Layer, Sources};
use package::Package;
use path::{Path, Selector};
use set::{Assignment, typed};

/// The image registry of the release.
pub const HUB: &str = "registry.istio.io/release";
/// The image tag of the release.
pub const TAG: &str = "1.30.3";

/// What the user wants.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    pub files: Vec<InputFile>,
    pub sets: Vec<Assignment>,
    /// `gitVersion` of the API server, if it was asked.
    pub server_version: Option<String>,
    /// Behave as the reference does where it is wrong and that is visible.
    pub strict: bool,
}

/// A merged IstioOperator.
#[derive(Clone, Debug)]
pub struct Operator {
    /// `apiVersion`, `kind`, `metadata`, `spec`. Not validated, `unvalidatedValues` not merged yet.
    pub document: Value,
    pub sources: Sources,
    pub package: Package,
    /// What the user should know, though it is no error.
    pub warnings: Vec<String>,
    pub strict: bool,
    pub server_version: Option<String>,
}

/// Why the inputs cannot be merged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Input(#[from] input::Error),
    #[error(transparent)]
    Set(#[from] set::Error),
    #[error("merge inputs: {0}")]
    Package(#[from] package::Error),
    #[error("{place}{path} must be a map, got {what}")]
    NotMap { place: String, path: String, what: String },
}

/// Maps that everything else goes into. When one is given, it must be a map.
const MAPS: [&[&str]; 4] = [
    &["spec", "values"],
    &["spec", "values", "global"],
    &["spec", "values", "pilot"],
    &["spec", "values", "pilot", "cni"],
];

/// Fields for which null says "not given".
const NULL_IS_ABSENT: [&str; 6] = ["profile", "hub", "tag", "revision", "components", "meshConfig"];

impl Wish {
    /// What the user gave, as one IstioOperator without any profile: files in order, then assignments.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn user_document(&self) -> Result<Value, Error> {
        let mut user =
            json!({"apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator", "metadata": {}, "spec": {}});
        for file in &self.files {
            merge(&mut user, file.document()?);
        }
        for assignment in &self.sets {
            if let Some(spec) = user.get_mut("spec") {
                // A selector into a list that only the profile has cannot be resolved here; the merge itself will.
                let _ = assignment.apply(spec);
            }
        }
        Ok(user)
    }

    /// Merges everything, and copies what the charts look for below `values`.
    ///
    /// # Errors
    /// When an input cannot be read or applied, or the profile does not exist.
    pub fn merged(&self) -> Result<Operator, Error> {
        let (mut operator, user_values) = self.layered()?;
        operator.demand_maps()?;
        operator.translate(user_values);
        Ok(operator)
    }

    /// Merges the layers and no more: what a person would write down as one document.
    ///
    /// # Errors
    /// As [`Wish::merged`].
    pub fn document(&self) -> Result<Value, Error> {
        Ok(self.layered()?.0.document)
    }

    /// The merged layers, and the values that the user gave.
    fn layered(&self) -> Result<(Operator, Option<Value>), Error> {
        let mut sources = Sources::default();
        let mut user =
            json!({"apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator", "metadata": {}, "spec": {}});
        let mut warnings = Vec::new();
        for file in &self.files {
            let document = file.document()?;
            warnings.extend(foreign(&document).map(|what| format!("{}: {what}", file.label())));
            merge(&mut user, document);
            sources.layers.push(Layer::File(file.clone()));
        }
        for field in NULL_IS_ABSENT {
            if at(&user, &["spec", field]).is_some_and(Value::is_null) {
                remove(&mut user, &["spec", field]);
            }
        }
        for list in ["ingressGateways", "egressGateways"] {
            if at(&user, &["spec", "components", list]).is_some_and(Value::is_null) {
                remove(&mut user, &["spec", "components", list]);
            }
        }
        let chosen = |field: &str| self.last_text(&user, field);
        let package = Package::at(&chosen("installPackagePath"));
        let mut base = base(&package, &chosen("profile"), &mut sources)?;
        if self.server_version.as_deref().is_some_and(|version| version.contains("-gke")) {
            settings_of_gke(&mut base, self.strict);
        }
        put(&mut base, &["spec", "hub"], Value::from(HUB));
        put(&mut base, &["spec", "tag"], Value::from(TAG));
        let lists_of_files = GATEWAYS.map(|list| at(&user, &["spec", "components", list]).is_some());
        for assignment in &self.sets {
            let Some(spec) = user.get_mut("spec") else { break };
            if !self.strict {
                adopt_list(spec, base.get("spec").unwrap_or(&Value::Null), assignment);
            }
            assignment.apply(spec)?;
            sources.layers.push(Layer::Set(assignment.clone()));
        }
        name_gateways(&mut user, &base, lists_of_files);
        let user_values = at(&user, &["spec", "values"]).cloned();
        let mut document = base;
        merge(&mut document, user);
        let operator = Operator {
            document,
            sources,
            package,
            warnings,
            strict: self.strict,
            server_version: self.server_version.clone(),
        };
        Ok((operator, user_values))
    }

    /// The text a field of `spec` will have once the assignments are made.
    fn last_text(&self, user: &Value, field: &str) -> String {
        let assigned = self.sets.iter().rev().find(|set| set.path == Path::keys(&[field])).map(|set| &set.value);
        assigned.or_else(|| at(user, &["spec", field])).and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// What is odd about a document that is taken for an IstioOperator whatever it says it is.
fn foreign(document: &Value) -> Option<String> {
    let text = |key: &str| document.get(key).and_then(Value::as_str);
    match (text("kind"), text("apiVersion")) {
        (Some(kind), _) if kind != "IstioOperator" => Some(format!("this {kind} is taken for an IstioOperator")),
        (_, Some(version)) if version != "install.istio.io/v1alpha1" => {
            Some(format!("apiVersion {version} is taken for install.istio.io/v1alpha1"))
        }
        _ => None,
    }
}

const GATEWAYS: [&str; 2] = ["ingressGateways", "egressGateways"];

/// Profile `default` with the chosen one over it.
fn base(package: &Package, profile: &str, sources: &mut Sources) -> Result<Value, package::Error> {
    let mut document = package.profile("default")?;
    let mut layers = vec![Layer::Profile { name: "default".to_owned(), document: document.clone() }];
    if !profile.is_empty() && profile != "default" {
        let over = package.profile(profile)?;
        layers.push(Layer::Profile { name: profile.to_owned(), document: over.clone() });
        merge(&mut document, over);
    }
    layers.append(&mut sources.layers);
    sources.layers = layers;
    if !document.get("spec").is_some_and(Value::is_object) {
        put(&mut document, &["spec"], Value::Object(Map::new()));
    }
    Ok(document)
}

/// GKE keeps CNI files in places of its own and admits node-critical pods in `kube-system` only.
///
/// The reference makes a component out of the namespace, which switches the CNI agent on in every profile.
fn settings_of_gke(base: &mut Value, strict: bool) {
    if strict || at(base, &["spec", "components", "cni"]).is_some() {
        put(base, &["spec", "components", "cni", "namespace"], Value::from("kube-system"));
    }
    put(base, &["spec", "values", "global", "platform"], Value::from("gke"));
    put(base, &["spec", "values", "cni", "resourceQuotas", "enabled"], Value::from(false));
}

/// An assignment that selects an element by name in a list which only the profile has: the user's tree takes over the list.
fn adopt_list(spec: &mut Value, base: &Value, assignment: &Assignment) {
    for (depth, step) in assignment.path.0.iter().enumerate() {
        let Some(Selector::Key(key, wanted)) = step.selector() else { continue };
        let Some(steps) = assignment.path.0.get(..depth) else { return };
        let keys: Vec<&str> = steps.iter().map(|step| step.as_str()).collect();
        if at(spec, &keys).is_some_and(|value| !value.is_null()) {
            return;
        }
        let Some(Value::Array(list)) = at(base, &keys) else { return };
        if list.iter().any(|item| item.get(key).and_then(Value::as_str) == Some(wanted.as_str())) {
            put(spec, &keys, Value::Array(list.clone()));
        }
        return;
    }
}

/// Gateways without a name are those of the profile at the same position. Elements made by `--set` alone change the profile's
/// element; those of a file stand for themselves and take only the name.
fn name_gateways(user: &mut Value, base: &Value, lists_of_files: [bool; 2]) {
    for (list, of_file) in GATEWAYS.into_iter().zip(lists_of_files) {
        let known = at(base, &["spec", "components", list]).and_then(Value::as_array);
        let Some(components) = user.get_mut("spec").and_then(|spec| spec.get_mut("components")) else { continue };
        let Some(Value::Array(elements)) = components.get_mut(list) else { continue };
        for (element, known) in elements.iter_mut().zip(known.into_iter().flatten()) {
            let Value::Object(map) = element else { continue };
            if map.get("name").is_some_and(|name| !name.is_null()) {
                continue;
            }
            if of_file {
                if let Some(name) = known.get("name") {
                    map.insert("name".to_owned(), name.clone());
                }
            } else {
                let mut whole = known.clone();
                merge(&mut whole, element.take());
                *element = whole;
            }
        }
    }
}

impl Operator {
    /// A value of `spec`.
    pub fn spec(&self, keys: &[&str]) -> Option<&Value> {
        at(self.document.get("spec")?, keys)
    }

    /// The namespace of the installation.
    pub fn namespace(&self) -> &str {
        text_at(&self.document, &["metadata", "namespace"]).unwrap_or("istio-system")
    }

    /// The profile's name.
    pub fn profile(&self) -> &str {
        self.spec(&["profile"]).and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or("default")
    }

    /// Lets `unvalidatedValues` win over `values`. Call it after validation.
    pub fn merge_unvalidated(&mut self) {
        let Some(over @ Value::Object(_)) = self.spec(&["unvalidatedValues"]).cloned() else { return };
        if !self.spec(&["values"]).is_some_and(Value::is_object) {
            put(&mut self.document, &["spec", "values"], Value::Object(Map::new()));
        }
        if let Some(values) = self.document.get_mut("spec").and_then(|spec| spec.get_mut("values")) {
            merge(values, over);
        }
    }

    fn demand_maps(&self) -> Result<(), Error> {
        let wrong = |value: &&Value| !value.is_object() && !value.is_null();
        for keys in MAPS {
            let Some(value) = at(&self.document, keys).filter(wrong) else { continue };
            let path = Path::keys(keys);
            let place = self.sources.place(&path).map_or(String::new(), |place| format!("{place}: "));
            return Err(Error::NotMap { place, path: path.to_string(), what: format!("\"{}\"", brief(value)) });
        }
        Ok(())
    }

    /// Copies fields of `spec` to where the charts look for them.
    ///
    /// What the user set below `values` wins over the copies; only `meshConfig` and the switches of components win over `values`.
    fn translate(&mut self, user_values: Option<Value>) {
        for (field, place) in COPIED {
            let Some(value) = self.spec(&[field]).cloned() else { continue };
            let keys: Vec<&str> = ["spec", "values"].iter().chain(place).copied().collect();
            match value {
                Value::Object(_) => {
                    let mut merged =
                        at(&self.document, &keys).filter(|value| value.is_object()).cloned().unwrap_or(json!({}));
                    merge(&mut merged, value);
                    put(&mut self.document, &keys, merged);
                }
                // Written as text, as on the command line: so a number stays one, and text that looks like one becomes one.
                scalar => {
                    let text = brief(&scalar);
                    let path = Path::keys(keys.get(1..).unwrap_or_default()).to_string();
                    put(&mut self.document, &keys, typed(&path, &text).unwrap_or_else(|| Value::from(text)));
                }
            }
        }
        for (component, switch) in [
            ("pilot", &["spec", "values", "pilot", "enabled"][..]),
            ("cni", &["spec", "values", "pilot", "cni", "enabled"]),
        ] {
            let enabled = self.spec(&["components", component, "enabled"]).and_then(Value::as_bool).unwrap_or(false);
            put(&mut self.document, switch, Value::from(enabled));
        }
        match user_values {
            Some(Value::Null) => {
                self.warnings.push(
                    "spec.values is null: the values of the profile are dropped, charts use their own defaults".into(),
                );
                put(&mut self.document, &["spec", "values"], Value::Null);
            }
            Some(values) => self.let_user_values_win(values),
            None => {}
        }
        if let Some(namespace) = text_at(&self.document, &["spec", "values", "global", "istioNamespace"]) {
            let namespace = Value::from(namespace);
            put(&mut self.document, &["metadata", "namespace"], namespace);
        }
    }

    fn let_user_values_win(&mut self, mut values: Value) {
        remove(&mut values, &["meshConfig"]);
        for (keys, component) in [(&["pilot", "enabled"][..], "pilot"), (&["pilot", "cni", "enabled"], "cni")] {
            let Some(lost) = remove(&mut values, keys) else { continue };
            let full: Vec<&str> = ["spec", "values"].iter().chain(keys).copied().collect();
            if at(&self.document, &full) != Some(&lost) {
                let path = Path::keys(&full);
                let place = self.sources.place(&path).map_or(String::new(), |place| format!("{place}: "));
                self.warnings
                    .push(format!("{place}{path}={lost} has no effect: components.{component}.enabled decides"));
            }
        }
        if let Some(place) = self.document.get_mut("spec").and_then(|spec| spec.get_mut("values")) {
            merge(place, values);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use set::Typing;

    fn merged(text: &str, sets: &[&str]) -> Operator {
        let files = if text.is_empty() {
            vec![]
        } else {
            vec![InputFile { name: "in.yaml".into(), text: format!("kind: IstioOperator\n{text}") }]
        };
        let sets = sets.iter().map(|word| Assignment::parse(word, Typing::Guess, false).unwrap()).collect();
        Wish { files, sets, ..Wish::default() }.merged().unwrap()
    }

    #[test]
    fn the_default_profile_is_the_base_of_every_installation() {
        insta::assert_snapshot!(crate::yaml::to_string(&merged("", &["profile=minimal", "revision=canary"]).document));
    }

    #[test]
    fn user_values_win_over_copies_but_not_over_mesh_config_and_switches() {
        let text = "spec:\n  hub: a\n  meshConfig: {x: 1, l: [1]}\n  values:\n    global: {hub: b}\n    meshConfig: {x: 2, z: 3, l: [2]}\n    pilot: {enabled: false}\n";
        let operator = merged(text, &[]);
        assert_eq!(operator.spec(&["values", "global", "hub"]), Some(&json!("b")));
        assert_eq!(operator.spec(&["values", "meshConfig"]), Some(&json!({"x": 1, "z": 3, "l": [1]})));
        assert_eq!(operator.spec(&["values", "pilot", "enabled"]), Some(&json!(true)));
        assert_eq!(
            operator.warnings,
            ["in.yaml:8:13: spec.values.pilot.enabled=false has no effect: components.pilot.enabled decides"]
        );
    }

    #[test]
    fn assignments_reach_the_gateways_of_the_profile() {
        let by_name = merged("", &["components.egressGateways.[name:istio-egressgateway].enabled=true"]);
        assert_eq!(
            by_name.spec(&["components", "egressGateways"]),
            Some(&json!([{"name": "istio-egressgateway", "enabled": true}]))
        );
        let by_index = merged("", &["profile=minimal", "components.ingressGateways[0].k8s.replicaCount=2"]);
        let expected = json!([{"name": "istio-ingressgateway", "enabled": false, "k8s": {"replicaCount": 2}}]);
        assert_eq!(by_index.spec(&["components", "ingressGateways"]), Some(&expected));
    }

    #[test]
    fn null_means_not_given_except_for_values() {
        let operator =
            merged("spec:\n  hub:\n  tag:\n  revision:\n  components:\n  meshConfig:\n  profile:\n  values:\n", &[]);
        assert_eq!(operator.spec(&["hub"]), Some(&json!(HUB)));
        assert_eq!(operator.spec(&["values"]), Some(&Value::Null));
        assert!(operator.spec(&["components", "pilot"]).is_some());
        assert_eq!(operator.warnings.len(), 1);
    }
}
