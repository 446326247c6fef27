//! The components of an installation: which charts run, where, and with which values.

use serde_json::{Map, Value, json};

use crate::install::spec::Operator;
use crate::install::spec::merge::{at, brief, merge, put, text_at};
use crate::install::spec::set::typed;

/// A part of an installation that one chart renders.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name in labels: `IngressGateways`.
    pub name: &'static str,
    /// Its name for people: `Ingress gateways`.
    pub title: &'static str,
    /// Its key below `spec.components`.
    pub key: &'static str,
    pub on_by_default: bool,
    /// Whether there may be several, as a list.
    pub many: bool,
    /// Its chart, below `charts/`.
    pub chart: &'static str,
    /// Where its own values are.
    pub root: &'static [&'static str],
    /// Whether the chart wants the values below `root` at the top.
    pub flat: bool,
    /// The workload that `k8s` settings change: kind, name, container. None for `base`.
    pub workload: Option<(&'static str, &'static str, &'static str)>,
    /// The name of the release when Helm installs it. None when Helm cannot take it over.
    pub helm_release: Option<&'static str>,
}

/// Every kind, in the order of rendering.
pub const KINDS: [Kind; 6] = [
    Kind {
        name: "Base",
        title: "Istio core",
        key: "base",
        on_by_default: true,
        many: false,
        chart: "base",
        root: &["global"],
        flat: false,
        workload: None,
        helm_release: Some("base"),
    },
    Kind {
        name: "Pilot",
        title: "Istiod",
        key: "pilot",
        on_by_default: true,
        many: false,
        chart: "istio-control/istio-discovery",
        root: &["pilot"],
        flat: false,
        workload: Some(("Deployment", "istiod", "discovery")),
        helm_release: Some("istiod"),
    },
    Kind {
        name: "IngressGateways",
        title: "Ingress gateways",
        key: "ingressGateways",
        on_by_default: true,
        many: true,
        chart: "gateways/istio-ingress",
        root: &["gateways", "istio-ingressgateway"],
        flat: false,
        workload: Some(("Deployment", "istio-ingressgateway", "istio-proxy")),
        helm_release: None,
    },
    Kind {
        name: "EgressGateways",
        title: "Egress gateways",
        key: "egressGateways",
        on_by_default: false,
        many: true,
        chart: "gateways/istio-egress",
        root: &["gateways", "istio-egressgateway"],
        flat: false,
        workload: Some(("Deployment", "istio-egressgateway", "istio-proxy")),
        helm_release: None,
    },
    Kind {
        name: "Cni",
        title: "CNI",
        key: "cni",
        on_by_default: false,
        many: false,
        chart: "istio-cni",
        root: &["cni"],
        flat: false,
        workload: Some(("DaemonSet", "istio-cni-node", "install-cni")),
        helm_release: Some("cni"),
    },
    Kind {
        name: "Ztunnel",
        title: "Ztunnel",
        key: "ztunnel",
        on_by_default: false,
        many: false,
        chart: "ztunnel",
        root: &["ztunnel"],
        flat: true,
        workload: Some(("DaemonSet", "ztunnel", "istio-proxy")),
        helm_release: Some("ztunnel"),
    },
];

/// The kind a person means: by key, name or title, in any case.
pub fn find(word: &str) -> Option<&'static Kind> {
    let is = |name: &str| name.eq_ignore_ascii_case(word);
    KINDS.iter().find(|kind| {
        is(kind.key) || is(kind.name) || is(kind.title) || is(kind.chart) || kind.helm_release.is_some_and(is)
    })
}

/// One enabled component: a single one, or an element of a list.
#[derive(Clone, Debug)]
pub struct Component {
    pub kind: &'static Kind,
    /// The element's name, for gateways.
    pub name: Option<String>,
    pub namespace: String,
    /// The element of `spec.components`; empty if there is none.
    pub settings: Value,
    /// What the chart gets.
    pub values: Value,
    /// Position in the list of its kind.
    pub index: usize,
}

impl Component {
    /// `k8s` settings, if any.
    pub fn k8s(&self) -> Option<&Map<String, Value>> {
        self.settings.get("k8s")?.as_object().filter(|settings| !settings.is_empty())
    }

    /// Where its settings are in the document, as a path.
    pub fn path(&self) -> crate::install::spec::path::Path {
        let path = crate::install::spec::path::Path::keys(&["spec", "components", self.kind.key]);
        if self.kind.many { path.item(self.index) } else { path }
    }

    /// For people and file names: the element's name, or the key of its kind.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(self.kind.key)
    }

    /// The name of the workload that `k8s` settings change.
    pub fn workload_name(&self, strict: bool) -> &str {
        let fixed = self.kind.workload.map_or("", |(_, name, _)| name);
        match self.kind.key {
            "ztunnel" if !strict => text_at(&self.values, &["resourceName"]).unwrap_or(fixed),
            _ => self.name.as_deref().unwrap_or(fixed),
        }
    }
}

impl Operator {
    /// Every enabled component, in the order of rendering.
    pub fn components(&self) -> Vec<Component> {
        KINDS.iter().flat_map(|kind| self.components_of(kind)).collect()
    }

    fn components_of(&self, kind: &'static Kind) -> Vec<Component> {
        // A switch among the values turns on every gateway of the kind.
        let switch: Vec<&str> = ["values"].iter().chain(kind.root).chain(&["enabled"]).copied().collect();
        let switched_on = kind.many && self.spec(&switch).and_then(Value::as_bool) == Some(true);
        let given = self.spec(&["components", kind.key]).filter(|value| !value.is_null());
        let elements: Vec<(usize, Value)> = match given {
            None if kind.on_by_default || switched_on => vec![(0, json!({"enabled": true}))],
            None => vec![],
            Some(Value::Array(list)) if kind.many => list.iter().cloned().enumerate().collect(),
            Some(single) => vec![(0, single.clone())],
        };
        let enabled = |element: &Value| match element.get("enabled") {
            None | Some(Value::Null) => true,
            Some(value) => value.as_bool().unwrap_or(false),
        };
        elements
            .into_iter()
            .filter(|(_, element)| switched_on || enabled(element))
            .map(|(index, settings)| self.component(kind, settings, index))
            .collect()
    }

    fn component(&self, kind: &'static Kind, settings: Value, index: usize) -> Component {
        let namespace = text_at(&settings, &["namespace"]).unwrap_or_else(|| self.namespace()).to_owned();
        let name = text_at(&settings, &["name"]).map(str::to_owned);
        let values = self.values_of(kind, &settings);
        Component { kind, name, namespace, settings, values, index }
    }

    /// The values a chart gets: all of them, with what the component says about itself.
    fn values_of(&self, kind: &Kind, settings: &Value) -> Value {
        let mut values = self.spec(&["values"]).cloned().unwrap_or(Value::Null);
        let below = |key: &'static str| kind.root.iter().copied().chain([key]).collect::<Vec<_>>();
        if kind.many {
            put(&mut values, &below("name"), settings.get("name").cloned().unwrap_or(Value::Null));
            let labels = settings.get("label").filter(|labels| labels.is_object()).cloned().unwrap_or(json!({}));
            put(&mut values, &below("labels"), labels);
            if let Some(ports) = gateway_ports(settings) {
                put(&mut values, &below("ports"), ports.iter().map(as_service_port).collect());
            }
        }
        for key in ["hub", "tag"] {
            if let Some(value) = settings.get(key).filter(|value| !value.is_null()) {
                // As on the command line: a tag that looks like a number becomes one. Validation warns of it.
                let text = brief(value);
                put(&mut values, &below(key), typed("", &text).unwrap_or_else(|| Value::from(text)));
            }
        }
        if kind.flat { flattened(&values, kind.root) } else { values }
    }
}

/// The Service ports of a gateway, which go to the chart instead of into a patch.
pub fn gateway_ports(settings: &Value) -> Option<&Vec<Value>> {
    at(settings, &["k8s", "service", "ports"])?.as_array().filter(|ports| !ports.is_empty())
}

/// A port as Kubernetes' own type writes it: zeros are left out, but for the two ports.
fn as_service_port(port: &Value) -> Value {
    let Value::Object(port) = port else { return port.clone() };
    let empty = |value: &Value| value.is_null() || value.as_str() == Some("") || value.as_i64() == Some(0);
    let mut whole: Map<String, Value> =
        port.iter().filter(|(_, value)| !empty(value)).map(|(key, value)| (key.clone(), value.clone())).collect();
    for key in ["port", "targetPort"] {
        whole.entry(key).or_insert(Value::from(0));
    }
    Value::Object(whole)
}

/// `global`, every top-level value that is no map, and the component's own values on top.
fn flattened(values: &Value, root: &[&str]) -> Value {
    let mut flat = Map::new();
    for (key, value) in values.as_object().into_iter().flatten() {
        if key == "global" || !value.is_object() {
            flat.insert(key.clone(), value.clone());
        }
    }
    let mut flat = Value::Object(flat);
    if let Some(own @ Value::Object(_)) = at(values, root) {
        merge(&mut flat, own.clone());
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::spec::Wish;
    use crate::install::spec::set::{Assignment, Typing};

    fn components(sets: &[&str]) -> Vec<Component> {
        let sets = sets.iter().map(|word| Assignment::parse(word, Typing::Guess, false).unwrap()).collect();
        Wish { sets, ..Wish::default() }.merged().unwrap().components()
    }

    fn names(sets: &[&str]) -> Vec<String> {
        components(sets).iter().map(|component| format!("{}/{}", component.namespace, component.label())).collect()
    }

    #[test]
    fn profiles_switch_components() {
        assert_eq!(names(&[]), ["istio-system/base", "istio-system/pilot", "istio-system/istio-ingressgateway"]);
        assert_eq!(names(&["profile=empty"]), [] as [&str; 0]);
        assert_eq!(
            names(&["profile=openshift-ambient"]),
            ["istio-system/base", "istio-system/pilot", "kube-system/cni", "kube-system/ztunnel"]
        );
        assert_eq!(
            names(&[
                "profile=minimal",
                "components.ztunnel.namespace=zt",
                "values.gateways.istio-egressgateway.enabled=true"
            ]),
            ["istio-system/base", "istio-system/pilot", "istio-system/istio-egressgateway", "zt/ztunnel"]
        );
    }

    #[test]
    fn ztunnel_sees_its_own_values_at_the_top() {
        let found = components(&[
            "profile=ambient",
            "values.ztunnel.logLevel=debug",
            "components.ztunnel.tag=x",
            "meshConfig.a=b",
        ]);
        let ztunnel = found.iter().find(|component| component.kind.key == "ztunnel").unwrap();
        assert_eq!(
            ztunnel.values,
            json!({
                "defaultRevision": "",
                "global": {"istioNamespace": "istio-system", "configValidation": true, "hub": "registry.istio.io/release", "tag": "1.30.3"},
                "profile": "ambient",
                "resourceName": "ztunnel", "logLevel": "debug", "tag": "x",
            })
        );
    }
}
