//! `version`: of the client, and of the mesh when a cluster answers.

use super::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, block_on};
use crate::inspect::versions::{self, ControlPlane, Proxy};
use crate::ui::{self, log};
use crate::xds::debug;

/// The Istio release whose command line, charts and rules this program carries.
pub const ISTIO_VERSION: &str = "1.30.3";

/// Show the versions of the client, the control plane and the data plane
#[derive(clap::Args, Debug)]
pub struct Version {
    /// Format: json or yaml; lines of text when absent
    #[arg(long, short = 'o', default_value = "")]
    output: String,
    /// Ask the cluster too
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    remote: bool,
    /// Control plane revision
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
    /// Version numbers only
    #[arg(long, short = 's', default_value_t = true, action = clap::ArgAction::Set)]
    short: bool,
    #[arg(hide = true)]
    words: Vec<String>,
}

/// What a build says about itself, under the names the reference uses.
#[derive(Debug, serde::Serialize)]
pub struct BuildInfo {
    pub version: String,
    pub revision: String,
    pub golang_version: String,
    pub status: String,
    pub tag: String,
}

impl BuildInfo {
    /// Of this program. It is not made by Go, and says so.
    pub fn of_client() -> Self {
        BuildInfo {
            version: ISTIO_VERSION.to_owned(),
            revision: concat!("bowline-", env!("CARGO_PKG_VERSION")).to_owned(),
            golang_version: String::new(),
            status: "Clean".to_owned(),
            tag: ISTIO_VERSION.to_owned(),
        }
    }

    /// The first line of the text form. It comes before the mesh is asked, so that nobody waits for it.
    pub fn print_line(&self, output: &str, short: bool) -> std::io::Result<()> {
        if !output.is_empty() {
            return Ok(());
        }
        let shown = if short { self.version.clone() } else { self.dump() };
        ui::print(&format!("client version: {shown}\n"))
    }

    /// The long text form: a Go struct dump, which scripts take apart.
    pub fn dump(&self) -> String {
        format!(
            "version.BuildInfo{{Version:\"{}\", GitRevision:\"{}\", GolangVersion:\"{}\", BuildStatus:\"{}\", GitTag:\"{}\"}}",
            self.version, self.revision, self.golang_version, self.status, self.tag
        )
    }
}

/// What comes behind the client's line: the mesh as text, or everything as one document.
pub fn print_rest(client: &BuildInfo, output: &str, mesh: Option<&Mesh>) -> Outcome {
    let mut tree = serde_json::json!({"clientVersion": client});
    if let Some((control_planes, proxies)) = mesh {
        tree["meshVersion"] = control_planes.iter().map(ControlPlane::tree).collect();
        tree["dataPlaneVersion"] = proxies.iter().map(Proxy::tree).collect();
    }
    let text = match (output, mesh) {
        ("json", _) => format!("{}\n\n", serde_json::to_string_pretty(&tree)?),
        ("yaml", _) => format!("{}\n", crate::yaml::to_string(&tree)),
        (_, Some((control_planes, proxies))) => versions::lines(control_planes, proxies),
        (_, None) => String::new(),
    };
    ui::print(&text)?;
    Ok(Exit::OK)
}

/// The control planes, and the proxies they serve.
pub type Mesh = (Vec<ControlPlane>, Vec<Proxy>);

impl Version {
    pub fn run(self, context: &Context) -> Outcome {
        if !matches!(self.output.as_str(), "" | "json" | "yaml") {
            return Err(Failure::new("--output must be 'yaml' or 'json'"));
        }
        let client = BuildInfo::of_client();
        client.print_line(&self.output, self.short)?;
        let mesh = if self.remote { self.mesh(context) } else { Ok(None) };
        let mesh = mesh.unwrap_or_else(|failure| {
            ui::tell(format_args!("No control plane was found: {}", failure.message));
            None
        });
        print_rest(&client, &self.output, mesh.as_ref())
    }

    /// What every istiod of the revision says, and the proxies they serve.
    fn mesh(&self, context: &Context) -> Result<Option<Mesh>, Failure> {
        let target = context.target()?;
        let namespace = context.globals.istio_namespace.as_str();
        block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let revision = cluster.default_revision(&self.revision).await;
            let pods = debug::istiod_pods(&cluster, namespace, &revision).await?;
            if pods.is_empty() {
                return Err(Failure::new(format!("no running Istio pods in namespace {namespace:?}")));
            }
            let limit = cluster.request_timeout();
            let mut control_planes = Vec::new();
            for answer in debug::ask(&cluster, &pods, "/version", limit).await {
                match answer.reply {
                    Ok(reply) if reply.status == 200 => {
                        control_planes.push(ControlPlane::parse(&String::from_utf8_lossy(&reply.body), &revision));
                    }
                    Ok(reply) => log::warn(&format!("{}: /version answers with status {}", answer.pod, reply.status)),
                    Err(error) => log::warn(&format!("{}: {error}", answer.pod)),
                }
            }
            let mut seen = Vec::new();
            for answer in debug::ask(&cluster, &pods, "/debug/syncz", limit).await {
                match answer.json() {
                    Ok(page) => seen.extend(versions::proxies(&page)),
                    Err(reason) => log::warn(&reason),
                }
            }
            Ok(Some((control_planes, seen)))
        })?
    }
}
