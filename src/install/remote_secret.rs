//! The Secret with which a control plane reaches another cluster: a kubeconfig for an account of that cluster.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use crate::chart::{self, Capabilities, Chart, DEFAULT_KUBE_VERSION, KubeVersion, Release};
use crate::cluster::{name_of, object_namespace};

/// The account that the charts make for readers from other clusters.
pub const READER: &str = "istio-reader-service-account";
/// How names of the reader's role and its binding begin.
const READER_ROLE: &str = "istio-reader-clusterrole";
const READER_CHARTS: [&str; 2] = ["charts/base", "charts/istio-control/istio-discovery"];

const TOKEN_TYPE: &str = "kubernetes.io/service-account-token";
const ACCOUNT: &str = "kubernetes.io/service-account.name";

/// What the Secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// istiod watches the cluster.
    Remote,
    /// istiod runs outside its cluster and is configured from it.
    Config,
}

impl Purpose {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "remote" => Some(Purpose::Remote),
            "config" => Some(Purpose::Config),
            _ => None,
        }
    }

    /// The account that is used unless another is named.
    pub fn account(self) -> &'static str {
        match self {
            Purpose::Remote => READER,
            Purpose::Config => "istiod",
        }
    }
}

/// How the control plane proves who it is.
#[derive(Clone)]
pub enum Credentials {
    Token(String),
    Plugin { name: String, config: Map<String, Value> },
}

/// A Secret to be written.
pub struct Remote<'r> {
    pub purpose: Purpose,
    /// Of the cluster.
    pub name: &'r str,
    /// Of the Secret.
    pub namespace: &'r str,
    pub server: &'r str,
    /// Empty for the server's own name.
    pub tls_server_name: &'r str,
    /// PEM in base64.
    pub ca: &'r str,
    pub credentials: Credentials,
}

impl Remote<'_> {
    /// The file, ready to be applied.
    pub fn file(&self) -> String {
        let (name, key) = match self.purpose {
            Purpose::Remote => (format!("istio-remote-secret-{}", self.name), self.name),
            Purpose::Config => ("istio-kubeconfig".to_owned(), "config"),
        };
        let secret = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "annotations": {"networking.istio.io/cluster": self.name},
                "labels": {"istio/multiCluster": "true"},
                "name": name,
                "namespace": self.namespace,
            },
            "stringData": {key: crate::yaml::to_string(&self.kubeconfig())},
        });
        format!("# Generated; make it anew instead of editing it.\n{}---\n", crate::yaml::to_string(&secret))
    }

    fn kubeconfig(&self) -> Value {
        let user = match &self.credentials {
            Credentials::Token(token) => json!({"token": token}),
            Credentials::Plugin { name, config } => json!({"auth-provider": {"config": config, "name": name}}),
        };
        let mut cluster = json!({"certificate-authority-data": self.ca, "server": self.server});
        if !self.tls_server_name.is_empty() {
            cluster["tls-server-name"] = self.tls_server_name.into();
        }
        json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": self.name, "cluster": cluster}],
            "users": [{"name": self.name, "user": user}],
            "contexts": [{"name": self.name, "context": {"cluster": self.name, "user": self.name}}],
            "current-context": self.name,
        })
    }
}

/// Whether the address means the machine itself, so that no pod can reach it.
pub fn is_loopback(server: &str) -> bool {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.rsplit_once(':').map_or(authority, |(host, _)| host),
    };
    match host.parse::<std::net::IpAddr>() {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// The account, role and binding of readers from other clusters.
pub fn reader_objects(namespace: &str, manifests: &str) -> Result<Vec<Value>, chart::Error> {
    let release = Release::installer("istio", namespace);
    let capabilities = Capabilities::new(KubeVersion::verbatim(DEFAULT_KUBE_VERSION));
    let values = json!({"global": {"istioNamespace": namespace}});
    let mut found = Vec::new();
    for folder in READER_CHARTS {
        let chart = match manifests {
            "" => Chart::embedded(folder)?,
            manifests => Chart::load(&std::path::Path::new(manifests).join(folder))?,
        };
        found.extend(chart.render(&release, &capabilities, &values)?.into_objects().into_iter().filter(is_of_reader));
    }
    Ok(found)
}

fn is_of_reader(object: &Value) -> bool {
    match object["kind"].as_str() {
        Some("ServiceAccount") => name_of(object) == READER,
        Some("ClusterRole" | "ClusterRoleBinding") => name_of(object).starts_with(READER_ROLE),
        _ => false,
    }
}

/// Whether a Secret holds a token of the account.
pub fn is_token_of(secret: &Value, account: &str) -> bool {
    secret["type"] == TOKEN_TYPE && secret["metadata"]["annotations"][ACCOUNT] == account
}

/// A Secret that Kubernetes fills with a token of the account.
pub fn token_secret(account: &str, namespace: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": TOKEN_TYPE,
        "metadata": {
            "name": format!("{account}-istio-remote-secret-token"),
            "namespace": namespace,
            "annotations": {ACCOUNT: account},
        },
    })
}

/// The Secret of an account's token on Kubernetes before 1.24, where the account lists its Secrets.
pub fn listed_secret(account: &Value, wanted: &str) -> Result<String, String> {
    let listed = account["secrets"].as_array().into_iter().flatten();
    let names: Vec<&str> = listed.filter_map(|secret| secret["name"].as_str()).collect();
    let who = format!("{}/{}", object_namespace(account).unwrap_or_default(), name_of(account));
    match names.as_slice() {
        [] => Err(format!("service account {who} has no secret")),
        names if !wanted.is_empty() => {
            let found = names.iter().find(|name| **name == wanted);
            found
                .map(|name| (*name).to_owned())
                .ok_or_else(|| format!("secret {wanted} is none of service account {who}"))
        }
        [one] => Ok((*one).to_owned()),
        several => Err(format!(
            "service account {who} has {} secrets ({}); say which one with --secret-name",
            several.len(),
            several.join(", ")
        )),
    }
}

/// What is in a token's Secret, or what it lacks (yet).
pub fn read_token(secret: &Value, needs_token: bool) -> Result<(String, String), &'static str> {
    let entry = |key: &str| secret["data"][key].as_str().filter(|text| !text.is_empty());
    let ca = entry("ca.crt").ok_or("ca.crt")?;
    if !needs_token {
        return Ok((ca.to_owned(), String::new()));
    }
    let bytes = entry("token").and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
    let token = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or("token")?;
    Ok((ca.to_owned(), token))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(credentials: Credentials) -> Remote<'static> {
        Remote {
            purpose: Purpose::Remote,
            name: "east",
            namespace: "istio-system",
            server: "https://1.2.3.4:6443",
            tls_server_name: "api",
            ca: "Y2E=",
            credentials,
        }
    }

    #[test]
    fn the_file_holds_a_kubeconfig_of_one_cluster() {
        insta::assert_snapshot!(remote(Credentials::Token("t0ken".to_owned())).file());
    }

    #[test]
    fn what_a_plugin_is_told_is_kept() {
        let config = json!({"a": "b"}).as_object().cloned().unwrap_or_default();
        let file = remote(Credentials::Plugin { name: "gcp".to_owned(), config }).file();
        assert!(
            file.contains(
                "      user:\n        auth-provider:\n          config:\n            a: b\n          name: gcp\n"
            ),
            "{file}"
        );
    }

    #[test]
    fn loopback_has_many_names() {
        for server in
            ["http://127.0.0.1:80", "https://localhost:6443/x", "https://[::1]:6443", "https://0.0.0.0", "127.0.0.9"]
        {
            assert!(is_loopback(server), "{server}");
        }
        for server in
            ["https://1.2.3.4:6443", "https://localhost.example.com", "https://[2001:db8::1]:6443", "not a url"]
        {
            assert!(!is_loopback(server), "{server}");
        }
    }

    #[test]
    fn the_reader_comes_from_the_charts() {
        let objects = reader_objects("mesh", "").expect("the built-in charts render");
        let names: Vec<String> = objects
            .iter()
            .map(|object| format!("{} {}", object["kind"].as_str().unwrap_or_default(), name_of(object)))
            .collect();
        assert_eq!(
            names,
            [
                "ServiceAccount istio-reader-service-account",
                "ClusterRole istio-reader-clusterrole-mesh",
                "ClusterRoleBinding istio-reader-clusterrole-mesh"
            ]
        );
    }

    #[test]
    fn an_account_that_lists_several_secrets_needs_a_name() {
        let account = json!({"metadata": {"name": "a", "namespace": "n"}, "secrets": [{"name": "x"}, {"name": "y"}]});
        assert_eq!(listed_secret(&account, "y"), Ok("y".to_owned()));
        assert_eq!(listed_secret(&account, "z"), Err("secret z is none of service account n/a".to_owned()));
        assert_eq!(
            listed_secret(&account, ""),
            Err("service account n/a has 2 secrets (x, y); say which one with --secret-name".to_owned())
        );
    }
}
