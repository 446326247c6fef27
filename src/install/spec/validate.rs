//! Whether a merged IstioOperator can be installed: every problem at once, each with the place it came from.

use std::fmt;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::Operator;
use super::check::{self, Problem, Rules};
use super::input::InputFile;
use super::merge::{at, brief, merge, put, text_at};
use super::origin::{self, Place, Sources};
use super::package::Package;
use super::path::Path;
use super::schema::{KUBERNETES_VALUES, MESH_CONFIG, OPERATOR, VALUES};
use super::set::typed;
use crate::validation::mesh::validate_mesh_config;
use crate::validation::{Layer, Severity};

/// One thing that is wrong, or worth a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub place: Option<Place>,
    /// Begins with the path.
    pub text: String,
}

impl Finding {
    /// Whether a word of the command line made it.
    pub fn is_assigned(&self) -> bool {
        matches!(self.place, Some(Place::Set(_)))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.text)
    }
}

/// What validation found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub errors: Vec<Finding>,
    pub warnings: Vec<Finding>,
}

impl Report {
    /// The errors as one text, a line each.
    pub fn text(&self) -> String {
        self.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }
}

/// Checks one IstioOperator as it stands in a file, with no profile below it. `name` is the file's.
pub fn validate_document(name: &str, text: &str, mut document: Value, strict: bool) -> Report {
    let file = InputFile { name: name.to_owned(), text: text.to_owned() };
    let sources = Sources { layers: vec![origin::Layer::File(file)] };
    if let Some(mesh) = at(&document, &["spec", "meshConfig"]).filter(|mesh| !mesh.is_null()).cloned() {
        let path = ["spec", "values", "meshConfig"];
        let mut merged = at(&document, &path).filter(|mesh| mesh.is_object()).cloned().unwrap_or_else(|| json!({}));
        merge(&mut merged, mesh);
        put(&mut document, &path, merged);
    }
    let operator =
        Operator { document, sources, package: Package::Embedded, warnings: Vec::new(), strict, server_version: None };
    validate(&operator)
}

/// Checks the document before `unvalidatedValues` are merged.
pub fn validate(operator: &Operator) -> Report {
    let mut report = Validation { operator, report: Report::default() };
    report.shapes();
    report.mesh_config();
    report.gateway_ports();
    report.replicas();
    report.component_tags();
    report.proxy_lists();
    report.names();
    let mut report = report.report;
    // spec.meshConfig is checked once, where it was merged to; two paths may still tell the same.
    report.errors.dedup();
    report
}

struct Validation<'o> {
    operator: &'o Operator,
    report: Report,
}

impl Validation<'_> {
    fn error(&mut self, path: Path, text: impl fmt::Display) {
        let place = self.operator.sources.place(&path);
        self.report.errors.push(Finding { place, text: format!("{path}: {text}") });
    }

    fn warn(&mut self, path: Path, text: impl fmt::Display) {
        let place = self.operator.sources.place(&path);
        self.report.warnings.push(Finding { place, text: format!("{path}: {text}") });
    }

    fn problems(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            let place = self.operator.sources.place(&problem.path);
            self.report.errors.push(Finding { place, text: problem.to_string() });
        }
    }

    fn spec(&self, keys: &[&str]) -> Option<&Value> {
        self.operator.spec(keys)
    }

    /// Unknown fields and wrong types.
    fn shapes(&mut self) {
        let rules = Rules { any_case: self.operator.strict, strict_messages: false };
        self.problems(check::check(&self.operator.document, OPERATOR, &Path::default(), rules));
        for list in ["ingressGateways", "egressGateways"] {
            let elements = self.spec(&["components", list]).and_then(Value::as_array);
            let nulls: Vec<usize> = elements
                .into_iter()
                .flatten()
                .enumerate()
                .filter(|(_, element)| element.is_null())
                .map(|(at, _)| at)
                .collect();
            for at in nulls {
                self.error(Path::keys(&["spec", "components", list]).item(at), "want a map, got nothing");
            }
        }
        let path = Path::keys(&["spec", "values"]);
        let Some(values) = self.spec(&["values"]) else { return };
        let mut problems = check::check(values, VALUES, &path, Rules::default());
        for (keys, shape) in KUBERNETES_VALUES {
            let Some(value) = at(values, keys) else { continue };
            let path = keys.iter().fold(path.clone(), |path, key| path.child(*key));
            // A value that is no map at all was named already.
            problems.extend(
                check::check(value, *shape, &path, Rules::default()).into_iter().filter(|problem| problem.path != path),
            );
        }
        self.problems(problems);
    }

    fn mesh_config(&mut self) {
        let path = Path::keys(&["spec", "values", "meshConfig"]);
        let Some(mesh) = self.spec(&["values", "meshConfig"]).filter(|mesh| !mesh.is_null()) else { return };
        let problems = check::check(mesh, MESH_CONFIG, &path, Rules::default());
        let unread = check::unread_keys(mesh, MESH_CONFIG, &path);
        let mesh = mesh.clone();
        self.problems(problems.into_iter().map(shown_as_given).collect());
        for problem in unread {
            let problem = shown_as_given(problem);
            let place = self.operator.sources.place(&problem.path);
            self.report.warnings.push(Finding { place, text: problem.to_string() });
        }
        // What has a wrong type was told above, and nothing else can be said of it.
        for problem in validate_mesh_config(&mesh, self.operator.strict) {
            let inner = Path::parse(&problem.path.replace('[', ".["));
            let path = given_path(Path(path.0.iter().cloned().chain(inner.0).collect()));
            match problem.severity {
                Severity::Error if problem.layer == Layer::Decode => {}
                Severity::Error => self.error(path, problem.message),
                Severity::Warning | Severity::Notice => self.warn(path, problem.message),
            }
        }
    }

    /// An unprivileged proxy cannot listen below 1024.
    fn gateway_ports(&mut self) {
        const GATEWAYS: [(&str, &str); 2] =
            [("ingressGateways", "istio-ingressgateway"), ("egressGateways", "istio-egressgateway")];
        for (list, root) in GATEWAYS {
            if self.spec(&["values", "gateways", root, "runAsRoot"]).and_then(Value::as_bool) == Some(true) {
                continue;
            }
            let base = Path::keys(&["spec", "components", list]);
            let elements = self.spec(&["components", list]).and_then(Value::as_array).cloned().unwrap_or_default();
            let mut refused = Vec::new();
            for (index, element) in elements.iter().enumerate() {
                let gateway = element.get("name").map_or(String::new(), |name| format!(" of gateway {}", brief(name)));
                let ports = at(element, &["k8s", "service", "ports"]).and_then(Value::as_array);
                let path = ["k8s", "service", "ports"].iter().fold(base.item(index), |path, key| path.child(*key));
                refused.extend(
                    privileged(ports, &path).into_iter().map(|(path, port)| (path, format!("{port}{gateway}"))),
                );
            }
            if list == "ingressGateways" {
                let ports = self.spec(&["values", "gateways", root, "ingressPorts"]).and_then(Value::as_array);
                refused.extend(privileged(ports, &Path::keys(&["spec", "values", "gateways", root, "ingressPorts"])));
            }
            for (path, port) in refused {
                self.error(
                    path,
                    format!(
                        "{port} requires root; set targetPort to 1024 or more, or values.gateways.{root}.runAsRoot=true"
                    ),
                );
            }
        }
    }

    /// A fixed number of pods and an autoscaler work against each other.
    fn replicas(&mut self) {
        let scaled = |validation: &Self, keys: &[&str]| validation.spec(keys).and_then(Value::as_bool) == Some(true);
        let count =
            |settings: Option<&Value>| settings.and_then(|settings| at(settings, &["k8s", "replicaCount"])?.as_u64());
        let text = "the autoscaler is on and will change it";
        let pilot = count(self.spec(&["components", "pilot"]));
        if pilot.is_some_and(|pods| pods > 1) && scaled(self, &["values", "pilot", "autoscaleEnabled"]) {
            self.warn(Path::keys(&["spec", "components", "pilot", "k8s", "replicaCount"]), text);
        }
        for (list, root) in [("ingressGateways", "istio-ingressgateway"), ("egressGateways", "istio-egressgateway")] {
            if !scaled(self, &["values", "gateways", root, "autoscaleEnabled"]) {
                continue;
            }
            let elements = self.spec(&["components", list]).and_then(Value::as_array).cloned().unwrap_or_default();
            for (index, _) in
                elements.iter().enumerate().filter(|(_, element)| count(Some(element)).is_some_and(|pods| pods > 0))
            {
                self.warn(
                    Path::keys(&["spec", "components", list]).item(index).child("k8s").child("replicaCount"),
                    text,
                );
            }
        }
    }

    /// A component's tag passes through the typing of `--set`, unlike the tag of the whole installation.
    fn component_tags(&mut self) {
        for component in self.operator.components() {
            let Some(tag) = component.settings.get("tag").filter(|tag| !tag.is_null()).map(brief) else { continue };
            let Some(read @ Value::Number(_)) = typed("", &tag) else { continue };
            if brief(&read) != tag {
                let root = component.kind.root.join(".");
                let text = format!("the tag {tag} is read as the number {read}; values.{root}.tag takes it as text");
                self.warn(component.path().child("tag"), text);
            }
        }
    }

    fn proxy_lists(&mut self) {
        for key in ["includeIPRanges", "excludeIPRanges"] {
            let Some(text) = text_at(&self.operator.document, &["spec", "values", "global", "proxy", key]) else {
                continue;
            };
            let bad = text.split(',').find(|range| text != "*" && !is_cidr(range)).map(str::to_owned);
            if let Some(range) = bad {
                self.error(
                    Path::keys(&["spec", "values", "global", "proxy", key]),
                    format!("\"{range}\" is no CIDR such as 10.0.0.0/8"),
                );
            }
        }
        for key in ["includeInboundPorts", "excludeInboundPorts"] {
            let Some(text) = text_at(&self.operator.document, &["spec", "values", "global", "proxy", key]) else {
                continue;
            };
            let is_port = |port: &str| port == "*" || port.is_empty() || port.parse::<u16>().is_ok();
            let bad = text.split(',').find(|port| !is_port(port)).map(str::to_owned);
            if let Some(port) = bad {
                self.error(
                    Path::keys(&["spec", "values", "global", "proxy", key]),
                    format!("\"{port}\" is no port, want 0 to 65535"),
                );
            }
        }
    }

    fn names(&mut self) {
        let text = |field: &str| self.spec(&[field]).and_then(Value::as_str).map(str::to_owned);
        let (hub, revision) = (text("hub"), text("revision"));
        let tag = self.spec(&["tag"]).map(brief);
        if self.spec(&["tag"]).is_some_and(Value::is_f64) {
            let read = tag.clone().unwrap_or_default();
            self.warn(Path::keys(&["spec", "tag"]), format!("the tag is a number, read as {read}; put it in quotes"));
        }
        if hub.as_deref().is_some_and(|hub| hub.contains("://")) {
            self.warn(Path::keys(&["spec", "hub"]), "a registry has no scheme: images cannot be pulled from it");
        }
        if let Some(hub) = hub.filter(|hub| !is_hub(hub)) {
            self.error(
                Path::keys(&["spec", "hub"]),
                format!("bad hub \"{hub}\": a repository holds only lower-case letters, digits and _-./"),
            );
        }
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            self.error(
                Path::keys(&["spec", "tag"]),
                format!("bad tag \"{tag}\": want 1 to 128 letters, digits and _-."),
            );
        }
        if let Some(revision) = revision.filter(|revision| !revision.is_empty() && !is_dns_label(revision)) {
            self.error(
                Path::keys(&["spec", "revision"]),
                format!("invalid revision specified: {revision}; want letters, digits and dashes"),
            );
        }
        for list in ["ingressGateways", "egressGateways"] {
            let elements = self.spec(&["components", list]).and_then(Value::as_array).cloned().unwrap_or_default();
            for (index, element) in elements.iter().enumerate() {
                let Some(name) = element
                    .get("name")
                    .and_then(Value::as_str)
                    .filter(|name| !name.is_empty() && !is_gateway_name(name))
                else {
                    continue;
                };
                let path = Path::keys(&["spec", "components", list]).item(index).child("name");
                self.error(
                    path,
                    format!("invalid gateway name {name}; want lower-case letters, digits, dots and dashes"),
                );
            }
        }
    }
}

/// What the user gave as `spec.meshConfig` was merged below `values`; show the path the user knows.
fn shown_as_given(mut problem: Problem) -> Problem {
    problem.path = given_path(problem.path);
    problem
}

fn given_path(path: Path) -> Path {
    match path.0.strip_prefix(Path::keys(&["spec", "values", "meshConfig"]).0.as_slice()) {
        Some(rest) => Path(Path::keys(&["spec", "meshConfig"]).0.into_iter().chain(rest.iter().cloned()).collect()),
        None => path,
    }
}

/// The ports that only root can open.
fn privileged(ports: Option<&Vec<Value>>, path: &Path) -> Vec<(Path, String)> {
    let number = |port: &Value, key: &str| {
        port.get(key).map_or(Some(0), |value| if value.is_null() { Some(0) } else { value.as_i64() })
    };
    let mut refused = Vec::new();
    for (index, port) in ports.into_iter().flatten().enumerate() {
        // A named target port is the business of the pod.
        let (Some(target), Some(listen)) = (number(port, "targetPort"), number(port, "port")) else { continue };
        if target >= 1024 || target == 0 && listen > 1024 {
            continue;
        }
        refused.push((path.item(index), format!("port {listen} (targetPort {target})")));
    }
    refused
}

fn is_dns_label(text: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_gateway_name(text: &str) -> bool {
    (1..=254).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.' || byte == b'-')
}

fn is_tag(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// A registry host, which may hold anything, and a repository.
fn is_hub(hub: &str) -> bool {
    let image = format!("{hub}/pilot");
    let repository = match image.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) => rest,
        _ => &image,
    };
    repository
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'.' | b'/'))
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let Ok(length) = length.parse::<u8>() else { return false };
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => length <= 32,
        Ok(IpAddr::V6(_)) => length <= 128,
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Wish;
    use super::*;

    fn report(text: &str) -> Report {
        let file = InputFile { name: "in.yaml".into(), text: format!("kind: IstioOperator\nspec:\n{text}") };
        validate(&Wish { files: vec![file], ..Wish::default() }.merged().unwrap())
    }

    #[test]
    fn all_profiles_are_valid() {
        for name in crate::install::spec::package::Package::Embedded.profiles() {
            assert_eq!(report(&format!("  profile: {name}\n")), Report::default(), "{name}");
        }
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let text = "  hub: UP/x
  tag: '!!'
  revision: A_
  meshConfig: {trustDomain: 'Bad_', outboundTrafficPolicy: {mode: NOPE}, accesLogFile: x}
  components:
    ingressGateways:
    - name: Bad_Name
      k8s: {service: {ports: [{port: 80}, {port: 8080}, {port: 443, targetPort: http}, {port: 99, targetPort: 443}]}}
    - null
  values:
    pilot: {autoscaleEnabled: 'true', toleration: [], tolerations: [{keyy: a}]}
    global: {proxy: {includeIPRanges: 1.1.1.300/33, excludeInboundPorts: '80,99999'}}
";
        let report = report(text);
        insta::assert_snapshot!(report.text());
        let warnings: Vec<String> = report.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(
            warnings,
            [
                r#"in.yaml:6:74: spec.meshConfig.accesLogFile: unknown field "accesLogFile"; did you mean "accessLogFile"?"#
            ]
        );
    }
}
