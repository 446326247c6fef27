//! What we may do in a cluster, and short-lived tokens for talking to its services.

use serde_json::{Value, json};

use super::{Cluster, Error, Resource};

impl Cluster {
    /// Whether we may do this; the server's reason when not.
    pub async fn may(
        &self,
        verb: &str,
        resource: &Resource,
        namespace: Option<&str>,
    ) -> Result<Result<(), String>, Error> {
        let attributes = json!({
            "verb": verb,
            "group": resource.group,
            "version": resource.version,
            "resource": resource.plural,
            "namespace": namespace.unwrap_or_default(),
        });
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        });
        let answer = self.post_path("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review).await?;
        let status = &answer["status"];
        if status["allowed"].as_bool() == Some(true) {
            return Ok(Ok(()));
        }
        Ok(Err(status["reason"].as_str().unwrap_or_default().to_owned()))
    }

    /// A token of a service account for one audience, valid for so many seconds.
    pub async fn token(
        &self,
        namespace: &str,
        service_account: &str,
        audience: &str,
        seconds: i64,
    ) -> Result<String, Error> {
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{service_account}/token");
        let request = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"audiences": [audience], "expirationSeconds": seconds},
        });
        let answer = self.post_path(&path, &request).await?;
        match &answer["status"]["token"] {
            Value::String(token) => Ok(token.clone()),
            _ => Err(Error::Answer { what: format!("POST {path}"), reason: "it carries no token".to_owned() }),
        }
    }
}
