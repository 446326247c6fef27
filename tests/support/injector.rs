//! Stands for the injectors of all revisions: marks each pod with the revision in the path, refuses pods that say so.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::tls::TlsServer;

/// A pod with this label is refused by the revision it names.
pub const REFUSED_BY: &str = "refused-by";

pub struct Injector {
    server: TlsServer,
}

impl Injector {
    pub fn start() -> Self {
        Injector { server: TlsServer::start(review) }
    }

    /// What makes an installation use this server as the injector of a revision.
    pub fn settings(&self, revision: &str) -> Vec<String> {
        let url = format!("https://127.0.0.1:{}/inject/{revision}", self.server.port);
        let authority = STANDARD.encode(&self.server.authority);
        vec![
            format!("--set=values.istiodRemote.injectionURL={url}"),
            format!("--set=values.istiodRemote.injectionCABundle={authority}"),
        ]
    }
}

fn review(path: &str, review: &Value) -> Value {
    let uid = &review["request"]["uid"];
    let mut response = json!({"uid": uid, "allowed": true});
    if let Some(revision) = path.strip_prefix("/inject/") {
        let pod = &review["request"]["object"];
        if pod["metadata"]["labels"][REFUSED_BY] == revision {
            response =
                json!({"uid": uid, "allowed": false, "status": {"message": format!("{revision} cannot inject this")}});
        } else {
            let status = json!({"revision": revision}).to_string();
            let patch = match &pod["metadata"]["annotations"] {
                Value::Null => {
                    json!([{"op": "add", "path": "/metadata/annotations", "value": {"sidecar.istio.io/status": status}}])
                }
                _ => json!([{"op": "add", "path": "/metadata/annotations/sidecar.istio.io~1status", "value": status}]),
            };
            response["patchType"] = "JSONPatch".into();
            response["patch"] = STANDARD.encode(patch.to_string()).into();
        }
    }
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
}
