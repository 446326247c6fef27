//! `experimental describe service`.

use serde_json::Value;

use super::mesh::Mesh;
use super::{Flags, show};
use crate::cli::proxy_config::source::check_port;
use crate::cli::{Context, Failure, Outcome};
use crate::cluster::{Cluster, Word, block_on};
use crate::inspect::describe::pod::ServicePod;
use crate::inspect::describe::proxy::ProxyDump;
use crate::inspect::describe::{self, ServiceDescription, text};

/// Tell what Istio does to a service
#[derive(clap::Args, Debug)]
pub struct Service {
    /// `NAME[.NAMESPACE]`
    #[arg(value_name = "SERVICE")]
    words: Vec<String>,
    #[command(flatten)]
    flags: Flags,
}

impl Service {
    pub fn run(self, context: &Context) -> Outcome {
        let [word] = self.words.as_slice() else {
            return Err(Failure::new("describe service needs the name of a service"));
        };
        let port = check_port(self.flags.proxy_admin_port)?;
        let format = self.flags.format.format()?;
        let target = context.target()?;
        block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let mesh = Mesh { cluster: &cluster, istio_namespace: &context.globals.istio_namespace, port };
            let parsed = Word::parse(word);
            let namespace = parsed.namespace.unwrap_or(cluster.namespace());
            let object = mesh.object("", "Service", namespace, parsed.name).await?;
            let object = object.ok_or_else(|| {
                Failure::new(format!("services {:?} not found in namespace {namespace:?}", parsed.name))
            })?;
            let objects = pods(&cluster, &object, namespace).await?;
            let pods: Vec<ServicePod> = objects.iter().map(ServicePod::of).collect();
            let first = objects.iter().zip(&pods).find(|(_, pod)| pod.is_usable()).map(|(object, _)| object);
            let mut described = ServiceDescription {
                service: describe::service::Service::of(&object, first.or(objects.first()).unwrap_or(&Value::Null)),
                pods,
                proxy: None,
                ingress: Vec::new(),
            };
            let end = match first {
                Some(first) => fill(&mesh, &object, first, &objects, &mut described).await,
                None => Ok(()),
            };
            show(format, &described, |described| text::of_service(described, cluster.namespace()), end)
        })?
    }
}

async fn pods(cluster: &Cluster, service: &Value, namespace: &str) -> Result<Vec<Value>, Failure> {
    let selector = service["spec"]["selector"].as_object().into_iter().flatten();
    let labels: Vec<String> = selector.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect();
    if labels.is_empty() {
        return Ok(Vec::new());
    }
    Ok(cluster.pods_by_selector(namespace, &labels.join(",")).await?)
}

/// What the proxy of the first pod knows of the service.
async fn fill(
    mesh: &Mesh<'_>,
    object: &Value,
    first: &Value,
    pods: &[Value],
    described: &mut ServiceDescription,
) -> Result<(), Failure> {
    let labels: Vec<&Value> = pods.iter().map(|one| &one["metadata"]["labels"]).collect();
    let dump = mesh.dump(first).await?;
    let dump = ProxyDump::read(&dump)?;
    described.proxy = Some(describe::ObjectName::of(first));
    mesh.shape(&mut described.service, &labels, &dump).await?;
    mesh.ingress(std::slice::from_ref(object), &labels, &mut described.ingress).await
}
