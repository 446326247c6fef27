//! `experimental describe pod`.

use serde_json::Value;

use super::mesh::Mesh;
use super::{Flags, show};
use crate::cli::proxy_config::source::check_port;
use crate::cli::{Context, Failure, Outcome};
use crate::cluster::{Cluster, PodName, Word, block_on};
use crate::inspect::describe::mutual_tls::{MutualTls, root_namespace};
use crate::inspect::describe::proxy::ProxyDump;
use crate::inspect::describe::{self, ObjectName, PodDescription, selects, text};

/// Tell what Istio does to a pod
#[derive(clap::Args, Debug)]
pub struct Pod {
    /// `NAME[.NAMESPACE]`
    #[arg(value_name = "POD")]
    words: Vec<String>,
    #[command(flatten)]
    flags: Flags,
}

impl Pod {
    pub fn run(self, context: &Context) -> Outcome {
        let [word] = self.words.as_slice() else {
            return Err(Failure::new("describe pod needs the name of a pod"));
        };
        let port = check_port(self.flags.proxy_admin_port)?;
        let format = self.flags.format.format()?;
        let target = context.target()?;
        block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let mesh = Mesh { cluster: &cluster, istio_namespace: &context.globals.istio_namespace, port };
            let parsed = Word::parse(word);
            let namespace = parsed.namespace.unwrap_or(cluster.namespace()).to_owned();
            let name = parsed.kind.map_or(parsed.name.to_owned(), |kind| format!("{kind}/{}", parsed.name));
            let object = cluster.pod(&PodName { name: encoded(&name), namespace }).await?;
            let mut described = PodDescription {
                pod: describe::pod::Pod::of(&object, self.flags.ignore_unmeshed),
                selected_by: None,
                services: Vec::new(),
                proxy_error: None,
                mutual_tls: None,
                ingress: Vec::new(),
            };
            let end = self.fill(&mesh, &object, &mut described).await;
            show(format, &described, |described| text::of_pod(described, cluster.namespace()), end)
        })?
    }

    async fn fill(&self, mesh: &Mesh<'_>, object: &Value, described: &mut PodDescription) -> Result<(), Failure> {
        if !described.pod.runs() {
            return Ok(());
        }
        let namespace = described.pod.name.namespace.as_str();
        let labels = &object["metadata"]["labels"];
        let mut services = mesh.list("", "Service", Some(namespace)).await?;
        services.retain(|service| selects(&service["spec"]["selector"], labels));
        described.selected_by = Some(services.iter().map(ObjectName::of).collect());
        match mesh.dump(object).await {
            Ok(dump) => {
                let dump = ProxyDump::read(&dump)?;
                for one in &services {
                    described.services.push(describe::service::Service::of(one, object));
                    if let Some(last) = described.services.last_mut() {
                        mesh.shape(last, &[labels], &dump).await?;
                    }
                }
            }
            Err(failure) if self.flags.ignore_unmeshed => described.proxy_error = Some(failure.message),
            Err(failure) => return Err(failure),
        }
        described.mutual_tls = Some(mutual_tls(mesh, object, namespace).await?);
        mesh.ingress(&services, &[labels], &mut described.ingress).await
    }
}

async fn mutual_tls(mesh: &Mesh<'_>, object: &Value, namespace: &str) -> Result<MutualTls, Failure> {
    let map = mesh.object("", "ConfigMap", mesh.istio_namespace, "istio").await?;
    let root = root_namespace(map.as_ref(), mesh.istio_namespace);
    let own = mesh.list("security.istio.io", "PeerAuthentication", Some(namespace)).await?;
    let of_root = mesh.list("security.istio.io", "PeerAuthentication", Some(&root)).await?;
    Ok(MutualTls::of(object, &of_root, &own))
}

/// A slash in a name would be another path.
fn encoded(name: &str) -> String {
    name.replace('/', "%2F")
}
