//! What the reference does where no recorded run shows it: one small mesh and its verdict for each fact.

mod control_plane;
mod gateways;
mod routes;
mod workloads;

use super::finding::{Finding, Param};
use super::input::{self, Source};
use super::kind::{KINDS, Kind};
use super::rules::Rule;
use super::view::View;
use super::{Given, Profile, Settings, Snapshot, builtin, run};
use crate::yaml::parse_document;

/// Parameters that are sentences.
const FREE: &[&str] = &["err", "detail", "problem", "reason", "extra", "error", "msg", "message"];

/// The findings of one analyzer over objects written `Kind namespace/name | metadata | everything else`, in flow style.
fn told(analyzer: &str, mesh: &str, objects: &[&str]) -> Vec<String> {
    let text: String = objects.iter().map(|object| document(object)).collect();
    verdict(analyzer, mesh, vec![Source::file("f.yaml", text)])
}

fn verdict(analyzer: &str, mesh: &str, mut sources: Vec<Source>) -> Vec<String> {
    let settings = Settings { profile: Profile::Reference, now: 1_790_000_000, ..Settings::default() };
    sources.extend(builtin::sources(&settings, Some("istio-ingressgateway")));
    let rule = Rule::find(analyzer).expect("an analyzer");
    let mesh = parse_document(mesh).expect("YAML");
    let chunks = input::parse(&sources, true);
    let root = View::new(mesh.root());
    let given =
        Given { sources: &sources, chunks: &chunks, settings: &settings, mesh_config: root, mesh_networks: root };
    let snapshot = Snapshot::build(given, &[rule]);
    assert!(snapshot.problems.is_empty(), "{:?}", snapshot.problems);
    run(&snapshot, &[rule]).findings.iter().map(|finding| line(&snapshot, finding)).collect()
}

fn document(object: &str) -> String {
    let mut parts = object.splitn(3, '|').map(str::trim);
    let (kind, name) = parts.next().and_then(|head| head.split_once(' ')).expect("a kind and a name");
    let (metadata, rest) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let row = match kind {
        "KubernetesGateway" => Kind::KubernetesGateway.row(),
        _ => KINDS.iter().find(|row| row.name == kind).expect("a kind"),
    };
    let version = row.kind.api_version();
    let (namespace, name) = name.split_once('/').unwrap_or(("default", name));
    format!(
        "{{apiVersion: {version}, kind: {}, metadata: {{name: {name}, namespace: {namespace}, {metadata}}}, {rest}}}\n---\n",
        row.name
    )
}

fn line(snapshot: &Snapshot<'_>, finding: &Finding) -> String {
    let resource = finding.resource.and_then(|id| snapshot.resource(id)).expect("an object");
    let mut text = format!("{} {}", finding.code.id, resource.full_name());
    for (name, param) in &finding.params {
        if !FREE.contains(name) {
            let value = match param {
                Param::Text(text) => text.clone(),
                other => other.to_value().to_string().replace('"', ""),
            };
            text.push_str(&format!(" {value}"));
        }
    }
    text
}

/// Analyzer, objects, findings.
type Fact<'f> = (&'f str, &'f [&'f str], &'f [&'f str]);

fn hold(facts: &[Fact<'_>]) {
    for (analyzer, objects, expected) in facts {
        assert_eq!(told(analyzer, "", objects), *expected, "{analyzer}: {objects:#?}");
    }
}
