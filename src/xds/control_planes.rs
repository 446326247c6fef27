//! Which istiods there are, and the same question to each of them at once.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::net::TcpStream;

use super::ads::{self, Answer, Question};
use super::tls::{self, Identity};
use crate::cluster::{Cluster, Error, PodName, Resource, Selection};

/// How istiod is reached, as the flags say.
#[derive(Debug, Clone)]
pub struct Central {
    /// `HOST:PORT` of an istiod, instead of looking for pods.
    pub address: String,
    /// Labels of istiod's pods; empty for `app=istiod`.
    pub labels: String,
    pub port: u16,
    /// Without TLS; only of an address.
    pub plaintext: bool,
    pub identity: Identity,
    /// The name the server is asked by; empty for its usual one.
    pub authority: String,
    pub istio_namespace: String,
    /// Empty for the default one.
    pub revision: String,
    /// For one answer.
    pub timeout: Duration,
}

/// One istiod and what it said.
#[derive(Debug)]
pub struct Reply {
    pub istiod: String,
    pub answer: Result<Answer, String>,
}

impl Central {
    /// Asks every istiod. One that does not answer costs its own deadline, not the others' answers.
    pub async fn ask(&self, cluster: &Cluster, type_url: &str, names: &[String]) -> Result<Vec<Reply>, Error> {
        let token = if (self.plaintext && !self.address.is_empty()) || !self.identity.folder.is_empty() {
            None
        } else {
            Some(cluster.token(&self.istio_namespace, "default", "istio-ca", 3600).await?)
        };
        let revision = cluster.default_revision(&self.revision).await;
        let host = match revision.as_str() {
            "default" | "" => format!("istiod.{}.svc", self.istio_namespace),
            revision => format!("istiod-{revision}.{}.svc", self.istio_namespace),
        };
        let question = Question {
            type_url: type_url.to_owned(),
            resource_names: names.to_vec(),
            istio_namespace: self.istio_namespace.clone(),
            token,
            authority: if self.authority.is_empty() { host } else { self.authority.clone() },
        };
        if !self.address.is_empty() {
            return Ok(vec![self.at_address(&self.address, &question).await]);
        }
        let pods = self.pods(cluster, &revision).await?;
        if pods.is_empty() {
            if let Some(address) = self.webhook_address(cluster, &revision).await? {
                return Ok(vec![self.at_address(&address, &question).await]);
            }
            let revision = if revision.is_empty() { "default".to_owned() } else { revision };
            return Err(Error::NoControlPlane { namespace: self.istio_namespace.clone(), revision });
        }
        let asked = pods.iter().map(|pod| async {
            let answer = self.at_pod(cluster, pod, &question).await;
            let answer =
                answer.map_err(|reason| format!("could not get XDS from discovery pod \"{}\": {reason}", pod.name));
            Reply { istiod: pod.name.clone(), answer }
        });
        Ok(join_all(asked).await)
    }

    async fn pods(&self, cluster: &Cluster, revision: &str) -> Result<Vec<PodName>, Error> {
        let labels = if self.labels.is_empty() { "app=istiod" } else { &self.labels };
        let labels = format!("{labels},istio.io/rev={}", if revision.is_empty() { "default" } else { revision });
        let pods = cluster.pods_by_selector(&self.istio_namespace, &labels).await?;
        Ok(pods.iter().filter(|pod| pod["status"]["phase"] == "Running").map(PodName::of).collect())
    }

    /// Of a control plane outside the cluster: where its webhook sends to.
    async fn webhook_address(&self, cluster: &Cluster, revision: &str) -> Result<Option<String>, Error> {
        let kind = "MutatingWebhookConfiguration";
        let Some(webhooks) = Resource::known("admissionregistration.k8s.io", kind) else { return Ok(None) };
        let labels = format!("istio.io/rev={revision},!istio.io/tag");
        let found = cluster.list(&webhooks, &Selection { labels: &labels, ..Selection::default() }).await?;
        let urls = found.iter().flat_map(|one| one["webhooks"].as_array().into_iter().flatten());
        let url = urls.filter_map(|webhook| webhook["clientConfig"]["url"].as_str()).next();
        Ok(url.and_then(host_and_port))
    }

    async fn at_pod(&self, cluster: &Cluster, pod: &PodName, question: &Question) -> Result<Answer, String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let forward = cluster.forward(&pod.namespace, &pod.name, self.port).await.map_err(|error| text(&error))?;
        let connect = tls::connect(forward, &question.authority, &self.identity);
        let connection = tokio::time::timeout(self.timeout, connect)
            .await
            .map_err(|_| format!("no TLS handshake within {:?}", self.timeout))?
            .map_err(|error| text(&error))?;
        ads::ask(connection, true, question, self.timeout).await.map_err(|error| text(&error))
    }

    async fn at_address(&self, address: &str, question: &Question) -> Reply {
        let text = |error: &dyn std::fmt::Display| format!("{address}: {error}");
        let answer = async {
            let connect = tokio::time::timeout(self.timeout, TcpStream::connect(address));
            let connection = connect.await.map_err(|error| text(&error))?.map_err(|error| text(&error))?;
            if self.plaintext {
                return ads::ask(connection, false, question, self.timeout).await.map_err(|error| text(&error));
            }
            let connect = tls::connect(connection, &question.authority, &self.identity);
            let connection = tokio::time::timeout(self.timeout, connect)
                .await
                .map_err(|_| format!("{address}: no TLS handshake within {:?}", self.timeout))?
                .map_err(|error| text(&error))?;
            ads::ask(connection, true, question, self.timeout).await.map_err(|error| text(&error))
        };
        Reply { istiod: address.to_owned(), answer: answer.await }
    }
}

/// Of a URL, with the port of HTTPS if it names none.
fn host_and_port(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?']).next().filter(|host| !host.is_empty())?;
    Some(if host.contains(':') { host.to_owned() } else { format!("{host}:443") })
}
