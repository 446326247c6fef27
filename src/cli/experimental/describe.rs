//! `experimental describe`: what Istio does to a pod or a service.

use http::Method;
use serde_json::Value;

use crate::cli::proxy_config::source::check_port;
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, PodName, Resource, Selection, Word, block_on, name_of};
use crate::inspect::describe::proxy::{ObjectName, ProxyDump, ServicePort};
use crate::inspect::describe::traffic::{Subsets, destination_rule, virtual_service};
use crate::inspect::describe::{RULE, mtls, pod, selects, service, shown_name};

/// Tell what Istio does to a pod or a service
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    #[command(visible_alias = "po")]
    Pod(Pod),
    #[command(visible_alias = "svc")]
    Service(Service),
}

/// What both have.
#[derive(clap::Args, Debug)]
struct Flags {
    /// Say nothing about pods that are not in the mesh
    #[arg(long = "ignoreUnmeshed")]
    ignore_unmeshed: bool,
    /// Port of Envoy's admin interface
    #[arg(long, default_value = "15000", value_parser = parse_int)]
    proxy_admin_port: i64,
}

/// Tell what Istio does to a pod
#[derive(clap::Args, Debug)]
pub struct Pod {
    /// `NAME[.NAMESPACE]`
    #[arg(value_name = "POD")]
    words: Vec<String>,
    #[command(flatten)]
    flags: Flags,
}

/// Tell what Istio does to a service
#[derive(clap::Args, Debug)]
pub struct Service {
    /// `NAME[.NAMESPACE]`
    #[arg(value_name = "SERVICE")]
    words: Vec<String>,
    #[command(flatten)]
    flags: Flags,
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        let target = context.target()?;
        match self {
            Command::Pod(command) => {
                let [word] = command.words.as_slice() else {
                    return Err(Failure::new("describe pod needs the name of a pod"));
                };
                let port = check_port(command.flags.proxy_admin_port)?;
                block_on(async {
                    let cluster = Cluster::connect(&target).await?;
                    Mesh::new(context, &cluster, &command.flags, port).pod(word).await
                })?
            }
            Command::Service(command) => {
                let [word] = command.words.as_slice() else {
                    return Err(Failure::new("describe service needs the name of a service"));
                };
                let port = check_port(command.flags.proxy_admin_port)?;
                block_on(async {
                    let cluster = Cluster::connect(&target).await?;
                    Mesh::new(context, &cluster, &command.flags, port).service(word).await
                })?
            }
        }
    }
}

const NETWORKING: &str = "networking.istio.io";

/// The cluster, and how it is asked.
struct Mesh<'c> {
    cluster: &'c Cluster,
    istio_namespace: &'c str,
    ignore_unmeshed: bool,
    port: u16,
}

impl<'c> Mesh<'c> {
    fn new(context: &'c Context, cluster: &'c Cluster, flags: &Flags, port: u16) -> Self {
        let istio_namespace = &context.globals.istio_namespace;
        Mesh { cluster, istio_namespace, ignore_unmeshed: flags.ignore_unmeshed, port }
    }

    fn current(&self) -> &str {
        self.cluster.namespace()
    }

    async fn pod(&self, word: &str) -> Outcome {
        let parsed = Word::parse(word);
        let namespace = parsed.namespace.unwrap_or(self.current());
        let name = parsed.kind.map_or(parsed.name.to_owned(), |kind| format!("{kind}/{}", parsed.name));
        let object = self.cluster.pod(&PodName { name: encoded(&name), namespace: namespace.to_owned() }).await?;
        let (lines, goes_on) = pod::lines(&object, self.current(), self.ignore_unmeshed);
        crate::ui::print(&lines)?;
        if !goes_on {
            return Ok(Exit::OK);
        }
        let labels = &object["metadata"]["labels"];
        let mut services = self.list("", "Service", Some(namespace)).await?;
        services.retain(|service| selects(&service["spec"]["selector"], labels));
        if services.is_empty() {
            crate::ui::print("Warning: No Kubernetes Services select this pod (see its labels).\n")?;
        }
        crate::ui::print(RULE)?;
        match self.dump(&object).await {
            Ok(dump) => {
                let dump = ProxyDump::read(&dump)?;
                for (index, one) in services.iter().enumerate() {
                    if index > 0 {
                        crate::ui::print(RULE)?;
                    }
                    self.service_part(one, &object, &[labels], &dump).await?;
                }
            }
            Err(_) if self.ignore_unmeshed => {}
            Err(failure) => return Err(failure),
        }
        crate::ui::print(RULE)?;
        crate::ui::print(&self.mtls(&object, namespace).await?)?;
        self.ingress(&services, &[labels]).await?;
        Ok(Exit::OK)
    }

    async fn service(&self, word: &str) -> Outcome {
        let parsed = Word::parse(word);
        let namespace = parsed.namespace.unwrap_or(self.current());
        let kind = known("", "Service")?;
        let missing = || Failure::new(format!("services {:?} not found", parsed.name));
        let object = self.cluster.get(&kind, Some(namespace), parsed.name).await?.ok_or_else(missing)?;
        let shown = shown_name(parsed.name, namespace, self.current());
        let selector = object["spec"]["selector"].as_object().into_iter().flatten();
        let labels: Vec<String> =
            selector.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect();
        let pods = if labels.is_empty() {
            Vec::new()
        } else {
            self.cluster.pods_by_selector(namespace, &labels.join(",")).await?
        };
        if pods.is_empty() {
            crate::ui::print(&format!("Service {shown:?} has no pods.\n"))?;
            return Ok(Exit::OK);
        }
        let mut usable = Vec::new();
        for one in &pods {
            let name = shown_name(name_of(one), namespace, self.current());
            let phase = one["status"]["phase"].as_str().unwrap_or_default();
            if phase != "Running" {
                crate::ui::print(&format!("   Pod is not Running ({phase})\n"))?;
            } else if !pod::has_proxy(one) {
                crate::ui::print(&format!("Pod {name}: no container \"istio-proxy\" in pod\n"))?;
            } else {
                crate::ui::print(&pod::not_ready(one, &name))?;
                usable.push(one);
            }
        }
        let Some(first) = usable.first() else {
            let count = pods.len();
            let hint = "Use `kube-inject`, or label the namespace with istio-injection=enabled and restart the pods.";
            crate::ui::print(&format!("Service {shown:?} has no Istio pods.  ({count} pods in service).\n{hint}\n"))?;
            return Ok(Exit::OK);
        };
        let labels: Vec<&Value> = pods.iter().map(|one| &one["metadata"]["labels"]).collect();
        let dump = self.dump(first).await?;
        self.service_part(&object, first, &labels, &ProxyDump::read(&dump)?).await?;
        self.ingress(std::slice::from_ref(&object), &labels).await?;
        Ok(Exit::OK)
    }

    async fn dump(&self, object: &Value) -> Result<Vec<u8>, Failure> {
        let answer = self.cluster.admin(Method::GET, &PodName::of(object), self.port, "config_dump").await;
        answer.map_err(|error| Failure::new(format!("the sidecar does not answer: {error}")))
    }

    /// A service with the Istio objects that shaped what the proxy knows of it.
    async fn service_part(
        &self,
        object: &Value,
        its_pod: &Value,
        labels: &[&Value],
        dump: &ProxyDump<'_>,
    ) -> Result<(), Failure> {
        crate::ui::print(&service::lines(object, its_pod, self.current()))?;
        let ports: Vec<ServicePort> = ports(object);
        let several = ports.len() > 1;
        let indent = if several { "   " } else { "" };
        for port in &ports {
            let head = if several { format!("{}:\n", port.port) } else { String::new() };
            let (rule, subsets) = self.rule_lines(dump.destination_rule(port), labels, indent).await?;
            let routing = self.routing_lines(dump.virtual_service(port), port, &subsets, indent).await?;
            let policies = dump.rbac_policies();
            let policies = match policies.as_slice() {
                [] => String::new(),
                policies => {
                    let prefix = if several { format!("{} ", port.port) } else { String::new() };
                    format!("{prefix}RBAC policies: {}\n", policies.join(", "))
                }
            };
            crate::ui::print(&format!("{head}{rule}{routing}{policies}"))?;
        }
        Ok(())
    }

    async fn rule_lines(
        &self,
        name: Option<ObjectName>,
        labels: &[&Value],
        indent: &str,
    ) -> Result<(String, Subsets), Failure> {
        let Some(name) = name else { return Ok((String::new(), Subsets::default())) };
        Ok(match self.object("DestinationRule", &name).await? {
            Some(rule) => destination_rule(&rule, labels, self.current(), indent),
            None => (self.stale("destination rule", &name), Subsets::default()),
        })
    }

    async fn routing_lines(
        &self,
        name: Option<ObjectName>,
        port: &ServicePort,
        subsets: &Subsets,
        indent: &str,
    ) -> Result<String, Failure> {
        let Some(name) = name else { return Ok(String::new()) };
        Ok(match self.object("VirtualService", &name).await? {
            Some(object) => virtual_service(&object, &port.host, subsets, self.current(), indent),
            None => self.stale("virtual service", &name),
        })
    }

    fn stale(&self, kind: &str, name: &ObjectName) -> String {
        let ObjectName { name, namespace } = name;
        format!("WARNING: Proxy is stale; it references to non-existent {kind} {name}.{namespace}\n")
    }

    async fn mtls(&self, object: &Value, namespace: &str) -> Result<String, Failure> {
        let maps = known("", "ConfigMap")?;
        let map = self.cluster.get(&maps, Some(self.istio_namespace), "istio").await?;
        let root = mtls::root_namespace(map.as_ref(), self.istio_namespace);
        let own = self.list("security.istio.io", "PeerAuthentication", Some(namespace)).await?;
        let of_root = self.list("security.istio.io", "PeerAuthentication", Some(&root)).await?;
        Ok(mtls::lines(object, &of_root, &own))
    }

    /// Where the services are exposed by ingress gateways.
    async fn ingress(&self, services: &[Value], labels: &[&Value]) -> Result<(), Failure> {
        let pods = known("", "Pod")?;
        let selection =
            Selection { labels: "istio=ingressgateway", fields: "status.phase=Running", ..Selection::default() };
        let gateways = self.cluster.list(&pods, &selection).await?;
        if gateways.is_empty() {
            return Ok(crate::ui::print("Skipping Gateway information (no ingress gateway pods)\n")?);
        }
        let mut seen: Vec<(ObjectName, ObjectName)> = Vec::new();
        for gateway_pod in &gateways {
            let namespace = PodName::of(gateway_pod).namespace;
            let mut exposed = self.list("", "Service", Some(&namespace)).await?;
            exposed.retain(|one| selects(&one["spec"]["selector"], &gateway_pod["metadata"]["labels"]));
            if exposed.is_empty() {
                return Ok(crate::ui::print("Skipping Gateway information (no ingress gateway service)\n")?);
            }
            let dump = self.dump(gateway_pod).await?;
            let dump = ProxyDump::read(&dump)?;
            for port in services.iter().flat_map(ports) {
                let Some(name) = dump.virtual_service(&port) else { continue };
                let Some(routing) = self.object("VirtualService", &name).await? else {
                    crate::ui::print(&self.stale("virtual service", &name))?;
                    continue;
                };
                let (_, subsets) = self.rule_lines(dump.destination_rule(&port), labels, "").await?;
                for gateway in gateways_of(&routing, &name) {
                    if seen.contains(&(gateway.clone(), name.clone())) {
                        continue;
                    }
                    seen.push((gateway.clone(), name.clone()));
                    if self.object("Gateway", &gateway).await?.is_none() {
                        crate::ui::print(&self.stale("gateway", &gateway))?;
                        continue;
                    }
                    let addresses = exposed.iter().flat_map(|one| mtls::ingress_addresses(one, gateway_pod));
                    let mut text = RULE.to_owned();
                    addresses.for_each(|address| text.push_str(&format!("Exposed on Ingress Gateway {address}\n")));
                    text.push_str(&virtual_service(&routing, &port.host, &subsets, self.current(), ""));
                    crate::ui::print(&text)?;
                }
            }
        }
        Ok(())
    }

    async fn list(&self, group: &str, kind: &str, namespace: Option<&str>) -> Result<Vec<Value>, Failure> {
        let found = self.cluster.list(&known(group, kind)?, &Selection { namespace, ..Selection::default() }).await;
        match found {
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            found => Ok(found?),
        }
    }

    async fn object(&self, kind: &str, name: &ObjectName) -> Result<Option<Value>, Failure> {
        Ok(self.cluster.get(&known(NETWORKING, kind)?, Some(&name.namespace), &name.name).await?)
    }
}

fn known(group: &str, kind: &str) -> Result<Resource, Failure> {
    Resource::known(group, kind).ok_or_else(|| Failure::new(format!("no resource type {kind:?}")))
}

/// A slash in a name would be another path.
fn encoded(name: &str) -> String {
    name.replace('/', "%2F")
}

fn ports(object: &Value) -> Vec<ServicePort> {
    let name = PodName::of(object);
    let host = format!("{}.{}.svc.cluster.local", name.name, name.namespace);
    service::tcp_ports(object)
        .filter_map(|port| Some(ServicePort { host: host.clone(), port: port["port"].as_i64()? }))
        .collect()
}

/// The gateways that a VirtualService names, the mesh apart.
fn gateways_of(routing: &Value, owner: &ObjectName) -> Vec<ObjectName> {
    let names = routing["spec"]["gateways"].as_array().into_iter().flatten().filter_map(Value::as_str);
    names
        .filter(|name| *name != "mesh")
        .map(|name| match name.split_once('/') {
            Some((namespace, name)) => ObjectName { namespace: namespace.to_owned(), name: name.to_owned() },
            None => ObjectName { namespace: owner.namespace.clone(), name: name.to_owned() },
        })
        .collect()
}
