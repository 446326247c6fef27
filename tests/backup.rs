//! A mesh is saved, taken away and brought back on a real control plane: everything is as it was.

mod support;

use std::path::Path;

use bowline::cluster::{Selection, name_of};
use bowline::install::deploy::plan::without_noise;
use serde_json::{Value, json};
use support::control_plane::{ControlPlane, wait};
use support::inventory::{differences, objects};

/// Groups whose objects users write.
const GROUPS: [&str; 4] = ["networking.istio.io", "security.istio.io", "telemetry.istio.io", "extensions.istio.io"];

#[test]
fn a_mesh_that_is_saved_purged_installed_and_restored_is_as_it_was() {
    let Some(plane) = ControlPlane::start() else { return };
    let install = ["install", "-y", "--set=profile=minimal", "--set=meshConfig.accessLogFile=/dev/stdout"];
    plane.succeeds(&install);
    for object in configuration() {
        plane.apply(&object);
    }
    plane.succeeds(&["tag", "set", "prod", "--revision=default"]);
    let before = mesh(&plane);
    assert!(before.len() > 50, "there is something to lose: {}", before.len());

    let folder = tempfile::tempdir().expect("a folder");
    let (open, secret) = (folder.path().join("open.yaml"), folder.path().join("secret.yaml"));
    plane.succeeds(&["backup", "-o", text(&open)]);
    plane.succeeds(&["backup", "--secrets", "-o", text(&secret)]);
    let (open_text, secret_text) = (read(&open), read(&secret));
    assert!(!open_text.contains("kind: Secret"), "secrets are saved only when they are asked for");
    assert!(secret_text.contains("name: cacerts") && secret_text.contains("name: istio-remote-secret-east"));
    assert!(!secret_text.contains("name: of-an-application"), "other secrets are none of the mesh's");
    assert!(open_text.contains("name: bowline-install\n"), "the install record is saved");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&secret).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "for its owner only");
    }
    let to_stdout = fails(&plane, &["backup", "--secrets"], 64);
    assert!(to_stdout.contains("secrets are never printed"), "{to_stdout}");

    // Everything goes, the namespaces too.
    let purged = plane.succeeds(&["uninstall", "--purge", "-y"]);
    assert!(purged.contains("Deleted with their CRDs (`backup` saves them): "), "{purged}");
    for name in ["shop", "istio-system"] {
        delete_namespace(&plane, name);
    }

    // Without the kinds nothing can be restored but what Kubernetes knows; that is told.
    let early = fails(&plane, &["restore", "-y", text(&secret)], 1);
    assert!(early.contains("VirtualService/shop/reviews: the server doesn't have a resource type"), "{early}");
    assert!(early.contains("hint: install the control plane first"), "{early}");

    plane.succeeds(&install);
    let dry = plane.succeeds(&["restore", "--dry-run", text(&secret)]);
    assert!(dry.contains("VirtualService/shop/reviews would be applied\n"), "{dry}");
    assert!(plane.get("networking.istio.io/v1", "VirtualService", Some("shop"), "reviews").is_none());
    let told = plane.succeeds(&["restore", "-y", text(&secret)]);
    assert!(told.contains("VirtualService/shop/reviews applied\n"), "{told}");
    assert_eq!(differences(&before, &mesh(&plane)), Vec::<String>::new());

    // Once more: nothing changes, and what is saved now is what was saved then.
    plane.succeeds(&["restore", "-y", text(&secret)]);
    let again = folder.path().join("again.yaml");
    plane.succeeds(&["backup", "--secrets", "-o", text(&again)]);
    assert_eq!(read(&again), secret_text);
    plane.succeeds(&["verify-install"]);
}

/// Namespaces, configuration of every group, secrets of the mesh and of others.
fn configuration() -> Vec<Value> {
    let spec = |api_version: &str, kind: &str, name: &str, spec: Value| {
        json!({
            "apiVersion": api_version, "kind": kind,
            "metadata": {"name": name, "namespace": "shop", "labels": {"team": "a"}, "annotations": {"why": "a test"}},
            "spec": spec,
        })
    };
    let secret = |name: &str, namespace: &str, labels: Value, data: Value| {
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "data": data,
        })
    };
    let network = "networking.istio.io/v1";
    let security = "security.istio.io/v1";
    vec![
        json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "shop", "labels": {"istio.io/rev": "prod", "team": "a"}},
        }),
        spec(
            network,
            "VirtualService",
            "reviews",
            json!({
                "hosts": ["reviews"], "http": [{"route": [{"destination": {"host": "reviews", "subset": "v2"}, "weight": 100}]}],
            }),
        ),
        spec(
            network,
            "DestinationRule",
            "reviews",
            json!({
                "host": "reviews", "subsets": [{"name": "v2", "labels": {"version": "v2"}}],
            }),
        ),
        spec(
            network,
            "Gateway",
            "door",
            json!({
                "selector": {"istio": "ingressgateway"},
                "servers": [{"port": {"number": 80, "name": "http", "protocol": "HTTP"}, "hosts": ["*"]}],
            }),
        ),
        spec(
            network,
            "ServiceEntry",
            "outside",
            json!({
                "hosts": ["example.com"], "location": "MESH_EXTERNAL", "resolution": "DNS",
                "ports": [{"number": 443, "name": "tls", "protocol": "TLS"}],
            }),
        ),
        spec(network, "Sidecar", "default", json!({"egress": [{"hosts": ["./*", "istio-system/*"]}]})),
        spec(
            security,
            "AuthorizationPolicy",
            "allow",
            json!({
                "action": "ALLOW", "rules": [{"from": [{"source": {"namespaces": ["shop"]}}]}],
            }),
        ),
        spec(security, "PeerAuthentication", "strict", json!({"mtls": {"mode": "STRICT"}})),
        spec(
            "telemetry.istio.io/v1",
            "Telemetry",
            "logs",
            json!({"accessLogging": [{"providers": [{"name": "envoy"}]}]}),
        ),
        spec("extensions.istio.io/v1alpha1", "WasmPlugin", "plugin", json!({"url": "oci://example.com/plugin:1"})),
        secret("cacerts", "istio-system", json!({}), json!({"ca-key.pem": "a2V5"})),
        secret(
            "istio-remote-secret-east",
            "istio-system",
            json!({"istio/multiCluster": "true"}),
            json!({"east": "Y29uZmln"}),
        ),
        secret("of-an-application", "shop", json!({}), json!({"password": "cGFzcw=="})),
    ]
}

/// Everything that a backup is to bring back, without what the server writes: the control plane's objects, records and tags
/// included, users' configuration, namespaces by their labels, the mesh's secrets.
fn mesh(plane: &ControlPlane) -> Vec<Value> {
    let mut found = objects(plane);
    let of_mesh = |object: &Value| {
        let own = ["cacerts", "istio-remote-secret-east"].contains(&name_of(object));
        object["kind"] != "Lease" && (object["kind"] != "Secret" || own)
    };
    found.retain(of_mesh);
    found.extend(plane.with(async |cluster| {
        let mut found = Vec::new();
        for group in GROUPS {
            for resource in cluster.kinds_of(group).await.expect("readable") {
                let list = cluster.list(&resource, &Selection::default()).await.expect("readable");
                found.extend(list.iter().map(without_noise));
            }
        }
        found
    }));
    for name in ["shop", "istio-system"] {
        let live = plane.get("v1", "Namespace", None, name).unwrap_or_default();
        found.push(json!({"kind": "Namespace", "metadata": {"name": name, "labels": live["metadata"]["labels"]}}));
    }
    for object in &mut found {
        if let Some(spec) = object["spec"].as_object_mut() {
            // Addresses that the server gives out.
            spec.retain(|key, _| !["clusterIP", "clusterIPs"].contains(&key.as_str()));
        }
    }
    found
}

fn delete_namespace(plane: &ControlPlane, name: &str) {
    plane.with(async |cluster| {
        let namespaces = cluster.resource("v1", "Namespace").await.expect("known");
        let how = bowline::cluster::Propagation::Background;
        cluster.delete(&namespaces, None, name, how, None).await.expect("deleted");
    });
    wait(&format!("namespace {name} is gone"), std::time::Duration::from_secs(60), || {
        plane.get("v1", "Namespace", None, name).is_none()
    });
}

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("readable")
}

/// What a command told.
#[track_caller]
fn fails(plane: &ControlPlane, words: &[&str], code: i32) -> String {
    let output = plane.bowline(words).output().expect("the built binary starts");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{}: {errors}", words.join(" "));
    errors
}
