//! The API server client against servers that behave, misbehave and stay silent.

mod support;

use std::time::{Duration, Instant};

use bowline::cluster::{Apply, Cluster, Error, Resource, Selection, Target, block_on};
use serde_json::json;
use support::server::{Answer, Server};

fn target(kubeconfig: String) -> Target {
    Target {
        kubeconfig,
        context: String::new(),
        namespace: String::new(),
        as_user: String::new(),
        as_uid: String::new(),
        as_groups: Vec::new(),
        request_timeout: Duration::from_secs(2),
    }
}

fn with<T>(server: &Server, work: impl AsyncFnOnce(Cluster) -> T) -> T {
    let folder = tempfile::tempdir().expect("a folder");
    let target = target(server.kubeconfig(folder.path()));
    block_on(async { work(Cluster::connect(&target).await.expect("a valid configuration")).await }).expect("a runtime")
}

fn pods() -> Resource {
    Resource::known("", "Pod").expect("in the table")
}

#[test]
fn lists_are_read_page_by_page() {
    let server = Server::start(|asked, _| {
        let second = asked.path.contains("continue=more");
        let name = if second { "b" } else { "a" };
        let token = if second { "" } else { "more" };
        Answer::Json(200, json!({"metadata": {"continue": token}, "items": [{"metadata": {"name": name}}]}))
    });
    let items = with(&server, async |cluster| {
        let selection = Selection { namespace: Some("ns"), labels: "app=x", ..Selection::default() };
        cluster.list(&pods(), &selection).await.expect("both pages")
    });
    assert_eq!(
        json!(items),
        json!([
            {"metadata": {"name": "a"}, "apiVersion": "v1", "kind": "Pod"},
            {"metadata": {"name": "b"}, "apiVersion": "v1", "kind": "Pod"},
        ])
    );
    let paths: Vec<String> = server.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(
        paths,
        [
            "/api/v1/namespaces/ns/pods?labelSelector=app%3Dx&limit=500",
            "/api/v1/namespaces/ns/pods?labelSelector=app%3Dx&limit=500&continue=more",
        ]
    );
}

#[test]
fn busy_servers_are_asked_again_and_creates_are_not_repeated_after_a_fault() {
    let server = Server::start(|asked, before| match (asked.method.as_str(), before) {
        (_, 0) => Answer::Json(429, json!({"reason": "TooManyRequests", "message": "slow down"})),
        (_, 1) => Answer::Json(503, json!({"message": "restarting"})),
        ("PATCH", 2) => Answer::Hangup,
        ("POST", _) => Answer::Json(500, json!({"message": "disk full"})),
        _ => Answer::Json(200, json!({"kind": "ConfigMap"})),
    });
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}});
    let maps = Resource::known("", "ConfigMap").expect("in the table");
    let (applied, created) = with(&server, async |cluster| {
        let how = Apply { field_manager: "bowline", force: true, dry_run: false };
        (cluster.apply(&maps, &object, &how).await, cluster.create(&maps, &object, "bowline").await)
    });
    assert_eq!(applied.expect("the fourth try succeeds"), json!({"kind": "ConfigMap"}));
    assert!(matches!(created, Err(Error::Api { code: 500, .. })), "{created:?}");
    let asked: Vec<(String, String)> = server.asked().into_iter().map(|asked| (asked.method, asked.path)).collect();
    let patch = "/api/v1/namespaces/ns/configmaps/a?fieldManager=bowline&force=true";
    let post = "/api/v1/namespaces/ns/configmaps?fieldManager=bowline";
    let want = [("PATCH", patch), ("PATCH", patch), ("PATCH", patch), ("PATCH", patch), ("POST", post)];
    assert_eq!(asked, want.map(|(method, path)| (method.to_owned(), path.to_owned())));
}

#[test]
fn a_wrong_address_fails_at_once_and_a_silent_server_at_the_deadline() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut gone = Server::start(|_, _| Answer::Hangup);
    gone.url = "http://127.0.0.1:1".into();
    let config = gone.kubeconfig(folder.path());
    let start = Instant::now();
    let refused = block_on(async { Cluster::connect(&target(config)).await.expect("valid").version().await });
    assert!(matches!(refused, Ok(Err(Error::Unreachable { .. }))), "{refused:?}");
    assert!(start.elapsed() < Duration::from_secs(1), "no back-off before the first answer");

    let silent = Server::start(|_, _| Answer::Silence(Duration::from_secs(30)));
    let late = with(&silent, async |cluster| cluster.version().await);
    assert!(matches!(&late, Err(Error::Timeout { what, .. }) if what == "GET /version"), "{late:?}");
}

#[test]
fn not_there_forbidden_and_unknown_kinds_are_different_answers() {
    let server = Server::start(|asked, _| match asked.path.as_str() {
        "/api/v1/namespaces/ns/pods/absent" => Answer::Json(404, json!({"reason": "NotFound", "message": "no"})),
        "/apis/example.org/v1" => Answer::Json(404, json!({"reason": "NotFound", "message": "no group"})),
        _ => Answer::Json(403, json!({"reason": "Forbidden", "message": "pods is forbidden: User \"x\""})),
    });
    with(&server, async |cluster| {
        assert_eq!(cluster.namespace(), "team");
        assert!(matches!(cluster.get(&pods(), Some("ns"), "absent").await, Ok(None)));
        let forbidden = cluster.get(&pods(), Some("ns"), "secret").await.expect_err("forbidden");
        assert!(forbidden.is_forbidden() && forbidden.to_string() == "pods is forbidden: User \"x\"");
        let unknown = cluster.resource("example.org/v1", "Thing").await.expect_err("unknown");
        assert!(matches!(unknown, Error::NoSuchKind { .. }));
    });
}
