//! `experimental workload entry`: one machine.

use std::path::Path;

use serde_json::Value;

use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, Error, Resource, block_on};
use crate::install::vm::{self, Group, Options};
use crate::ui;

/// Single machines
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    Configure(Configure),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::Configure(command) => command.run(context),
        }
    }
}

/// Write the files with which a machine joins the mesh
#[derive(clap::Args, Debug)]
pub struct Configure {
    /// Let the machine register itself in the group
    #[arg(long)]
    autoregister: bool,
    /// Let the proxy answer DNS queries
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    capture_dns: bool,
    /// Cluster that the machine belongs to; read from the cluster when absent
    #[arg(long = "clusterID", default_value = "")]
    cluster_id: String,
    /// Address of the machine that is reached through NAT
    #[arg(long = "externalIP", default_value = "")]
    external_ip: String,
    /// File with a WorkloadGroup
    #[arg(long, short = 'f', default_value = "")]
    file: String,
    /// Address of the gateway to the control plane
    #[arg(long = "ingressIP", default_value = "")]
    ingress_ip: String,
    /// Service of the gateway to the control plane, NAME or NAME.NAMESPACE
    #[arg(long = "ingressService", default_value = "istio-eastwestgateway")]
    ingress_service: String,
    /// Address of the machine
    #[arg(long = "internalIP", default_value = "")]
    internal_ip: String,
    /// Name of a WorkloadGroup in the cluster
    #[arg(long, default_value = "")]
    name: String,
    /// Folder to write to
    #[arg(long, short = 'o', default_value = "")]
    output: String,
    /// Control plane revision
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
    /// Life of the machine's first token, in seconds
    #[arg(long = "tokenDuration", default_value = "3600", value_parser = parse_int)]
    token_duration: i64,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Configure {
    fn run(self, context: &Context) -> Outcome {
        if self.file.is_empty() && (self.name.is_empty() || context.globals.namespace.is_empty()) {
            return Err(Failure::new("which WorkloadGroup? Give a file with --file, or --name and --namespace"));
        }
        if self.output.is_empty() {
            return Err(Failure::new("there is no folder to write to").hint("give it with --output"));
        }
        if !self.internal_ip.is_empty() && !self.external_ip.is_empty() {
            return Err(Failure::new("--internalIP and --externalIP exclude each other"));
        }
        block_on(self.configure(context))?
    }

    async fn configure(self, context: &Context) -> Outcome {
        let group = match self.file.as_str() {
            "" => None,
            file => Some(read_group(file)?),
        };
        let cluster = Cluster::connect(&context.target()?).await?;
        let istio_namespace = context.globals.istio_namespace.as_str();
        let revision = cluster.control_plane_revision(&self.revision).await;
        let suffix = if revision.is_empty() { String::new() } else { format!("-{revision}") };
        let group = match group {
            Some(group) => group,
            None => self.live_group(&cluster, &context.globals.namespace).await?,
        };
        let cluster_id = match self.cluster_id.as_str() {
            "" => cluster_name(&cluster, istio_namespace, &suffix).await.map_err(|reason| {
                Failure::new(format!("the name of the cluster cannot be found, give it with --clusterID: {reason}"))
            })?,
            given => given.to_owned(),
        };
        let folder = Path::new(&self.output);
        std::fs::create_dir_all(folder).map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
        let mesh_name = format!("istio{suffix}");
        let mesh = config_map(&cluster, istio_namespace, &mesh_name).await.map_err(|error| {
            Failure::new(format!(
                "ConfigMap {istio_namespace}/{mesh_name}, the mesh configuration, cannot be read: {error}"
            ))
        })?;
        let options = Options {
            cluster_id: &cluster_id,
            autoregister: self.autoregister,
            capture_dns: self.capture_dns,
            internal_ip: &self.internal_ip,
            external_ip: &self.external_ip,
            revision: &revision,
            istio_namespace,
        };
        let files = vm::files(&group, mesh["data"]["mesh"].as_str().unwrap_or_default(), &options)?;
        if !files.overridden.is_empty() {
            let pairs: Vec<String> = files.overridden.iter().map(|(k, v)| format!("{k}:{v}")).collect();
            ui::print(&format!(
                "These labels of spec.template beat those of spec.metadata, where labels belong: {}\n",
                pairs.join(" ")
            ))?;
        }
        write(folder, "mesh.yaml", &files.mesh, Secrecy::Public)?;
        write(folder, "cluster.env", &files.environment, Secrecy::Public)?;
        let root = config_map(&cluster, group.namespace(), "istio-ca-root-cert").await.map_err(|error| {
            Failure::new(format!(
                "configmap istio-ca-root-cert was not found in namespace {}: {error}",
                group.namespace()
            ))
        })?;
        write(folder, "root-cert.pem", root["data"]["root-cert.pem"].as_str().unwrap_or_default(), Secrecy::Public)?;
        let account = group.service_account();
        let token = cluster.token(group.namespace(), account, "istio-ca", self.token_duration).await?;
        write(folder, "istio-token", &token, Secrecy::Private)?;
        ui::tell(format_args!(
            "Warning: a security token for namespace \"{}\" and service account \"{account}\" has been generated and stored at \"{}\"",
            group.namespace(),
            folder.join("istio-token").display()
        ));
        let hosts = match self.gateway_address(&cluster, istio_namespace).await? {
            Some(address) => format!("{address} {}\n", vm::control_plane(&options)),
            None => String::new(),
        };
        write(folder, "hosts", &hosts, Secrecy::Public)?;
        ui::print(&format!("Configuration generation into directory {} was successful\n", self.output))?;
        Ok(Exit::OK)
    }

    async fn live_group(&self, cluster: &Cluster, namespace: &str) -> Result<Group, Failure> {
        let kind = cluster.resource("networking.istio.io/v1", "WorkloadGroup").await?;
        let not_found = |why: String| {
            Failure::new(format!("WorkloadGroup {} in namespace {namespace} cannot be read: {why}", self.name))
        };
        let found = cluster.get(&kind, Some(namespace), &self.name).await.map_err(|e| not_found(e.to_string()))?;
        found.map(Group::new).ok_or_else(|| not_found("there is no such object".to_owned()))
    }

    /// Where the machine reaches the control plane; a warning and nothing when that cannot be told.
    async fn gateway_address(&self, cluster: &Cluster, istio_namespace: &str) -> Result<Option<String>, Failure> {
        if self.ingress_ip.parse::<std::net::IpAddr>().is_ok() {
            return Ok(Some(self.ingress_ip.clone()));
        }
        let (name, namespace) =
            self.ingress_service.split_once('.').unwrap_or((&self.ingress_service, istio_namespace));
        let Some(services) = Resource::known("", "Service") else { return Ok(None) };
        let service = cluster.get(&services, Some(namespace), name).await?.unwrap_or_default();
        let entry = &service["status"]["loadBalancer"]["ingress"][0];
        let address = entry["ip"].as_str().or_else(|| service["spec"]["externalIPs"][0].as_str());
        if address.is_none() {
            let host = entry["hostname"].as_str();
            let why = host.map_or_else(
                || "has no external address yet".to_owned(),
                |host| format!("has the name {host} instead of an address; resolve it"),
            );
            ui::tell(format_args!(
                "Warning: service {namespace}/{name} {why}; hosts is left empty. Give the address with --ingressIP."
            ));
        }
        Ok(address.map(str::to_owned))
    }
}

fn read_group(file: &str) -> Result<Group, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure::new(format!("open {file}: no such file or directory")),
        _ => Failure::new(format!("{file}: {error}")),
    })?;
    let object = crate::yaml::from_str(&text).map_err(|error| Failure::new(format!("{file}: {error}")))?;
    let group = Group::new(object);
    if group.name().is_empty() || group.namespace().is_empty() {
        return Err(Failure::new(format!("{file}: the WorkloadGroup needs metadata.name and metadata.namespace")));
    }
    Ok(group)
}

/// A ConfigMap, or why there is none.
async fn config_map(cluster: &Cluster, namespace: &str, name: &str) -> Result<Value, Error> {
    let maps = cluster.resource("v1", "ConfigMap").await?;
    cluster.get_path(&maps.path(Some(namespace), name)).await
}

/// The name of the cluster in the injector's values.
async fn cluster_name(cluster: &Cluster, namespace: &str, suffix: &str) -> Result<String, Error> {
    let injector = config_map(cluster, namespace, &format!("istio-sidecar-injector{suffix}")).await?;
    let values = injector["data"]["values"].as_str().unwrap_or_default();
    let values: Value = serde_json::from_str(values).unwrap_or_default();
    Ok(values["global"]["multiCluster"]["clusterName"].as_str().unwrap_or_default().to_owned())
}

#[derive(Clone, Copy, PartialEq)]
enum Secrecy {
    Public,
    /// Only the owner may read it.
    Private,
}

fn write(folder: &Path, name: &str, text: &str, secrecy: Secrecy) -> Result<(), Failure> {
    let path = folder.join(name);
    let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if secrecy == Secrecy::Private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let mut file = options.open(&path).map_err(failed)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).map_err(failed)
}
