//! istiod's debug pages over HTTP, asked of every replica at once.
//!
//! A replica that does not answer costs its own deadline only; the others' answers are kept.

use std::time::Duration;

use http::Method;
use serde_json::Value;

use crate::cluster::{Cluster, Error, HttpReply, Resource, Selection, name_of, object_namespace};

/// The monitoring port, unless the pod's annotation names another.
const MONITORING_PORT: u16 = 15014;

/// One replica and what it said.
#[derive(Debug)]
pub struct Answer {
    pub pod: String,
    pub reply: Result<HttpReply, Error>,
}

impl Answer {
    /// The page as JSON, if the replica gave one.
    pub fn json(&self) -> Result<Value, String> {
        match &self.reply {
            Ok(reply) if reply.status == 200 => {
                serde_json::from_slice(&reply.body).map_err(|error| format!("{}: {error}", self.pod))
            }
            Ok(reply) => {
                Err(format!("{}: status {}: {}", self.pod, reply.status, String::from_utf8_lossy(&reply.body).trim()))
            }
            Err(error) => Err(format!("{}: {error}", self.pod)),
        }
    }
}

/// The running istiod pods of a namespace; of one revision unless it is empty.
pub async fn istiod_pods(cluster: &Cluster, namespace: &str, revision: &str) -> Result<Vec<Value>, Error> {
    let labels = match revision {
        "" => "app=istiod".to_owned(),
        revision => format!("app=istiod,istio.io/rev={revision}"),
    };
    let pods = Resource::known("", "Pod").ok_or_else(|| Error::NoSuchKind { kind: "Pod".to_owned() })?;
    let fields = "status.phase=Running";
    cluster.list(&pods, &Selection { namespace: Some(namespace), labels: &labels, fields, metadata_only: false }).await
}

/// Asks each of these istiod pods for a page, such as `/debug/syncz`, all at once.
pub async fn ask(cluster: &Cluster, pods: &[Value], path: &str, limit: Duration) -> Vec<Answer> {
    let questions = pods.iter().map(|pod| async move {
        let (name, namespace) = (name_of(pod), object_namespace(pod).unwrap_or_default());
        let reply = cluster.pod_http(Method::GET, namespace, name, monitoring_port(pod), path, limit).await;
        Answer { pod: name.to_owned(), reply }
    });
    futures_util::future::join_all(questions).await
}

/// The port in annotation `prometheus.io/port`, else 15014.
pub fn monitoring_port(pod: &Value) -> u16 {
    let annotation = &pod["metadata"]["annotations"]["prometheus.io/port"];
    annotation.as_str().and_then(|text| text.parse().ok()).unwrap_or(MONITORING_PORT)
}

/// The proxies (`POD.NAMESPACE`) that the `syncz` pages name, sorted; or why none of the replicas could tell.
pub async fn connected_proxies(cluster: &Cluster, pods: &[Value], limit: Duration) -> Result<Vec<String>, String> {
    if pods.is_empty() {
        return Err("no istiod is running".to_owned());
    }
    let answers = ask(cluster, pods, "/debug/syncz", limit).await;
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    for answer in &answers {
        match answer.json() {
            Ok(page) => found.extend(proxies_of(&page)),
            Err(reason) => failed.push(reason),
        }
    }
    if failed.len() == answers.len() {
        return Err(failed.join("; "));
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn proxies_of(page: &Value) -> Vec<String> {
    page.as_array().into_iter().flatten().filter_map(|row| row["proxy"].as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_monitoring_port_may_be_named_by_the_pod() {
        let pod = json!({"metadata": {"annotations": {"prometheus.io/port": "9000"}}});
        assert_eq!(monitoring_port(&pod), 9000);
        assert_eq!(monitoring_port(&json!({})), 15014);
    }

    #[test]
    fn a_syncz_page_names_proxies() {
        let page = json!([{"proxy": "b.ns", "cluster_sent": "x"}, {"proxy": "a.ns"}]);
        assert_eq!(proxies_of(&page), ["b.ns", "a.ns"]);
    }
}
