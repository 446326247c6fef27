//! The template engine against the reference's: every snippet of the corpus, over the data that injection templates see.

mod support;

use std::fs;

use bowline::api::mesh::config::MESH_CONFIG;
use bowline::api::mesh::proxy::PROXY_CONFIG;
use bowline::gotemplate::{Set, Value};
use bowline::inject::data::{GoStruct, MessageObject, Root, int64, owner_fields};
use bowline::inject::functions;
use bowline::inject::mesh::MeshConfig;
use bowline::inject::types::decode;
use bowline::inject::types::meta::OBJECT_META;
use bowline::inject::types::pod::{POD, POD_SPEC};
use bowline::inject::workload::Owner;
use bowline::yaml;
use serde_json::Value as Json;

#[test]
fn snippets_give_what_the_reference_gives() {
    let Some(path) = support::shared("goldens/inject/template-engine.json") else { return };
    let corpus: Json = serde_json::from_str(&fs::read_to_string(path).expect("the corpus")).expect("JSON");
    let cases = corpus["cases"].as_array().expect("cases");
    let mut different = Vec::new();
    for case in cases {
        let template = case["template"].as_str().expect("a template");
        let mut set = Set::new(functions::all());
        let got = match set.parse("inject", template) {
            Err(error) => ("parseError", error.to_string()),
            Ok(()) => match set.execute("inject", data(&corpus["data"])) {
                Ok(text) => ("output", text),
                Err(error) => ("execError", error.to_string()),
            },
        };
        if case[got.0].as_str() != Some(&got.1) {
            different.push(format!("{template}\n  want {case}\n  have {got:?}"));
        }
    }
    assert!(different.is_empty(), "{} of {}:\n{}", different.len(), cases.len(), different.join("\n"));
}

/// What the corpus describes, as the injector puts it before its templates.
fn data(given: &Json) -> Value {
    let text = |key: &str| Value::str(given[key].as_str().unwrap_or_default());
    let read = |key: &str| yaml::from_str(given[key].as_str().unwrap_or_default()).expect("YAML");
    let part = |at: &Json, key: &str| at[key].as_str().unwrap_or_default().to_owned();
    let owner = Owner {
        api_version: part(&given["typeMeta"], "apiVersion"),
        kind: part(&given["typeMeta"], "kind"),
        name: part(&given["deploymentMeta"], "name"),
        namespace: part(&given["deploymentMeta"], "namespace"),
    };
    let pod = decode::normalized(read("podYAML"), &POD).expect("a pod");
    let mesh = MeshConfig::over_defaults(&read("meshYAML")).expect("a mesh configuration");
    let [type_meta, deployment_meta] = owner_fields(&owner);
    let message = |of, fields: &serde_json::Map<String, Json>| Value::object(MessageObject::new(of, fields.clone()));
    Value::object(Root {
        type_name: "*inject.SidecarTemplateData",
        fields: vec![
            type_meta,
            deployment_meta,
            ("ObjectMeta", Value::object(GoStruct::new(&OBJECT_META, pod["metadata"].clone()))),
            ("Spec", Value::object(GoStruct::new(&POD_SPEC, pod["spec"].clone()))),
            ("ProxyConfig", message(&PROXY_CONFIG, &mesh.proxy_config().message)),
            ("MeshConfig", message(&MESH_CONFIG, &mesh.message)),
            ("Values", Value::from_json(&read("valuesYAML"))),
            ("Revision", text("revision")),
            ("NativeSidecars", given["nativeSidecars"].as_bool().unwrap_or_default().into()),
            ("ProxyImage", text("proxyImage")),
            ("ProxyUID", int64(given["proxyUID"].as_i64().unwrap_or_default())),
            ("ProxyGID", int64(given["proxyGID"].as_i64().unwrap_or_default())),
            ("InboundTrafficPolicyMode", text("inboundTrafficPolicyMode")),
            ("CompliancePolicy", text("compliancePolicy")),
        ],
    })
}
