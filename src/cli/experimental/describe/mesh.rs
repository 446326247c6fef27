//! The cluster as both descriptions ask it: objects, dumps of proxies, ingress gateways.

use http::Method;
use serde_json::Value;

use crate::cli::Failure;
use crate::cluster::{Cluster, PodName, Resource, Selection};
use crate::inspect::describe::destination_rule::DestinationRule;
use crate::inspect::describe::ingress::{Exposure, Ingress, urls};
use crate::inspect::describe::proxy::{ProxyDump, ServicePort};
use crate::inspect::describe::service::{RbacPolicy, Service, Shape};
use crate::inspect::describe::virtual_service::{VirtualService, gateways};
use crate::inspect::describe::{ObjectName, Referred, selects};

const NETWORKING: &str = "networking.istio.io";

pub struct Mesh<'c> {
    pub cluster: &'c Cluster,
    pub istio_namespace: &'c str,
    /// Of Envoy's admin interface.
    pub port: u16,
}

impl Mesh<'_> {
    pub async fn dump(&self, pod: &Value) -> Result<Vec<u8>, Failure> {
        let answer = self.cluster.admin(Method::GET, &PodName::of(pod), self.port, "config_dump").await;
        answer.map_err(|error| Failure::new(format!("the sidecar does not answer: {error}")))
    }

    /// Adds to a service the Istio objects that shaped what the proxy knows of it, port by port.
    pub async fn shape(&self, service: &mut Service, labels: &[&Value], dump: &ProxyDump<'_>) -> Result<(), Failure> {
        service.rbac_policies = dump.rbac_policies().into_iter().map(RbacPolicy::from).collect();
        for place in 0..service.ports.len() {
            let Some(known) = service.ports.get(place).map(|port| service.in_proxies(port)) else { continue };
            let destination_rule = self.destination_rule(&known, labels, dump).await?;
            let rule = destination_rule.as_ref();
            let virtual_service = match dump.virtual_service(&known) {
                Some(name) => {
                    let object = self.object(NETWORKING, "VirtualService", &name.namespace, &name.name).await?;
                    let content = object.map(|object| VirtualService::of(&object, &known.host, rule));
                    Some(Referred::new(name, content))
                }
                None => None,
            };
            if let Some(port) = service.ports.get_mut(place) {
                port.shape = Some(Shape { destination_rule, virtual_service });
            }
        }
        Ok(())
    }

    async fn destination_rule(
        &self,
        port: &ServicePort,
        labels: &[&Value],
        dump: &ProxyDump<'_>,
    ) -> Result<Option<Referred<DestinationRule>>, Failure> {
        let Some(name) = dump.destination_rule(port) else { return Ok(None) };
        let object = self.object(NETWORKING, "DestinationRule", &name.namespace, &name.name).await?;
        Ok(Some(Referred::new(name, object.map(|object| DestinationRule::of(&object, labels)))))
    }

    /// Adds where the services are exposed by ingress gateways.
    pub async fn ingress(
        &self,
        services: &[Value],
        labels: &[&Value],
        found: &mut Vec<Ingress>,
    ) -> Result<(), Failure> {
        let selection =
            Selection { labels: "istio=ingressgateway", fields: "status.phase=Running", ..Selection::default() };
        let gateway_pods = self.cluster.list(&known("", "Pod")?, &selection).await?;
        if gateway_pods.is_empty() {
            found.push(Ingress::NoGatewayPods);
        }
        let services: Vec<Service> = services.iter().map(|service| Service::of(service, &Value::Null)).collect();
        let mut seen: Vec<(ObjectName, ObjectName)> = Vec::new();
        for gateway_pod in &gateway_pods {
            let pod = ObjectName::of(gateway_pod);
            let mut exposed = self.list("", "Service", Some(&pod.namespace)).await?;
            exposed.retain(|one| selects(&one["spec"]["selector"], &gateway_pod["metadata"]["labels"]));
            if exposed.is_empty() {
                found.push(Ingress::NoGatewayService { pod });
                return Ok(());
            }
            let dump = self.dump(gateway_pod).await?;
            let dump = ProxyDump::read(&dump)?;
            let ports = services.iter().flat_map(|service| service.ports.iter().map(|port| service.in_proxies(port)));
            for port in ports {
                let Some(name) = dump.virtual_service(&port) else { continue };
                let Some(object) = self.object(NETWORKING, "VirtualService", &name.namespace, &name.name).await? else {
                    found.push(Ingress::MissingVirtualService(name));
                    continue;
                };
                let rule = self.destination_rule(&port, labels, &dump).await?;
                for gateway in gateways(&object) {
                    if seen.contains(&(gateway.clone(), name.clone())) {
                        continue;
                    }
                    seen.push((gateway.clone(), name.clone()));
                    if self.object(NETWORKING, "Gateway", &gateway.namespace, &gateway.name).await?.is_none() {
                        found.push(Ingress::MissingGateway(gateway));
                        continue;
                    }
                    let content = VirtualService::of(&object, &port.host, rule.as_ref());
                    found.push(Ingress::Exposed(Box::new(Exposure {
                        gateway,
                        pod: pod.clone(),
                        urls: exposed.iter().flat_map(|one| urls(one, gateway_pod)).collect(),
                        host: port.host.clone(),
                        port: port.port,
                        virtual_service: Referred::new(name.clone(), Some(content)),
                    })));
                }
            }
        }
        Ok(())
    }

    /// The objects of a kind; none where the cluster does not have the kind.
    pub async fn list(&self, group: &str, kind: &str, namespace: Option<&str>) -> Result<Vec<Value>, Failure> {
        let found = self.cluster.list(&known(group, kind)?, &Selection { namespace, ..Selection::default() }).await;
        match found {
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            found => Ok(found?),
        }
    }

    pub async fn object(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Result<Option<Value>, Failure> {
        Ok(self.cluster.get(&known(group, kind)?, Some(namespace), name).await?)
    }
}

fn known(group: &str, kind: &str) -> Result<Resource, Failure> {
    Resource::known(group, kind).ok_or_else(|| Failure::new(format!("no resource type {kind:?}")))
}
