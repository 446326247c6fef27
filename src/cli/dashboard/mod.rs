//! `dashboard`: a web page of the mesh on a local port.

mod forwarding;

use super::proxy_config::source::check_port;
use super::values::parse_int;
use super::{Context, Failure, Outcome};
use crate::cluster::{Cluster, PodName, block_on};
use crate::ui::log;
use crate::xds::debug;
use forwarding::Page;

/// Open a web page of the mesh
#[derive(clap::Args, Debug)]
pub struct Dashboard {
    /// Local port; the pod's own if it is free, else any
    #[arg(long, short = 'p', global = true, default_value = "0", value_parser = parse_int, hide_default_value = true)]
    port: i64,
    /// Local address to listen on
    #[arg(long, global = true, default_value = "localhost")]
    address: String,
    /// Open a browser
    #[arg(long, global = true, default_value_t = true, action = clap::ArgAction::Set)]
    browser: bool,
    #[command(subcommand)]
    target: Option<Target>,
}

/// The pages there are.
#[derive(clap::Subcommand, Debug)]
enum Target {
    /// ControlZ of an istiod
    Controlz(Pod),
    /// The admin page of an Envoy
    Envoy(Proxy),
    /// Grafana
    Grafana(Addon),
    /// The debug page of an istiod
    IstiodDebug(Istiod),
    /// Jaeger
    #[command(mut_arg("ui_port", |port| port.default_value("16686")))]
    Jaeger(Addon),
    /// Kiali
    #[command(mut_arg("ui_port", |port| port.default_value("20001")))]
    Kiali(Addon),
    /// Prometheus
    #[command(mut_arg("ui_port", |port| port.default_value("9090")))]
    Prometheus(Addon),
    /// The admin page of an Envoy or a ztunnel
    Proxy(Proxy),
    /// SkyWalking
    #[command(mut_arg("ui_port", |port| port.default_value("8080")))]
    Skywalking(Addon),
    /// Zipkin
    #[command(mut_arg("ui_port", |port| port.default_value("9411")))]
    Zipkin(Addon),
}

/// An addon; each command sets its usual port, Grafana's is the one written here.
#[derive(clap::Args, Debug)]
struct Addon {
    /// Port of the page in its pod
    #[arg(long, default_value = "3000", value_parser = parse_int)]
    ui_port: i64,
    #[arg(hide = true)]
    words: Vec<String>,
}

/// A proxy.
#[derive(clap::Args, Debug)]
struct Proxy {
    /// Pod or workload: `[TYPE/]NAME[.NAMESPACE]`
    #[arg(value_name = "POD")]
    words: Vec<String>,
    /// The first pod with these labels instead
    #[arg(long, short = 'l', default_value = "")]
    selector: String,
    /// Port of the page in its pod
    #[arg(long, default_value = "15000", value_parser = parse_int)]
    ui_port: i64,
}

/// ControlZ of an istiod.
#[derive(clap::Args, Debug)]
struct Pod {
    /// Pod or workload: `[TYPE/]NAME[.NAMESPACE]`
    #[arg(value_name = "POD")]
    words: Vec<String>,
    /// The first pod with these labels instead
    #[arg(long, short = 'l', default_value = "")]
    selector: String,
    /// The istiod of this revision instead
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
    /// Port of ControlZ
    #[arg(long = "ctrlz_port", default_value = "9876", value_parser = parse_int)]
    ctrlz_port: i64,
}

/// The debug page of an istiod.
#[derive(clap::Args, Debug)]
struct Istiod {
    /// Pod or workload: `[TYPE/]NAME[.NAMESPACE]`
    #[arg(value_name = "POD")]
    words: Vec<String>,
    /// The first pod with these labels instead
    #[arg(long, short = 'l', default_value = "")]
    selector: String,
    /// The istiod of this revision instead
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
}

impl Dashboard {
    pub fn run(self, context: &Context) -> Outcome {
        let Some(target) = &self.target else {
            return super::help(context.program, &["dashboard".to_owned()]);
        };
        let local =
            u16::try_from(self.port).map_err(|_| Failure::new(format!("port number {} is too large", self.port)))?;
        let addon = |name: &str| format!("app.kubernetes.io/name={name}");
        match target {
            Target::Prometheus(flags) => self.addon(context, &addon("prometheus"), flags.ui_port, "", local),
            Target::Grafana(flags) => self.addon(context, &addon("grafana"), flags.ui_port, "", local),
            Target::Kiali(flags) => self.addon(context, "app=kiali", flags.ui_port, "/kiali", local),
            Target::Jaeger(flags) => self.addon(context, "app=jaeger", flags.ui_port, "", local),
            Target::Zipkin(flags) => self.addon(context, "app=zipkin", flags.ui_port, "", local),
            Target::Skywalking(flags) => self.addon(context, "app=skywalking-ui", flags.ui_port, "", local),
            Target::Envoy(flags) | Target::Proxy(flags) => {
                let port = check_port(flags.ui_port)?;
                one_of(&[("name", !flags.words.is_empty()), ("selector", !flags.selector.is_empty())])?;
                self.pod(
                    context,
                    Named { words: &flags.words, selector: &flags.selector, revision: None },
                    Some(port),
                    "",
                    local,
                )
            }
            Target::Controlz(flags) => {
                let port = check_port(flags.ctrlz_port)?;
                let named = Named { words: &flags.words, selector: &flags.selector, revision: Some(&flags.revision) };
                named.check()?;
                self.pod(context, named, Some(port), "", local)
            }
            Target::IstiodDebug(flags) => {
                let named = Named { words: &flags.words, selector: &flags.selector, revision: Some(&flags.revision) };
                named.check()?;
                self.pod(context, named, None, "/debug", local)
            }
        }
    }

    /// The page of an addon, looked for in the namespace of the control plane, then in the current one.
    fn addon(&self, context: &Context, labels: &str, port: i64, path: &str, local: u16) -> Outcome {
        let port = check_port(port)?;
        let target = context.target()?;
        block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let mut found = cluster.pods_by_selector(&context.globals.istio_namespace, labels).await?;
            if found.is_empty() {
                found = cluster.pods_by_selector(cluster.namespace(), labels).await?;
            }
            let pod = first(&found, labels)?;
            self.serve(&cluster, Page { pod, port, path }, local).await
        })?
    }

    fn pod(&self, context: &Context, named: Named, port: Option<u16>, path: &str, local: u16) -> Outcome {
        let target = context.target()?;
        block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let pod = named.find(context, &cluster).await?;
            let port = match port {
                Some(port) => port,
                None => debug::monitoring_port(&cluster.pod(&pod).await?),
            };
            self.serve(&cluster, Page { pod, port, path }, local).await
        })?
    }

    async fn serve(&self, cluster: &Cluster, page: Page<'_>, local: u16) -> Outcome {
        forwarding::serve(cluster, page, &self.address, local, self.browser).await
    }
}

/// How a pod is named: by a word, by labels, or as the istiod of a revision.
struct Named<'f> {
    words: &'f [String],
    selector: &'f str,
    /// `None`: the command has no revision.
    revision: Option<&'f str>,
}

impl Named<'_> {
    fn check(&self) -> Result<(), Failure> {
        let revision = self.revision.unwrap_or_default();
        let given = [!self.words.is_empty(), !self.selector.is_empty(), !revision.is_empty()];
        match given.iter().filter(|given| **given).count() {
            0 => Err(Failure::new("specify a pod, --selector, or --revision")),
            1 => Ok(()),
            _ => Err(Failure::new("only one of name, --selector, or --revision can be specified")),
        }
    }

    async fn find(&self, context: &Context, cluster: &Cluster) -> Result<PodName, Failure> {
        if let Some(word) = self.words.first() {
            return Ok(cluster.pod_by_word(word).await?);
        }
        let istio = context.globals.istio_namespace.as_str();
        let (namespace, labels) = match self.revision {
            Some(revision) if self.selector.is_empty() => (istio, format!("app=istiod,istio.io/rev={revision}")),
            Some(_) => (istio, self.selector.to_owned()),
            None => (cluster.namespace(), self.selector.to_owned()),
        };
        first(&cluster.pods_by_selector(namespace, &labels).await?, &labels)
    }
}

fn one_of(given: &[(&str, bool); 2]) -> Result<(), Failure> {
    match given {
        [(_, false), (_, false)] => Err(Failure::new("specify a pod or --selector")),
        [(_, true), (_, true)] => Err(Failure::new("name cannot be provided when a selector is specified")),
        _ => Ok(()),
    }
}

fn first(pods: &[serde_json::Value], labels: &str) -> Result<PodName, Failure> {
    if pods.len() > 1 {
        log::warn(&format!("{} pods have the labels {labels}; taking the first", pods.len()));
    }
    pods.first().map(PodName::of).ok_or_else(|| {
        Failure::new(format!("no pods found with selector {labels}"))
            .hint("is it installed? --istioNamespace and --namespace look elsewhere")
    })
}
